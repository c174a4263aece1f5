package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// copies are the rows of the retention table, by their first column.
func copies(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "PRIVACY.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| copy | where | holds | kept | removed by |\n|---|---|---|---|---|\n")
	if !ok {
		t.Fatal("docs/PRIVACY.md has no table of copies")
	}
	var out []string
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			break
		}
		out = append(out, strings.TrimSpace(cells[1]))
	}
	return out
}

// old and young are ages on both sides of a bound.
func ages(bound time.Duration) map[string]time.Duration {
	return map[string]time.Duration{"old": bound + 25*time.Hour, "young": bound - 25*time.Hour}
}

const days = 24 * time.Hour

// retention is a case for each row of the table: it seeds, and returns what
// looks at what is left once the jobs ran.
var retention = map[string]func(c *company, now time.Time) (look func()){
	"event to be handled": func(c *company, _ time.Time) func() {
		_, err := c.feishu.SendLocation(c.user, "", "世纪大道", place.Lat, place.Lng)
		c.ok(err)
		c.settled()
		return func() { c.none("inbox", "世纪大道", "121.4737") }
	},
	"key of a handled event": func(c *company, now time.Time) func() {
		ctx := c.Context()
		for key, age := range ages(30 * days) {
			_, err := c.store.Inbox().Accept(ctx, storage.Event{Key: "key-" + key, At: now, Received: now, Payload: []byte("{}"), Next: now.Add(days)})
			c.ok(err)
			c.ok(c.store.Inbox().Done(ctx, "key-"+key, now.Add(-age)))
		}
		return func() { c.none("inbox", "key-old"); c.some("inbox", "key-young") }
	},
	"dead letter": func(c *company, now time.Time) func() {
		c.ok(c.store.Roster().PutReps(c.Context(), visit.Rep{ID: "admin", Name: "赵敏", Role: visit.RoleAdmin, Identities: map[string]string{"wecom": "zhao"}}))
		for key, age := range ages(30 * days) {
			_, err := c.store.Inbox().Accept(c.Context(), storage.Event{Key: "dead-" + key, At: now, Received: now.Add(-age), Payload: []byte(`{"text":"dead ` + key + `"}`), Dead: true})
			c.ok(err)
		}
		return func() {
			c.none("inbox", "dead old")
			c.some("inbox", "dead young")
			c.some("outbox", "1 条没有处理成功的消息已到保存期限")
		}
	},
	"spooled event": func(c *company, now time.Time) func() {
		payload, err := json.Marshal(bot.Message{Key: "spooled", Platform: "feishu", At: now, Received: now, Notice: bot.NoticeEntered})
		c.ok(err)
		c.ok(c.program.spool.Put(storage.Event{Key: "spooled", At: now, Received: now, Payload: payload}))
		c.age("*.json", 400*days)
		_, err = c.program.spool.Sweep(time.Now())
		c.ok(err)
		if c.program.spool.Len() != 1 {
			c.Error("what was acknowledged is gone")
		}
		return func() {
			c.program.drainSpool(c.Context())
			if left := c.spoolFiles("*.json"); len(left) > 0 {
				c.Errorf("left in the spool: %v", left)
			}
			c.some("inbox", "spooled")
		}
	},
	"damaged spool file": func(c *company, now time.Time) func() {
		for key, age := range ages(30 * days) {
			c.ok(os.WriteFile(filepath.Join(c.spools[0], key+".json.bad"), []byte("世纪大道"), 0o600))
			// The files' times are the machine's.
			c.age(key+".json.bad", age+time.Since(now))
		}
		return func() {
			if got := c.spoolFiles("*.bad"); len(got) != 1 || filepath.Base(got[0]) != "young.json.bad" {
				c.Errorf("set aside: %v", got)
			}
		}
	},
	"message of the bot": func(c *company, now time.Time) func() {
		for key, age := range ages(30 * days) {
			_, err := c.store.Outbox().Desire(c.Context(), storage.Post{ID: "post-" + key, Chat: "wecom:user/" + member, Body: []byte(`{"text":"post ` + key + `"}`), Version: 1, Created: now.Add(-age)})
			c.ok(err)
		}
		c.program.sender.Wake("wecom:user/" + member)
		c.settled()
		return func() { c.none("outbox", "post old"); c.some("outbox", "post young") }
	},
	"scheduled post": func(c *company, now time.Time) func() {
		r := storage.Run{Job: "evening_summary", Group: "feishu:group/" + c.group, Date: "2026-11-24", Due: now, At: now, State: storage.RunRendered, Body: []byte(`{"text":"rendered"}`)}
		_, err := c.store.Runs().Begin(c.Context(), r)
		c.ok(err)
		c.ok(c.program.Tick(c.Context()))
		return func() { c.none("runs", "rendered\"}") }
	},
	"place in a fact": func(c *company, now time.Time) func() {
		for key, age := range ages(90 * days) {
			c.ok(c.store.Facts().Append(c.Context(), oldFix("fix-"+key, "街道-"+key, now.Add(-age))))
		}
		return func() { c.none("facts", "街道-old"); c.some("facts", "街道-young"); c.some("facts", "fix-old") }
	},
	"fact without its place": func(c *company, now time.Time) func() {
		c.ok(c.store.Facts().Append(c.Context(), oldFix("fix-ancient", "", now.Add(-3000*days))))
		return func() { c.some("facts", "fix-ancient") }
	},
	"outcome of a day": func(c *company, _ time.Time) func() {
		c.ok(c.store.Outcomes().Put(c.Context(), visit.Outcome{Rep: "z", Team: testTeam, Date: "2018-01-02", Facts: 1}))
		return func() { c.some("outcomes", "2018-01-02") }
	},
	"photo": func(c *company, now time.Time) func() {
		for key, age := range ages(180 * days) {
			c.ok(c.store.Media().PutBlob(c.Context(), storage.Blob{SHA256: "sha-" + key, Type: "image/png", Data: png, At: visit.Millis(now.Add(-age))}))
		}
		return func() { c.none("blobs", "sha-old"); c.some("blobs", "sha-young") }
	},
	"photo as it was uploaded": func(c *company, now time.Time) func() {
		// The page dates it back, so that it goes four days after it came.
		const kept = 180*days - 4*days
		for key, age := range ages(4 * days) {
			c.ok(c.store.Media().PutBlob(c.Context(), storage.Blob{SHA256: "upload/" + key, Type: "image/png", Data: png, At: visit.Millis(now.Add(-age - kept))}))
		}
		return func() { c.none("blobs", "upload/old"); c.some("blobs", "upload/young") }
	},
	"print of a photo": func(c *company, now time.Time) func() {
		for key, age := range ages(180 * days) {
			c.ok(c.store.Media().PutPrint(c.Context(), storage.Print{Photo: "print-" + key, SHA256: "s", Rep: "z", At: visit.Millis(now.Add(-age))}))
		}
		return func() { c.none("prints", "print-old"); c.some("prints", "print-young") }
	},
	"photo to be fetched": func(c *company, now time.Time) func() {
		for key, age := range ages(180 * days) {
			id := "fetch-" + key
			c.ok(c.store.Media().Enqueue(c.Context(), storage.Fetch{ID: id, Rep: "z", Platform: "none", Message: "where", Resource: "bytes-" + key, Created: now.Add(-age), Next: now.Add(days)}))
			c.ok(c.store.Media().Finish(c.Context(), id))
		}
		return func() { c.none("fetches", "fetch-old", "bytes-"); c.some("fetches", "fetch-young") }
	},
	"held import": func(c *company, now time.Time) func() {
		for key, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": time.Minute} {
			c.ok(c.store.Imports().Hold(c.Context(), storage.Import{ID: "held-" + key, Kind: "reps", At: now.Add(-age), Data: []byte("x")}))
		}
		return func() { c.none("imports", "held-old"); c.some("imports", "held-young") }
	},
	"what can be undone": func(c *company, now time.Time) func() {
		for key, age := range ages(26 * time.Hour) {
			c.ok(c.store.Undos().Put(c.Context(), storage.Undo{ID: "undo-" + key, At: now.Add(-age), Data: []byte("x")}))
		}
		return func() { c.none("undos", "undo-old"); c.some("undos", "undo-young") }
	},
	"position on entering a chat": func(c *company, _ time.Time) func() {
		// WeCom reports it when the chat is opened, and nobody sends it on.
		_, err := c.wecom.EnterChat(member, 31.111111, 121.222222, 30)
		c.ok(err)
		c.settled()
		return func() {
			for _, table := range []string{"inbox", "facts", "outbox"} {
				c.none(table, "31.111", "121.222")
			}
		}
	},
	"log of who looked": func(c *company, now time.Time) func() {
		c.ok(c.store.Acts().Append(c.Context(), visit.Act{ID: "look-ancient", Kind: visit.ActLook, At: now.Add(-3000 * days), About: "z", By: "l"}))
		return func() { c.some("acts", "look-ancient") }
	},
	"check-in that waits on the phone": func(*company, time.Time) func() {
		return func() {} // nothing of ours is there to look at; package web tests what is refused
	},
	"exported file": func(*company, time.Time) func() {
		return func() {} // TestWhatTheShellWritesOutIsLogged
	},
	"backup": func(*company, time.Time) func() {
		return func() {} // TestBackupAndRestore, TestARestoreErasesAgain
	},
}

