package main

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roundsman/config"
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

// Before it serves, a program erases whom a backup brought back, and nobody else:
// what an admin wants erased is done beside the serving.
func TestOnlyWhomABackupBroughtBackIsErasedFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg, err := config.Parse([]byte("listen: \"127.0.0.1:0\"\nstorage: "+sqliteScheme+filepath.Join(dir, "r.db")+"\nspool: "+filepath.Join(dir, "spool")+
		"\nsecret_key: "+strings.Repeat("k", 32)+"\nfeishu: {mode: websocket, app_id: a, app_secret: b, base_url: \""+feishuURL+"\"}\n"), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	start := func() *Program {
		t.Helper()
		p, err := newProgram(t.Context(), cfg, programOptions{Log: slog.New(slog.DiscardHandler), Now: testClock.Now, NoTick: true})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	seed := func(p *Program) {
		t.Helper()
		if err := p.store.Roster().PutReps(t.Context(), leaver, stayer); err != nil {
			t.Fatal(err)
		}
	}
	ready := func(p *Program, rep string) {
		t.Helper()
		e, err := privacy.Ask(t.Context(), p.store.Erasures(), "cause of "+rep, rep, testClock.Now(), days, privacy.Request{})
		if err == nil {
			_, err = privacy.Confirm(t.Context(), p.store, e, "admin", "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := start()
	seed(p)
	ready(p, leaver.ID)
	err = p.erase(t.Context())
	if err := errors.Join(err, p.Stop()); err != nil {
		t.Fatal(err)
	}
	// The backup of before is put back, and in it the colleague's erasure is confirmed.
	for _, name := range []string{"r.db", "r.db-wal", "r.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	url := sqliteScheme + filepath.Join(dir, "r.db")
	store, err := openStore(t.Context(), url, false)
	if err != nil {
		t.Fatal(err)
	}
	before := &Program{store: store}
	seed(before)
	ready(before, stayer.ID)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	p = start()
	defer p.Stop()
	for id, want := range map[string]error{leaver.ID: storage.ErrNotFound, stayer.ID: nil} {
		if _, err := p.store.Roster().Rep(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%s before it serves: %v, want %v", id, err, want)
		}
	}
	if err := p.erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.Roster().Rep(t.Context(), stayer.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the colleague once it serves: %v", err)
	}
}
