package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/config"
	"roundsman/geo"
	sandboxfeishu "roundsman/sandbox/feishu"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/storage"
	"roundsman/visit"
)

// The environment of a child of the test binary: the configuration that it
// serves, and by how much its clock differs from the machine's.
const (
	childEnv  = "ROUNDSMAN_TEST_SERVE"
	offsetEnv = "ROUNDSMAN_TEST_OFFSET"
)

// serveAsChild is the program in a process of its own, on the test's clock.
func serveAsChild() error {
	ctx := context.Background()
	offset, err := time.ParseDuration(os.Getenv(offsetEnv))
	if err != nil {
		return err
	}
	cfg, err := config.Load(os.Getenv(childEnv), nil)
	if err != nil {
		return err
	}
	p, err := newProgram(ctx, cfg, programOptions{
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: func() time.Time { return time.Now().Add(offset) },
	})
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	select {}
}

const (
	killRounds = 20
	// killPeople send one thing each a round, on each platform.
	killPeople = 6
)

// Whatever line a process dies after: what it acknowledged is kept, once, and
// answered once; where a platform cannot promise that, the gap is listed.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a process twenty times; not in -short")
	}
	c := &company{T: t, log: nil}
	dir := t.TempDir()
	c.feishu = feishuSide.NewApp(sandboxfeishu.AppConfig{})
	c.wecom = wecomSide.NewApp(sandboxwecom.AppConfig{RootVisible: true})
	c.user = feishuSide.AddUser(sandboxfeishu.User{Name: "张伟"}).OpenID
	c.group = feishuSide.AddChat(sandboxfeishu.Chat{Name: "华东", Members: []string{c.user}, Apps: []string{c.feishu.ID}}).ID
	c.robot = c.wecom.AddRobot("华东")
	listen := freeAddress(t)
	configPath := filepath.Join(dir, "roundsman.yaml")
	c.ok(os.WriteFile(configPath, c.yaml("webhook", dir, listen), 0o600))
	dbPath := filepath.Join(dir, "r.db")
	var feishuPeople, wecomPeople []string
	seed := open(t, dbPath)
	for i := range killPeople {
		f := feishuSide.AddUser(sandboxfeishu.User{Name: fmt.Sprint("飞", i)}).OpenID
		w := fmt.Sprintf("%s-w%d", strings.ToLower(c.feishu.ID), i)
		c.wecom.AddUser(sandboxwecom.User{UserID: w})
		feishuPeople, wecomPeople = append(feishuPeople, f), append(wecomPeople, w)
		for platform, user := range map[string]string{"feishu": f, "wecom": w} {
			id := fmt.Sprint(platform, i)
			c.ok(seed.Roster().PutReps(t.Context(), visit.Rep{ID: id, Name: id, Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{platform: user}}))
			c.ok(seed.Consents().Put(t.Context(), visit.Consent{Rep: id, Version: "1", At: visit.Millis(testClock.Now()), Source: id}))
		}
	}
	c.ok(seed.Close())

	random := rand.New(rand.NewPCG(1, 2))
	far := geo.Offset(place, 30000, 0)
	for round := range killRounds + 1 {
		if round == killRounds {
			// What is said to one person a minute is limited, also over restarts.
			testClock.move(90 * time.Second)
		}
		child := startChild(t, configPath, listen)
		if round == 0 {
			c.ok(c.feishu.SetCallback("http://" + listen + "/feishu/events"))
			c.ok(c.wecom.SetCallback("http://" + listen + "/wecom/callback"))
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
		c.ok(child.Process.Kill())
		_ = child.Wait()
		feishuSide.Tick()
	}
	store := open(t, dbPath)
	defer func() { c.ok(store.Close()) }()
	c.eventually("everything was delivered and answered", func() bool {
		waiting, _, err := store.Inbox().Count(t.Context())
		c.ok(err)
		pending, _, err := store.Outbox().Backlog(t.Context())
		c.ok(err)
		c.log = bytes.NewBufferString(fmt.Sprintf("waiting %d, pending %d, on the way %d and %d", waiting, pending, c.feishu.Pending(), c.wecom.Pending()))
		return waiting+pending == 0 && c.feishu.Pending() == 0 && c.wecom.Pending() == 0
	})
	c.checkNothingLostOrDoubled(store, feishuPeople, wecomPeople)
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

func (c *company) checkNothingLostOrDoubled(store storage.Store, feishuPeople, wecomPeople []string) {
	c.Helper()
	acknowledged := c.acknowledged()
	if len(acknowledged) < killRounds*killPeople {
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

func open(t *testing.T, path string) storage.Store {
	t.Helper()
	s, err := openStore(t.Context(), "sqlite:"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startChild runs the program in a process of its own and waits until it answers.
func startChild(t *testing.T, configPath, listen string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), childEnv+"="+configPath, offsetEnv+"="+time.Until(testClock.Now()).String())
	var log strings.Builder
	child.Stderr = &log
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Most are dead already; the last is ended here.
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get("http://" + listen + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			return child
		}
		select {
		case <-ctx.Done():
			_ = child.Process.Kill()
			_ = child.Wait()
			t.Fatalf("the child does not answer:\n%s", log.String())
		case <-tick.C:
		}
	}
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
