package storagetest

import (
	"context"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullComplaint() visit.ComplaintCase {
	return visit.ComplaintCase{
		ID: "complaint-" + chinese, Team: "team-" + chinese, Customer: chinese, Text: chinese, By: "b-" + chinese, Handler: "h-" + chinese,
		Opened: at(1), Due: at(2), ClosedBy: "f-" + chinese, Done: chinese,
	}
}

func testComplaints(t *testing.T, s suite) {
	setup := func(t *testing.T, all ...visit.ComplaintCase) (context.Context, storage.Complaints) {
		t.Helper()
		t.Parallel()
		c := s.open(t).Complaints()
		for _, one := range all {
			ok(t, c.Put(t.Context(), one))
		}
		return t.Context(), c
	}
	open := func(id, team string, due int) visit.ComplaintCase {
		return visit.ComplaintCase{ID: id, Team: team, Customer: "c", Text: "t", Opened: at(0), Due: at(due)}
	}

	t.Run("every field comes back", func(t *testing.T) {
		full := fullComplaint()
		complete(t, full)
		ctx, c := setup(t, full, open("1", "t", 1))
		equal(t, val(c.Get(ctx, full.ID))(t), full)
		equal(t, val(c.Get(ctx, "1"))(t), open("1", "t", 1))
		_, err := c.Get(ctx, "2")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("open ones of a team, by when they are due", func(t *testing.T) {
		ctx, c := setup(t, open("a", "t", 3), open("c", "t", 1), open("b", "t", 3), open("other", "u", 0), fullComplaint())
		equal(t, val(c.Open(ctx, "t"))(t), []visit.ComplaintCase{open("c", "t", 1), open("a", "t", 3), open("b", "t", 3)})
		equal(t, val(c.Open(ctx, "v"))(t), []visit.ComplaintCase(nil))
	})

	t.Run("an open one is replaced, and a closed one stays closed", func(t *testing.T) {
		ctx, c := setup(t, open("a", "t", 1))
		later := open("a", "u", 9)
		ok(t, c.Put(ctx, later))
		equal(t, val(c.Open(ctx, "t"))(t), []visit.ComplaintCase(nil))
		equal(t, val(c.Open(ctx, "u"))(t), []visit.ComplaintCase{later})
		closed := later
		closed.ClosedBy, closed.Done = "first", "换货"
		ok(t, c.Put(ctx, closed))
		second := closed
		second.ClosedBy = "second"
		ok(t, c.Put(ctx, second))
		ok(t, c.Put(ctx, open("a", "t", 1)))
		equal(t, val(c.Get(ctx, "a"))(t), closed)
		equal(t, val(c.Open(ctx, "u"))(t), []visit.ComplaintCase(nil))
	})

	t.Run("of several who close it at once one does", func(t *testing.T) {
		ctx, c := setup(t, open("a", "t", 1))
		done := make(chan error, racers)
		for i := range racers {
			go func() {
				mine := open("a", "t", 1)
				mine.ClosedBy = key(i, 0)
				done <- c.Put(ctx, mine)
			}()
		}
		for range racers {
			ok(t, <-done)
		}
		first := val(c.Get(ctx, "a"))(t)
		ok(t, c.Put(ctx, open("a", "t", 1)))
		equal(t, val(c.Get(ctx, "a"))(t), first)
		equal(t, first.Open(), false)
	})
}
