package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// leaver is who is erased, and stayer a colleague of theirs.
var (
	leaver = visit.Rep{ID: "R-0017", Name: "张伟丰", Team: testTeam, Role: visit.RoleManager, Identities: map[string]string{"feishu": "ou_e1f2", "wecom": "zhangwf"}}
	stayer = visit.Rep{ID: "R2", Name: "李娜", Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{"wecom": "lina"}}
)

// traces are what nothing may hold of the leaver.
var traces = []string{"R-0017", "张伟丰", "ou_e1f2", "zhangwf", "hash-theirs"}

// leaving is a store with everything that is kept of two people, and who erases one of them.
type leaving struct {
	*testing.T
	url, dir string
	// key is the journal's.
	key    string
	store  storage.Store
	spool  *bot.Spool
	eraser *privacy.Eraser
	now    time.Time
}

func newLeaving(t *testing.T, url string) *leaving {
	t.Helper()
	l := &leaving{T: t, url: url, dir: t.TempDir(), key: "a key", now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	var err error
	l.store, err = openStore(t.Context(), url, false)
	l.ok(err)
	t.Cleanup(func() { _ = l.store.Close() })
	l.spool, err = bot.OpenSpool(l.dir)
	l.ok(err)
	l.eraser = l.newEraser(l.store)
	return l
}

func (l *leaving) newEraser(store storage.Store) *privacy.Eraser {
	now := func() time.Time { return l.now }
	return &privacy.Eraser{
		Store: store, Notary: notary.New(store, now, randomName), Now: now, Owner: randomName,
		Journal: privacy.NewJournal(filepath.Join(l.dir, journalName), []byte(l.key)),
		Spool:   l.spool,
	}
}

func (l *leaving) ok(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *leaving) event(key string, who visit.Rep, dead bool) storage.Event {
	l.Helper()
	payload, err := json.Marshal(bot.Message{
		Key: key, Platform: "wecom", From: who.Identities["wecom"], At: l.now, Received: l.now,
		Location: &bot.Location{Lat: "31.2", Lng: "121.4", Name: "张记仓库" + who.ID},
	})
	l.ok(err)
	return storage.Event{Key: key, At: l.now, Received: l.now, Payload: payload, Dead: dead}
}

func (l *leaving) post(id string, to bot.Address, body bot.Body) {
	l.Helper()
	ctx := l.Context()
	l.ok(bot.NewOutbox(l.store.Outbox(), func() time.Time { return l.now }, func(string) {}).Say(ctx, bot.Post{ID: id, To: to, Body: body}))
	p, err := l.store.Deliveries().Claim(ctx, id, l.now, storage.Claim{Owner: "o", Until: l.now.Add(time.Minute)})
	l.ok(err)
	p.State, p.SentVersion = storage.PostSent, p.Version
	l.ok(l.store.Deliveries().Report(ctx, id, "o", p.Progress, true))
}

// seed fills the store: of each of the two everything that there is.
func (l *leaving) seed() {
	l.Helper()
	ctx, s := l.Context(), l.store
	l.ok(s.Roster().PutReps(ctx, leaver, stayer))
	for _, who := range []visit.Rep{leaver, stayer} {
		other, user := stayer, who.Identities["wecom"]
		if who.ID == stayer.ID {
			other = leaver
		}
		place := "张记仓库" + who.ID
		fix := oldFix("wecom:m:1"+who.ID[1:]+"/fix", place, l.now)
		fix.Rep = who.ID
		facts := []visit.Fact{
			fix,
			{ID: "wecom:e:" + user + ":1:click:ab/choice", Kind: visit.KindChoice, Rep: who.ID, Choice: &visit.Choice{Fix: fix.ID, Customer: "C1"}},
			{ID: "ph" + who.ID, Kind: visit.KindPhotoKept, Rep: who.ID, Photo: &visit.Photo{Of: "p", SHA256: map[string]string{"R-0017": "hash-theirs", "R2": "hash-other"}[who.ID]}},
			{ID: "both" + who.ID, Kind: visit.KindPhotoKept, Rep: who.ID, Photo: &visit.Photo{Of: "p", SHA256: "hash-both"}},
			// What the other one did to this one's day.
			{ID: "by" + who.ID[1:], Kind: visit.KindComment, Rep: who.ID, By: other.ID, Note: "好"},
			{ID: "wecom:e:" + other.Identities["wecom"] + ":2:click:cd/decision" + who.ID[1:], Kind: visit.KindDecision, Rep: who.ID, By: other.ID, Decision: &visit.Decision{Visit: fix.ID, Verdict: visit.Verified}},
		}
		for i := range facts {
			facts[i].Team, facts[i].Date, facts[i].At, facts[i].Received = testTeam, "2026-11-24", l.now, l.now
		}
		l.ok(s.Facts().Append(ctx, facts...))
		for i := range 30 {
			l.ok(s.Facts().Append(ctx, visit.Fact{ID: "n" + who.ID[1:] + string(rune('a'+i)), Kind: visit.KindNote, Rep: who.ID, Team: testTeam, Date: "2026-11-23", At: l.now, Received: l.now, Note: "看货"}))
		}
		l.ok(s.Acts().Append(ctx,
			visit.Act{ID: "look/wecom:e:" + user + ":3/" + other.ID, Kind: visit.ActLook, By: who.ID, About: other.ID, At: l.now, What: "map 2026-11-24"},
			visit.Act{ID: "look/x/" + who.ID, Kind: visit.ActLook, By: "shell", About: who.ID, At: l.now},
			visit.Act{ID: "setting/" + who.ID[1:], Kind: visit.ActSetting, By: who.ID, Team: testTeam, At: l.now},
		))
		l.ok(s.Plans().Put(ctx, visit.PlannedVisit{Rep: who.ID, Date: "2026-11-25", Customer: "C1", By: other.ID}))
		l.ok(s.Outcomes().Put(ctx, visit.Outcome{Rep: who.ID, Team: testTeam, Date: "2026-11-24", Facts: 1, Calls: []visit.Call{{Visit: fix.ID, Customer: "C1", Verdict: visit.Verified}}}))
		order := int64(5)
		l.ok(s.Targets().Put(ctx, visit.MonthTarget{Rep: who.ID, Month: "2026-11", Order: &order}))
		l.ok(s.Routes().Put(ctx, visit.Route{Rep: who.ID}))
		l.ok(s.Consents().Put(ctx, visit.Consent{Rep: who.ID, Version: "1", At: l.now, Source: "consent-" + user}))
		l.ok(s.Customers().Put(ctx, visit.Customer{ID: "C" + who.ID[1:], Name: "店", Owner: who.ID}))
		l.ok(s.Complaints().Put(ctx, visit.ComplaintCase{ID: "c" + who.ID[1:], Team: testTeam, By: who.ID, Handler: other.ID, Opened: l.now, Due: l.now, Text: "破损"}))
		for sha := range map[string]bool{"hash-both": true, facts[2].Photo.SHA256: true} {
			l.ok(s.Media().PutBlob(ctx, storage.Blob{SHA256: sha, Type: "image/png", Data: png, At: l.now}))
		}
		l.ok(s.Media().PutPrint(ctx, storage.Print{Photo: "p" + who.ID[1:], SHA256: "s", Rep: who.ID, At: l.now}))
		l.ok(s.Media().Enqueue(ctx, storage.Fetch{ID: "f" + who.ID[1:], Rep: who.ID, Platform: "wecom", Message: user, Next: l.now}))
		for _, e := range []storage.Event{l.event("wecom:e:"+user+":4:enter_agent", who, false), l.event("waits"+who.ID[1:], who, false), l.event("dead"+who.ID[1:], who, true)} {
			_, err := s.Inbox().Accept(ctx, e)
			l.ok(err)
		}
		l.ok(s.Inbox().Done(ctx, "wecom:e:"+user+":4:enter_agent", l.now))
		l.ok(l.spool.Put(l.event("spooled"+who.ID[1:], who, false)))
		l.ok(os.WriteFile(filepath.Join(l.dir, who.ID[1:]+".json.bad"), []byte(`{"half":"`+user+`"`), 0o600))
		l.post("re/"+who.ID[1:], bot.Address{Platform: "wecom", Place: bot.ToUser, ID: user}, bot.Body{Text: "签到 " + place})
		l.post("doubt/wecom:m:8/fix/"+who.ID, bot.Address{Platform: "wecom", Place: bot.ToUser, ID: "boss"}, bot.Body{Text: "待核实"})
		l.post("board/"+who.ID[1:], bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: "g"}, bot.Body{Text: who.Name + " 3/4"})
		l.ok(s.Undos().Put(ctx, storage.Undo{ID: "u" + who.ID[1:], Kind: "reps", By: other.ID, At: l.now, Data: []byte(`{"id":"` + who.ID + `"}`)}))
		l.ok(s.Imports().Hold(ctx, storage.Import{ID: "h" + who.ID[1:], Kind: "reps", At: l.now, Data: []byte(`[{"id":"` + who.ID + `","name":"` + who.Name + `"}]`)}))
		_, err := s.Runs().Begin(ctx, storage.Run{Job: "j", Group: "wecom:user/" + user, Date: "2026-11-24", Due: l.now, At: l.now, State: storage.RunPosted})
		l.ok(err)
		l.ok(s.Quotas().Swap(ctx, storage.Quota{Key: "chat/wecom:user/" + user, Version: 1, Expires: l.now.Add(time.Hour)}))
	}
	l.post("export", bot.Address{Platform: "wecom", Place: bot.ToUser, ID: "boss"}, bot.Body{File: &bot.File{Name: "华东一队.xlsx", Data: []byte("PK 张记仓库R-0017")}})
	for {
		n, err := l.eraser.Notary.Seal(ctx)
		l.ok(err)
		if n == 0 {
			break
		}
	}
	l.holds(0)
}

