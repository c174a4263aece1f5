package picture

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// MaxMaps is how many maps fit on one [Atlas].
const MaxMaps = 12

// Atlas is several reps' maps on one picture, two beside each other, each half as wide as alone.
type Atlas []DayMap

// PNG draws the picture, 1080 pixels wide. There is at least one map; more than [MaxMaps] maps are [ErrTooMuch].
func (a Atlas) PNG() ([]byte, error) {
	if len(a) > MaxMaps {
		return nil, fmt.Errorf("%d maps: %w", len(a), ErrTooMuch)
	}
	if len(a) == 1 {
		return a[0].PNG()
	}
	maps := make([]*canvas, len(a))
	var height int
	// tall is the height of each row on the picture.
	var tall []int
	for i, m := range a {
		c, err := m.draw()
		if err != nil {
			return nil, err
		}
		maps[i] = c
		half := c.img.Rect.Dy() / 2
		if i%2 == 0 {
			tall = append(tall, half)
		}
		row := &tall[len(tall)-1]
		*row = max(*row, half)
	}
	for _, h := range tall {
		height += h
	}
	out, err := newCanvas(float64(height))
	if err != nil {
		return nil, err
	}
	y := 0
	for i, m := range maps {
		x := i % 2 * width / 2
		at := image.Rect(x, y, x+width/2, y+m.img.Rect.Dy()/2)
		draw.ApproxBiLinear.Scale(out.img, at, m.img, m.img.Rect, draw.Src, nil)
		if i%2 == 1 {
			y += tall[i/2]
		}
	}
	return out.png()
}
