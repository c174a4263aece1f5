package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/visit"
)

// TestAWriteWhoseAnswerWasLostIsOne cuts the connection in the middle of a
// call. Whether the server did it or not, the same call again succeeds, and
// there is one record.
func TestAWriteWhoseAnswerWasLostIsOne(t *testing.T) {
	t.Parallel()
	uri := database(t)
	p, s := through(t, uri)
	kept := open(t, uri)
	for _, answers := range []bool{false, true} {
		mark := fmt.Sprintf("lost-%v", answers)
		event := storage.Event{Key: mark + "-event", Payload: []byte("x")}
		facts := []visit.Fact{{ID: mark + "-a", Rep: mark}, {ID: mark + "-b", Rep: mark}}
		run := storage.Run{Job: mark, State: storage.RunRendered}
		post := storage.Post{ID: mark + "-post", Version: 1}
		day := visit.Outcome{Rep: mark, Calls: []visit.Call{{Customer: mark, Verdict: visit.Verified}}}
		blob := storage.Blob{SHA256: mark + "-blob", Data: []byte("x")}
		for name, call := range map[string]struct {
			do func(context.Context) (fresh bool, err error)
			// keyed calls say whether what they did was new.
			keyed bool
			count func(context.Context) (int, error)
		}{
			"Accept": {
				func(ctx context.Context) (bool, error) { return s.Inbox().Accept(ctx, event) }, true,
				func(ctx context.Context) (int, error) {
					waiting, err := kept.Inbox().Waiting(ctx, event.Key)
					return len(waiting), err
				},
			},
			"Append": {
				func(ctx context.Context) (bool, error) { return false, s.Facts().Append(ctx, facts...) }, false,
				func(ctx context.Context) (int, error) {
					day, err := kept.Facts().Day(ctx, mark, "")
					return len(day) - 1, err
				},
			},
			"Begin": {
				func(ctx context.Context) (bool, error) { return s.Runs().Begin(ctx, run) }, true,
				func(ctx context.Context) (int, error) {
					_, err := kept.Runs().Get(ctx, run.ID())
					return 1, err
				},
			},
			"Desire": {
				func(ctx context.Context) (bool, error) { return s.Outbox().Desire(ctx, post) }, true,
				func(ctx context.Context) (int, error) {
					got, err := kept.Outbox().Get(ctx, post.ID)
					return int(got.Version), err
				},
			},
			"Put of an outcome": {
				func(ctx context.Context) (bool, error) { return false, s.Outcomes().Put(ctx, day) }, false,
				func(ctx context.Context) (int, error) {
					found, err := kept.Outcomes().OfCustomer(ctx, mark, 9)
					return len(found), err
				},
			},
			"PutBlob": {
				func(ctx context.Context) (bool, error) { return false, s.Media().PutBlob(ctx, blob) }, false,
				func(ctx context.Context) (int, error) {
					got, err := kept.Media().Blob(ctx, blob.SHA256)
					return len(got.Data), err
				},
			},
		} {
			cuts := p.hasCut()
			p.cut(mark, answers)
			_, err := call.do(t.Context())
			if p.hasCut() != cuts+1 {
				t.Fatalf("%s was not cut off", name)
			}
			if err == nil {
				// The driver repeats a write by itself where the server can tell the two apart.
				t.Logf("%s was repeated by the driver", name)
				continue
			}
			if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s was cut off and says %v", name, err)
			}
			fresh, err := call.do(t.Context())
			if err != nil || call.keyed && fresh == answers {
				t.Errorf("%s again: new %v, %v; the server had the first: %v", name, fresh, err, answers)
			}
			if n, err := call.count(t.Context()); err != nil || n != 1 {
				t.Errorf("%s: %d are kept, %v", name, n, err)
			}
		}
	}
}

// inTime is what a call on a server that does not answer may take: its two
// seconds, and what a busy machine adds.
const inTime = 2900 * time.Millisecond

func TestAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	uri := database(t)
	p, s := through(t, uri)
	p.silence()
	for name, do := range map[string]func(context.Context) error{
		"Accept": func(ctx context.Context) error {
			_, err := s.Inbox().Accept(ctx, storage.Event{Key: "k"})
			return err
		},
		"Ping": s.Ping,
		"Get": func(ctx context.Context) error {
			_, err := s.Outbox().Get(ctx, "p")
			return err
		},
	} {
		begin := time.Now()
		err := do(context.Background())
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > inTime {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
	// The caller's own end comes first.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := s.Inbox().Accept(ctx, storage.Event{Key: "k"})
	if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
		t.Errorf("with 100 ms: %v after %v", err, took)
	}
	ctx, cancel = context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Facts().Day(ctx, "r", "2026-11-24")
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	begin = time.Now()
	_ = s.Close()
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("closing took %v", took)
	}
}

// TestOpeningAServerThatDoesNotAnswer meets a listener that takes connections and says nothing.
func TestOpeningAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 100)
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		for {
			c, err := listener.Accept()
			if err != nil {
				close(conns)
				return
			}
			conns <- c
		}
	}()
	begin := time.Now()
	s, err := mongo.Open(t.Context(), "mongodb://"+listener.Addr().String()+"/roundsman", mongo.Options{Timeout: time.Second})
	if err == nil {
		_ = s.Close()
		t.Fatal("a silent server was opened")
	}
	if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	_ = listener.Close()
	<-accepted
	for c := range conns {
		_ = c.Close()
	}
}