// holds fails unless the record verifies, with so many records erased.
func (l *leaving) holds(erased int) {
	l.Helper()
	known, err := privacy.Known(privacy.NewJournal(filepath.Join(l.dir, journalName), []byte(l.key)))
	l.ok(err)
	report, err := notary.Verify(l.Context(), l.store, notary.Question{Known: known, KeepPlaces: 90 * days})
	if err != nil || report.Erased != erased {
		l.Errorf("the record: %+v, %v; %d should be erased", report, err, erased)
	}
}

// hits are where the texts are still found: in the store and in the files.
func (l *leaving) hits(texts ...string) (out []string) {
	l.Helper()
	dumps := dumpOf(l.T, l.url)
	files, err := filepath.Glob(filepath.Join(l.dir, "*"))
	l.ok(err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		l.ok(err)
		var e storage.Event
		if json.Unmarshal(data, &e) == nil {
			data = append(data, e.Payload...)
		}
		dumps[filepath.Base(name)] = append([]byte(filepath.Base(name)+" "), data...)
	}
	for where, dump := range dumps {
		for _, text := range texts {
			if i := bytes.Index(dump, []byte(text)); i >= 0 {
				out = append(out, where+": "+text+" in …"+strings.ToValidUTF8(string(dump[max(0, i-60):min(len(dump), i+60)]), "?"))
			}
		}
	}
	return out
}

