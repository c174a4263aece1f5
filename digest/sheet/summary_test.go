package sheet_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/digest/sheet"
)

// A group's sheet has counts and amounts, and no time, place or doubt.
func TestTheSummarysSheet(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	fullDay(t, store)
	p := policy(t)
	team, err := store.Roster().Team(t.Context(), "华东一队")
	ok(t, err)
	day, err := digest.Load(t.Context(), store, p, team, "2026-11-24")
	ok(t, err)
	for _, lang := range catalog.Languages {
		name, data, err := sheet.Summary(day, speak(t, lang))
		ok(t, err)
		f, err := excelize.OpenReader(bytes.NewReader(data))
		ok(t, err)
		golden(t, "summary."+lang+".txt", name+"\n"+printed(t, f))
		for _, page := range f.GetSheetList() {
			formulas(t, f, page)
		}
	}
}
