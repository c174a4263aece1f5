package photo

import (
	"bytes"
	"encoding/binary"
)

// movingGIF reports whether a GIF has a second frame. It walks the blocks and
// decodes none (GIF89a, section 12 ff.); where they make no sense it stops, as what
// follows is never decoded.
func movingGIF(data []byte) bool {
	const header, descriptor = 13, 10
	if len(data) < header {
		return false
	}
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (1 + flags&7)
	}
	frames := 0
	for at := header + table(data[10]); at < len(data); {
		switch data[at] {
		case '!': // an extension: its label, then blocks
			at += 2
		case ',': // a frame: its descriptor, its colours, the size of its codes, then blocks
			if frames++; frames == 2 {
				return true
			}
			if at+descriptor > len(data) {
				return false
			}
			at += descriptor + table(data[at+descriptor-1]) + 1
		default:
			return false
		}
		for at < len(data) && data[at] != 0 {
			at += 1 + int(data[at])
		}
		at++
	}
	return false
}

// movingPNG reports whether a PNG says that it is animated, which it does before
// its first picture (PNG, third edition, section 11.3.6).
func movingPNG(data []byte) bool {
	for at := 8; at+8 <= len(data); {
		length, name := binary.BigEndian.Uint32(data[at:]), string(data[at+4:at+8])
		if name == "acTL" || name == "IDAT" {
			return name == "acTL"
		}
		if int64(length) > int64(len(data)) {
			return false
		}
		at += 12 + int(length)
	}
	return false
}

// movingWebP reports whether a WebP says that it is animated (RFC 9649, section 2.7).
func movingWebP(data []byte) bool {
	const animation = 1 << 1
	return len(data) > 20 && bytes.Equal(data[12:16], []byte("VP8X")) && data[20]&animation != 0
}
