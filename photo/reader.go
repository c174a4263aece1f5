package photo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxSide bounds a picture's width and height in pixels.
	maxSide = 12_000
	// patience bounds decoding one picture; 40 megapixels take less than two seconds
	// on one core.
	patience = 20 * time.Second
	// sweepFrom is from what number of bytes on a decoding's memory goes back to the
	// system before its turn ends. The collector would come by only when all memory has
	// doubled, and the next picture would be decoded on top of what the last one left:
	// 490 MB were seen where 200 are allowed. It takes a tenth of a second; a usual photo
	// of 12 megapixels needs less than this and is left to the collector.
	sweepFrom = 48 << 20
)

// Limits bound what is read.
type Limits struct {
	// Bytes of one file.
	Bytes int64
	// Pixels of one picture.
	Pixels int64
	// Memory is the bytes that all decodings at once may take. One that would take
	// more by itself is refused.
	Memory int64
}

// DefaultMemory is what two pictures of 40 megapixels take as usual JPEG, or one of
// them as PNG.
const DefaultMemory = 200 << 20

// Reader reads pictures. Its methods may be called from many goroutines.
type Reader struct {
	limits   Limits
	share    int64
	memory   *semaphore.Weighted
	patience time.Duration
}

// NewReader returns a Reader that decodes so many pictures at once at most (at
// least one), and fewer where they are large. A Memory of zero is [DefaultMemory].
func NewReader(limits Limits, atOnce int) *Reader {
	if limits.Memory <= 0 {
		limits.Memory = DefaultMemory
	}
	return &Reader{
		limits: limits,
		// Each takes its share at least: that is what bounds their number.
		share:    limits.Memory / int64(max(1, atOnce)),
		memory:   semaphore.NewWeighted(limits.Memory),
		patience: patience,
	}
}

// Photo is what is known of a picture.
type Photo struct {
	// SHA256 of the file as it came, in hexadecimal.
	SHA256 string
	Hash   Hash
	Exif   Exif
	// View is the picture to keep and to show: a JPEG, upright, of at most 1,920 pixels
	// a side, without metadata; what was transparent is white. The colour profile goes
	// too: a phone's wide colours come out a little paler.
	View []byte
}

// Read reads a picture. The times in it that have no offset are meant in zone; nil
// is UTC. It waits for its turn to decode, and ends early when ctx does.
//
// It returns ErrTooBig, ErrTooManyPixels, ErrNotPhoto, ErrAnimated, ErrNoPixels,
// ErrTooSlow or the context's error. With ErrTooBig the Photo has nothing, with
// the others the digest, to tell that the same comes again.
func (r *Reader) Read(ctx context.Context, data []byte, zone *time.Location) (Photo, error) {
	if int64(len(data)) > r.limits.Bytes {
		return Photo{}, fmt.Errorf("%w: %d bytes", ErrTooBig, len(data))
	}
	sum := sha256.Sum256(data)
	refused := Photo{SHA256: hex.EncodeToString(sum[:])}
	k := kindOf(data)
	if k == nil {
		return refused, ErrNotPhoto
	}
	if k.decode == nil {
		return refused, ErrNoPixels
	}
	cost, err := r.cost(k, data)
	if err != nil {
		return refused, err
	}
	out := refused
	var way orientation
	out.Exif, way = readExif(k, data, zone)
	view, err := r.view(ctx, k, data, cost, way)
	if err != nil {
		return refused, err
	}
	var errHash error
	hashed := beside(func() { out.Hash, errHash = hash(view) })
	out.View, err = encode(view)
	hashed()
	if err = errors.Join(err, errHash); err != nil {
		return refused, err
	}
	return out, nil
}

// view decodes a file in its turn, and returns its upright view.
func (r *Reader) view(ctx context.Context, k *kind, data []byte, cost int64, way orientation) (*image.YCbCr, error) {
	weight := max(cost, r.share)
	if err := r.memory.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	defer r.memory.Release(weight)
	if cost > sweepFrom {
		defer debug.FreeOSMemory()
	}
	img, err := r.decode(ctx, k, data)
	if err != nil {
		return nil, err
	}
	return upright(shrink(img), way), nil
}
