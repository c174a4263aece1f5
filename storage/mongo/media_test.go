package mongo_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage"
	"roundsman/storage/mongo"
)

func chunks(t *testing.T, s opened) int {
	t.Helper()
	n, err := mongo.Database(s.Store).Collection("blob_chunks").CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestAnUploadThatWasCutOffIsNoPhoto cuts the connection before the photo
// itself is written, when all its bytes are there.
func TestAnUploadThatWasCutOffIsNoPhoto(t *testing.T) {
	t.Parallel()
	uri := database(t)
	p, s := through(t, uri)
	kept := open(t, uri)
	blob := storage.Blob{SHA256: "photo", Type: "image/cut-here", Data: bytes.Repeat([]byte("12345"), 1<<20), At: noon}
	p.cut("image/cut-here", false)
	if err := s.Media().PutBlob(t.Context(), blob); err == nil {
		t.Fatal("the photo was stored")
	}
	if _, err := kept.Media().Blob(t.Context(), blob.SHA256); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("half a photo can be read: %v", err)
	}
	if n := chunks(t, kept); n != 2 {
		t.Errorf("%d chunks are there", n)
	}
	blob.At = noon.Add(time.Hour)
	if err := s.Media().PutBlob(t.Context(), blob); err != nil {
		t.Fatal(err)
	}
	// The first upload's chunks are swept, the second's are not, though both are of the same photo.
	if n, err := kept.Media().Sweep(t.Context(), noon.Add(time.Minute)); err != nil || n != 0 {
		t.Errorf("%d photos were swept, %v", n, err)
	}
	if n := chunks(t, kept); n != 2 {
		t.Errorf("%d chunks are there", n)
	}
	got, err := kept.Media().Blob(t.Context(), blob.SHA256)
	if err != nil || !bytes.Equal(got.Data, blob.Data) {
		t.Errorf("the photo has %d bytes, %v", len(got.Data), err)
	}
	if n, err := kept.Media().Sweep(t.Context(), noon.Add(2*time.Hour)); err != nil || n != 1 || chunks(t, kept) != 0 {
		t.Errorf("%d photos were swept, %v; %d chunks are left", n, err, chunks(t, kept))
	}
}

// TestAPhotoKeptAgainOutlivesItsFirstDate: its chunks are as old as the first
// upload, and many others are swept around them.
func TestAPhotoKeptAgainOutlivesItsFirstDate(t *testing.T) {
	t.Parallel()
	s := setup(t)
	put := func(sha string, at time.Time) {
		t.Helper()
		if err := s.Media().PutBlob(t.Context(), storage.Blob{SHA256: sha, Data: []byte(sha), At: at}); err != nil {
			t.Fatal(err)
		}
	}
	const n = 50
	for i := range n {
		put(string(rune('A'+i)), noon)
	}
	for i := range n / 2 {
		put(string(rune('A'+i)), noon.Add(time.Hour))
	}
	if swept, err := s.Media().Sweep(t.Context(), noon.Add(time.Minute)); err != nil || swept != n/2 || chunks(t, s) != n/2 {
		t.Errorf("%d photos were swept, %v; %d chunks are left", swept, err, chunks(t, s))
	}
	for i := range n / 2 {
		if b, err := s.Media().Blob(t.Context(), string(rune('A'+i))); err != nil || string(b.Data) != b.SHA256 {
			t.Errorf("%q, %v", b.Data, err)
		}
	}
}

func TestTheSamePhotoAtOnceIsOne(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const racers = 8
	data := bytes.Repeat([]byte("x"), 100_000)
	done := make(chan error)
	for range racers {
		go func() { done <- s.Media().PutBlob(t.Context(), storage.Blob{SHA256: "p", Data: data, At: noon}) }()
	}
	for range racers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if b, err := s.Media().Blob(t.Context(), "p"); err != nil || !bytes.Equal(b.Data, data) {
		t.Errorf("%d bytes, %v", len(b.Data), err)
	}
	if n, err := s.Media().Sweep(t.Context(), noon.Add(time.Minute)); err != nil || n != 1 || chunks(t, s) != 0 {
		t.Errorf("%d photos were swept, %v; %d chunks are left", n, err, chunks(t, s))
	}
}

func TestAPhotoThatLostAPartIsNotHandedOut(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if err := s.Media().PutBlob(t.Context(), storage.Blob{SHA256: "p", Data: make([]byte, 9<<20)}); err != nil {
		t.Fatal(err)
	}
	col := mongo.Database(s.Store).Collection("blob_chunks")
	if _, err := col.DeleteOne(context.WithoutCancel(t.Context()), bson.D{{Key: "_id.n", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Media().Blob(t.Context(), "p"); !errors.Is(err, mongo.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}
