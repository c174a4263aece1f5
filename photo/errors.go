package photo

import "errors"

// Why a picture is refused. The file stays what it is: no retry helps, except
// after ErrTooSlow.
var (
	// ErrTooBig: more bytes than [Limits] allow.
	ErrTooBig = errors.New("the file is too big")
	// ErrTooManyPixels: more pixels than [Limits] allow, a side beyond 12,000, or
	// more memory to decode than all decodings may take.
	ErrTooManyPixels = errors.New("the picture has too many pixels")
	// ErrNotPhoto: not a JPEG, PNG, WebP, GIF or BMP, or a damaged one.
	ErrNotPhoto = errors.New("not a picture that can be read")
	// ErrAnimated: several pictures in one. A photo shows one moment.
	ErrAnimated = errors.New("the picture moves")
	// ErrNoPixels: HEIC, HEIF or AVIF, which are only recognized. Sent
	// as a picture and not as a file, a platform makes a JPEG of it.
	ErrNoPixels = errors.New("the picture is of a kind that cannot be decoded")
	// ErrTooSlow: decoding took too long, as it does on a machine that is busy beyond
	// measure, or for a file that was made for it.
	ErrTooSlow = errors.New("the picture takes too long to decode")
)
