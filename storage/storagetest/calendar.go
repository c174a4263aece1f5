package storagetest

import (
	"testing"

	"roundsman/visit"
)

func fullHoliday() visit.Holiday {
	return visit.Holiday{Date: "2027-02-05", Work: true, Name: chinese}
}

func testCalendar(t *testing.T, s suite) {
	t.Run("every field comes back by date", func(t *testing.T) {
		t.Parallel()
		full, rest, zero := fullHoliday(), visit.Holiday{Date: "2026-10-01", Name: "国庆节"}, visit.Holiday{}
		complete(t, full)
		ctx, c := t.Context(), s.open(t).Calendar()
		equal(t, val(c.All(ctx))(t), []visit.Holiday(nil))
		ok(t, c.Put(ctx, full, zero, rest))
		equal(t, val(c.All(ctx))(t), []visit.Holiday{zero, rest, full})
	})

	t.Run("a date is replaced", func(t *testing.T) {
		t.Parallel()
		ctx, c := t.Context(), s.open(t).Calendar()
		ok(t, c.Put(ctx, fullHoliday()))
		replaced := visit.Holiday{Date: fullHoliday().Date}
		ok(t, c.Put(ctx, replaced))
		equal(t, val(c.All(ctx))(t), []visit.Holiday{replaced})
	})
}
