package demo

import (
	"context"
	"time"

	"roundsman/sandbox/feishu"
	"roundsman/sandbox/wecom"
	"roundsman/visit"
)

// What tests look at from inside.
var (
	NewClock     = newClock
	FeishuCard   = feishuCard
	MarkdownCard = markdownCard
)

func (c *clock) Forward(t time.Time) bool { return c.forward(t) }
func (c *clock) Run(speed float64)        { c.run(speed) }
func (c *clock) Pause()                   { c.pause() }
func (c *clock) Hold() (release func())   { return c.hold() }

func FromFeishu(m feishu.Message) Message { return fromFeishu(m, botName) }
func FromWeCom(m wecom.Message) Message   { return fromWeCom(m, botName) }

func (m Message) Lines() []string                    { return m.lines() }
func (m Message) Figure(label string) (string, bool) { return m.figure(label) }
func (w *World) Week() []visit.Date                  { return w.week() }
func (w *World) Say(person, platform, t string) error {
	return second(w.sendText(seat{person, platform}, t))
}

func second(_ sent, err error) error { return err }

// Steps returns when the steps of a date's script happen, since midnight.
func (w *World) Steps(ctx context.Context, date visit.Date) ([]time.Duration, error) {
	s, err := newScript(ctx, w, date)
	if err != nil {
		return nil, err
	}
	var out []time.Duration
	for _, st := range s.steps {
		out = append(out, st.at)
	}
	return out, nil
}

// Unplayed returns how many checks of a day that was not played hold, and how many do not.
func (w *World) Unplayed(ctx context.Context, date visit.Date) (hold, fail int, err error) {
	s, err := newScript(ctx, w, date)
	if err != nil {
		return 0, 0, err
	}
	checks, err := s.checks(ctx)
	for _, c := range checks {
		if c.ok() {
			hold++
		} else {
			fail++
		}
	}
	return hold, fail, err
}

// Transcribe writes what there is in the chats.
func (w *World) Transcribe(out interface{ Write([]byte) (int, error) }, short ...string) error {
	return newTranscript(w, out).write(w.Now(), short...)
}

// SetBot sets the bot without connecting it.
func (w *World) SetBot(b Bot) { w.bot = b }
