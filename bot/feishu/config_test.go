package feishu_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/geo"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	right := feishu.Config{AppID: "cli_1", AppSecret: secret}
	hook := feishu.Config{Mode: feishu.Webhook, AppID: "cli_1", AppSecret: secret, VerificationToken: token, EncryptKey: key}
	with := func(c feishu.Config, f func(*feishu.Config)) feishu.Config { f(&c); return c }
	for _, c := range []struct {
		name string
		in   feishu.Config
		keys []string
	}{
		{"least for the WebSocket", right, nil},
		{"least for the webhook", hook, nil},
		{"another server", with(right, func(c *feishu.Config) { c.BaseURL = "http://127.0.0.1:8081/" }), nil},
		{"nothing", feishu.Config{}, []string{"app_id", "app_secret"}},
		{"webhook without keys", with(right, func(c *feishu.Config) { c.Mode = feishu.Webhook }), []string{"encrypt_key", "verification_token"}},
		{"webhook without an encrypt key", with(hook, func(c *feishu.Config) { c.EncryptKey = " " }), []string{"encrypt_key"}},
		{"an unknown mode", with(right, func(c *feishu.Config) { c.Mode = "poll" }), []string{"mode"}},
		{"an unknown datum", with(right, func(c *feishu.Config) { c.Datum = "mars" }), []string{"datum"}},
		{"no address", with(right, func(c *feishu.Config) { c.BaseURL = "open.feishu.cn" }), []string{"base_url"}},
		{"an address with a user", with(right, func(c *feishu.Config) { c.BaseURL = "https://a:b@open.feishu.cn" }), []string{"base_url"}},
		{"an address with a path", with(right, func(c *feishu.Config) { c.BaseURL = "https://open.feishu.cn/x" }), []string{"base_url"}},
		{"a file", with(right, func(c *feishu.Config) { c.BaseURL = "file:///etc/passwd" }), []string{"base_url"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var keys []string
			for _, p := range c.in.Validate() {
				keys = append(keys, p.Key)
				if p.Reason == "" || p.Example == "" || strings.Contains(p.Reason+p.Example, "CANARY") {
					t.Errorf("%+v", p)
				}
			}
			if d := cmp.Diff(c.keys, keys); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if _, err := feishu.New(c.in, feishu.Options{}); (err != nil) != (len(c.keys) > 0) {
				t.Errorf("New: %v", err)
			}
		})
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	c := feishu.Config{AppID: "cli_1", AppSecret: secret, VerificationToken: token, EncryptKey: key, Datum: geo.GCJ02}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "config", c, "in", struct{ C feishu.Config }{c})
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "config", c)
	j, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	all := b.String() + string(j) + fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c) + fmt.Sprint(&c) + fmt.Sprintf("%+v", struct{ C feishu.Config }{c})
	if strings.Contains(all, "CANARY") {
		t.Errorf("a secret in %s", all)
	}
	if strings.Count(all, "cli_1") < 10 {
		t.Errorf("the app id is missing in %s", all)
	}
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	p := composer(t)
	a := p.Abilities()
	if p.Name() != "feishu" || !a.HearsGroups {
		t.Errorf("%s %+v", p.Name(), a)
	}
	if a.UpdateFor >= 14*24*time.Hour || a.UpdateFor < 13*24*time.Hour || a.ResendFor >= time.Hour || a.ResendFor < 30*time.Minute {
		t.Errorf("windows %v, %v", a.UpdateFor, a.ResendFor)
	}
	below := func(rates []bot.Rate, per time.Duration, n int) {
		t.Helper()
		for _, r := range rates {
			if r.Per == per && r.N < n && r.N > n/2 {
				return
			}
		}
		t.Errorf("no rate below %d per %v in %v", n, per, rates)
	}
	below(a.App, time.Second, 50)
	below(a.App, time.Minute, 1000)
	below(a.Chat[bot.ToUser], time.Second, 5)
	below(a.Chat[bot.ToGroup], time.Second, 5)
}
