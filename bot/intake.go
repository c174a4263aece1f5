package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"roundsman/storage"
)

const (
	// acceptWithin bounds the durable insert, so that a platform's three seconds are kept.
	acceptWithin = 2 * time.Second
	// awayFor is how long a store that did not answer is spared: one event is
	// tried on it, and the others do not wait two seconds each for the same.
	awayFor = 2 * time.Second
)

// ErrAway says that the store did not answer a moment ago.
var ErrAway = errors.New("the store did not answer a moment ago")

// Intake makes what arrives durable: the only thing done before it is acknowledged.
type Intake struct {
	inbox   storage.Inbox
	spool   *Spool
	metrics *Metrics
	log     *slog.Logger
	arrived func(storage.Event)
	// away is until when the store is spared, in nanoseconds since began; 0 while it answers.
	away  atomic.Int64
	began time.Time
}

// NewIntake returns an Intake that gives each new event to arrived. A nil
// spool means that [Intake.Keep] has nowhere to put what the store refuses.
func NewIntake(inbox storage.Inbox, spool *Spool, metrics *Metrics, log *slog.Logger, arrived func(storage.Event)) *Intake {
	return &Intake{inbox: inbox, spool: spool, metrics: metrics, log: log, arrived: arrived, began: time.Now()}
}

// Accept makes m durable in the store, within two seconds.
func (in *Intake) Accept(ctx context.Context, m Message) error {
	e, err := event(m)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := in.insert(ctx, m.Platform, e); err != nil {
		return err
	}
	in.metrics.accepting.Observe(time.Since(began).Seconds())
	return nil
}

// Keep makes m durable in the store or, when that does not answer, on disk.
func (in *Intake) Keep(ctx context.Context, m Message) error {
	e, err := event(m)
	if err != nil {
		return err
	}
	began := time.Now()
	defer func() { in.metrics.accepting.Observe(time.Since(began).Seconds()) }()
	err = in.insert(ctx, m.Platform, e)
	if err == nil || in.spool == nil {
		return err
	}
	if spoolErr := in.spool.Put(e); spoolErr != nil {
		return fmt.Errorf("%w; and spool it: %w", err, spoolErr)
	}
	in.metrics.spooled.WithLabelValues(m.Platform).Inc()
	in.log.Warn("the store did not take an event; it is spooled", "platform", m.Platform, "event", m.Key, "error", err)
	return nil
}

// Refuse counts a request that was turned away.
func (in *Intake) Refuse(platform, reason string) {
	in.metrics.refused.WithLabelValues(platform, reason).Inc()
}

func (in *Intake) insert(ctx context.Context, platform string, e storage.Event) error {
	if in.spared() {
		return fmt.Errorf("accept an event: %w", ErrAway)
	}
	within, cancel := context.WithTimeout(ctx, acceptWithin)
	defer cancel()
	fresh, err := in.inbox.Accept(within, e)
	if err != nil {
		if ctx.Err() == nil {
			in.away.Store(int64(time.Since(in.began) + awayFor))
		}
		return fmt.Errorf("accept an event: %w", err)
	}
	in.away.Store(0)
	if platform == "" {
		platform = "internal"
	}
	if !fresh {
		in.metrics.duplicate.WithLabelValues(platform).Inc()
		in.log.Info("was there already", "platform", platform, "event", e.Key)
		return nil
	}
	in.metrics.accepted.WithLabelValues(platform).Inc()
	in.log.Info("accepted", "platform", platform, "event", e.Key)
	in.arrived(e)
	return nil
}

// spared reports whether the store is left alone. When its time is up, one
// caller tries it while the others go on sparing it.
func (in *Intake) spared() bool {
	until := in.away.Load()
	if until == 0 {
		return false
	}
	now := int64(time.Since(in.began))
	return now < until || !in.away.CompareAndSwap(until, now+int64(awayFor))
}

// event writes m as its inbox record.
func event(m Message) (storage.Event, error) {
	if m.Key == "" || len(m.Key) > 4*maxID {
		return storage.Event{}, fmt.Errorf("accept an event: its key has %d bytes", len(m.Key))
	}
	m = m.clean()
	payload, err := json.Marshal(m)
	if err != nil {
		return storage.Event{}, fmt.Errorf("write an event: %w", err)
	}
	next := m.Received
	if m.Due != nil && m.At.After(next) {
		// What is due later waits for its time. Nothing from outside can.
		next = m.At
	}
	return storage.Event{
		Key: m.Key, At: m.At.UTC().Truncate(time.Millisecond), Received: m.Received.UTC().Truncate(time.Millisecond),
		Next: next.UTC().Truncate(time.Millisecond), Payload: payload,
	}, nil
}

// ReadEvent returns the message that an inbox record holds.
func ReadEvent(e storage.Event) (Message, error) {
	var m Message
	if err := json.Unmarshal(e.Payload, &m); err != nil {
		return Message{}, fmt.Errorf("read an event: %w", err)
	}
	return m, nil
}
