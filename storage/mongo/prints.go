package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type printDoc struct {
	Photo  string        `bson:"_id"`
	V      int32         `bson:"v"`
	SHA256 string        `bson:"sha256"`
	D      int64         `bson:"d"`
	P      int64         `bson:"p"`
	Rep    string        `bson:"rep"`
	At     bson.DateTime `bson:"at"`
	// Quarters are the four parts of D, each with its number above it.
	Quarters []int32 `bson:"quarters"`
}

// quarters are the four parts of a hash, each with its number above it.
func quarters(d uint64) []int32 {
	out := make([]int32, 4)
	for i := range out {
		out[i] = int32(i)<<16 | int32(d>>(16*i)&0xffff)
	}
	return out
}

func (d printDoc) record() storage.Print {
	return storage.Print{Photo: d.Photo, SHA256: d.SHA256, D: uint64(d.D), P: uint64(d.P), Rep: d.Rep, At: instant(d.At)}
}

func (m media) PutPrint(ctx context.Context, p storage.Print) error {
	_, err := m.s.insert(ctx, "keeping what a photo looks like", printsName,
		printDoc{p.Photo, form, p.SHA256, int64(p.D), int64(p.P), p.Rep, date(p.At), quarters(p.D)})
	return err
}

func (m media) Alike(ctx context.Context, p storage.Print, limit int) ([]storage.Print, error) {
	const doing = "looking for the same picture"
	filters := []bson.D{{{Key: "sha256", Value: p.SHA256}}}
	for _, q := range quarters(p.D) {
		filters = append(filters, bson.D{{Key: "quarters", Value: q}})
	}
	seen := map[string]bool{p.Photo: true}
	var out []storage.Print
	for _, f := range filters {
		found, err := many[printDoc](ctx, m.s, doing, printsName, f, options.Find().SetSort(newestFirst).SetLimit(int64(limit)))
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if !seen[o.Photo] {
				seen[o.Photo] = true
				out = append(out, o)
			}
		}
	}
	return out, nil
}
