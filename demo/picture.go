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
		// Each shop from another side, in another light: no two are one picture.
		light := r.IntN(2)*10 - 5
		for y := range 300 {
			box(0, y, 480, y+1, shade(color.RGBA{150, 200, 235, 255}, y/light))
		}
		left, right, roof := r.IntN(140), 480-r.IntN(140), 20+r.IntN(90)
		wall, sign := shade(color.RGBA{196, 184, 168, 255}, r.IntN(160)-110), colours[r.IntN(len(colours))]
		for x := 0; x < 480; x += 60 + r.IntN(60) {
			box(x, 30+r.IntN(150), x+40+r.IntN(60), 300, shade(color.RGBA{150, 150, 160, 255}, r.IntN(160)-80))
		}
		box(left, roof, right, 300, wall)
		top := roof + 14 + r.IntN(50)
		box(left-10, top, right+10, top+30+r.IntN(30), sign)
		for x := left + 20 + r.IntN(60); x < right-30; x += 34 + r.IntN(20) {
			box(x, top+8, x+18+r.IntN(12), top+26, color.RGBA{255, 250, 235, 255})
		}
		door := left + 10 + r.IntN(right-left-80)
		for x := left + 12; x < right-50; x += 60 + r.IntN(40) {
			box(x, top+70, x+40+r.IntN(30), 284, shade(color.RGBA{176, 214, 226, 255}, r.IntN(120)-90))
			for range 4 {
				y := top + 80 + r.IntN(90)
				box(x+4+r.IntN(20), y, x+24+r.IntN(20), y+20+r.IntN(20), colours[r.IntN(len(colours))])
			}
		}
		box(door, top+66, door+72, 300, color.RGBA{92, 70, 56, 255})
		box(door+8, top+74, door+64, 292, color.RGBA{198, 226, 232, 255})
		box(0, 300, 480, 360, shade(color.RGBA{150, 150, 152, 255}, r.IntN(80)-40))
		box(0, 300, 480, 306, color.RGBA{190, 190, 190, 255})
	} else {
		box(0, 0, 480, 360, color.RGBA{226, 222, 212, 255})
		rows := 3 + r.IntN(3)
		for row := range rows {
			y := (row+1)*340/rows - r.IntN(12)
			for x := 14; x < 440; {
				w, h, c := 14+r.IntN(60), 150/rows+r.IntN(150/rows), colours[r.IntN(len(colours))]
				gap := r.IntN(5) < 3
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
