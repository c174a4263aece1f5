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

// Once plays a whole day, writes the conversations, both evening posts and a
// table of checks, and returns [ErrFigures] if one of them does not hold.
// Nothing else may be sent meanwhile, and [World.Handler] must not be in use.
func (w *World) Once(ctx context.Context, out io.Writer) error {
	s, err := newScript(w, w.week()[0])
	if err != nil {
		return err
	}
	w.clock.pause()
	say := func(format string, args ...any) {
		_, werr := fmt.Fprintf(out, format+"\n", args...)
		err = errors.Join(err, werr)
	}
	say("%s", w.tr("一天的对话：", "The conversations of a day: ")+w.say.Date(s.date.Time()))
	t := newTranscript(w, out)
	t.skip()
	titles := make([]string, len(sides))
	for i, d := range sides {
		titles[i] = w.say.T("evening.title", "Team", d.team, "Date", w.say.Date(s.date.Time()))
	}
	for _, st := range s.steps {
		say("\n── %s ──", st.title)
		if err := errors.Join(err, s.play(ctx, st)); err != nil {
			return fmt.Errorf("%s: %w", st.title, err)
		}
		if err := t.write(w.Now(), titles...); err != nil {
			return err
		}
	}
	for i, d := range sides {
		say("\n═══ %s · %s ═══", d.team, w.say.T("job.evening_summary"))
		for _, m := range s.posts(d.team, titles[i]) {
			say("%s", strings.Join(m.lines(), "\n"))
		}
	}
	checks, cerr := s.checks(ctx)
	if err := errors.Join(err, cerr); err != nil {
		return err
	}
	say("\n═══ %s ═══", w.tr("核对（按发出的内容独立计算）", "Checks (counted from what was sent)"))
	failed := 0
	for _, c := range checks {
		if c.ok() {
			say("✓ %s  %s", c.title, c.got)
			continue
		}
		failed++
		say("✗ %s  %s", c.title, fmt.Sprintf(w.tr("应为 %q，实为 %q", "want %q, got %q"), c.want, c.got))
	}
	if w.bot.Store == nil {
		say("· %s", w.tr("没有核对存储中的事实：没有给出存储", "The facts in the store were not compared: no store was given"))
	}
	say("%s", fmt.Sprintf(w.tr("%d 项核对，%d 项不符", "%d checks, %d failed"), len(checks), failed))
	if err == nil && failed > 0 {
		err = ErrFigures
	}
	return err
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
