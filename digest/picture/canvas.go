package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/vector"

	"roundsman/typeface"
)

const (
	// width of every picture in pixels: a phone's, so that nothing is scaled up.
	width  = 1080
	margin = 40
)

// Blue and orange differ for every kind of colour blindness (Okabe and Ito), and
// with the greys also in lightness, for print.
var (
	white    = color.RGBA{255, 255, 255, 255}
	ink      = color.RGBA{27, 39, 51, 255}
	quiet    = color.RGBA{91, 103, 112, 255}
	hairline = color.RGBA{228, 232, 236, 255}
	grey     = color.RGBA{207, 213, 219, 255}
	blue     = color.RGBA{0, 114, 178, 255}
	orange   = color.RGBA{230, 159, 0, 255}
	track    = color.RGBA{94, 122, 148, 255}
	paleBlue = color.RGBA{205, 228, 243, 255}
	// veil lets what lies below a name show a little.
	veil = color.NRGBA{255, 255, 255, 225}
)

// point is a place on a picture, in pixels from its upper left corner.
type point struct{ x, y float64 }

func (p point) add(q point) point     { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point     { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point { return point{p.x * f, p.y * f} }
func (p point) length() float64       { return math.Hypot(p.x, p.y) }
func polar(r, angle float64) point    { return point{r * math.Cos(angle), r * math.Sin(angle)} }
func pixels(x0, y0, x1, y1 float64) image.Rectangle {
	return image.Rect(int(math.Round(x0)), int(math.Round(y0)), int(math.Round(x1)), int(math.Round(y1)))
}

// canvas is a picture while it is drawn.
type canvas struct {
	img *image.RGBA
	// clip bounds what is drawn of shapes.
	clip  image.Rectangle
	shape vector.Rasterizer
	*typeface.Faces
}

func newCanvas(height float64) (*canvas, error) {
	faces, err := typeface.New()
	if err != nil {
		return nil, err
	}
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, int(height))), Faces: faces}
	c.clip = c.img.Rect
	c.rect(c.img.Rect, white)
	return c, nil
}

// text writes a legible line as [typeface.Faces.Draw] does.
func (c *canvas) text(s string, x, y, size float64, ink color.Color) float64 {
	return c.Draw(c.img, s, x, y, size, ink)
}

func (c *canvas) rect(r image.Rectangle, ink color.Color) {
	draw.Draw(c.img, r, image.NewUniform(ink), image.Point{}, draw.Over)
}

// fill paints what the outlines enclose; one that turns the other way is a hole.
func (c *canvas) fill(ink color.Color, outlines ...[]point) {
	lo, hi := outlines[0][0], outlines[0][0]
	for _, outline := range outlines {
		for _, p := range outline {
			lo, hi = point{min(lo.x, p.x), min(lo.y, p.y)}, point{max(hi.x, p.x), max(hi.y, p.y)}
		}
	}
	r := image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x)), int(math.Ceil(hi.y))).Intersect(c.clip)
	if r.Empty() {
		return
	}
	c.shape.Reset(r.Dx(), r.Dy())
	for _, outline := range outlines {
		for i, p := range outline {
			x, y := float32(p.x-float64(r.Min.X)), float32(p.y-float64(r.Min.Y))
			if i == 0 {
				c.shape.MoveTo(x, y)
			} else {
				c.shape.LineTo(x, y)
			}
		}
		c.shape.ClosePath()
	}
	c.shape.Draw(c.img, r, image.NewUniform(ink), image.Point{})
}

// arc returns points of a circle from one angle to another, in radians clockwise from the east.
func arc(centre point, radius, from, to float64) []point {
	n := 2 + int(math.Abs(to-from)*math.Sqrt(radius+1)*1.5)
	out := make([]point, n)
	for i := range out {
		out[i] = centre.add(polar(radius, from+(to-from)*float64(i)/float64(n-1)))
	}
	return out
}

const round = 2 * math.Pi

