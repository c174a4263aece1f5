package photo

import "image"

// orientation is how a picture lies, as EXIF's tag of this name has it, 1…8 (CIPA
// DC-008, section 4.6.4): to be mirrored left to right (2), turned by 180° (3),
// mirrored top to bottom (4), mirrored and turned by 270° clockwise (5), turned by
// 90° (6), mirrored and turned by 90° (7), turned by 270° (8). Anything else lies
// upright.
type orientation int

// onSide reports whether width and height change places.
func (o orientation) onSide() bool { return o >= 5 && o <= 8 }

// size returns the upright size of a picture of the given one.
func (o orientation) size(p image.Point) image.Point {
	if o.onSide() {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// upright returns the picture as it is to be seen.
func upright(m *image.YCbCr, o orientation) *image.YCbCr {
	if o < 2 || o > 8 {
		return m
	}
	size := o.size(m.Rect.Size())
	out := image.NewYCbCr(image.Rectangle{Max: size}, m.SubsampleRatio)
	o.turn(planeY(out), planeY(m))
	o.turn(planeCb(out), planeCb(m))
	o.turn(planeCr(out), planeCr(m))
	return out
}

// turn fills dst with src as it is to be seen.
func (o orientation) turn(dst, src plane) {
	// Where the first sample of dst is in src, and how far its neighbours are.
	right, down := src.stride, 1
	first := 0
	if !o.onSide() {
		right, down = 1, src.stride
	}
	lastX, lastY := src.width-1, (src.height-1)*src.stride
	switch o {
	case 2:
		first, right = lastX, -right
	case 3:
		first, right, down = lastX+lastY, -right, -down
	case 4:
		first, down = lastY, -down
	case 6:
		first, right = lastY, -right
	case 7:
		first, right, down = lastX+lastY, -right, -down
	case 8:
		first, down = lastX, -down
	}
	for y := range dst.height {
		row := dst.pix[y*dst.stride : y*dst.stride+dst.width]
		from := first + y*down
		for x := range row {
			row[x] = src.pix[from]
			from += right
		}
	}
}
