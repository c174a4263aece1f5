package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// What one replica kept on disk comes after later events of the same rep were
// handled, and after another replica took the same event: it is one fact, in its
// own time, and the visit's one bubble has it.
func TestASpooledEventJoinsItsDay(t *testing.T) {
	c := newCompany(t, "websocket")
	_, err := c.feishu.SendLocation(c.user, "", "", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	at := testClock.Now().UTC().Truncate(time.Millisecond)
	early := bot.Message{
		Key: "feishu:m:om_early", Platform: "feishu", ID: "om_early", From: c.user, At: at, Received: at,
		Chat: bot.Address{Platform: "feishu", Place: bot.ToUser, ID: c.user}, Text: "canary-text first",
	}
	testClock.move(time.Minute)
	_, err = c.feishu.SendText(c.user, "", "canary-text second")
	c.ok(err)
	c.settled()

	payload, err := json.Marshal(early)
	c.ok(err)
	spooled := storage.Event{Key: early.Key, At: early.At, Received: early.Received, Next: early.Received, Payload: payload}
	c.ok(c.program.spool.Put(spooled))
	c.ok(c.program.intake.Accept(t.Context(), early)) // it came again, to a replica that had its store
	c.settled()
	c.ok(c.program.spool.Put(spooled))
	c.eventually("the spool is empty", func() bool { return c.program.spool.Len() == 0 })
	c.settled()

	notes := 0
	for _, f := range c.facts("z") {
		if f.Kind == visit.KindNote {
			notes++
		}
	}
	v := c.day("z").Visits
	if notes != 2 || len(v) != 1 || len(v[0].Notes) != 2 || !strings.HasSuffix(v[0].Notes[0], "first") {
		t.Errorf("%d notes, visits %+v", notes, v)
	}
	if bubbles := c.feishuBubbles(); len(bubbles) != 1 || !strings.Contains(bubbles[0], "first") {
		t.Errorf("the chat has %d messages of the bot: %v", len(bubbles), bubbles)
	}
}

// A log can be followed from an event's arrival to what was said for it.
func TestTheLogFollowsAnEvent(t *testing.T) {
	c := newCompany(t, "webhook")
	sent, err := c.feishu.SendLocation(c.user, "", "", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, step := range []string{"msg=accepted", "msg=handled", "msg=sent"} {
		found := false
		for line := range strings.Lines(c.log.String()) {
			found = found || strings.Contains(line, step) && strings.Contains(line, "event=feishu:m:"+sent.ID)
		}
		if !found {
			t.Errorf("no line says %s of the event", step)
		}
	}
}
