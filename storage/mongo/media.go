package mongo

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

type fetchDoc struct {
	ID       string        `bson:"_id"`
	V        int32         `bson:"v"`
	Rep      string        `bson:"rep"`
	Date     string        `bson:"date"`
	Platform string        `bson:"platform"`
	Message  string        `bson:"message"`
	Resource string        `bson:"resource"`
	File     bool          `bson:"file"`
	Name     string        `bson:"name"`
	Created  bson.DateTime `bson:"created"`
	Attempts int           `bson:"attempts"`
	Next     bson.DateTime `bson:"next"`
	Owner    string        `bson:"owner"`
	Until    bson.DateTime `bson:"until"`
	Finished bool          `bson:"finished"`
}

func (d fetchDoc) record() storage.Fetch {
	return storage.Fetch{
		ID: d.ID, Rep: d.Rep, Date: visit.Date(d.Date), Platform: d.Platform, Message: d.Message, Resource: d.Resource, File: d.File,
		Name: d.Name, Created: instant(d.Created), Attempts: d.Attempts, Next: instant(d.Next),
	}
}

// blobDoc is a photo without its bytes. It is written after them, so that a
// photo that is there is whole.
type blobDoc struct {
	SHA256 string        `bson:"_id"`
	V      int32         `bson:"v"`
	Type   string        `bson:"type"`
	At     bson.DateTime `bson:"at"`
	Size   int64         `bson:"size"`
	Chunks int           `bson:"chunks"`
	Upload bson.ObjectID `bson:"upload"`
}

// chunkKey is the key of a part of a photo. Every upload has chunks of its own,
// so that one which begins while an old one is swept loses none to it.
type chunkKey struct {
	Upload bson.ObjectID `bson:"upload"`
	N      int           `bson:"n"`
}

type chunkDoc struct {
	Key    chunkKey      `bson:"_id"`
	V      int32         `bson:"v"`
	SHA256 string        `bson:"sha256"`
	At     bson.DateTime `bson:"at"`
	Data   []byte        `bson:"data"`
}

type media struct{ s *Store }

func (m media) Enqueue(ctx context.Context, f storage.Fetch) error {
	_, err := m.s.insert(ctx, "queueing a photo", fetchesName, fetchDoc{
		ID: f.ID, V: form, Rep: f.Rep, Date: string(f.Date), Platform: f.Platform, Message: f.Message, Resource: f.Resource, File: f.File,
		Name: f.Name, Created: date(f.Created), Attempts: f.Attempts, Next: date(f.Next), Until: never,
	})
	return err
}

func (m media) Due(ctx context.Context, now time.Time, limit int) ([]storage.Fetch, error) {
	const doing = "reading due photos"
	if limit <= 0 {
		return nil, translate(ctx, doing, m.s.ready(ctx))
	}
	at := date(now)
	return many[fetchDoc](ctx, m.s, doing, fetchesName,
		bson.D{{Key: "finished", Value: false}, {Key: "next", Value: atMost(at)}, {Key: "until", Value: atMost(at)}},
		options.Find().SetSort(by("next", "_id")).SetLimit(int64(limit)))
}

// openFetch finds the fetch if it is not finished, and whatever else is asked of it.
func openFetch(id string, also ...bson.E) bson.D {
	return append(bson.D{{Key: "_id", Value: id}, {Key: "finished", Value: false}}, also...)
}

func (m media) Claim(ctx context.Context, id, owner string, now, until time.Time) error {
	const doing = "claiming a photo"
	found, err := m.s.update(ctx, doing, fetchesName, openFetch(id, bson.E{Key: "until", Value: atMost(date(now))}),
		bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: owner}, {Key: "until", Value: date(until)}}}})
	if err == nil && !found {
		err = m.s.exists(ctx, doing, fetchesName, openFetch(id))
	}
	return err
}

func (m media) Retry(ctx context.Context, id, owner string, attempts int, next time.Time) error {
	const doing = "deferring a photo"
	found := false
	if owner != "" {
		var err error
		found, err = m.s.update(ctx, doing, fetchesName, openFetch(id, bson.E{Key: "owner", Value: owner}), bson.D{{Key: "$set", Value: bson.D{
			{Key: "attempts", Value: attempts}, {Key: "next", Value: date(next)}, {Key: "owner", Value: ""}, {Key: "until", Value: never},
		}}})
		if err != nil {
			return err
		}
	}
	if !found {
		return m.s.exists(ctx, doing, fetchesName, openFetch(id))
	}
	return nil
}

