package sqlite

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

// row is a row with one column.
type row struct{ doc string }

func (r row) Scan(dest ...any) error {
	*dest[0].(*[]byte) = []byte(r.doc)
	return nil
}

// What is kept is read as the standard library reads it, whatever people wrote.
func TestADocumentIsReadAsTheStandardLibraryReadsIt(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "\xff\xfe", `\u0000"\`, "<@all>&", "\u2028\u2029", "长😀", "\ud7ff"}))
	number := rapid.Float64Range(-1e18, 1e18)
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-1e12, 1e13).Draw(t, "at")).UTC()
		fen := rapid.Int64().Draw(t, "fen")
		f := visit.Fact{
			ID: text.Draw(t, "id"), Kind: visit.Kind(text.Draw(t, "kind")), At: at, Received: at, Note: text.Draw(t, "note"),
			Fix: &visit.Fix{
				Point: geo.Point{Lat: number.Draw(t, "lat"), Lng: number.Draw(t, "lng"), Datum: geo.GCJ02}, Support: number.Draw(t, "support"),
				Claims: []visit.Claim{{Customer: text.Draw(t, "customer"), Distance: number.Draw(t, "distance"), Reasons: []visit.Reason{visit.Reason(text.Draw(t, "reason"))}}},
			},
			Result: &visit.Result{Order: &fen, Feedback: text.Draw(t, "feedback")},
			Plan:   &visit.Change{Put: []visit.PlannedVisit{{Customer: text.Draw(t, "planned"), Window: visit.Span{From: visit.Clock{Hour: 9}}}}, Drop: []string{text.Draw(t, "drop")}},
		}
		doc, err := encode(f)
		if err != nil {
			t.Fatal(err)
		}
		var want visit.Fact
		if err := json.Unmarshal([]byte(doc), &want); err != nil {
			t.Fatal(err)
		}
		got, err := scanDoc[visit.Fact](row{doc})
		if err != nil || !cmp.Equal(want, got) {
			t.Fatalf("%v (-standard +ours):\n%s", err, cmp.Diff(want, got))
		}
		cut := doc[:rapid.IntRange(0, len(doc)-1).Draw(t, "cut")]
		if _, err := scanDoc[visit.Fact](row{cut}); err == nil {
			t.Fatalf("half a document is read: %q", cut)
		}
	})
}
