package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
)

// What a decoding takes is reckoned in bytes, and all decodings at once share a
// number of them. A mere count of decodings would not do: 40 megapixels are 60 MB
// as a usual JPEG, 160 MB as a PNG, 300 MB and more as a progressive JPEG, 640 MB as
// an interlaced PNG of 16 bits, so that two at once are anything from 120 MB to more
// than a gigabyte. Each of these functions returns the most that its decoder holds;
// a test compares them with what decoders return.

// costJPEG is the planes in whole blocks; for a progressive file, of which all
// coefficients are kept, four bytes more for each sample; and a copy where the
// colours are not Y, Cb and Cr.
func costJPEG(data []byte, c image.Config) (int64, error) {
	f, ok := jpegFrame(data)
	if !ok || f.width != c.Width || f.height != c.Height {
		return 0, fmt.Errorf("%w: no frame in the JPEG", ErrNotPhoto)
	}
	n := f.samples
	if f.progressive {
		n += 4 * f.samples
	}
	if c.ColorModel == color.RGBAModel || c.ColorModel == color.CMYKModel {
		n += 4 * pixels(c)
	}
	return n, nil
}

// frame is what a JPEG's first frame header says.
type frame struct {
	width, height int
	// samples of all components, in whole blocks.
	samples     int64
	progressive bool
}

// jpegFrame finds the frame header as image/jpeg does, byte for byte, so that both
// see the same one: garbage before a marker is passed over. A second one is an
// error there.
func jpegFrame(data []byte) (f frame, ok bool) {
	for at := 2; at+2 <= len(data); {
		if data[at] != 0xff {
			at++
			continue
		}
		marker := data[at+1]
		at += 2
		if marker == 0 {
			continue
		}
		for marker == 0xff && at < len(data) {
			marker = data[at]
			at++
		}
		if marker >= 0xd0 && marker <= 0xd7 {
			continue
		}
		if marker == 0xd9 || at+2 > len(data) {
			return f, false
		}
		length := int(data[at])<<8 | int(data[at+1])
		if length < 2 || at+length > len(data) {
			return f, false
		}
		if marker >= 0xc0 && marker <= 0xc2 {
			return readFrame(data[at+2:at+length], marker == 0xc2)
		}
		at += length
	}
	return f, false
}

// readFrame reads a frame header (ITU-T T.81, section B.2.2).
func readFrame(b []byte, progressive bool) (f frame, ok bool) {
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return f, false
	}
	f = frame{height: int(b[1])<<8 | int(b[2]), width: int(b[3])<<8 | int(b[4]), progressive: progressive}
	wide, high, blocks := 1, 1, 0
	for c := range int(b[5]) {
		h, v := int(b[7+3*c]>>4), int(b[7+3*c]&15)
		if b[5] == 1 {
			h, v = 1, 1 // its factors mean nothing (section A.2.2)
		}
		if c == 0 {
			wide, high = max(1, h), max(1, v)
		}
		blocks += h * v
	}
	units := int64((f.width+8*wide-1)/(8*wide)) * int64((f.height+8*high-1)/(8*high))
	f.samples = units * int64(blocks) * 64
	return f, true
}

// costPNG: a grey one with a transparent colour is decoded as one of colours, which
// the header does not tell; an interlaced one needs room for its passes.
func costPNG(data []byte, c image.Config) (int64, error) {
	per := int64(4)
	switch c.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		per = 8
	default:
		if _, ok := c.ColorModel.(color.Palette); ok {
			per = 1
		}
	}
	const interlaced = 28
	if len(data) > interlaced && data[interlaced] != 0 {
		per *= 2
	}
	return per * pixels(c), nil
}

// costWebP: a lossy one is planes in whole blocks of 16 and its own bytes twice. A
// lossless one, which the transparency of a lossy one is too, is kept once more for
// each of two transformations, and has up to 2,600 groups of tables of 56 KB that
// hardly a byte of the file may stand for.
func costWebP(data []byte, c image.Config) (int64, error) {
	const tables = 2600 * 56 << 10
	n := 3*int64(c.Width+15)*int64(c.Height+15)/2 + 2*int64(len(data))
	if bytes.Contains(data, []byte("VP8L")) || bytes.Contains(data, []byte("ALPH")) {
		n += 10*pixels(c) + tables
	}
	return n, nil
}

// costGIF: one byte each, twice where it is interlaced.
func costGIF(_ []byte, c image.Config) (int64, error) { return 2 * pixels(c), nil }

func costBMP(_ []byte, c image.Config) (int64, error) {
	if _, ok := c.ColorModel.(color.Palette); ok {
		return pixels(c), nil
	}
	return 4 * pixels(c), nil
}

func pixels(c image.Config) int64 { return int64(c.Width) * int64(c.Height) }