// Finish keeps the id only: where the photo was is nobody's business any more.
func (m media) Finish(ctx context.Context, id string) error {
	_, err := m.s.update(ctx, "finishing a photo", fetchesName, openFetch(id), bson.D{{Key: "$set", Value: bson.D{
		{Key: "finished", Value: true}, {Key: "owner", Value: ""}, {Key: "message", Value: ""}, {Key: "resource", Value: ""}, {Key: "name", Value: ""},
	}}})
	return err
}

func (m media) Count(ctx context.Context) (int, error) {
	return m.s.count(ctx, "counting photos", fetchesName, bson.D{{Key: "finished", Value: false}})
}

// chunkSize is how many bytes of a photo lie in one document. A document holds
// 16 MiB at most, and a photo may be larger.
const chunkSize = 4 << 20

// PutBlob writes the chunks and then the photo that names them. Until then
// nobody sees them, and if nobody ever does, [media.Sweep] removes them.
func (m media) PutBlob(ctx context.Context, b storage.Blob) error {
	const doing = "storing a photo"
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	touch := bson.D{{Key: "$max", Value: bson.D{{Key: "at", Value: date(b.At)}}}}
	if there, err := m.s.update(bound, doing, blobsName, key(b.SHA256), touch); err != nil || there {
		return err
	}
	upload := bson.NewObjectID()
	n := 0
	for data := range slices.Chunk(b.Data, chunkSize) {
		chunk := chunkDoc{Key: chunkKey{upload, n}, V: form, SHA256: b.SHA256, At: date(b.At), Data: data}
		if _, err := m.s.insert(bound, doing, chunksName, chunk); err != nil {
			return err
		}
		n++
	}
	fresh, err := m.s.insert(bound, doing, blobsName, blobDoc{
		SHA256: b.SHA256, V: form, Type: b.Type, At: date(b.At), Size: int64(len(b.Data)), Chunks: n, Upload: upload,
	})
	if err != nil || fresh {
		return err
	}
	// Another one put it at the same time; or this was put, and the answer was lost.
	there, err := m.s.update(bound, doing, blobsName, key(b.SHA256), touch)
	return conflictUnless(ctx, doing, there, err)
}

func (m media) Blob(ctx context.Context, sha256 string) (storage.Blob, error) {
	const doing = "reading a photo"
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	b, err := m.blob(bound, sha256)
	if errors.Is(err, ErrDamaged) {
		// Or it was swept between its two halves.
		b, err = m.blob(bound, sha256)
	}
	if err != nil {
		return storage.Blob{}, translate(ctx, doing, err)
	}
	return b, nil
}

func (m media) blob(ctx context.Context, sha256 string) (storage.Blob, error) {
	var d blobDoc
	if err := m.s.in(blobsName).FindOne(ctx, key(sha256)).Decode(&d); err != nil {
		return storage.Blob{}, err
	}
	b := storage.Blob{SHA256: d.SHA256, Type: d.Type, At: instant(d.At)}
	if d.Chunks == 0 {
		return b, nil
	}
	keys := make([]chunkKey, d.Chunks)
	for n := range keys {
		keys[n] = chunkKey{d.Upload, n}
	}
	chunks, err := find[chunkDoc](ctx, m.s, chunksName, bson.D{{Key: "_id", Value: among(keys)}}, options.Find().SetSort(by("_id")))
	if err != nil {
		return storage.Blob{}, err
	}
	b.Data = make([]byte, 0, d.Size)
	for _, c := range chunks {
		b.Data = append(b.Data, c.Data...)
	}
	if len(chunks) != d.Chunks || int64(len(b.Data)) != d.Size {
		return storage.Blob{}, ErrDamaged
	}
	return b, nil
}

func (m media) Kept(ctx context.Context, sha256 ...string) ([]string, error) {
	const doing = "looking for photos"
	if len(sha256) == 0 {
		return nil, translate(ctx, doing, m.s.ready(ctx))
	}
	var out []string
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(sha256))), idsAtOnce) {
		bound, cancel := bounded(ctx, listTimeout)
		found, err := find[blobDoc](bound, m.s, blobsName, key(among(some)), options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetSort(by("_id")))
		cancel()
		if err != nil {
			return nil, translate(ctx, doing, err)
		}
		for _, b := range found {
			out = append(out, b.SHA256)
		}
	}
	return out, nil
}

