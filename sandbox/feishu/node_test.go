package feishu_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"roundsman/sandbox/feishu"
)

// TestNodeSDK runs Feishu's official Node SDK against the sandbox. It needs node,
// npm and its registry, so it runs with ROUNDSMAN_NODE=1 only.
func TestNodeSDK(t *testing.T) {
	t.Parallel()
	if os.Getenv("ROUNDSMAN_NODE") != "1" {
		t.Skip("set ROUNDSMAN_NODE=1 to run the Node SDK")
	}
	srv := feishu.New(feishu.Options{})
	t.Cleanup(srv.Close)
	base, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Server: srv, t: t, url: base, app: srv.NewApp(feishu.AppConfig{})}
	u := srv.AddUser(feishu.User{Name: "张伟"})
	p2p, err := w.app.P2P(u.OpenID)
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	for _, name := range []string{"package.json", "check.mjs"} {
		b, err := os.ReadFile(filepath.Join("testdata", "node", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	var out bytes.Buffer
	node := exec.CommandContext(ctx, "node", "check.mjs", base, w.app.ID, w.app.Secret, u.OpenID)
	node.Dir, node.Stdout, node.Stderr = dir, &out, &out
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() {
		err := node.Wait()
		cancel()
		exited <- err
	}()
	wait := func(what string, ok func() bool) {
		t.Helper()
		if err := w.Wait(ctx, ok); err != nil {
			t.Fatalf("waiting for %s: %v\nnode: %v\n%s", what, err, <-exited, out.String())
		}
	}
	wait("the connection", func() bool { return w.app.WebSockets() == 1 })
	m, err := w.app.SendText(u.OpenID, "", "你好")
	if err != nil {
		t.Fatal(err)
	}
	wait("hello, the text, its answer and the card", func() bool { return len(w.Messages(p2p)) == 4 && w.app.Pending() == 0 })
	log := w.Messages(p2p)
	if log[0].Content != `{"text":"hello from node"}` || log[2].Content != `{"text":"echo 你好"}` || log[2].ParentID != m.ID {
		t.Errorf("%+v", log)
	}
	res, err := w.app.Click(u.OpenID, log[3].ID, map[string]any{"action": "ok"})
	if err != nil || res.Toast.Content != "got ok" {
		t.Errorf("%+v %v", res, err)
	}
	if err := <-exited; err != nil {
		t.Errorf("node: %v\n%s", err, out.String())
	}
	if card, _ := w.Message(log[3].ID); card.Revision != 1 {
		t.Errorf("the card was not patched: %+v", card)
	}
}
