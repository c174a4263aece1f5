package storagetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/storage"
)

// bothSides is the outbox as whoever says something and whoever delivers it see it.
type bothSides struct {
	storage.Outbox
	storage.Deliveries
}

func sides(s storage.Store) bothSides { return bothSides{s.Outbox(), s.Deliveries()} }

func fullPost() storage.Post {
	return storage.Post{
		ID: "visit-" + chinese, Chat: "feishu:oc_" + chinese, Body: []byte("\x00\xff" + chinese), Version: 7,
		NotBefore: at(3), Created: at(2), Progress: fullProgress(),
	}
}

func fullProgress() storage.Progress {
	return storage.Progress{
		State: storage.PostUncertain, SentVersion: 6, TryVersion: 7, TryPart: 2, TrySince: at(4),
		Remote: []string{"om_1", chinese}, Attempts: 5, Next: at(8), Error: chinese,
	}
}

// asDesired returns a post as it is right after it was desired first.
func asDesired(p storage.Post) storage.Post {
	p.Progress = storage.Progress{State: storage.PostPending}
	return p
}

func testOutbox(t *testing.T, s suite) {
	setup := func(t *testing.T, posts ...storage.Post) (context.Context, bothSides) {
		t.Helper()
		t.Parallel()
		out := sides(s.open(t))
		for _, p := range posts {
			equal(t, val(out.Desire(t.Context(), p))(t), true)
		}
		return t.Context(), out
	}
	// post returns a post in a chat of its own.
	post := func(id string, created int) storage.Post {
		return storage.Post{ID: id, Chat: "feishu:" + id, Body: []byte(id), Version: 1, Created: at(created)}
	}
	in := func(chat string, p storage.Post) storage.Post {
		p.Chat = chat
		return p
	}
	ids := func(posts []storage.Post) []string {
		var out []string
		for _, p := range posts {
			out = append(out, p.ID)
		}
		return out
	}
	// claim takes the post at 0 for the owner, until 60.
	claim := func(t *testing.T, out bothSides, id, owner string) storage.Post {
		t.Helper()
		return val(out.Claim(t.Context(), id, at(0), storage.Claim{Owner: owner, Until: at(60)}))(t)
	}
	// send brings the post to an end.
	send := func(t *testing.T, out bothSides, id string, version int64, state storage.PostState) {
		t.Helper()
		claim(t, out, id, "sender")
		ok(t, out.Report(t.Context(), id, "sender", storage.Progress{State: state, SentVersion: version}, true))
	}

	t.Run("every field comes back", func(t *testing.T) {
		p := fullPost()
		complete(t, p)
		p.NotBefore = at(0)
		ctx, out := setup(t, p)
		want := asDesired(p)
		equal(t, val(out.Get(ctx, p.ID))(t), want)
		equal(t, val(out.Due(ctx, at(0), storage.Chats{}, 9))(t), []storage.Post{want})
		equal(t, claim(t, out, p.ID, "a"), want)
		want.Progress = fullProgress()
		ok(t, out.Report(ctx, p.ID, "a", want.Progress, true))
		equal(t, val(out.Get(ctx, p.ID))(t), want)
		equal(t, val(out.List(ctx, storage.PostUncertain, 9))(t), []storage.Post{want})
	})

	t.Run("zero values come back", func(t *testing.T) {
		p := storage.Post{Version: 1}
		ctx, out := setup(t, p)
		equal(t, val(out.Get(ctx, ""))(t), asDesired(p))
		claim(t, out, "", "a")
		ok(t, out.Report(ctx, "", "a", storage.Progress{State: storage.PostFailed}, true))
		p.Progress = storage.Progress{State: storage.PostFailed}
		equal(t, val(out.Get(ctx, ""))(t), p)
	})

	t.Run("an unknown post is not found", func(t *testing.T) {
		ctx, out := setup(t)
		_, err := out.Get(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
		_, err = out.Claim(ctx, "unknown", at(0), storage.Claim{Owner: "a", Until: at(1)})
		wants(t, err, storage.ErrNotFound)
		wants(t, out.Report(ctx, "unknown", "a", storage.Progress{State: storage.PostSent}, true), storage.ErrNotFound)
		n, oldest, err := out.Backlog(ctx)
		ok(t, err)
		equal(t, n, 0)
		equal(t, oldest, time.Time{})
	})

	t.Run("the same or an older version changes nothing", func(t *testing.T) {
		p := post("p", 0)
		p.Version = 5
		ctx, out := setup(t, p)
		for _, version := range []int64{5, 4, 0, -1} {
			again := p
			again.Version, again.Body, again.NotBefore = version, []byte("other"), at(99)
			equal(t, val(out.Desire(ctx, again))(t), false)
		}
		equal(t, val(out.Get(ctx, "p"))(t), asDesired(p))
	})

	t.Run("a newer version replaces body and version only", func(t *testing.T) {
		p := post("p", 0)
		ctx, out := setup(t, p)
		newer := storage.Post{ID: "p", Chat: "other", Body: []byte("newer"), Version: 2, NotBefore: at(30), Created: at(50)}
		equal(t, val(out.Desire(ctx, newer))(t), true)
		want := asDesired(p)
		want.Body, want.Version, want.NotBefore = newer.Body, 2, at(30)
		equal(t, val(out.Get(ctx, "p"))(t), want)
		equal(t, ids(val(out.Due(ctx, at(29), storage.Chats{}, 9))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(30), storage.Chats{}, 9))(t)), []string{"p"})
	})

	t.Run("a newer version of a sent post is due at once and keeps what was sent", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		sent := storage.Progress{State: storage.PostSent, SentVersion: 1, Remote: []string{"om_1"}, Attempts: 2, Next: at(500)}
		ok(t, out.Report(ctx, "p", "a", sent, true))
		equal(t, ids(val(out.Due(ctx, at(1000), storage.Chats{}, 9))(t)), nil)
		newer := post("p", 0)
		newer.Version, newer.NotBefore = 2, at(900)
		equal(t, val(out.Desire(ctx, newer))(t), true)
		got := val(out.Due(ctx, at(1), storage.Chats{}, 9))(t)
		equal(t, ids(got), []string{"p"})
		equal(t, got[0].SentVersion, int64(1))
		equal(t, got[0].Remote, []string{"om_1"})
		equal(t, got[0].Attempts, 0)
		equal(t, got[0].NotBefore, time.Time{})
	})

	t.Run("a newer version revives a post that failed or is uncertain", func(t *testing.T) {
		ctx, out := setup(t, post("f", 0), post("u", 1))
		send(t, out, "f", 0, storage.PostFailed)
		send(t, out, "u", 0, storage.PostUncertain)
		equal(t, ids(val(out.Due(ctx, at(99), storage.Chats{}, 9))(t)), nil)
		for _, id := range []string{"f", "u"} {
			p := post(id, 0)
			p.Version = 2
			equal(t, val(out.Desire(ctx, p))(t), true)
		}
		equal(t, ids(val(out.Due(ctx, at(99), storage.Chats{}, 9))(t)), []string{"f", "u"})
	})

	t.Run("due of many chats are the pending ones nobody holds in order up to the limit", func(t *testing.T) {
		held, back, later := post("held", 0), post("back", 0), post("later", 0)
		back.NotBefore = at(11)
		ctx, out := setup(t, post("b", 2), post("a", 2), post("c", 1), held, back, later, post("sent", 0), post("乙", 2), post("甲", 2))
		claim(t, out, "held", "x")
		claim(t, out, "later", "x")
		ok(t, out.Report(ctx, "later", "x", storage.Progress{State: storage.PostPending, Attempts: 1, Next: at(12)}, true))
		send(t, out, "sent", 1, storage.PostSent)
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 99))(t)), []string{"c", "a", "b", "乙", "甲"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 2))(t)), []string{"c", "a"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 0))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(11), storage.Chats{}, 1))(t)), []string{"back"})
		equal(t, ids(val(out.Due(ctx, at(12), storage.Chats{}, 2))(t)), []string{"back", "later"})
		equal(t, ids(val(out.Due(ctx, at(60), storage.Chats{}, 9))(t))[:3], []string{"back", "held", "later"})
	})

	t.Run("due is one post a chat, its oldest", func(t *testing.T) {
		ctx, out := setup(t,
			in("b", post("b2", 2)), in("b", post("b1", 1)), in("a", post("a3", 3)), in("a", post("a4", 4)),
			in("甲", post("same-2", 5)), in("甲", post("same-1", 5)), in("", post("none", 6)))
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 99))(t)), []string{"b1", "a3", "same-1", "none"})
		// The limit counts chats.
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 2))(t)), []string{"b1", "a3"})
		send(t, out, "b1", 1, storage.PostSent)
		send(t, out, "same-1", 0, storage.PostUncertain)
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 99))(t)), []string{"b2", "a3", "same-2", "none"})
		send(t, out, "b2", 0, storage.PostFailed)
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{}, 99))(t)), []string{"a3", "same-2", "none"})
	})

	t.Run("due of one chat", func(t *testing.T) {
		ctx, out := setup(t, in("a", post("a1", 1)), in("b", post("b1", 0)), in("a", post("a2", 2)))
		want := asDesired(in("a", post("a1", 1)))
		equal(t, val(out.Due(ctx, at(10), storage.Chats{Chat: "a"}, 9))(t), []storage.Post{want})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Chat: "b"}, 1))(t)), []string{"b1"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Chat: "a"}, 0))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Chat: "A"}, 9))(t)), nil)
		claim(t, out, "a1", "x")
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Chat: "a"}, 9))(t)), nil)
	})

	t.Run("due of one platform are the heads of its chats", func(t *testing.T) {
		ctx, out := setup(t, in("feishu:user/甲", post("f1", 3)), in("feishu:group/b", post("f2", 1)), in("wecom:user/a", post("w", 0)),
			in("feishu:user/甲", post("f3", 4)), in("feishux:user/a", post("x", 0)), in("feishu", post("n", 0)), in("fei:u", post("s", 0)))
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Platform: "feishu"}, 9))(t)), []string{"f2", "f1"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Platform: "feishu"}, 1))(t)), []string{"f2"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Platform: "wecom"}, 9))(t)), []string{"w"})
		equal(t, ids(val(out.Due(ctx, at(10), storage.Chats{Platform: "none"}, 9))(t)), nil)
		equal(t, len(val(out.Due(ctx, at(10), storage.Chats{}, 9))(t)), 6)
	})

	t.Run("a post that is to be tried again keeps its chat waiting and no other", func(t *testing.T) {
		ctx, out := setup(t, in("a", post("a1", 1)), in("a", post("a2", 2)), in("b", post("b3", 3)))
		claim(t, out, "a1", "x")
		ok(t, out.Report(ctx, "a1", "x", storage.Progress{State: storage.PostPending, Attempts: 1, Next: at(20)}, true))
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{}, 9))(t)), []string{"b3"})
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{}, 1))(t)), []string{"b3"})
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{Chat: "a"}, 9))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(20), storage.Chats{}, 9))(t)), []string{"a1", "b3"})
		equal(t, ids(val(out.Due(ctx, at(20), storage.Chats{Chat: "a"}, 9))(t)), []string{"a1"})
	})

	t.Run("a post that is held back lets later ones of its chat go first", func(t *testing.T) {
		back := in("a", post("back", 0))
		back.NotBefore = at(20)
		ctx, out := setup(t, back, in("a", post("later", 5)), in("b", post("other", 3)))
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{}, 9))(t)), []string{"other", "later"})
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{Chat: "a"}, 9))(t)), []string{"later"})
		equal(t, ids(val(out.Due(ctx, at(20), storage.Chats{}, 9))(t)), []string{"back", "other"})
		equal(t, ids(val(out.Due(ctx, at(20), storage.Chats{Chat: "a"}, 9))(t)), []string{"back"})
		send(t, out, "later", 1, storage.PostSent)
		equal(t, ids(val(out.Due(ctx, at(19), storage.Chats{Chat: "a"}, 9))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(20), storage.Chats{Chat: "a"}, 9))(t)), []string{"back"})
	})

	t.Run("a post that somebody holds keeps its chat waiting", func(t *testing.T) {
		ctx, out := setup(t, in("a", post("a1", 1)), in("a", post("a2", 2)), in("b", post("b3", 3)))
		claim(t, out, "a1", "x")
		equal(t, ids(val(out.Due(ctx, at(59), storage.Chats{}, 9))(t)), []string{"b3"})
		equal(t, ids(val(out.Due(ctx, at(59), storage.Chats{Chat: "a"}, 9))(t)), nil)
		equal(t, ids(val(out.Due(ctx, at(60), storage.Chats{}, 9))(t)), []string{"a1", "b3"})
		equal(t, ids(val(out.Due(ctx, at(60), storage.Chats{Chat: "a"}, 9))(t)), []string{"a1"})
	})

	t.Run("many claim one post and one wins", func(t *testing.T) {
		_, out := setup(t, post("p", 0))
		oneWins(t, race(t, func(ctx context.Context, i int) error {
			return drop(out.Claim(ctx, "p", at(0), storage.Claim{Owner: key(i, 0), Until: at(60)}))
		}))
	})

	t.Run("a claim holds until its end", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		_, err := out.Claim(ctx, "p", at(59), storage.Claim{Owner: "b", Until: at(100)})
		wants(t, err, storage.ErrConflict)
		// Its owner may take it again.
		_ = val(out.Claim(ctx, "p", at(59), storage.Claim{Owner: "a", Until: at(70)}))(t)
		_, err = out.Claim(ctx, "p", at(69), storage.Claim{Owner: "b", Until: at(100)})
		wants(t, err, storage.ErrConflict)
		_ = val(out.Claim(ctx, "p", at(70), storage.Claim{Owner: "b", Until: at(100)}))(t)
		// It was taken over: what a has to say is not wanted any more.
		wants(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostSent, SentVersion: 1}, true), storage.ErrConflict)
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostPending)
		ok(t, out.Report(ctx, "p", "b", storage.Progress{State: storage.PostSent, SentVersion: 1}, true))
		wants(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostFailed}, true), storage.ErrConflict)
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostSent)
	})

	t.Run("an owner whose claim ran out may still report while nobody took it over", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		equal(t, ids(val(out.Due(ctx, at(61), storage.Chats{}, 9))(t)), []string{"p"})
		ok(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostSent, SentVersion: 1}, true))
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostSent)
	})

	t.Run("a post that is not pending cannot be claimed", func(t *testing.T) {
		ctx, out := setup(t, post("s", 0), post("f", 0), post("u", 0))
		send(t, out, "s", 1, storage.PostSent)
		send(t, out, "f", 0, storage.PostFailed)
		send(t, out, "u", 0, storage.PostUncertain)
		for _, id := range []string{"s", "f", "u"} {
			_, err := out.Claim(ctx, id, at(99), storage.Claim{Owner: "b", Until: at(100)})
			wants(t, err, storage.ErrNotFound)
		}
	})

	t.Run("a report keeps or gives up the claim", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		about := storage.Progress{State: storage.PostPending, TryVersion: 1, TryPart: 1, TrySince: at(1)}
		ok(t, out.Report(ctx, "p", "a", about, false))
		_, err := out.Claim(ctx, "p", at(2), storage.Claim{Owner: "b", Until: at(100)})
		wants(t, err, storage.ErrConflict)
		ok(t, out.Report(ctx, "p", "a", about, true))
		got := val(out.Claim(ctx, "p", at(2), storage.Claim{Owner: "b", Until: at(100)}))(t)
		equal(t, got.Progress, about)
	})

	t.Run("a version desired while an older one is sent is due at once", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		newer := post("p", 0)
		newer.Version, newer.Body = 2, []byte("newer")
		equal(t, val(out.Desire(ctx, newer))(t), true)
		// The claim outlives the change.
		_, err := out.Claim(ctx, "p", at(1), storage.Claim{Owner: "b", Until: at(100)})
		wants(t, err, storage.ErrConflict)
		ok(t, out.Report(ctx, "p", "a", storage.Progress{
			State: storage.PostSent, SentVersion: 1, Remote: []string{"om_1"}, Attempts: 3, Next: at(500),
		}, true))
		got := val(out.Due(ctx, at(1), storage.Chats{}, 9))(t)
		equal(t, ids(got), []string{"p"})
		equal(t, got[0].Body, []byte("newer"))
		equal(t, got[0].Version, int64(2))
		equal(t, got[0].SentVersion, int64(1))
		equal(t, got[0].Remote, []string{"om_1"})
		send(t, out, "p", 2, storage.PostSent)
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostSent)
	})

	t.Run("a version desired while an older one fails is due at once", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		newer := post("p", 0)
		newer.Version = 2
		equal(t, val(out.Desire(ctx, newer))(t), true)
		failed := storage.Progress{State: storage.PostFailed, Attempts: 3, Next: at(500), Error: "too_long"}
		ok(t, out.Report(ctx, "p", "a", failed, true))
		got := val(out.Due(ctx, at(1), storage.Chats{}, 9))(t)
		equal(t, ids(got), []string{"p"})
		equal(t, got[0].Progress, storage.Progress{State: storage.PostPending, Error: "too_long"})
		// The newer one fails too, and this is the end of it.
		claim(t, out, "p", "b")
		ok(t, out.Report(ctx, "p", "b", failed, true))
		equal(t, val(out.Get(ctx, "p"))(t).Progress, failed)
		equal(t, ids(val(out.Due(ctx, at(999), storage.Chats{}, 9))(t)), nil)
	})

	t.Run("a change of a sent post that fails for good stays failed", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		send(t, out, "p", 1, storage.PostSent)
		newer := post("p", 0)
		newer.Version = 2
		equal(t, val(out.Desire(ctx, newer))(t), true)
		send(t, out, "p", 1, storage.PostFailed)
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostFailed)
	})

	t.Run("a version desired while the outcome of an older one is unknown waits", func(t *testing.T) {
		ctx, out := setup(t, post("p", 0))
		claim(t, out, "p", "a")
		newer := post("p", 0)
		newer.Version = 2
		equal(t, val(out.Desire(ctx, newer))(t), true)
		ok(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostUncertain, TryVersion: 1}, true))
		equal(t, val(out.Get(ctx, "p"))(t).State, storage.PostUncertain)
		equal(t, ids(val(out.Due(ctx, at(999), storage.Chats{}, 9))(t)), nil)
	})

	t.Run("what was sent never goes back", func(t *testing.T) {
		p := post("p", 0)
		p.Version = 3
		ctx, out := setup(t, p)
		claim(t, out, "p", "a")
		ok(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostPending, SentVersion: 2}, false))
		ok(t, out.Report(ctx, "p", "a", storage.Progress{State: storage.PostPending, SentVersion: 1}, false))
		equal(t, val(out.Get(ctx, "p"))(t).SentVersion, int64(2))
	})

	t.Run("lists and backlog", func(t *testing.T) {
		ctx, out := setup(t, post("c", 3), post("b", 1), post("a", 3), post("s", 0), post("乙", 4))
		send(t, out, "s", 1, storage.PostSent)
		equal(t, ids(val(out.List(ctx, storage.PostPending, 9))(t)), []string{"b", "a", "c", "乙"})
		equal(t, ids(val(out.List(ctx, storage.PostPending, 2))(t)), []string{"b", "a"})
		equal(t, ids(val(out.List(ctx, storage.PostPending, 0))(t)), nil)
		equal(t, ids(val(out.List(ctx, storage.PostSent, 9))(t)), []string{"s"})
		equal(t, ids(val(out.List(ctx, storage.PostFailed, 9))(t)), nil)
		n, oldest, err := out.Backlog(ctx)
		ok(t, err)
		equal(t, n, 4)
		equal(t, oldest, at(1))
		// What is held back has not waited yet.
		send(t, out, "b", 1, storage.PostSent)
		held := post("held", 0)
		held.NotBefore = at(2)
		equal(t, val(out.Desire(ctx, held))(t), true)
		n, oldest, err = out.Backlog(ctx)
		ok(t, err)
		equal(t, n, 4)
		equal(t, oldest, at(2))
	})

	t.Run("sweep forgets old posts that are not pending", func(t *testing.T) {
		ctx, out := setup(t, post("sent", 0), post("failed", 1), post("new", 5), post("uncertain", 0), post("pending", 0))
		send(t, out, "sent", 1, storage.PostSent)
		send(t, out, "failed", 0, storage.PostFailed)
		send(t, out, "new", 1, storage.PostSent)
		send(t, out, "uncertain", 0, storage.PostUncertain)
		equal(t, val(out.Sweep(ctx, at(5)))(t), 3)
		equal(t, val(out.Sweep(ctx, at(5)))(t), 0)
		for id, there := range map[string]bool{"sent": false, "failed": false, "new": true, "uncertain": false, "pending": true} {
			_, err := out.Get(ctx, id)
			if there {
				ok(t, err)
			} else {
				wants(t, err, storage.ErrNotFound)
			}
		}
	})

	t.Run("a post that is not pending is brought back", func(t *testing.T) {
		ctx, out := setup(t, post("u", 0), post("f", 1), post("s", 2), post("p", 3))
		claim(t, out, "u", "a")
		ok(t, out.Report(ctx, "u", "a", storage.Progress{
			State: storage.PostUncertain, TryVersion: 1, TryPart: 1, TrySince: at(1), Remote: []string{"om_1"}, Attempts: 9, Next: at(99), Error: "e",
		}, true))
		send(t, out, "f", 0, storage.PostFailed)
		send(t, out, "s", 1, storage.PostSent)
		lost := []storage.PostState{storage.PostUncertain, storage.PostFailed}
		equal(t, val(out.Again(ctx, "s", lost...))(t), false)
		equal(t, val(out.Again(ctx, "p", lost...))(t), false)
		equal(t, val(out.Again(ctx, "p", storage.PostPending))(t), false)
		equal(t, val(out.Again(ctx, "u"))(t), false)
		_, err := out.Again(ctx, "unknown", lost...)
		wants(t, err, storage.ErrNotFound)
		equal(t, ids(val(out.Due(ctx, at(9), storage.Chats{}, 9))(t)), []string{"p"})
		equal(t, val(out.Again(ctx, "u", lost...))(t), true)
		equal(t, val(out.Again(ctx, "u", lost...))(t), false)
		equal(t, val(out.Again(ctx, "f", lost...))(t), true)
		equal(t, val(out.Again(ctx, "s", storage.PostSent))(t), true)
		equal(t, ids(val(out.Due(ctx, at(9), storage.Chats{}, 9))(t)), []string{"u", "f", "s", "p"})
		u := val(out.Get(ctx, "u"))(t)
		equal(t, u.Progress, storage.Progress{State: storage.PostPending, TryVersion: 1, TryPart: 1, Remote: []string{"om_1"}})
		equal(t, val(out.Get(ctx, "s"))(t).SentVersion, int64(1))
	})

	t.Run("many bring one post back and one does", func(t *testing.T) {
		_, out := setup(t, post("u", 0))
		send(t, out, "u", 0, storage.PostUncertain)
		var did atomic.Int32
		for _, err := range race(t, func(ctx context.Context, _ int) error {
			changed, err := out.Again(ctx, "u", storage.PostUncertain)
			if changed {
				did.Add(1)
			}
			return err
		}) {
			ok(t, err)
		}
		equal(t, did.Load(), int32(1))
	})
}
