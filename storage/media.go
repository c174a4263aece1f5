package storage

import (
	"context"
	"time"

	"roundsman/visit"
)

// Fetch is a photo whose bytes are to be had from its platform.
type Fetch struct {
	// ID is the id of the photo's fact.
	ID   string
	Rep  string
	Date visit.Date
	// Platform, Message and Resource say where the bytes are.
	Platform string
	Message  string
	Resource string
	// File says that it came as a file, not as a picture.
	File bool
	// Name is the file name given, if any.
	Name    string
	Created time.Time
	// Attempts counts failed tries; Next is when the next is due.
	Attempts int
	Next     time.Time
}

// Blob is the view of a photo that is kept.
type Blob struct {
	// SHA256 is the hex digest of the photo as it came, and the blob's key.
	SHA256 string
	// Type is the media type of Data.
	Type string
	Data []byte
	// At is when the bytes were kept last.
	At time.Time
}

// Print is what a photo looks like, to find the same picture again.
type Print struct {
	// Photo is the id of the photo's fact.
	Photo string
	// SHA256 is the hex digest of the file as it came.
	SHA256 string
	// D and P are its hashes.
	D, P uint64
	Rep  string
	At   time.Time
}

// Media keeps photos and the queue of those still to be fetched.
type Media interface {
	// PutPrint keeps what a photo looks like, by its id; the same again is none.
	PutPrint(ctx context.Context, p Print) error
	// Alike returns prints of other photos that may be the same picture: of the same
	// file, or with one of the four quarters of D in common, the newest first of each,
	// at most limit of each. What differs in three bits of D or fewer is among them.
	Alike(ctx context.Context, p Print, limit int) ([]Print, error)
	// Enqueue inserts f unless its id is or was there.
	Enqueue(ctx context.Context, f Fetch) error
	// Due returns fetches that are not finished, due at now and held by nobody, by (Next, ID), at most limit.
	Due(ctx context.Context, now time.Time, limit int) ([]Fetch, error)
	// Claim takes the fetch until the instant unless somebody holds it at now
	// (ErrConflict) or it is finished (ErrNotFound).
	Claim(ctx context.Context, id, owner string, now, until time.Time) error
	// Retry records a failed try and gives the claim up. ErrConflict if the
	// claim is not owner's any more, ErrNotFound if the fetch is finished or unknown.
	Retry(ctx context.Context, id, owner string, attempts int, next time.Time) error
	// Finish ends the fetch, whatever came of it; the id stays. Twice is fine.
	Finish(ctx context.Context, id string) error
	// PutBlob keeps the bytes under their digest; the same again is fine, and moves At forward.
	PutBlob(ctx context.Context, b Blob) error
	// Blob returns the bytes, or ErrNotFound.
	Blob(ctx context.Context, sha256 string) (Blob, error)
	// Kept returns those of the digests whose bytes are there, each once, sorted. It
	// reads no bytes.
	Kept(ctx context.Context, sha256 ...string) ([]string, error)
	// DropBlobs removes the bytes with the digests; what is not there is none.
	DropBlobs(ctx context.Context, sha256 ...string) error
	// Sweep removes blobs kept last, finished fetches created, and prints of photos
	// sent before the instant, and returns how many blobs.
	Sweep(ctx context.Context, before time.Time) (int, error)
	// Count returns how many fetches are not finished.
	Count(ctx context.Context) (int, error)
}
