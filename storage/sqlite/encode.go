package sqlite

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	quick "github.com/segmentio/encoding/json"
)

// millis returns t as it is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// instant is a stored time on its way back.
type instant struct{ time.Time }

// Scan implements [database/sql.Scanner].
func (i *instant) Scan(src any) error {
	ms, ok := src.(int64)
	if !ok {
		return fmt.Errorf("an instant is stored as %T", src)
	}
	i.Time = time.UnixMilli(ms).UTC()
	return nil
}

// encode returns v as JSON. JSON has no NaN and no infinity, and so neither
// can be stored.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// merged is the document of an upsert into a table of T's records: the new one, and of
// the one that was there what this version does not know, which a newer one wrote.
func merged[T any]() string {
	var known strings.Builder
	for f := range reflect.TypeFor[T]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			known.WriteString(", '$." + name + "'")
		}
	}
	// As a rule there is nothing, and the new one is kept as it was written.
	rest := "json_remove(doc" + known.String() + ")"
	return "CASE " + rest + " WHEN '{}' THEN excluded.doc ELSE json_patch(" + rest + ", excluded.doc) END"
}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// scanDoc reads a record that is kept whole. It is read by a quicker decoder than
// the standard library's, whose forms it shares: most of the time of reading
// months of facts went there.
func scanDoc[T any](row scanner) (v T, err error) {
	var doc []byte
	if err := row.Scan(&doc); err != nil {
		return v, err
	}
	err = decode(doc, &v)
	return v, err
}

// decode reads a record as it is kept.
func decode[T any](doc []byte, v *T) error { return quick.Unmarshal(doc, v) }
