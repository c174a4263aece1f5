package photo_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"roundsman/photo"
)

func TestPicturesOfEachType(t *testing.T) {
	t.Parallel()
	img := scene(90, 60, 1)
	for name, c := range map[string]struct {
		file          []byte
		width, height int
	}{
		"jpeg":              {jpegOf(t, img, 90), 90, 60},
		"grey jpeg":         {jpegOf(t, image.NewGray(image.Rect(0, 0, 7, 9)), 90), 7, 9},
		"png":               {pngOf(t, img), 90, 60},
		"png of 16 bits":    {pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 5, 5))), 5, 5},
		"one pixel":         {pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1))), 1, 1},
		"a line":            {pngOf(t, image.NewGray(image.Rect(0, 0, 12000, 1))), 1920, 1},
		"a column":          {pngOf(t, image.NewGray(image.Rect(0, 0, 3, 12000))), 1, 1920},
		"gif":               {gifOf(t, 1), 40, 30},
		"bmp":               {bmpOf(t, img), 90, 60},
		"lossy webp":        {webpLossy, 1, 1},
		"lossless webp":     {webpLossless, 1, 1},
		"a page at its end": {concat(jpegOf(t, img, 90), []byte("<script>alert(1)</script>")), 90, 60},
	} {
		p := read(t, c.file)
		sum := sha256.Sum256(c.file)
		if p.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: %s", name, p.SHA256)
		}
		if got := decode(t, p.View).Bounds().Size(); got != image.Pt(c.width, c.height) || bytes.Contains(p.View, []byte("script")) {
			t.Errorf("%s: the view is %v", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	whole := jpegOf(t, scene(90, 60, 1), 90)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"no bytes":                        {nil, photo.ErrNotPhoto},
		"text":                            {[]byte("<html><body>hello</body></html>"), photo.ErrNotPhoto},
		"a program":                       {[]byte("\x7fELF\x02\x01\x01"), photo.ErrNotPhoto},
		"a tiff":                          {exif{}.block(), photo.ErrNotPhoto},
		"21 MB":                           {append(whole[:len(whole):len(whole)], make([]byte, 21<<20)...), photo.ErrTooBig},
		"a page that says it is a jpeg":   {[]byte("\xff\xd8\xff\xe0<html><script>alert(1)</script></html>"), photo.ErrNotPhoto},
		"a page that says it is a gif":    {[]byte("GIF89a/*<html>*/=1;alert(1)"), photo.ErrTooManyPixels},
		"magic alone":                     {[]byte("\xff\xd8\xff"), photo.ErrNotPhoto},
		"half a jpeg":                     {whole[:len(whole)/2], photo.ErrNotPhoto},
		"half a png":                      {pngOf(t, scene(90, 60, 1))[:2000], photo.ErrNotPhoto},
		"half a bmp":                      {bmpOf(t, scene(90, 60, 1))[:2000], photo.ErrNotPhoto},
		"half a webp":                     {webpLossy[:30], photo.ErrNotPhoto},
		"a bomb of 576 megapixels":        {claiming(24000, 24000, 8, 2, 0), photo.ErrTooManyPixels},
		"more than there are":             {claiming(1<<31-1, 1<<31-1, 1, 0, 0), photo.ErrNotPhoto},
		"sides that multiply to little":   {claiming(1<<30, 4, 8, 2, 0), photo.ErrTooManyPixels},
		"a long side":                     {claiming(12001, 1, 8, 2, 0), photo.ErrTooManyPixels},
		"no side":                         {claiming(0, 5, 8, 2, 0), photo.ErrNotPhoto},
		"40 megapixels of 64 bits":        {claiming(8000, 5000, 16, 6, 0), photo.ErrTooManyPixels},
		"40 megapixels, interlaced":       {claiming(8000, 5000, 8, 2, 1), photo.ErrTooManyPixels},
		"a header that lies":              {claiming(6000, 4000, 8, 2, 0), photo.ErrNotPhoto},
		"a jpeg's header that lies":       {claimingJPEG(t, 0xc0, 6000, 4000), photo.ErrNotPhoto},
		"a jpeg of 65,535 a side":         {claimingJPEG(t, 0xc0, 65535, 65535), photo.ErrTooManyPixels},
		"a jpeg of no height":             {claimingJPEG(t, 0xc0, 64, 0), photo.ErrNotPhoto},
		"a progressive one of 40":         {claimingJPEG(t, 0xc2, 8000, 5000), photo.ErrTooManyPixels},
		"an arithmetically coded one":     {claimingJPEG(t, 0xc9, 64, 48), photo.ErrNotPhoto},
		"a bmp of no pixels":              {append([]byte("BM"), make([]byte, 60)...), photo.ErrNotPhoto},
		"a gif that moves":                {gifOf(t, 3), photo.ErrAnimated},
		"a webp that moves":               {webpMoving, photo.ErrAnimated},
		"a png that moves":                {afterHeader(pngOf(t, scene(9, 6, 1)), chunk("acTL", make([]byte, 8))), photo.ErrAnimated},
		"heic":                            {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), photo.ErrNoPixels},
		"avif":                            {[]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif"), photo.ErrNoPixels},
		"a film":                          {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42"), photo.ErrNotPhoto},
		"a chunk that is not there":       {afterHeader(pngOf(t, scene(9, 6, 1)), []byte("\x7f\xff\xff\xffzTXt")), photo.ErrNotPhoto},
		"a chunk of more than 2 GB":       {afterHeader(pngOf(t, scene(9, 6, 1)), []byte("\xff\xff\xff\xffzTXt")), photo.ErrNotPhoto},
		"a gif with an empty frame":       {[]byte("GIF89a\x05\x00\x05\x00\x00\x00\x00,\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x4c\x01\x00;"), photo.ErrNotPhoto},
		"a gif whose frame is larger":     {[]byte("GIF89a\x05\x00\x05\x00\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00;"), photo.ErrNotPhoto},
		"a jpeg whose frames are too far": {concat(whole[:2], []byte{0xff, 0xe1, 0xff, 0xff}), photo.ErrNotPhoto},
	} {
		p, err := photo.NewReader(limits, 2).Read(t.Context(), c.file, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if p.View != nil || (p.SHA256 == "") != errors.Is(err, photo.ErrTooBig) {
			t.Errorf("%s: it gave %+v", name, p)
		}
	}
}

// Ancillary chunks are passed over, however large.
func TestHugeAncillaryChunk(t *testing.T) {
	t.Parallel()
	p := read(t, afterHeader(pngOf(t, scene(90, 60, 1)), chunk("zTXt", make([]byte, 10<<20))))
	if len(p.View) > 10_000 {
		t.Errorf("a view of %d bytes", len(p.View))
	}
}

func TestWhatIsTransparentIsWhite(t *testing.T) {
	t.Parallel()
	for name, img := range map[string]image.Image{
		"colours":   image.NewNRGBA(image.Rect(0, 0, 20, 20)),
		"16 bits":   image.NewNRGBA64(image.Rect(0, 0, 20, 20)),
		"a palette": image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.Transparent}),
	} {
		view := decode(t, read(t, pngOf(t, img)).View)
		if r, g, b, _ := view.At(10, 10).RGBA(); min(r, g, b) < 0xfe00 {
			t.Errorf("%s: %x %x %x", name, r, g, b)
		}
	}
}