// DropBlobs removes the chunks and then the photo that names them: whoever comes
// after a death in between finds the photo, and takes the way again.
func (m media) DropBlobs(ctx context.Context, sha256 ...string) error {
	const doing = "removing photos"
	if len(sha256) == 0 {
		return translate(ctx, doing, m.s.ready(ctx))
	}
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	photos, err := find[blobDoc](bound, m.s, blobsName, key(among(sha256)), options.Find())
	if err != nil {
		return translate(ctx, doing, err)
	}
	for _, d := range photos {
		var chunks []chunkKey
		for n := range d.Chunks {
			chunks = append(chunks, chunkKey{d.Upload, n})
		}
		if err := remove(ctx, m.s, doing, chunksName, chunks); err != nil {
			return err
		}
	}
	return remove(ctx, m.s, doing, blobsName, sha256)
}

func (m media) Sweep(ctx context.Context, before time.Time) (int, error) {
	const doing = "sweeping photos"
	old := bson.D{{Key: "at", Value: below(date(before))}}
	blobs, err := m.s.sweep(ctx, doing, blobsName, old)
	if err != nil {
		return blobs, err
	}
	if err := m.sweepChunks(ctx, old); err != nil {
		return blobs, translate(ctx, doing, err)
	}
	if _, err := m.s.sweep(ctx, doing, fetchesName, bson.D{{Key: "finished", Value: true}, {Key: "created", Value: below(date(before))}}); err != nil {
		return blobs, err
	}
	_, err = m.s.sweep(ctx, doing, printsName, old)
	return blobs, err
}

// chunkBatch bounds how many chunks are removed at once: each has megabytes.
const chunkBatch = 20

// sweepChunks removes the chunks written before that belong to no photo: to one
// that was swept now or by somebody who did not come to the end, or to none that
// was ever whole. Those of a photo that was kept again since are passed over.
func (m media) sweepChunks(ctx context.Context, old bson.D) error {
	var after *chunkDoc
	for {
		last, err := m.sweepSomeChunks(ctx, old, after)
		if err != nil || last == nil {
			return err
		}
		after = last
	}
}

// sweepSomeChunks looks at the chunks after one and returns the last it saw, or
// nil if there are no more.
func (m media) sweepSomeChunks(ctx context.Context, old bson.D, after *chunkDoc) (*chunkDoc, error) {
	ctx, cancel := bounded(ctx, longTimeout)
	defer cancel()
	filter := slices.Clone(old)
	if after != nil {
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "at", Value: above(after.At)}},
			bson.D{{Key: "at", Value: after.At}, {Key: "_id", Value: above(after.Key)}},
		}})
	}
	chunks, err := find[chunkDoc](ctx, m.s, chunksName, filter, options.Find().
		SetProjection(bson.D{{Key: "sha256", Value: 1}, {Key: "at", Value: 1}}).SetSort(by("at", "_id")).SetLimit(chunkBatch))
	if err != nil || len(chunks) == 0 {
		return nil, err
	}
	var photos []string
	for _, c := range chunks {
		photos = append(photos, c.SHA256)
	}
	blobs, err := find[blobDoc](ctx, m.s, blobsName, bson.D{{Key: "_id", Value: among(photos)}},
		options.Find().SetProjection(bson.D{{Key: "upload", Value: 1}}))
	if err != nil {
		return nil, err
	}
	orphans := slices.DeleteFunc(slices.Clone(chunks), func(c chunkDoc) bool {
		return slices.ContainsFunc(blobs, func(b blobDoc) bool { return b.Upload == c.Key.Upload })
	})
	if len(orphans) > 0 {
		keys := make([]chunkKey, len(orphans))
		for i, c := range orphans {
			keys[i] = c.Key
		}
		if _, err := m.s.in(chunksName).DeleteMany(ctx, bson.D{{Key: "_id", Value: among(keys)}}); err != nil {
			return nil, err
		}
	}
	if len(chunks) < chunkBatch {
		return nil, nil
	}
	return &chunks[len(chunks)-1], nil
}
