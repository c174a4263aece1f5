package storagetest

import (
	"context"
	"sync/atomic"
	"testing"

	"roundsman/storage"
)

func fullRun() storage.Run {
	return storage.Run{
		Job: "morning_plan", Group: "feishu:oc_" + chinese, Date: "2026-11-24", Due: at(1), At: at(2), Late: true,
		State: storage.RunRendered, Body: []byte("\x00\xff" + chinese),
	}
}

func testRuns(t *testing.T, s suite) {
	setup := func(t *testing.T, list ...storage.Run) (context.Context, storage.Runs) {
		t.Helper()
		t.Parallel()
		r := s.open(t).Runs()
		for _, run := range list {
			equal(t, val(r.Begin(t.Context(), run))(t), true)
		}
		return t.Context(), r
	}
	run := func(group string, due int, state storage.RunState) storage.Run {
		return storage.Run{Job: "j", Group: group, Date: "2026-11-24", Due: at(due), At: at(due), State: state, Body: []byte(group)}
	}
	groups := func(list []storage.Run) []string {
		var out []string
		for _, r := range list {
			out = append(out, r.Group)
		}
		return out
	}

	t.Run("every field comes back", func(t *testing.T) {
		full, zero := fullRun(), storage.Run{}
		complete(t, full)
		ctx, r := setup(t, full, zero)
		equal(t, val(r.Get(ctx, full.ID()))(t), full)
		equal(t, val(r.Get(ctx, zero.ID()))(t), zero)
		equal(t, val(r.Rendered(ctx, 9))(t), []storage.Run{full})
		_, err := r.Get(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("the same run twice is one, and the first stays", func(t *testing.T) {
		ctx, r := setup(t, fullRun())
		again := fullRun()
		again.Body, again.State = []byte("other"), storage.RunMissed
		equal(t, val(r.Begin(ctx, again))(t), false)
		equal(t, val(r.Get(ctx, again.ID()))(t), fullRun())
	})

	t.Run("many begin one run and one decides what is said", func(t *testing.T) {
		ctx, r := setup(t)
		var winner atomic.Int32
		var fresh atomic.Int32
		for _, err := range race(t, func(ctx context.Context, i int) error {
			mine := run("g", 1, storage.RunRendered)
			mine.Body = []byte{byte(i)}
			first, err := r.Begin(ctx, mine)
			if first {
				fresh.Add(1)
				winner.Store(int32(i))
			}
			return err
		}) {
			ok(t, err)
		}
		equal(t, fresh.Load(), int32(1))
		equal(t, val(r.Get(ctx, run("g", 1, "").ID()))(t).Body, []byte{byte(winner.Load())})
	})

	t.Run("rendered are those not handed on", func(t *testing.T) {
		ctx, r := setup(t, run("乙", 1, storage.RunRendered), run("b", 2, storage.RunRendered), run("甲", 0, storage.RunRendered),
			run("missed", 0, storage.RunMissed), run("empty", 0, storage.RunEmpty), run("posted", 0, storage.RunPosted))
		equal(t, groups(val(r.Rendered(ctx, 9))(t)), []string{"b", "乙", "甲"})
		equal(t, groups(val(r.Rendered(ctx, 2))(t)), []string{"b", "乙"})
		equal(t, groups(val(r.Rendered(ctx, 0))(t)), nil)

		id := run("b", 2, "").ID()
		ok(t, r.Settle(ctx, id, storage.RunPosted))
		ok(t, r.Settle(ctx, id, storage.RunPosted))
		want := run("b", 2, storage.RunPosted)
		want.Body = nil
		equal(t, val(r.Get(ctx, id))(t), want)
		equal(t, groups(val(r.Rendered(ctx, 9))(t)), []string{"乙", "甲"})

		late := run("甲", 0, storage.RunMissed)
		ok(t, r.Settle(ctx, late.ID(), storage.RunMissed))
		late.Body = nil
		equal(t, val(r.Get(ctx, late.ID()))(t), late)
		equal(t, groups(val(r.Rendered(ctx, 9))(t)), []string{"乙"})

		// Only a rendered run is settled.
		missed := run("missed", 0, storage.RunMissed)
		ok(t, r.Settle(ctx, missed.ID(), storage.RunPosted))
		equal(t, val(r.Get(ctx, missed.ID()))(t), missed)
	})
}