func TestLargePictureIsShrunk(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"planes": jpegOf(t, scene(2400, 41, 1), 90), "colours": pngOf(t, scene(2400, 41, 1))} {
		p := read(t, file)
		if got := decode(t, p.View).Bounds().Size(); got != image.Pt(1920, 33) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSoManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		atOnce int
		cost   int64
		want   int64
	}{
		"small ones by their number": {2, 10, 2},
		"none at all means one":      {0, 10, 1},
		"half the memory each":       {3, 500, 2},
		"nearly all of it":           {3, 900, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := photo.NewReader(photo.Limits{Bytes: 1, Pixels: 1, Memory: 1000}, c.atOnce)
			var now, most atomic.Int64
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					err := r.Decode(t.Context(), c.cost, func() {
						n := now.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						time.Sleep(time.Second)
						now.Add(-1)
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if most.Load() != c.want {
				t.Errorf("%s: %d at once, want %d", name, most.Load(), c.want)
			}
		})
	}
}

func TestPanicOfADecoderIsAnError(t *testing.T) {
	t.Parallel()
	r := photo.NewReader(limits, 1)
	if err := r.Decode(t.Context(), 1, func() { panic("index out of range") }); !errors.Is(err, photo.ErrNotPhoto) {
		t.Errorf("got %v", err)
	}
	// It has given its turn back.
	if err := r.Decode(t.Context(), 1, func() {}); err != nil {
		t.Error(err)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	file := jpegOf(t, scene(90, 60, 1), 90)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := photo.NewReader(limits, 1).Read(ctx, file, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("before its turn: %v", err)
	}
	r := photo.NewReader(limits, 1)
	r.SetPatience(0)
	if _, err := r.Read(t.Context(), file, nil); !errors.Is(err, photo.ErrTooSlow) {
		t.Errorf("out of patience: %v", err)
	}
}

// A megabyte that goes over 12 megapixels 10,000 times is given up.
func TestScansWithoutEnd(t *testing.T) {
	t.Parallel()
	r := photo.NewReader(limits, 1)
	r.SetPatience(10 * time.Millisecond)
	began := time.Now()
	_, err := r.Read(t.Context(), progressive(4000, 3000, 20_000), nil)
	if !errors.Is(err, photo.ErrTooSlow) {
		t.Errorf("got %v", err)
	}
	t.Logf("%v", time.Since(began))
}
