package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/storage"
)

// model is what the contract says about one post, in a few lines.
type model struct {
	there         bool
	version, sent int64
	claimed       int64 // the version that the last owner took
	state         storage.PostState
	owner         string
	until         time.Time
}

func (m *model) desire(version int64) (changed bool) {
	if m.there && version <= m.version {
		return false
	}
	m.there, m.version, m.state = true, version, storage.PostPending
	return true
}

func (m *model) claim(owner string, now, until time.Time) error {
	switch {
	case !m.there || m.state != storage.PostPending:
		return storage.ErrNotFound
	case m.owner != "" && m.owner != owner && m.until.After(now):
		return storage.ErrConflict
	}
	m.owner, m.until, m.claimed = owner, until, m.version
	return nil
}

func (m *model) report(owner string, state storage.PostState, sent int64, release bool) error {
	switch {
	case !m.there:
		return storage.ErrNotFound
	case m.owner != owner:
		return storage.ErrConflict
	}
	m.sent, m.state = max(m.sent, sent), state
	if state == storage.PostSent && m.version > m.sent || state == storage.PostFailed && m.version > m.claimed {
		m.state = storage.PostPending
	}
	if release {
		m.owner, m.until = "", time.Time{}
	}
	return nil
}

func testOutboxProperties(t *testing.T, s suite) {
	t.Run("any order of desires, claims and reports goes forward only", func(t *testing.T) {
		t.Parallel()
		out := sides(s.open(t))
		var posts atomic.Int64 // a post of its own for every try
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			id := fmt.Sprintf("post-%d", posts.Add(1))
			owners := rapid.SampledFrom([]string{"a", "b"})
			states := rapid.SampledFrom([]storage.PostState{
				storage.PostPending, storage.PostSent, storage.PostSent, storage.PostUncertain, storage.PostFailed,
			})
			var m model
			now, version, sent := 0, int64(0), int64(0)
			for range rapid.IntRange(1, 24).Draw(t, "steps") {
				switch rapid.SampledFrom([]string{"desire", "claim", "claim", "report", "report", "wait"}).Draw(t, "do") {
				case "wait":
					now += rapid.IntRange(1, 30).Draw(t, "seconds")
				case "desire":
					v := rapid.Int64Range(1, 9).Draw(t, "version")
					changed, err := out.Desire(ctx, storage.Post{ID: id, Version: v, Body: []byte{byte(v)}})
					if want := m.desire(v); err != nil || changed != want {
						t.Fatalf("desire %d: %v, %v, want %v", v, changed, err, want)
					}
				case "claim":
					owner, until := owners.Draw(t, "owner"), at(now+rapid.IntRange(1, 30).Draw(t, "lease"))
					got, err := out.Claim(ctx, id, at(now), storage.Claim{Owner: owner, Until: until})
					if want := m.claim(owner, at(now), until); !errors.Is(err, want) {
						t.Fatalf("claim for %s: %v, want %v", owner, err, want)
					}
					if err == nil && (got.Version != m.version || len(got.Body) != 1 || got.Body[0] != byte(m.version)) {
						t.Fatalf("claimed version %d with body %v, want %d", got.Version, got.Body, m.version)
					}
				case "report":
					p := storage.Progress{State: states.Draw(t, "state"), SentVersion: rapid.Int64Range(0, max(m.version, 0)).Draw(t, "sent")}
					owner, release := owners.Draw(t, "owner"), rapid.Bool().Draw(t, "release")
					err := out.Report(ctx, id, owner, p, release)
					if want := m.report(owner, p.State, p.SentVersion, release); !errors.Is(err, want) {
						t.Fatalf("report of %s: %v, want %v", owner, err, want)
					}
				}
				if !m.there {
					continue
				}
				got, err := out.Get(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				if got.Version < version || got.SentVersion < sent {
					t.Fatalf("version went from %d to %d, sent version from %d to %d", version, got.Version, sent, got.SentVersion)
				}
				version, sent = got.Version, got.SentVersion
				if got.Version != m.version || got.SentVersion != m.sent || got.State != m.state {
					t.Fatalf("the post is at %d, sent %d, %s; want %d, %d, %s", got.Version, got.SentVersion, got.State, m.version, m.sent, m.state)
				}
			}
		})
	})

	t.Run("senders converge on the newest version while it changes", func(t *testing.T) {
		t.Parallel()
		const newest = 40
		out := sides(s.open(t))
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		_ = val(out.Desire(ctx, storage.Post{ID: "p", Version: 1}))(t)
		writing := make(chan error, 1)
		go func() {
			for v := int64(2); v <= newest; v++ {
				if _, err := out.Desire(ctx, storage.Post{ID: "p", Version: v}); err != nil {
					writing <- err
					return
				}
			}
			writing <- nil
		}()
		// What stands in the chat: a sender writes it only under its claim.
		var chat atomic.Int64
		for _, err := range race(t, func(ctx context.Context, i int) error {
			owner := key(i, 0)
			for {
				p, err := out.Claim(ctx, "p", at(0), storage.Claim{Owner: owner, Until: at(60)})
				switch {
				case errors.Is(err, storage.ErrConflict):
					continue
				case errors.Is(err, storage.ErrNotFound):
					if chat.Load() == newest {
						return nil
					}
					if err := ctx.Err(); err != nil {
						return err
					}
					continue
				case err != nil:
					return err
				}
				if before := chat.Swap(p.Version); before > p.Version {
					return fmt.Errorf("version %d was sent after %d", p.Version, before)
				}
				err = out.Report(ctx, "p", owner, storage.Progress{State: storage.PostSent, SentVersion: p.Version}, true)
				if err != nil {
					return err
				}
			}
		}) {
			ok(t, err)
		}
		ok(t, <-writing)
		p := val(out.Get(ctx, "p"))(t)
		equal(t, p.State, storage.PostSent)
		equal(t, []int64{p.Version, p.SentVersion, chat.Load()}, []int64{newest, newest, newest})
	})

	t.Run("what is due is what the contract says", func(t *testing.T) {
		t.Parallel()
		out := sides(s.open(t))
		var tries atomic.Int64 // chats of its own for every try
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			prefix := fmt.Sprintf("try-%06d-", tries.Add(1))
			chats := []string{prefix + "a", prefix + "b", prefix + "甲"}
			type waiting struct {
				storage.Post
				until time.Time
			}
			var posts []waiting
			second := rapid.IntRange(0, 6)
			for i := range rapid.IntRange(1, 8).Draw(t, "posts") {
				p := storage.Post{
					ID: fmt.Sprintf("%s%d", prefix, i), Chat: rapid.SampledFrom(chats).Draw(t, "chat"), Version: 1,
					NotBefore: at(second.Draw(t, "not before")), Created: at(second.Draw(t, "created")),
				}
				if _, err := out.Desire(ctx, p); err != nil {
					t.Fatal(err)
				}
				p.State = storage.PostPending
				var until time.Time
				if rapid.Bool().Draw(t, "tried") {
					until = at(second.Draw(t, "until"))
					release := rapid.Bool().Draw(t, "release")
					p.Next = at(second.Draw(t, "next"))
					p.State = rapid.SampledFrom([]storage.PostState{storage.PostPending, storage.PostPending, storage.PostSent}).Draw(t, "state")
					if p.State == storage.PostSent {
						p.SentVersion = 1
					}
					if _, err := out.Claim(ctx, p.ID, at(0), storage.Claim{Owner: "x", Until: until}); err != nil {
						t.Fatal(err)
					}
					if err := out.Report(ctx, p.ID, "x", p.Progress, release); err != nil {
						t.Fatal(err)
					}
					if release {
						until = time.Time{}
					}
				}
				posts = append(posts, waiting{p, until})
			}
			slices.SortFunc(posts, func(a, b waiting) int {
				return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
			})
			now := at(second.Draw(t, "now"))
			var want []string
			wantOf, seen := make(map[string][]string), make(map[string]bool)
			for _, p := range posts {
				if p.State != storage.PostPending || p.NotBefore.After(now) || seen[p.Chat] {
					continue
				}
				seen[p.Chat] = true
				if !p.Next.After(now) && !p.until.After(now) {
					want, wantOf[p.Chat] = append(want, p.ID), []string{p.ID}
				}
			}
			due := func(chat string) (ids []string) {
				list, err := out.Due(ctx, now, storage.Chats{Chat: chat}, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range list {
					if strings.HasPrefix(p.Chat, prefix) {
						ids = append(ids, p.ID)
					}
				}
				return ids
			}
			if got := due(""); !slices.Equal(got, want) {
				t.Fatalf("due are %q, want %q", got, want)
			}
			for _, chat := range chats {
				if got := due(chat); !slices.Equal(got, wantOf[chat]) {
					t.Fatalf("due in %s are %q, want %q", chat, got, wantOf[chat])
				}
			}
		})
	})
}