// ready is an erasure that an admin confirmed.
func (l *leaving) ready() storage.Erasure {
	l.Helper()
	e, err := privacy.Ask(l.Context(), l.store.Erasures(), "wecom:e:zhangwf:9", leaver.ID, l.now, 15*days, privacy.Request{Asked: true})
	l.ok(err)
	e, err = privacy.Confirm(l.Context(), l.store, e, "A1", "")
	l.ok(err)
	return e
}

// colleague fails unless everything of the other one is there.
func (l *leaving) colleague() {
	l.Helper()
	ctx := l.Context()
	facts, err := l.store.Facts().Day(ctx, stayer.ID, "2026-11-24")
	l.ok(err)
	by := 0
	for _, f := range facts {
		if f.By == storage.Erased {
			by++
		}
	}
	if len(facts) != 6 || by != 2 {
		l.Errorf("of the colleague's 6 facts %d are there, by somebody who was erased %d", len(facts), by)
	}
	for _, text := range []string{"R2", "李娜", "lina", "张记仓库R2", "hash-other", "hash-both"} {
		if len(l.hits(text)) == 0 {
			l.Errorf("%s is gone", text)
		}
	}
	looks, err := privacy.Looks(ctx, l.store.Acts(), stayer.ID, l.now.AddDate(-1, 0, 0), 9)
	l.ok(err)
	if len(looks) != 2 {
		l.Errorf("who looked at the colleague: %+v", looks)
	}
	if files, _ := filepath.Glob(filepath.Join(l.dir, "*.json")); len(files) != 1 || l.spool.Len() != 1 {
		l.Errorf("spooled: %v, %d", files, l.spool.Len())
	}
}

