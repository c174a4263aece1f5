package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	sandboxfeishu "roundsman/sandbox/feishu"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

const (
	killRounds = 20
	// killPeople send one thing each a round, on each platform.
	killPeople = 6
)

// eachStore runs a test on SQLite and, where there is one, on MongoDB.
func eachStore(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "r.db")) })
	t.Run("mongodb", func(t *testing.T) { test(t, fresh.MongoDB(t)) })
}

// Whatever line a process dies after: what it acknowledged is kept, once, and
// answered once; where a platform cannot promise that, the gap is listed.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a process twenty times; not in -short")
	}
	eachStore(t, func(t *testing.T, url string) {
		c := newApps(t, url)
		listen := freeAddress(t)
		yaml := c.yaml("webhook", t.TempDir(), listen)
		feishuPeople, wecomPeople := c.seedPeople(killPeople)
		random := rand.New(rand.NewPCG(1, 2))
		far := geo.Offset(place, 30000, 0)
		for round := range killRounds + 1 {
			switch {
			case round == killRounds:
				// What is said to one person a minute is limited, also over restarts.
				testClock.move(90 * time.Second)
			case round > 0 && !strings.HasPrefix(url, "sqlite:"):
				// What a dead process held is free after a while; on SQLite, where only one serves, at once.
				testClock.move(45 * time.Second)
			}
			child := c.startChild(yaml, listen, ahead())
			if round == 0 {
				c.ok(c.feishu.SetCallback(child.url + "/feishu/events"))
				c.ok(c.wecom.SetCallback(child.url + "/wecom/callback"))
			}
			if round == killRounds {
				break
			}
			for i := range killPeople {
				_, err := c.feishu.SendLocation(feishuPeople[i], "", "", far.Lat, far.Lng)
				c.ok(err)
				_, err = c.wecom.SendLocation(wecomPeople[i], "", far.Lat, far.Lng)
				c.ok(err)
			}
			// The moment is random: after some acknowledgements, before, between and
			// after the replies and what is recorded of them.
			some := len(c.acknowledged()) + 1 + random.IntN(2*killPeople)
			c.eventually("some events are acknowledged", func() bool { return len(c.acknowledged()) >= some })
			select {
			case <-time.After(time.Duration(random.IntN(30)) * time.Millisecond):
			case <-t.Context().Done():
			}
			child.kill(t)
			feishuSide.Tick()
		}
		store := c.open()
		c.eventually("everything was delivered and answered", func() bool { return c.quiet(store) })
		c.checkNothingLostOrDoubled(store, feishuPeople, wecomPeople, killRounds*killPeople)
	})
}

// newApps makes a company's apps and groups on both platforms, with a store at the URL and no bot yet.
func newApps(t *testing.T, url string) *company {
	t.Helper()
	c := &company{T: t, log: new(bytes.Buffer), url: url}
	c.feishu = feishuSide.NewApp(sandboxfeishu.AppConfig{})
	c.wecom = wecomSide.NewApp(sandboxwecom.AppConfig{RootVisible: true})
	c.user = feishuSide.AddUser(sandboxfeishu.User{Name: "张伟"}).OpenID
	c.group = feishuSide.AddChat(sandboxfeishu.Chat{Name: "华东", Members: []string{c.user}, Apps: []string{c.feishu.ID}}).ID
	c.robot = c.wecom.AddRobot("华东")
	return c
}

// seedPeople puts n reps on each platform who agreed, and returns their user ids.
func (c *company) seedPeople(n int) (feishuPeople, wecomPeople []string) {
	c.Helper()
	store := c.open()
	for i := range n {
		f := feishuSide.AddUser(sandboxfeishu.User{Name: fmt.Sprint("飞", i)}).OpenID
		w := fmt.Sprintf("%s-w%d", strings.ToLower(c.feishu.ID), i)
		c.wecom.AddUser(sandboxwecom.User{UserID: w})
		feishuPeople, wecomPeople = append(feishuPeople, f), append(wecomPeople, w)
		for platform, user := range map[string]string{"feishu": f, "wecom": w} {
			id := fmt.Sprint(platform, i)
			c.ok(store.Roster().PutReps(c.Context(), visit.Rep{ID: id, Name: id, Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{platform: user}}))
			c.ok(store.Consents().Put(c.Context(), visit.Consent{Rep: id, Version: "1", At: visit.Millis(testClock.Now()), Source: id}))
		}
	}
	return feishuPeople, wecomPeople
}

