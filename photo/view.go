package photo

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// viewSide bounds a view's width and height in pixels: a text on a shop's sign or
// a price tag can still be read.
const viewSide = 1920

// viewCost is what making the view takes, in bytes: it as colours, as planes, and as
// planes turned upright.
func viewCost(c image.Config) int64 {
	size := viewSize(c.Width, c.Height)
	return 8 * int64(size.X+1) * int64(size.Y+1)
}

// viewSize returns the size of the view of a picture.
func viewSize(width, height int) image.Point {
	side := max(width, height)
	if side <= viewSide {
		return image.Pt(width, height)
	}
	scaled := func(n int) int { return max(1, (n*viewSide+side/2)/side) }
	return image.Pt(scaled(width), scaled(height))
}

// shrink returns a picture at the size of its view. Planes are scaled as they are:
// to convert 12 megapixels to colours first would take longer than all the rest.
func shrink(img image.Image) *image.YCbCr {
	b := img.Bounds()
	size := viewSize(b.Dx(), b.Dy())
	out := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
	if m, ok := img.(*image.YCbCr); ok && planeCb(m).width >= planeCb(out).width && planeCb(m).height >= planeCb(out).height {
		// The colours are half of the work at most, and done beside the brightness.
		coloured := beside(func() {
			planeCb(out).average(planeCb(m))
			planeCr(out).average(planeCr(m))
		})
		planeY(out).average(planeY(m))
		coloured()
		return out
	}
	rgba := image.NewRGBA(out.Rect)
	draw.Draw(rgba, rgba.Rect, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(rgba, rgba.Rect, img, b, draw.Over, nil)
	paint(out, rgba)
	return out
}

// paint puts colours on a picture; both cover the same pixels, the first of which is
// one of even coordinates.
func paint(dst *image.YCbCr, src *image.RGBA) {
	r := src.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := src.Pix[src.PixOffset(x, y):]
			dst.Y[dst.YOffset(x, y)], _, _ = color.RGBToYCbCr(p[0], p[1], p[2])
		}
	}
	// A sample of colour stands for four pixels, or fewer at the edges.
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			var sum [3]int
			n := 0
			for _, q := range [4]image.Point{{x, y}, {x + 1, y}, {x, y + 1}, {x + 1, y + 1}} {
				if q.In(r) {
					p := src.Pix[src.PixOffset(q.X, q.Y):]
					sum[0], sum[1], sum[2] = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2])
					n++
				}
			}
			i := dst.COffset(x, y)
			_, dst.Cb[i], dst.Cr[i] = color.RGBToYCbCr(uint8(sum[0]/n), uint8(sum[1]/n), uint8(sum[2]/n))
		}
	}
}
