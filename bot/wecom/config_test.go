package wecom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot/wecom"
	sandbox "roundsman/sandbox/wecom"
)

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	good := func() wecom.Config {
		c := wecom.DefaultConfig()
		c.CorpID, c.AgentID, c.Secret, c.Token = "ww0123456789abcdef", 1000002, "s", "t"
		c.EncodingAESKey = strings.Repeat("A", 43)
		return c
	}
	rows := map[string]struct {
		change func(*wecom.Config)
		keys   []string
	}{
		"good":         {func(*wecom.Config) {}, nil},
		"all":          {func(c *wecom.Config) { *c = wecom.Config{} }, []string{"wecom.corp_id", "wecom.agent_id", "wecom.secret", "wecom.token", "wecom.encoding_aes_key", "wecom.base_url", "wecom.event_datum", "wecom.message_datum"}},
		"corp":         {func(c *wecom.Config) { c.CorpID = "a b" }, []string{"wecom.corp_id"}},
		"agent":        {func(c *wecom.Config) { c.AgentID = -1 }, []string{"wecom.agent_id"}},
		"short key":    {func(c *wecom.Config) { c.EncodingAESKey = "A" }, []string{"wecom.encoding_aes_key"}},
		"odd key":      {func(c *wecom.Config) { c.EncodingAESKey = strings.Repeat("!", 43) }, []string{"wecom.encoding_aes_key"}},
		"datum":        {func(c *wecom.Config) { c.EventDatum = "mars" }, []string{"wecom.event_datum"}},
		"plain":        {func(c *wecom.Config) { c.BaseURL = "http://qyapi.weixin.qq.com" }, []string{"wecom.base_url"}},
		"no scheme":    {func(c *wecom.Config) { c.BaseURL = "qyapi.weixin.qq.com" }, []string{"wecom.base_url"}},
		"with a user":  {func(c *wecom.Config) { c.BaseURL = "https://a:b@qyapi.weixin.qq.com" }, []string{"wecom.base_url"}},
		"local":        {func(c *wecom.Config) { c.BaseURL = "http://127.0.0.1:9/" }, nil},
		"verification": {func(c *wecom.Config) { c.DomainVerification = "WW_verify_x.txt x" }, nil},
		"path":         {func(c *wecom.Config) { c.DomainVerification = "../x.txt x" }, []string{"wecom.domain_verification"}},
		"no content":   {func(c *wecom.Config) { c.DomainVerification = "WW_verify_x.txt" }, []string{"wecom.domain_verification"}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			r.change(&c)
			keys := map[string]bool{}
			for _, p := range c.Validate() {
				keys[p.Key] = true
				if p.Reason == "" || p.Example == "" {
					t.Errorf("%+v", p)
				}
			}
			want := map[string]bool{}
			for _, k := range r.keys {
				want[k] = true
			}
			if diff := cmp.Diff(want, keys); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := wecom.New(c, wecom.Options{}); (err == nil) != (len(r.keys) == 0) {
				t.Errorf("New: %v", err)
			}
		})
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	c := wecom.Config{CorpID: "ww1", Secret: "canary1", Token: "canary2", EncodingAESKey: "canary3", DomainVerification: "canary4"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "pointer", &c)
	data, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{log.String(), string(data), fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %v", c, c, &c, &c)} {
		if strings.Contains(s, "canary") || !strings.Contains(s, "ww1") {
			t.Error(s)
		}
	}
}

func TestRobotID(t *testing.T) {
	t.Parallel()
	a, b := wecom.RobotID("key-1"), wecom.RobotID("key-2")
	if len(a) != 12 || a == b || a != wecom.RobotID("key-1") {
		t.Errorf("%q and %q", a, b)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	lines := func(f *fixture) map[string]string {
		out := map[string]string{}
		for _, r := range f.Check(f.Context()) {
			name := strings.Join(strings.Fields(r.Name)[:2], " ")
			out[name] = "ok"
			if r.Err != nil {
				out[name] = r.Err.Error()
			}
			if r.Hint != "" {
				out[name] += " | " + r.Hint
			}
		}
		for _, d := range f.app.Messages("zhangsan") {
			f.Errorf("a check said %q", d.Text())
		}
		return out
	}
	callback := "ok | the app's 接收消息 page must name <public_url>/wecom/callback and this configuration's token and encoding_aes_key"
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		want := map[string]string{"wecom credentials": "ok", "wecom app": "ok", "wecom location": "ok", "wecom group": "ok", "wecom callback": callback, "wecom robot": "ok"}
		if diff := cmp.Diff(want, lines(setup(t))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("smaller", func(t *testing.T) {
		t.Parallel()
		got := lines(setup(t, func(c *sandbox.AppConfig) { c.RootVisible, c.LocationReport = false, false }))
		for name, want := range map[string]string{"wecom location": "ok | off", "wecom group": "ok | the app's visible range"} {
			if !strings.HasPrefix(got[name], want) {
				t.Errorf("%s: %q", name, got[name])
			}
		}
	})
	t.Run("address", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.app.Fail("/cgi-bin/agent/get", sandbox.Fault{ErrCode: 60020, ErrMsg: "not allow to access from your ip, hint: [1_a], from ip: 203.0.113.9, more info at x"})
		if got := lines(f)["wecom app"]; !strings.Contains(got, "60020") || !strings.Contains(got, "203.0.113.9") {
			t.Error(got)
		}
	})
	t.Run("secret", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.app.ResetSecret()
		got := lines(f)
		if !strings.Contains(got["wecom credentials"], "40001") || !strings.Contains(got["wecom credentials"], "copy both") || got["wecom app"] != "" {
			t.Errorf("%v", got)
		}
	})
	t.Run("down", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.srv.Close()
		if got := lines(f)["wecom credentials"]; !strings.Contains(got, "cannot be reached") {
			t.Error(got)
		}
	})
}
