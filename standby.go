package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/config"
	"roundsman/storage"
)

// reopenEvery is how often a store that cannot be opened is tried again.
const reopenEvery = 2 * time.Second

// unreachable reports whether a store could not be opened because it does not
// answer: it may be back soon, while anything else needs a person.
func unreachable(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// openProgram is newProgram for a store that may be away: until it is back,
// what arrives is taken and kept on disk, as while serving. Without it a bot
// that starts during an outage would lose what no platform sends again.
func openProgram(ctx context.Context, cfg *config.Config, o programOptions) (*Program, error) {
	for {
		p, err := newProgram(ctx, cfg, o)
		if err == nil || !unreachable(err) || ctx.Err() != nil {
			return p, err
		}
		o.Log.Error("the store does not answer; what arrives is kept on disk until it does", "error", err)
		if err := standBy(ctx, cfg, o); err != nil {
			return nil, err
		}
	}
}

// awayInbox is the inbox of a store that is not there.
type awayInbox struct{ storage.Inbox }

func (awayInbox) Accept(context.Context, storage.Event) (bool, error) { return false, bot.ErrAway }

// standBy takes events until the store can be opened or ctx ends.
func standBy(ctx context.Context, cfg *config.Config, o programOptions) (err error) {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	platforms, err := newPlatforms(cfg, now, o.Log)
	if err != nil {
		return err
	}
	spool, err := bot.OpenSpool(cfg.Spool)
	if err != nil {
		return err
	}
	in := bot.NewIntake(awayInbox{}, spool, bot.NewMetrics(prometheus.NewRegistry()), o.Log, func(storage.Event) {})
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("storage: not ready\n"))
	})
	server := newServer(mux)
	taking, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, p := range platforms {
		p.Routes(mux, in)
		wg.Go(func() { keepListening(taking, p, in, o.Log) })
	}
	wg.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("the HTTP server ended", "error", err)
		}
	})
	defer func() {
		cancel()
		err = errors.Join(err, shutdown(context.WithoutCancel(ctx), server))
		wg.Wait()
	}()
	return reopened(ctx, cfg)
}

// reopened waits until the store can be opened or ctx ends.
func reopened(ctx context.Context, cfg *config.Config) error {
	tick := time.NewTicker(reopenEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		s, err := openStore(ctx, cfg.Storage.Reveal(), true)
		if err == nil {
			return s.Close()
		}
		if !unreachable(err) && ctx.Err() == nil {
			return err
		}
	}
}

// keepListening keeps a platform's own connection up.
func keepListening(ctx context.Context, platform bot.Platform, in bot.Inlet, log *slog.Logger) {
	for ctx.Err() == nil {
		err := platform.Listen(ctx, in)
		if ctx.Err() != nil {
			return
		}
		log.Error("a platform's connection ended; it is made again", "platform", platform.Name(), "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}
}

// alive answers that the process is.
func alive(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// shutdown ends a server, and after a moment the requests that do not end.
func shutdown(ctx context.Context, s *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, hangUpWithin)
	defer cancel()
	err := s.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return s.Close()
	}
	return err
}