// open opens the company's store beside whoever serves it, until the test ends.
func (c *company) open() storage.Store {
	c.Helper()
	s, err := openStore(c.Context(), c.url, false)
	c.ok(err)
	c.Cleanup(func() { c.ok(s.Close()) })
	return s
}

// quiet reports whether nothing is on its way or waits. It looks in the order
// in which an event goes on, so that none is missed between two looks.
func (c *company) quiet(store storage.Store) bool {
	feishu, wecom, spooled := c.feishu.Pending(), c.wecom.Pending(), c.spooled()
	waiting, _, err := store.Inbox().Count(c.Context(), time.Now().AddDate(1, 0, 0))
	c.ok(err)
	pending, _, err := store.Outbox().Backlog(c.Context())
	c.ok(err)
	c.log = bytes.NewBufferString(fmt.Sprintf("on the way %d and %d, spooled %d, waiting %d, pending %d", feishu, wecom, spooled, waiting, pending))
	return feishu+wecom+spooled+waiting+pending == 0
}

// spooled is how many events wait on disk for the store.
func (c *company) spooled() int {
	n := 0
	for _, dir := range c.spools {
		names, err := filepath.Glob(filepath.Join(dir, "*.json"))
		c.ok(err)
		n += len(names)
	}
	return n
}

// acknowledged returns the keys of the events that were acknowledged so far.
func (c *company) acknowledged() map[string]bool {
	acknowledged := make(map[string]bool)
	for _, d := range c.feishu.Deliveries() {
		if d.OK && d.EventType == sandboxfeishu.EventMessage {
			acknowledged["feishu:m:"+d.MessageID] = true
		}
	}
	for _, d := range c.wecom.Deliveries() {
		if d.Status == http.StatusOK && d.MsgID != 0 {
			acknowledged[fmt.Sprint("wecom:m:", d.MsgID)] = true
		}
	}
	return acknowledged
}

func (c *company) checkNothingLostOrDoubled(store storage.Store, feishuPeople, wecomPeople []string, atLeast int) {
	c.Helper()
	acknowledged := c.acknowledged()
	if len(acknowledged) < atLeast {
		c.Errorf("only %d events were acknowledged: the test shows little", len(acknowledged))
	}
	facts := make(map[string]int)
	answers := 0
	for f, err := range store.Facts().Range(c.Context(), storage.FactFilter{}) {
		c.ok(err)
		facts[strings.TrimSuffix(f.ID, "/fix")]++
	}
	for key := range acknowledged {
		if facts[key] != 1 {
			c.Errorf("%s was acknowledged and is kept %d times", key, facts[key])
		}
	}
	for i, user := range feishuPeople {
		chat, err := c.feishu.P2P(user)
		c.ok(err)
		bubbles, kept := 0, 0
		for _, m := range feishuSide.Messages(chat) {
			if m.SenderType == sandboxfeishu.SenderApp {
				bubbles++
			}
		}
		for f, err := range store.Facts().Range(c.Context(), storage.FactFilter{Rep: fmt.Sprint("feishu", i)}) {
			c.ok(err)
			if f.Kind == visit.KindFix {
				kept++
			}
		}
		answers += bubbles
		if bubbles != kept {
			c.Errorf("on Feishu %d check-ins got %d answers", kept, bubbles)
		}
	}
	uncertain, err := store.Outbox().List(c.Context(), storage.PostUncertain, 1000)
	c.ok(err)
	for i, user := range wecomPeople {
		bubbles, kept, gaps := 0, 0, 0
		for _, m := range c.wecom.Messages(user) {
			if m.From == "" {
				bubbles++
			}
		}
		for _, p := range uncertain {
			if p.Chat == "wecom:user/"+user {
				gaps++
			}
		}
		for f, err := range store.Facts().Range(c.Context(), storage.FactFilter{Rep: fmt.Sprint("wecom", i)}) {
			c.ok(err)
			if f.Kind == visit.KindFix {
				kept++
			}
		}
		answers += bubbles
		if bubbles > kept || bubbles < kept-gaps {
			c.Errorf("on WeCom %d check-ins got %d answers, %d are listed as uncertain", kept, bubbles, gaps)
		}
	}
	c.Logf("%d events acknowledged, %d kept, %d answers, %d uncertain on WeCom", len(acknowledged), len(facts), answers, len(uncertain))
}
