package photo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
)

// cost reads a file's header, refuses it by that, and returns what decoding it
// takes, in bytes.
func (r *Reader) cost(k *kind, data []byte) (int64, error) {
	c, err := guard(func() (image.Config, error) { return k.config(bytes.NewReader(data)) })
	switch {
	case err != nil:
		return 0, err
	case c.Width < 1 || c.Height < 1:
		return 0, fmt.Errorf("%w: %d×%d pixels", ErrNotPhoto, c.Width, c.Height)
	case c.Width > maxSide || c.Height > maxSide || pixels(c) > r.limits.Pixels:
		return 0, fmt.Errorf("%w: %d×%d", ErrTooManyPixels, c.Width, c.Height)
	case k.moving != nil && k.moving(data):
		return 0, ErrAnimated
	}
	n, err := k.cost(data, c)
	if err != nil {
		return 0, err
	}
	if n += viewCost(c); n > r.limits.Memory {
		return 0, fmt.Errorf("%w: to decode %d×%d takes %d MB", ErrTooManyPixels, c.Width, c.Height, n>>20)
	}
	return n, nil
}

// decode decodes a file within the Reader's patience.
func (r *Reader) decode(ctx context.Context, k *kind, data []byte) (image.Image, error) {
	within, cancel := context.WithTimeoutCause(ctx, r.patience, ErrTooSlow)
	defer cancel()
	img, err := guard(func() (image.Image, error) { return k.decode(&patient{within, bytes.NewReader(data)}) })
	switch {
	case err == nil && img.Bounds().Empty():
		return nil, fmt.Errorf("%w: it is empty", ErrNotPhoto)
	case err != nil && within.Err() != nil:
		return nil, context.Cause(within)
	}
	return img, err
}

// guard makes ErrNotPhoto of what a decoder says, and of its panic.
func guard[T any](decode func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the decoder panicked: %v", ErrNotPhoto, p)
		}
	}()
	if v, err = decode(); err != nil {
		return v, fmt.Errorf("%w: %w", ErrNotPhoto, err)
	}
	return v, nil
}

// patient reads until its context ends. Time is what a header does not tell: a
// progressive JPEG may go over all of its blocks for every 50 bytes. Decoders read
// at most 4 KB at a time, so that they hear of the end within about a second.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
