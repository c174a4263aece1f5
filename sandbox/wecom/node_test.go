package wecom_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"roundsman/sandbox/wecom"
)

// TestNode lets WeCom's official library for Node open what the sandbox pushes,
// and the sandbox what that library seals. It needs node and npm, so it runs only
// with ROUNDSMAN_NODE=1.
func TestNode(t *testing.T) {
	if os.Getenv("ROUNDSMAN_NODE") != "1" {
		t.Skip("set ROUNDSMAN_NODE=1 to run it (needs node, npm and a registry)")
	}
	const dir = "testdata/node"
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	f := setup(t, wecom.AppConfig{})
	cfg := f.app.Config()
	cmd := exec.CommandContext(t.Context(), "node", "check.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TOKEN="+cfg.Token, "AES_KEY="+cfg.EncodingAESKey, "CORP_ID="+cfg.CorpID)
	var errs strings.Builder
	cmd.Stderr = &errs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatalf("no address: %s", errs.String())
	}
	if err := f.app.SetCallback(lines.Text()); err != nil {
		t.Fatal(err)
	}
	m, err := f.app.SendLocation("zhangsan", "人民广场", 31.230416, 121.473701)
	if err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() {
		t.Fatalf("no message: %s", errs.String())
	}
	var got struct{ Plain, Error string }
	if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Error != "" || got.Plain != m.XML {
		t.Errorf("the library read %q %s, want %q", got.Plain, got.Error, m.XML)
	}
	f.wait(func() bool { return f.app.Pending() == 0 })
	msgs := f.app.Messages("zhangsan")
	if len(msgs) != 2 || msgs[1].Text() != "来自 Node" {
		t.Errorf("passive reply: %+v, %+v", msgs, f.app.Deliveries())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("node: %v\n%s", err, errs.String())
	}
}
