package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// transcript writes conversations as they go on.
type transcript struct {
	w   *World
	out io.Writer
	// seen holds of every message how often it had changed when it was written.
	seen map[string]string
}

func newTranscript(w *World, out io.Writer) *transcript {
	return &transcript{w, out, make(map[string]string)}
}

// entry is a message that is new or has changed.
type entry struct {
	message Message
	// where is the other one of the chat, or the group.
	where    string
	platform string
	changed  bool
}

// skip marks everything so far as written.
func (t *transcript) skip() { t.fresh() }

// fresh returns what is new or has changed since it was last asked, in order of time.
func (t *transcript) fresh() []entry {
	var out []entry
	look := func(where, platform string, messages []Message) {
		for _, m := range messages {
			state := strings.Join(m.lines(), "\n")
			old, known := t.seen[where+m.ID]
			if known && old == state {
				continue
			}
			t.seen[where+m.ID] = state
			out = append(out, entry{m, where, platform, known})
		}
	}
	for _, p := range t.w.people {
		for _, platform := range p.platforms() {
			if messages, err := t.w.chat(seat{p.ID, platform}); err == nil {
				look(p.Name, platform, messages)
			}
		}
	}
	look(eastTeam, onFeishu, t.w.group(eastTeam))
	look(southTeam, onWeCom, t.w.group(southTeam))
	slices.SortStableFunc(out, func(a, b entry) int {
		if a.changed != b.changed {
			// A message that changed stands after those that changed it.
			if a.changed {
				return 1
			}
			return -1
		}
		return a.message.Time.Compare(b.message.Time)
	})
	return out
}

// write writes what is new. Posts whose title is among those are left out but for it.
func (t *transcript) write(now time.Time, short ...string) error {
	for _, e := range t.fresh() {
		at := e.message.Time
		if e.changed {
			at = now
		}
		who := e.where + " → " + botName
		switch {
		case e.changed:
			who = botName + " ⟳ " + e.where
		case e.message.Bot:
			who = botName + " → " + e.where
		}
		if _, err := fmt.Fprintf(t.out, "%s  %s  %s  ", at.In(zone).Format("15:04"), t.w.say.T("platform."+e.platform), who); err != nil {
			return fmt.Errorf("write the transcript: %w", err)
		}
		lines := e.message.lines()
		if slices.Contains(short, lines[0]) {
			lines = lines[:1]
		}
		if err := box(t.out, lines); err != nil {
			return err
		}
	}
	return nil
}

// box writes lines one under the other.
func box(out io.Writer, lines []string) error {
	if _, err := fmt.Fprintln(out, strings.Join(lines, "\n         │ ")); err != nil {
		return fmt.Errorf("write the transcript: %w", err)
	}
	return nil
}
