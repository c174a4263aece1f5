package demo

import (
	"fmt"
	"testing"
	"time"

	"roundsman/photo"
)

// No two of the company's sample photos are one picture, but for the same shelf.
func TestSamplePhotosDiffer(t *testing.T) {
	t.Parallel()
	reader := photo.NewReader(photo.Limits{Bytes: 1 << 20, Pixels: 1 << 20}, 2)
	var hashes []photo.Hash
	for i := range 60 {
		for _, kind := range []shot{shotFront, shotAfter} {
			p, err := reader.Read(t.Context(), picture(kind, fmt.Sprint("subject ", i)), time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, p.Hash)
		}
	}
	for i, a := range hashes {
		for j, b := range hashes[:i] {
			if photo.Similar(a, b) == photo.Same {
				t.Errorf("%d and %d are the same", i, j)
			}
		}
	}
}
