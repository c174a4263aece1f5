package mongo

import (
	"errors"
	"fmt"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// form is the version of the documents' form that is written here.
const form = 1

// date returns t as it is stored.
func date(t time.Time) bson.DateTime { return bson.DateTime(t.UnixMilli()) }

// instant returns a stored time.
func instant(d bson.DateTime) time.Time { return time.UnixMilli(int64(d)).UTC() }

// added returns a stored time of a field that older documents lack: they read as
// 1970, and have none.
func added(d bson.DateTime) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return instant(d)
}

// literal keeps a value out of the language of pipelines, where a text that
// begins with a dollar names a field.
func literal(v any) bson.D { return bson.D{{Key: "$literal", Value: v}} }

// errNumber: NaN and the infinities say nothing about a place or a distance.
var errNumber = errors.New("a number is none")

// encode returns v as a document, in which every number is one.
func encode(v any) (bson.Raw, error) {
	raw, err := bson.Marshal(v)
	if err != nil {
		return nil, err
	}
	return raw, finite(raw)
}

// finite fails if a number at any depth is NaN or infinite.
func finite(raw bson.Raw) error {
	elements, err := raw.Elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		switch v := e.Value(); v.Type {
		case bson.TypeDouble:
			if f := v.Double(); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("%s: %w", e.Key(), errNumber)
			}
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if err := finite(bson.Raw(v.Value)); err != nil {
				return fmt.Errorf("%s.%w", e.Key(), err)
			}
		}
	}
	return nil
}

// replacement is a record that takes the place of the one with its key.
type replacement struct{ filter, update bson.D }

// replace returns the update that sets every field of the record that this
// version knows, removes those that are null, and leaves the others alone.
func replace(record any) (replacement, error) {
	raw, err := encode(record)
	if err != nil {
		return replacement{}, err
	}
	elements, err := raw.Elements()
	if err != nil {
		return replacement{}, err
	}
	var r replacement
	var set, unset bson.D
	for _, e := range elements {
		switch {
		case e.Key() == "_id":
			r.filter = bson.D{{Key: "_id", Value: e.Value()}}
		case e.Key() == "v":
			// A document of a newer form stays one.
			r.update = append(r.update, bson.E{Key: "$max", Value: bson.D{{Key: "v", Value: e.Value()}}})
		case e.Value().Type == bson.TypeNull:
			unset = append(unset, bson.E{Key: e.Key(), Value: ""})
		default:
			set = append(set, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	r.update = append(r.update, bson.E{Key: "$set", Value: set})
	if len(unset) > 0 {
		r.update = append(r.update, bson.E{Key: "$unset", Value: unset})
	}
	return r, nil
}
