package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"roundsman/config"
)

// The environment of a child of the test binary: the configuration that it
// serves; its clock, which is a URL to ask or by how much it is ahead of the
// machine's; and where it can be told to tick.
const (
	childEnv   = "ROUNDSMAN_TEST_SERVE"
	clockEnv   = "ROUNDSMAN_TEST_CLOCK"
	controlEnv = "ROUNDSMAN_TEST_CONTROL"
)

// serveAsChild is the program in a process of its own, on the test's clock,
// until it is told to end.
func serveAsChild() error {
	ctx := context.Background()
	cfg, err := config.Load(os.Getenv(childEnv), nil)
	if err != nil {
		return err
	}
	o := programOptions{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if clock := os.Getenv(clockEnv); strings.HasPrefix(clock, "http:") {
		o.Now = func() time.Time { return askTime(clock) }
	} else if ahead, err := time.ParseDuration(clock); err == nil {
		o.Now = func() time.Time { return time.Now().Add(ahead) }
	}
	control := os.Getenv(controlEnv)
	o.NoTick = control != ""
	p, err := openProgram(ctx, cfg, o)
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	if control != "" {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /tick", func(w http.ResponseWriter, r *http.Request) {
			if err := p.Tick(r.Context()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
		go func() { fmt.Fprintln(os.Stderr, http.ListenAndServe(control, mux)) }()
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	return p.Stop()
}

// askTime asks the test for its time.
func askTime(url string) time.Time {
	resp, err := http.Get(url)
	if err != nil {
		return time.Now()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return time.Now()
	}
	ns, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return time.Now()
	}
	return time.Unix(0, ns).UTC()
}

// ahead is by how much the test's clock is ahead of the machine's now.
func ahead() string { return time.Until(testClock.Now()).String() }

// serveTime answers children that ask for the time.
func serveTime(t *testing.T, now func() time.Time) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, now().UnixNano())
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// child is the program in a process of its own.
type child struct {
	*exec.Cmd
	url, control string
	log          *lockedLog
	ended        func() error
}

// lockedLog is what a child wrote, in the order in which it did.
type lockedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startChild runs the program for the company and looks at what it logged.
func (c *company) startChild(configYAML []byte, listen, clock string, env ...string) *child {
	c.Helper()
	ch := startChild(c.T, configYAML, listen, clock, env...)
	c.Cleanup(func() { c.clean(ch.log.String()) })
	return ch
}

// startChild runs the program in a process of its own and waits until it
// answers. An empty clock is the program's own.
func startChild(t *testing.T, configYAML []byte, listen, clock string, env ...string) *child {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roundsman.yaml")
	if err := os.WriteFile(path, configYAML, 0o600); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ch := &child{Cmd: exec.Command(exe), url: "http://" + listen, log: &lockedLog{}}
	ch.Env = append(append(os.Environ(), childEnv+"="+path, clockEnv+"="+clock), env...)
	for _, e := range env {
		if address, ok := strings.CutPrefix(e, controlEnv+"="); ok {
			ch.control = "http://" + address
		}
	}
	ch.Stdout, ch.Stderr = ch.log, ch.log
	if err := ch.Start(); err != nil {
		t.Fatal(err)
	}
	ch.ended = sync.OnceValue(ch.Wait)
	t.Cleanup(func() {
		// Most are dead already; the last is ended here.
		_ = ch.Process.Kill()
		_ = ch.ended()
		if strings.Contains(ch.log.String(), "DATA RACE") {
			t.Errorf("a race in a child:\n%s", ch.log)
		}
		if strings.Contains(ch.log.String(), "canary-") {
			t.Error("a child's log holds a secret")
		}
	})
	ch.await(t)
	return ch
}

// await waits until the child answers.
func (c *child) await(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get(c.url + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			_ = c.Process.Kill()
			_ = c.ended()
			t.Fatalf("the child does not answer:\n%s", c.log)
		case <-tick.C:
		}
	}
}

// kill ends the child at once.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.ended()
}

// stop asks the child to end and returns how it did.
func (c *child) stop(t *testing.T) error {
	t.Helper()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return c.ended()
}

// tick makes the child run what is due.
func (c *child) tick(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.control+"/tick", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("tick: %s", b)
	}
	return nil
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
