package main

import (
	"bytes"
	"testing"

	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// Somebody asks in the chat, an admin confirms, and the bot that serves erases them
// and says so; the admins are reminded of what nobody confirms.
func TestTheBotErases(t *testing.T) {
	c := newCompany(t, "websocket")
	ctx := t.Context()
	c.ok(c.store.Roster().PutReps(ctx, visit.Rep{ID: "admin", Name: "赵敏", Role: visit.RoleAdmin, Identities: map[string]string{"wecom": member + "2"}}))
	_, err := c.feishu.SendLocation(c.user, "", "世纪大道", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	c.ok(c.program.sealRecord(ctx))
	now := testClock.Now()
	e, err := privacy.Ask(ctx, c.store.Erasures(), "cause", "z", now.Add(-13*days), 15*days, privacy.Request{Asked: true})
	c.ok(err)
	_, err = privacy.Ask(ctx, c.store.Erasures(), "another", "l", now.Add(-16*days), 15*days, privacy.Request{Asked: true})
	c.ok(err)
	for range 2 {
		c.ok(c.program.erase(ctx))
	}
	c.some("outbox", "张伟的删除申请快到期了", "李娜的删除申请已过期限")
	c.eventually("what is said about them stands in the chats, or is refused", func() bool {
		n, _, err := c.store.Outbox().Backlog(ctx)
		return err == nil && n == 0
	})
	_, err = privacy.Confirm(ctx, c.store, e, "admin", "")
	c.ok(err)
	c.eventually("they are erased", func() bool {
		c.ok(c.program.erase(ctx))
		got, err := c.store.Erasures().Get(ctx, e.ID)
		c.ok(err)
		return got.State == storage.ErasureDone
	})
	for table, dump := range dumpOf(t, c.program.cfg.Storage.Reveal()) {
		for _, trace := range []string{c.user, "张伟", "世纪大道"} {
			if i := bytes.Index(dump, []byte(trace)); i >= 0 {
				t.Errorf("%s holds %s: %s", table, trace, dump[max(0, i-80):min(len(dump), i+80)])
			}
		}
	}
	c.some("outbox", "一份删除申请已办完")
	// Who writes now is a stranger, and nothing of them is kept but that they wrote.
	_, err = c.feishu.SendLocation(c.user, "", "世纪大道", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	c.none("facts", "世纪大道")
}
