package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

const (
	// viewQuality is that of a view's JPEG, of 100.
	viewQuality = 85
	// unit is the side in pixels of what a JPEG with a quarter of the colours is made of.
	unit = 16
)

// encode writes a view as JPEG, both of its halves at once. They are joined by a
// restart marker (ITU-T T.81, section E.1.4), before which nothing is known behind it:
// pixel for pixel it is the picture that one pass makes.
func encode(m *image.YCbCr) ([]byte, error) {
	b := m.Rect
	rows := (b.Dy() + unit - 1) / unit
	if rows < 2 {
		return encodeWhole(m)
	}
	upper := (rows + 1) / 2
	cut := b.Min.Y + upper*unit
	var tail []byte
	var errTail error
	lower := beside(func() { tail, errTail = encodeWhole(m.SubImage(image.Rect(b.Min.X, cut, b.Max.X, b.Max.Y))) })
	head, err := encodeWhole(m.SubImage(image.Rect(b.Min.X, b.Min.Y, b.Max.X, cut)))
	lower()
	if err = errors.Join(err, errTail); err != nil {
		return nil, err
	}
	return join(head, tail, b.Dy(), upper*((b.Dx()+unit-1)/unit))
}

func encodeWhole(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: viewQuality}); err != nil {
		return nil, fmt.Errorf("encode a view: %w", err)
	}
	return b.Bytes(), nil
}

// errParts: image/jpeg does not write what it used to.
var errParts = errors.New("encode a view: its halves cannot be joined")

// join makes one picture, so many pixels high, of two that stand one above the other
// and are encoded alike; the upper one has so many units.
func join(upper, lower []byte, height, units int) ([]byte, error) {
	frame, scan, ok := jpegParts(upper)
	_, lowerScan, lowerOK := jpegParts(lower)
	if !ok || !lowerOK || units > 0xffff || !bytes.HasSuffix(upper, []byte{0xff, 0xd9}) {
		return nil, errParts
	}
	out := make([]byte, 0, len(upper)+len(lower))
	out = append(out, upper[:scan]...)
	// The frame's height follows its length and its precision.
	binary.BigEndian.PutUint16(out[frame+5:], uint16(height))
	// After so many units comes a restart.
	out = append(out, 0xff, 0xdd, 0, 4, byte(units>>8), byte(units))
	out = append(out, upper[scan:len(upper)-2]...)
	out = append(out, 0xff, 0xd0)
	length := int(binary.BigEndian.Uint16(lower[lowerScan+2:]))
	return append(out, lower[lowerScan+2+length:]...), nil
}

// jpegParts returns where the markers of the frame and of the only scan stand.
func jpegParts(data []byte) (frame, scan int, ok bool) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; at += 2 + int(binary.BigEndian.Uint16(data[at+2:])) {
		switch data[at+1] {
		case 0xc0:
			frame = at
		case 0xda:
			return frame, at, frame > 0
		}
	}
	return 0, 0, false
}
