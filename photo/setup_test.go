package photo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"

	"roundsman/photo"
)

var limits = photo.Limits{Bytes: 20 << 20, Pixels: 40_000_000}

// read reads a picture that is to be accepted.
func read(t testing.TB, data []byte) photo.Photo {
	t.Helper()
	p, err := photo.NewReader(limits, 2).Read(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decode returns a JPEG's picture.
func decode(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// scene is a picture as a phone takes them: large shapes of several colours, edges,
// a fine pattern and noise. Each seed is another place.
func scene(width, height int, seed uint64) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(seed, 2))
	type wave struct{ x, y, phase, high float64 }
	waves := make([]wave, 6)
	for i := range waves {
		waves[i] = wave{(r.Float64() - 0.5) * 30, (r.Float64() - 0.5) * 30, r.Float64() * 6, 12 + 16*r.Float64()}
	}
	type box struct {
		x0, y0, x1, y1 int
		light          float64
	}
	boxes := make([]box, 12)
	for i := range boxes {
		x, y := r.IntN(width), r.IntN(height)
		boxes[i] = box{x, y, x + width/8 + 1, y + height/6 + 1, 60*r.Float64() - 30}
	}
	noise := make([]uint8, 4096)
	for i := range noise {
		noise[i] = uint8(r.IntN(32))
	}
	across := make([]float64, width)
	for y := range height {
		for x := range across {
			across[x] = 120
		}
		for _, w := range waves {
			// A wave along the line, by turning a vector.
			s, c := math.Sincos(w.phase + w.y*float64(y)/float64(height))
			ds, dc := math.Sincos(w.x / float64(width))
			for x := range across {
				across[x] += w.high * s
				s, c = s*dc+c*ds, c*dc-s*ds
			}
		}
		for _, b := range boxes {
			if y >= b.y0 && y < b.y1 {
				for x := b.x0; x < min(b.x1, width); x++ {
					across[x] += b.light
				}
			}
		}
		for x, v := range across {
			m.Y[y*m.YStride+x] = uint8(max(0, min(255, v)))&^7 + noise[(x*31+y*x+y*17)&4095]
		}
	}
	for i := range m.Cb {
		x, y := i%m.CStride, i/m.CStride
		m.Cb[i], m.Cr[i] = uint8(100+50*x/m.CStride), uint8(150-50*y*m.CStride/len(m.Cb))
	}
	return m
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: quality}) })
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoded(t, func(b *bytes.Buffer) error { return fast.Encode(b, img) })
}

func bmpOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, img) })
}

// gifOf returns a GIF of so many frames.
func gifOf(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black, color.RGBA{200, 0, 0, 255}})
		for j := range m.Pix {
			m.Pix[j] = uint8((j + i) / 7 % 3)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10)
	}
	return encoded(t, func(b *bytes.Buffer) error { return gif.EncodeAll(b, g) })
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Pictures of one pixel, since there is no encoder of WebP in Go.
var (
	webpLossy    = base64Of("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	webpLossless = base64Of("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	webpMoving   = base64Of("UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA")
)

func base64Of(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// chunk is a part of a PNG.
func chunk(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// afterHeader puts a chunk behind a PNG's header.
func afterHeader(file, part []byte) []byte {
	const header = 33
	return concat(file[:header], part, file[header:])
}

// claiming returns a PNG whose header claims a size, colours and interlacing.
func claiming(width, height uint32, depth, colours, interlaced byte) []byte {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	b = append(b, depth, colours, 0, 0, interlaced)
	return concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", b), chunk("IDAT", []byte{0x78, 0x9c, 0x63, 0, 0, 0, 2, 0, 1}))
}

// claimingJPEG returns a JPEG whose frame is of another kind and size than its data.
func claimingJPEG(t testing.TB, kind byte, width, height uint16) []byte {
	t.Helper()
	b := jpegOf(t, scene(64, 48, 1), 80)
	i := bytes.Index(b, []byte{0xff, 0xc0})
	b[i+1] = kind
	binary.BigEndian.PutUint16(b[i+5:], height)
	binary.BigEndian.PutUint16(b[i+7:], width)
	return b
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// scaled returns a picture at another size.
func scaled(img image.Image, width, height int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.ApproxBiLinear.Scale(out, out.Rect, img, img.Bounds(), draw.Src, nil)
	return out
}

// progressive returns a grey, empty progressive JPEG of so many scans of its finer
// coefficients. Each is a zero bit for 1,092 blocks.
func progressive(width, height uint16, scans int) []byte {
	blocks := (int(width) + 7) / 8 * ((int(height) + 7) / 8)
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, height), width)
	// One code of one bit: in the first table for no difference, in the second for the
	// end of 16,384 blocks.
	table := func(class, value byte) []byte {
		return concat([]byte{0xff, 0xc4, 0, 20, class, 1}, make([]byte, 15), []byte{value})
	}
	scan := func(from, to byte, bits int) []byte {
		return concat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, from, to, 0}, make([]byte, bits/8+1))
	}
	return concat(
		[]byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}, bytes.Repeat([]byte{1}, 64),
		[]byte{0xff, 0xc2, 0, 11, 8}, size, []byte{1, 1, 0x11, 0},
		table(0x00, 0x00), table(0x10, 0xe0),
		scan(0, 0, blocks), bytes.Repeat(scan(1, 63, 15*(blocks/16384+1)), scans),
		[]byte{0xff, 0xd9},
	)
}