// forgotten are the records of the leaver, or that name them: their facts and
// acts, and those of the colleague that they caused or are about.
const forgotten = 36 + 2 + 1 + 1 + 2

func onBothStores(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteScheme+filepath.Join(t.TempDir(), "r.db"))
	})
	t.Run("mongodb", func(t *testing.T) {
		t.Parallel()
		test(t, fresh.MongoDB(t))
	})
}

// Nothing is found of somebody who was erased: not in the store, not in files,
// not in the spool; of their colleague everything is there, and the record holds.
func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, url string) {
		l := newLeaving(t, url)
		l.seed()
		for _, trace := range traces {
			if len(l.hits(trace)) == 0 {
				t.Fatalf("%s was not seeded", trace)
			}
		}
		job := l.ready()
		l.ok(l.eraser.Run(t.Context(), job))
		for _, hit := range l.hits(traces...) {
			t.Error(hit)
		}
		l.colleague()
		l.holds(forgotten)
		done, err := l.store.Erasures().Get(t.Context(), job.ID)
		l.ok(err)
		if done.State != storage.ErasureDone || done.Rep != "" || len(done.Data) != 0 {
			t.Errorf("the job: %+v", done)
		}
		_, err = l.eraser.Notary.Seal(t.Context())
		l.ok(err)
		l.holds(forgotten)
		// What was deleted is not in the file's free pages either.
		if path, ok := strings.CutPrefix(url, sqliteScheme); ok {
			l.ok(l.store.Close())
			data, err := os.ReadFile(path)
			l.ok(err)
			for _, trace := range traces {
				if bytes.Contains(data, []byte(trace)) {
					t.Errorf("the file holds %s", trace)
				}
			}
		}
	})
}

// However often it is interrupted, and wherever, it comes to the same.
func TestAnErasureIsTakenUpWhereItStopped(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, url string) {
		for range 4 {
			of := sqliteScheme + filepath.Join(t.TempDir(), "r.db")
			if !strings.HasPrefix(url, sqliteScheme) {
				of = fresh.MongoDB(t)
			}
			l := newLeaving(t, of)
			l.seed()
			job := l.ready()
			interrupted := 0
			for wait := time.Millisecond; ; wait += time.Duration(rand.IntN(4)) * time.Millisecond {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				err := l.eraser.Run(ctx, job)
				cancel()
				job2, errGet := l.store.Erasures().Get(t.Context(), job.ID)
				l.ok(errGet)
				if job = job2; job.State == storage.ErasureDone {
					break
				}
				if err == nil {
					t.Fatal("it ended, and is not done")
				}
				interrupted++
				// Who died holds its leases until they run out.
				l.now = l.now.Add(3 * time.Minute)
			}
			t.Logf("interrupted %d times", interrupted)
			for _, hit := range l.hits(traces...) {
				t.Error(hit)
			}
			l.colleague()
			_, err := l.eraser.Notary.Seal(t.Context())
			l.ok(err)
			l.holds(forgotten)
		}
	})
}

