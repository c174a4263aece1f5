package photo_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"roundsman/photo"
)

// of12MP is a usual picture of a phone, of about 4 MB.
func of12MP(b *testing.B) []byte {
	b.Helper()
	return shanghai().into(jpegOf(b, scene(4000, 3000, 1), 90))
}

// marks are what stands on a view.
var marks = []string{"张伟 · 上海浦东新区世纪大道100号 · 2026-11-23 17:05:12", "已核实 距离 42 米"}

func BenchmarkRead12MP(b *testing.B) {
	file := of12MP(b)
	r := photo.NewReader(limits, 2)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(b.Context(), file, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMark(b *testing.B) {
	view := read(b, of12MP(b)).View
	b.SetBytes(int64(len(view)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := photo.Mark(view, marks); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWhole12MP is all that a photo of 12 megapixels takes until it is shown: it is
// read, and its view marked.
func BenchmarkWhole12MP(b *testing.B) {
	file := of12MP(b)
	r := photo.NewReader(limits, 2)
	b.ReportAllocs()
	for b.Loop() {
		p, err := r.Read(b.Context(), file, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := photo.Mark(p.View, marks); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory reads, four at a time, pictures that take nearly all of the memory
// that all decodings may, and reports the most that the process had, where the
// system tells. Run it alone.
func BenchmarkMemory(b *testing.B) {
	files := [][]byte{blank(b, 7300, 5470), progressive(6000, 5000, 3)}
	r := photo.NewReader(limits, 2)
	for b.Loop() {
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				for range 2 {
					if _, err := r.Read(b.Context(), files[i%2], nil); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wait.Wait()
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("this system does not tell: ", err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	if _, err := fmt.Sscan(after, &kb); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(kb/1024, "MB-at-most")
}

// blank returns a PNG of zeros, four bytes a pixel.
func blank(b *testing.B, width, height uint32) []byte {
	b.Helper()
	var pix bytes.Buffer
	w := zlib.NewWriter(&pix)
	if _, err := io.CopyN(w, zeros{}, int64(height)*(1+4*int64(width))); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	const header = 33
	return concat(claiming(width, height, 8, 6, 0)[:header], chunk("IDAT", pix.Bytes()), chunk("IEND", nil))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
