package photo_test

import (
	"testing"

	"roundsman/photo"
)

// of12MP is a usual picture of a phone, of about 4 MB.
func of12MP(b *testing.B) []byte {
	b.Helper()
	return shanghai().into(jpegOf(b, scene(4000, 3000, 1), 90))
}

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
		if _, err := photo.Mark(view, []string{"张伟 · 上海浦东新区世纪大道100号 · 2026-11-23 17:05:12", "已核实 距离 42 米"}); err != nil {
			b.Fatal(err)
		}
	}
}
