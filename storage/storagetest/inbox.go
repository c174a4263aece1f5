package storagetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"roundsman/storage"
)

// key returns the key of goroutine i's event j.
func key(i, j int) string { return fmt.Sprintf("event-%03d-%06d", i, j) }

func fullEvent() storage.Event {
	return storage.Event{
		Key: "feishu:om_" + chinese, At: at(1), Received: at(2), Payload: []byte("\x00\xff" + chinese),
		Attempts: 3, Next: at(4), Dead: true, Error: chinese,
	}
}

func testInbox(t *testing.T, s suite) {
	setup := func(t *testing.T, events ...storage.Event) (context.Context, storage.Inbox) {
		t.Helper()
		t.Parallel()
		in := s.open(t).Inbox()
		for _, e := range events {
			equal(t, val(in.Accept(t.Context(), e))(t), true)
		}
		return t.Context(), in
	}
	keys := func(events []storage.Event) []string {
		var out []string
		for _, e := range events {
			out = append(out, e.Key)
		}
		return out
	}

	t.Run("every field comes back", func(t *testing.T) {
		dead := fullEvent()
		complete(t, dead)
		waiting, zero := fullEvent(), storage.Event{}
		waiting.Key, waiting.Dead = "w", false
		ctx, in := setup(t, dead, waiting, zero)
		equal(t, val(in.Dead(ctx, 9))(t), []storage.Event{dead})
		equal(t, val(in.Pending(ctx, at(4), storage.Cursor{}, 9))(t), []storage.Event{zero, waiting})
	})

	t.Run("a large payload comes back", func(t *testing.T) {
		e := storage.Event{Key: "k", Payload: make([]byte, 1<<20)}
		for i := range e.Payload {
			e.Payload[i] = byte(i * 7)
		}
		ctx, in := setup(t, e)
		got := val(in.Pending(ctx, at(0), storage.Cursor{}, 1))(t)
		equal(t, len(got), 1)
		equal(t, bytes.Equal(got[0].Payload, e.Payload), true)
	})

	t.Run("the same event twice is one, and the first stays", func(t *testing.T) {
		first := storage.Event{Key: "k", Payload: []byte("first")}
		ctx, in := setup(t, first)
		equal(t, val(in.Accept(ctx, storage.Event{Key: "k", Payload: []byte("second")}))(t), false)
		equal(t, val(in.Pending(ctx, at(0), storage.Cursor{}, 9))(t), []storage.Event{first})
	})

	t.Run("the same event at once is one", func(t *testing.T) {
		ctx, in := setup(t)
		var fresh atomic.Int32
		for _, err := range race(t, func(ctx context.Context, i int) error {
			isFresh, err := in.Accept(ctx, storage.Event{Key: "k", Payload: []byte{byte(i)}})
			if isFresh {
				fresh.Add(1)
			}
			return err
		}) {
			ok(t, err)
		}
		equal(t, fresh.Load(), int32(1))
		equal(t, len(val(in.Pending(ctx, at(0), storage.Cursor{}, 9))(t)), 1)
	})

	t.Run("many different events at once are all kept", func(t *testing.T) {
		ctx, in := setup(t)
		for _, err := range race(t, func(ctx context.Context, i int) error {
			for j := range 20 {
				if _, err := in.Accept(ctx, storage.Event{Key: key(i, j)}); err != nil {
					return err
				}
			}
			return nil
		}) {
			ok(t, err)
		}
		equal(t, len(val(in.Pending(ctx, at(0), storage.Cursor{}, 1e6))(t)), racers*20)
	})

	t.Run("pending are the due ones in order up to the limit", func(t *testing.T) {
		ctx, in := setup(t,
			storage.Event{Key: "later", Next: at(11)},
			storage.Event{Key: "乙", Next: at(5)},
			storage.Event{Key: "b", Next: at(5)},
			storage.Event{Key: "B", Next: at(5)},
			storage.Event{Key: "甲", Next: at(5)},
			storage.Event{Key: "now", Next: at(10)},
			storage.Event{Key: "zero"},
			storage.Event{Key: "dead", Dead: true},
		)
		// Go's order of text: upper case first, 乙 (U+4E59) before 甲 (U+7532).
		equal(t, keys(val(in.Pending(ctx, at(10), storage.Cursor{}, 99))(t)), []string{"zero", "B", "b", "乙", "甲", "now"})
		equal(t, keys(val(in.Pending(ctx, at(10), storage.Cursor{}, 2))(t)), []string{"zero", "B"})
		equal(t, keys(val(in.Pending(ctx, at(10), storage.Cursor{}, 0))(t)), nil)
		equal(t, keys(val(in.Pending(ctx, at(4), storage.Cursor{}, 99))(t)), []string{"zero"})
	})

	t.Run("done removes the payload and keeps the key", func(t *testing.T) {
		ctx, in := setup(t, storage.Event{Key: "k"}, storage.Event{Key: "dead", Dead: true})
		ok(t, in.Done(ctx, "k", at(1)))
		ok(t, in.Done(ctx, "k", at(2)))
		ok(t, in.Done(ctx, "dead", at(2)))
		equal(t, keys(val(in.Pending(ctx, at(10), storage.Cursor{}, 9))(t)), nil)
		equal(t, keys(val(in.Dead(ctx, 9))(t)), nil)
		equal(t, val(in.Accept(ctx, storage.Event{Key: "k"}))(t), false)
		wants(t, in.Defer(ctx, "k", 1, at(1), false, ""), storage.ErrNotFound)
	})

	t.Run("defer records a failed try", func(t *testing.T) {
		e := fullEvent()
		e.Dead = false
		ctx, in := setup(t, e)
		ok(t, in.Defer(ctx, e.Key, 4, at(30), false, "超时"))
		equal(t, keys(val(in.Pending(ctx, at(29), storage.Cursor{}, 9))(t)), nil)
		e.Attempts, e.Next, e.Error = 4, at(30), "超时"
		equal(t, val(in.Pending(ctx, at(30), storage.Cursor{}, 9))(t), []storage.Event{e})

		ok(t, in.Defer(ctx, e.Key, 5, at(40), true, "poison"))
		e.Attempts, e.Next, e.Error, e.Dead = 5, at(40), "poison", true
		equal(t, keys(val(in.Pending(ctx, at(99), storage.Cursor{}, 9))(t)), nil)
		equal(t, val(in.Dead(ctx, 9))(t), []storage.Event{e})

		ok(t, in.Defer(ctx, e.Key, 0, at(0), false, ""))
		equal(t, keys(val(in.Pending(ctx, at(0), storage.Cursor{}, 9))(t)), []string{e.Key})
		wants(t, in.Defer(ctx, "unknown", 1, at(1), false, ""), storage.ErrNotFound)
	})

	t.Run("dead are listed by key and counted apart", func(t *testing.T) {
		ctx, in := setup(t,
			storage.Event{Key: "c", Dead: true}, storage.Event{Key: "a", Dead: true}, storage.Event{Key: "b", Dead: true},
			storage.Event{Key: "w1", Next: at(1000), Attempts: 1}, storage.Event{Key: "w2", Next: at(5)}, storage.Event{Key: "done"},
			storage.Event{Key: "later", Next: at(1000)},
		)
		ok(t, in.Done(ctx, "done", at(1)))
		equal(t, keys(val(in.Dead(ctx, 2))(t)), []string{"a", "b"})
		equal(t, keys(val(in.Dead(ctx, 0))(t)), nil)
		waiting, dead, err := in.Count(ctx, at(5))
		ok(t, err)
		equal(t, []int{waiting, dead}, []int{2, 3})
		waiting, _, err = in.Count(ctx, at(1000))
		ok(t, err)
		equal(t, waiting, 3)
	})

	t.Run("an empty inbox counts nothing", func(t *testing.T) {
		ctx, in := setup(t)
		waiting, dead, err := in.Count(ctx, at(5))
		ok(t, err)
		equal(t, []int{waiting, dead}, []int{0, 0})
	})

	t.Run("sweep forgets what was handled before", func(t *testing.T) {
		ctx, in := setup(t, storage.Event{Key: "old"}, storage.Event{Key: "new"}, storage.Event{Key: "waiting"})
		ok(t, in.Done(ctx, "old", at(1)))
		ok(t, in.Done(ctx, "old", at(9))) // the first time counts
		ok(t, in.Done(ctx, "new", at(5)))
		equal(t, val(in.Sweep(ctx, at(5)))(t), 1)
		equal(t, val(in.Sweep(ctx, at(5)))(t), 0)
		equal(t, val(in.Accept(ctx, storage.Event{Key: "old"}))(t), true)
		equal(t, val(in.Accept(ctx, storage.Event{Key: "new"}))(t), false)
		equal(t, val(in.Accept(ctx, storage.Event{Key: "waiting"}))(t), false)
	})

	t.Run("sweep forgets the dead that were received before", func(t *testing.T) {
		ctx, in := setup(t,
			storage.Event{Key: "old", Received: at(4), Next: at(9), Dead: true},
			storage.Event{Key: "new", Received: at(5), At: at(1), Dead: true},
			storage.Event{Key: "died", Received: at(1)},
			storage.Event{Key: "revived", Received: at(1), Dead: true},
			storage.Event{Key: "waiting", Received: at(1)},
			storage.Event{Key: "handled", Received: at(1)},
		)
		ok(t, in.Defer(ctx, "died", 9, at(99), true, "poison"))
		ok(t, in.Defer(ctx, "revived", 0, at(0), false, ""))
		// A handled one goes by when it was handled.
		ok(t, in.Done(ctx, "handled", at(6)))
		equal(t, val(in.Sweep(ctx, at(5)))(t), 2)
		equal(t, val(in.Sweep(ctx, at(5)))(t), 0)
		equal(t, keys(val(in.Dead(ctx, 9))(t)), []string{"new"})
		equal(t, keys(val(in.Pending(ctx, at(0), storage.Cursor{}, 9))(t)), []string{"waiting", "revived"})
		for key, fresh := range map[string]bool{"old": true, "died": true, "new": false, "revived": false, "waiting": false, "handled": false} {
			equal(t, val(in.Accept(ctx, storage.Event{Key: key}))(t), fresh)
		}
	})

	t.Run("sweep takes as many as there are", func(t *testing.T) {
		const each = 1100 // more than any adapter removes at once
		var events []storage.Event
		for i := range each {
			events = append(events, storage.Event{Key: key(0, i), Dead: true}, storage.Event{Key: key(1, i)})
		}
		t.Parallel()
		ctx, in := t.Context(), s.open(t).Inbox()
		work := make(chan storage.Event)
		go func() {
			defer close(work)
			for _, e := range events {
				work <- e
			}
		}()
		for _, err := range race(t, func(ctx context.Context, _ int) (failed error) {
			for e := range work {
				_, err := in.Accept(ctx, e)
				if err == nil && !e.Dead {
					err = in.Done(ctx, e.Key, at(1))
				}
				failed = cmp.Or(failed, err)
			}
			return failed
		}) {
			ok(t, err)
		}
		equal(t, val(in.Sweep(ctx, at(2)))(t), 2*each)
	})

	t.Run("pending goes on after a cursor", func(t *testing.T) {
		at := func(n int) storage.Cursor { return storage.Cursor{Next: at(n)} }
		ctx, in := setup(t)
		for _, e := range []storage.Event{{Key: ""}, {Key: "z", Next: at(1).Next}, {Key: "a", Next: at(2).Next}, {Key: "甲", Next: at(2).Next}, {Key: "乙", Next: at(3).Next}} {
			equal(t, val(in.Accept(ctx, e))(t), true)
		}
		var seen []string
		var after storage.Cursor
		for {
			page := val(in.Pending(ctx, at(9).Next, after, 2))(t)
			seen = append(seen, keys(page)...)
			if len(page) < 2 {
				break
			}
			after = storage.Cursor{Next: page[1].Next, Key: page[1].Key}
		}
		equal(t, seen, []string{"", "z", "a", "甲", "乙"})
		equal(t, keys(val(in.Pending(ctx, at(2).Next, storage.Cursor{Next: at(2).Next, Key: "a"}, 9))(t)), []string{"甲"})
		equal(t, keys(val(in.Pending(ctx, at(9).Next, at(3), 9))(t)), []string{"乙"})
	})

	t.Run("waiting are the events of the keys that still wait, as they are", func(t *testing.T) {
		ctx, in := setup(t, storage.Event{Key: "b", Payload: []byte("b")}, storage.Event{Key: "done"}, storage.Event{Key: "dead", Dead: true}, storage.Event{Key: "甲"}, storage.Event{Key: "c"})
		ok(t, in.Done(ctx, "done", at(1)))
		ok(t, in.Defer(ctx, "甲", 2, at(5), false, "r"))
		got := val(in.Waiting(ctx, "甲", "b", "done", "dead", "unknown", "b"))(t)
		equal(t, got, []storage.Event{{Key: "b", Payload: []byte("b")}, {Key: "甲", Attempts: 2, Next: at(5), Error: "r"}})
		equal(t, val(in.Waiting(ctx))(t), []storage.Event(nil))
	})
}
