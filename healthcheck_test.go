package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthURL(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		":8080":            "http://127.0.0.1:8080/healthz",
		"0.0.0.0:8080":     "http://127.0.0.1:8080/healthz",
		"[::]:8080":        "http://[::1]:8080/healthz",
		"127.0.0.1:9000":   "http://127.0.0.1:9000/healthz",
		"10.1.2.3:80":      "http://10.1.2.3:80/healthz",
		"bot.example:8080": "http://bot.example:8080/healthz",
		":0":               "",
		"8080":             "",
	} {
		got, err := healthURL(listen)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("healthURL(%q) = %q, %v; want %q", listen, got, err, want)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	check := func(address string) (int, string) {
		var stdout bytes.Buffer
		code := run(context.Background(), []string{"--config", "config/example.yaml", "healthcheck"}, []string{
			"ROUNDSMAN_KEY=" + strings.Repeat("k", 32), "FEISHU_APP_SECRET=s", "WECOM_SECRET=s", "WECOM_TOKEN=t", "WECOM_AES_KEY=k",
			"ROUNDSMAN_LISTEN=" + address,
		}, &stdout, io.Discard)
		return code, stdout.String()
	}
	address := s.Listener.Addr().String()
	if code, out := check(address); code != 0 || out != "ok\n" {
		t.Errorf("alive: exit %d, %q", code, out)
	}
	status = http.StatusServiceUnavailable
	if code, _ := check(address); code != exitFailed {
		t.Errorf("not well: exit %d", code)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if code, _ := check(nobody); code != exitFailed {
		t.Errorf("nobody there: exit %d", code)
	}
}
