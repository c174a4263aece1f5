package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"roundsman/visit"
)

// gather is more than the bot waits for what may follow a check-in where a
// message cannot be changed.
const gather = 25 * time.Second

// ErrFigures says that a played day did not come to what it must.
var ErrFigures = errors.New("demo: the day's figures are not what was sent")

// daysOnce is how many days Once plays: what is planned on the first is seen on the second.
const daysOnce = 2

// Once plays two days, writes the conversations, the evening posts and a table
// of checks of each, and returns [ErrFigures] if one of them does not hold.
// Nothing else may be sent meanwhile, and [World.Handler] must not be in use.
func (w *World) Once(ctx context.Context, out io.Writer) error {
	w.clock.pause()
	o := once{w: w, out: out, transcript: newTranscript(w, out)}
	o.transcript.skip()
	for _, date := range w.week()[:daysOnce] {
		if err := errors.Join(o.day(ctx, date), o.err); err != nil {
			return err
		}
	}
	if w.bot.Store == nil {
		o.say("· %s", w.tr("没有核对存储中的事实：没有给出存储", "The facts in the store were not compared: no store was given"))
	}
	o.say("%s", fmt.Sprintf(w.tr("%d 项核对，%d 项不符", "%d checks, %d failed"), o.checks, o.failed))
	if o.err == nil && o.failed > 0 {
		return ErrFigures
	}
	return o.err
}

// once is the playing of days in a terminal.
type once struct {
	w              *World
	out            io.Writer
	transcript     *transcript
	checks, failed int
	err            error
}

func (o *once) say(format string, args ...any) {
	_, err := fmt.Fprintf(o.out, format+"\n", args...)
	o.err = errors.Join(o.err, err)
}

// day plays one day.
func (o *once) day(ctx context.Context, date visit.Date) error {
	w := o.w
	s, err := newScript(ctx, w, date)
	if err != nil {
		return err
	}
	o.say("%s", w.tr("一天的对话：", "The conversations of a day: ")+w.say.Date(s.date.Time()))
	titles := make([]string, len(sides))
	for i, d := range sides {
		titles[i] = w.say.T("evening.title", "Team", d.team, "Date", w.say.Date(s.date.Time()))
	}
	for _, st := range s.steps {
		o.say("\n── %s ──", st.title)
		if err := errors.Join(o.err, s.play(ctx, st)); err != nil {
			return fmt.Errorf("%s: %w", st.title, err)
		}
		if err := o.transcript.write(w.Now(), titles...); err != nil {
			return err
		}
	}
	for i, d := range sides {
		o.say("\n═══ %s · %s ═══", d.team, w.say.T("job.evening_summary"))
		for _, m := range s.posts(d.team, titles[i]) {
			o.say("%s", strings.Join(m.lines(), "\n"))
		}
	}
	checks, err := s.checks(ctx)
	if err != nil {
		return err
	}
	o.say("\n═══ %s ═══", w.tr("核对（按发出的内容独立计算）", "Checks (counted from what was sent)"))
	for _, c := range checks {
		o.checks++
		if c.ok() {
			o.say("✓ %s  %s", c.title, c.got)
			continue
		}
		o.failed++
		o.say("✗ %s  %s", c.title, fmt.Sprintf(w.tr("应为 %q，实为 %q", "want %q, got %q"), c.want, c.got))
	}
	return nil
}

// play sets the clock to the step, does it, and lets everything that follows
// happen, also what the bot holds back for a moment.
func (s *script) play(ctx context.Context, st step) error {
	w := s.w
	w.clock.forward(s.date.At(visit.Clock{}, zone).Add(st.at))
	if err := w.tick(ctx); err != nil {
		return err
	}
	if err := w.settled(ctx); err != nil {
		return err
	}
	if err := st.do(ctx); err != nil {
		return err
	}
	if err := w.settled(ctx); err != nil {
		return err
	}
	w.clock.forward(w.Now().Add(gather))
	return w.settled(ctx)
}