func (c *canvas) disc(centre point, radius float64, ink color.Color) {
	c.fill(ink, arc(centre, radius, 0, round))
}

// ring draws a circle's line, of a thickness in pixels.
func (c *canvas) ring(centre point, radius, thick float64, ink color.Color) {
	c.fill(ink, arc(centre, radius+thick/2, 0, round), arc(centre, radius-thick/2, round, 0))
}

// dashes draws a circle's line with gaps, of a thickness in pixels.
func (c *canvas) dashes(centre point, radius, thick float64, ink color.Color) {
	n := max(6, math.Round(round*radius/16))
	for i := range int(n) {
		from := round * float64(i) / n
		to := from + round/n*0.6
		c.fill(ink, append(arc(centre, radius+thick/2, from, to), arc(centre, radius-thick/2, to, from)...))
	}
}

// line draws a straight line, of a thickness in pixels.
func (c *canvas) line(a, b point, thick float64, ink color.Color) {
	d := b.sub(a)
	if d.length() < 0.1 {
		return
	}
	n := point{-d.y, d.x}.times(thick / 2 / d.length())
	c.fill(ink, []point{a.add(n), b.add(n), b.sub(n), a.sub(n)})
}

// arrow draws the head of an arrow that points into an angle, its middle at p.
func (c *canvas) arrow(p point, angle, size float64, ink color.Color) {
	c.fill(ink, []point{p.add(polar(size, angle)), p.add(polar(size, angle+2.5)), p.add(polar(size, angle-2.5))})
}

// entry is a line of a legend: a sign and its word.
type entry struct {
	word string
	sign func(middle point)
}

const (
	titleSize  = 50
	totalsSize = 36
	legendSize = 32
)

// headHeight is how high [canvas.head] is, in pixels.
func headHeight(totals string) float64 {
	if totals == "" {
		return margin + 150
	}
	return margin + 206
}

// head writes a title, a line of totals and a legend.
func (c *canvas) head(title, totals string, legend []entry) {
	const room = width - 2*margin
	y := float64(margin) + 30
	c.text(c.Fit(title, titleSize, room), margin, y, titleSize, ink)
	if totals != "" {
		y += 66
		c.text(c.Fit(totals, totalsSize, room), margin, y, totalsSize, quiet)
	}
	x, y := float64(margin), headHeight(totals)-44
	for _, e := range legend {
		e.sign(point{x + 18, y})
		x = c.text(c.Fit(e.word, legendSize, room/float64(len(legend))-84), x+48, y, legendSize, ink) + 36
	}
}

// png encodes the picture.
func (c *canvas) png() ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, paletted(c.img)); err != nil {
		return nil, fmt.Errorf("encode the picture: %w", err)
	}
	return b.Bytes(), nil
}

// palette is 16 colours, of which PNG packs two into a byte.
var palette = color.Palette{
	white, hairline, grey, quiet, ink, paleBlue, blue, track, orange,
	// What the edges of letters and lines need between these.
	color.RGBA{182, 190, 196, 255},
	color.RGBA{152, 160, 167, 255},
	color.RGBA{121, 131, 138, 255},
	color.RGBA{59, 71, 82, 255},
	color.RGBA{153, 199, 224, 255},
	color.RGBA{77, 156, 201, 255},
	color.RGBA{174, 188, 201, 255},
}

// paletted brings a picture down to the palette. The file is a sixth then, and
// looks the same.
func paletted(img *image.RGBA) *image.Paletted {
	out := image.NewPaletted(img.Rect, palette)
	var known [1 << 15]uint8 // by the upper five bits of each part: 1 more than the index; 0: not yet
	for i := range out.Pix {
		p := img.Pix[4*i : 4*i+3 : 4*i+3]
		k := &known[int(p[0]>>3)<<10|int(p[1]>>3)<<5|int(p[2]>>3)]
		if *k == 0 {
			*k = uint8(palette.Index(color.RGBA{p[0], p[1], p[2], 255})) + 1
		}
		out.Pix[i] = *k - 1
	}
	return out
}