func oldFix(id, address string, at time.Time) visit.Fact {
	at = visit.Millis(at)
	f := visit.Fact{ID: id, Kind: visit.KindFix, Rep: "z", Team: testTeam, Date: visit.DateOf(at), At: at, Received: at, Fix: &visit.Fix{Evidence: visit.EvidencePin, Support: -1}}
	if address != "" {
		f.Fix.Point, f.Fix.Address = place, address
	}
	return f
}

// Each copy that the table names goes when its time is over, and not before;
// the table names each copy that there is a case for.
func TestRetention(t *testing.T) {
	rows := copies(t)
	for name := range retention {
		if !slices.Contains(rows, name) {
			t.Errorf("docs/PRIVACY.md has no row %q", name)
		}
	}
	onBothStores(t, func(t *testing.T, url string) {
		c := newCompanyIn(t, url, "websocket", nil, "")
		now := testClock.Now()
		for _, row := range rows {
			t.Run(row, func(t *testing.T) {
				seed, ok := retention[row]
				if !ok {
					t.Fatal("there is no case for this row")
				}
				of := &company{T: t, program: c.program, store: c.store, feishu: c.feishu, wecom: c.wecom, user: c.user, group: c.group, spools: c.spools, log: c.log}
				look := seed(of, now)
				for range 2 {
					of.ok(c.program.forget(t.Context()))
				}
				look()
			})
		}
	})
}

// none fails if a table holds one of the texts, some unless it holds them all.
func (c *company) none(table string, texts ...string) {
	c.Helper()
	dump := c.dump(table)
	for _, text := range texts {
		if bytes.Contains(dump, []byte(text)) {
			c.Errorf("%s holds %q", table, text)
		}
	}
}

func (c *company) some(table string, texts ...string) {
	c.Helper()
	dump := c.dump(table)
	for _, text := range texts {
		if !bytes.Contains(dump, []byte(text)) {
			c.Errorf("%s lacks %q", table, text)
		}
	}
}

// spoolFiles are the files of the spool that match.
func (c *company) spoolFiles(pattern string) []string {
	c.Helper()
	names, err := filepath.Glob(filepath.Join(c.spools[0], pattern))
	c.ok(err)
	return names
}

// age makes files of the spool older.
func (c *company) age(pattern string, by time.Duration) {
	c.Helper()
	for _, name := range c.spoolFiles(pattern) {
		at := time.Now().Add(-by)
		c.ok(os.Chtimes(name, at, at))
	}
}