// What is on its way is said first, and then goes.
func TestAnErasureWaitsForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	l := newLeaving(t, sqliteScheme+filepath.Join(t.TempDir(), "r.db"))
	l.seed()
	ctx := t.Context()
	_, err := l.store.Outbox().Desire(ctx, storage.Post{ID: "late", Chat: "feishu:group/g", Body: []byte(`{"text":"张伟丰"}`), Version: 1, Created: l.now})
	l.ok(err)
	job := l.ready()
	if err := l.eraser.Run(ctx, job); !errors.Is(err, privacy.ErrOnItsWay) {
		t.Fatalf("got %v", err)
	}
	p, err := l.store.Deliveries().Claim(ctx, "late", l.now, storage.Claim{Owner: "o", Until: l.now.Add(time.Minute)})
	l.ok(err)
	p.State, p.SentVersion = storage.PostSent, 1
	l.ok(l.store.Deliveries().Report(ctx, "late", "o", p.Progress, true))
	job, err = l.store.Erasures().Get(ctx, job.ID)
	l.ok(err)
	l.ok(l.eraser.Run(ctx, job))
	for _, hit := range l.hits(traces...) {
		t.Error(hit)
	}
}

// A backup that is put back brings nobody back who was erased since, and somebody
// who was hired again stays.
func TestARestoreErasesAgain(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "language: zh")
	dir := filepath.Dir(path)
	url := sqliteScheme + filepath.Join(dir, "r.db")
	at := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := shell(t, append([]string{"--config", path}, args...)...)
		if code != 0 {
			t.Fatalf("%v: exit %d, %s", args, code, stderr)
		}
		return stdout
	}
	l := newLeaving(t, url)
	l.seed()
	l.ok(l.store.Close())
	at("backup", filepath.Join(dir, "copy.db"))
	if out := at("erase", "R-0017", "--reason", "离职"); !strings.Contains(out, "Erased.") {
		t.Errorf("erase: %s", out)
	}
	if out := at("verify"); !strings.Contains(out, "more are erased") || !strings.Contains(out, " by shell excuses ") || strings.Contains(out, "no journal") {
		t.Errorf("verify: %s", out)
	}
	l.dir = filepath.Join(dir, "spool")
	for _, hit := range l.hits(traces...) {
		t.Error(hit)
	}
	if out := at("verify", "--from", "2026-11-24", "--to", "2026-11-24"); !strings.Contains(out, "were not compared") {
		t.Errorf("verify one date: %s", out)
	}
	// Without the journal it is said what excuses; with one that knows nothing that is no excuse.
	journal := filepath.Join(dir, "spool", journalName)
	l.ok(os.Rename(journal, journal+".away"))
	if out := at("verify"); !strings.Contains(out, " by shell excuses ") || !strings.Contains(out, "There is no journal of erasures here") {
		t.Errorf("verify without a journal: %s", out)
	}
	if out := at("verify", "--journal", journal+".away"); strings.Contains(out, "no journal") {
		t.Errorf("verify with the journal: %s", out)
	}
	l.ok(os.WriteFile(journal, nil, 0o600))
	if code, out, _ := shell(t, "--config", path, "verify"); code != 1 || !strings.Contains(out, "was erased by nobody who may") || !strings.Contains(out, "is in no journal") {
		t.Errorf("verify with an empty journal: exit %d, %s", code, out)
	}
	l.ok(os.Rename(journal+".away", journal))
	if out := at("restore", filepath.Join(dir, "copy.db")); !strings.Contains(out, "1 who were erased since are erased again") {
		t.Errorf("restore: %s", out)
	}
	for _, hit := range l.hits(traces...) {
		t.Error("after the restore: " + hit)
	}
	at("verify")
	// Hired again: the store knows that erasure, and does not do it again.
	reps := filepath.Join(dir, "reps.csv")
	l.ok(os.WriteFile(reps, []byte("工号,姓名,团队,角色\nR-0017,张伟丰,华东一队,销售员\n"), 0o600))
	at("import", "reps", reps)
	again, err := openStore(t.Context(), url, false)
	l.ok(err)
	defer again.Close()
	l.spool, err = bot.OpenSpool(l.dir)
	l.ok(err)
	l.key = "0123456789abcdef0123456789abcdef"
	if n, err := l.newEraser(again).Replay(t.Context()); err != nil || len(n) != 0 {
		t.Errorf("%d are erased again, %v", len(n), err)
	}
	if code, _, stderr := shell(t, "--config", path, "erase", "R99", "--reason", "x"); code != 1 || !strings.Contains(stderr, "nothing is kept") {
		t.Errorf("of nobody: exit %d, %s", code, stderr)
	}
}
