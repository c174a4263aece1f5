package photo

import (
	"bytes"
	"context"
	"image"
	"io"
	"time"
)

// SetPatience bounds decoding one picture.
func (r *Reader) SetPatience(d time.Duration) { r.patience = d }

// Decode takes its turn for a picture of a cost and calls during in it.
func (r *Reader) Decode(ctx context.Context, cost int64, during func()) error {
	k := &kind{decode: func(io.Reader) (image.Image, error) {
		during()
		return image.NewGray(image.Rect(0, 0, 1, 1)), nil
	}}
	_, err := r.view(ctx, k, nil, cost, 0)
	return err
}

// Cost returns what decoding a file is reckoned to take, and decodes it.
func Cost(data []byte) (cost int64, decode func() (image.Image, error), err error) {
	k := kindOf(data)
	c, err := k.config(bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	cost, err = k.cost(data, c)
	return cost, func() (image.Image, error) { return k.decode(bytes.NewReader(data)) }, err
}

// Shrink returns a picture at the size of its view.
func Shrink(img image.Image) *image.YCbCr { return shrink(img) }

// Encode writes a view, EncodeWhole in one pass.
var (
	Encode      = encode
	EncodeWhole = encodeWhole
	Beside      = beside
)
