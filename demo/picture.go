package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

// shot is what a sample photo shows.
type shot int

const (
	shotFront  shot = iota // a shop from the street
	shotBefore             // a shelf with gaps
	shotAfter              // the same shelf, filled
)

// picture draws a sample photo, the same for the same subject.
func picture(s shot, subject string) []byte {
	r := random("picture " + subject)
	img := image.NewRGBA(image.Rect(0, 0, 480, 360))
	box := func(x0, y0, x1, y1 int, c color.RGBA) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	shade := func(base color.RGBA, by int) color.RGBA {
		f := func(v uint8) uint8 { return uint8(min(max(int(v)+by, 0), 255)) }
		return color.RGBA{f(base.R), f(base.G), f(base.B), 255}
	}
	colours := []color.RGBA{
		{214, 69, 65, 255},
		{243, 156, 18, 255},
		{46, 134, 193, 255},
		{39, 174, 96, 255},
		{142, 68, 173, 255},
		{52, 73, 94, 255},
		{230, 126, 140, 255},
		{241, 196, 15, 255},
	}
	if s == shotFront {
		for y := range 300 {
			box(0, y, 480, y+1, shade(color.RGBA{150, 200, 235, 255}, y/5))
		}
		wall, sign := shade(color.RGBA{196, 184, 168, 255}, r.IntN(30)), colours[r.IntN(len(colours))]
		box(30, 60, 450, 300, wall)
		box(20, 92, 460, 146, sign)
		for i := range 6 {
			x := 120 + i*42
			box(x, 106, x+28, 132, color.RGBA{255, 250, 235, 255})
		}
		for i := range 11 {
			c := sign
			if i%2 == 1 {
				c = color.RGBA{250, 250, 246, 255}
			}
			box(20+i*40, 146, 60+i*40, 166, c)
		}
		box(54, 180, 190, 284, color.RGBA{176, 214, 226, 255})
		box(290, 180, 426, 284, color.RGBA{176, 214, 226, 255})
		box(204, 172, 276, 300, color.RGBA{92, 70, 56, 255})
		box(212, 180, 268, 292, color.RGBA{198, 226, 232, 255})
		for i := range 10 {
			x := 62 + i%5*26 + i/5*236
			box(x, 244-r.IntN(20), x+18, 284, colours[r.IntN(len(colours))])
		}
		box(0, 300, 480, 360, color.RGBA{150, 150, 152, 255})
		box(0, 300, 480, 306, color.RGBA{190, 190, 190, 255})
	} else {
		box(0, 0, 480, 360, color.RGBA{226, 222, 212, 255})
		for row := range 4 {
			y := 84 + row*88
			for x := 14; x < 440; {
				w, h, c := 22+r.IntN(22), 40+r.IntN(30), colours[r.IntN(len(colours))]
				gap := r.IntN(5) < 2
				if s == shotAfter || !gap {
					box(x, y-h, x+w, y, c)
					box(x+4, y-h+12, x+w-4, y-h+22, shade(c, 70))
					box(x, y-h, x+3, y, shade(c, 35))
				}
				x += w + 3
			}
			box(0, y, 480, y+10, color.RGBA{158, 134, 108, 255})
			box(0, y+10, 480, y+13, color.RGBA{120, 100, 80, 255})
			for x := 20; x < 460; x += 60 {
				box(x, y+1, x+24, y+9, color.RGBA{252, 252, 240, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 78}); err != nil {
		panic("demo: " + err.Error()) // into memory
	}
	return b.Bytes()
}
