package wecom_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"roundsman/sandbox/wecom"
)

func TestToken(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cfg := f.app.Config()
	fetch := func(secret string) reply {
		return f.get("/cgi-bin/gettoken?corpid=" + cfg.CorpID + "&corpsecret=" + secret)
	}
	first := fetch(cfg.Secret)
	if first["expires_in"] != 7200.0 || first.str("errmsg") != "ok" {
		t.Fatal(first)
	}
	f.clock.move(time.Hour)
	second := fetch(cfg.Secret)
	if second.str("access_token") != first.str("access_token") || second["expires_in"] != 3600.0 {
		t.Errorf("while valid: %v", second)
	}
	f.token = first.str("access_token")
	if r := f.query("/cgi-bin/getcallbackip", ""); r.code() != 0 {
		t.Error(r)
	}
	f.clock.move(time.Hour)
	if r := f.query("/cgi-bin/getcallbackip", ""); r.code() != 42001 {
		t.Errorf("after two hours: %v", r)
	}
	third := fetch(cfg.Secret)
	if third.str("access_token") == first.str("access_token") {
		t.Error("an expired token was given again")
	}
	f.token = third.str("access_token")
	f.app.RevokeToken()
	if r := f.query("/cgi-bin/getcallbackip", ""); r.code() != 40014 || !strings.Contains(r.str("errmsg"), "devtool/query?e=40014") {
		t.Errorf("revoked: %v", r)
	}
	for path, want := range map[string]int{
		"/cgi-bin/gettoken?corpsecret=x":             41002,
		"/cgi-bin/gettoken?corpid=" + cfg.CorpID:     41004,
		"/cgi-bin/gettoken?corpid=no&corpsecret=x":   40013,
		"/cgi-bin/user/get?userid=x":                 41001,
		"/cgi-bin/user/get?userid=x&access_token=no": 40014,
	} {
		if r := f.get(path); r.code() != want {
			t.Errorf("%s: %v, want %d", path, r, want)
		}
	}
	for range 10 {
		if r := fetch("wrong"); r.code() != 40001 {
			t.Fatalf("wrong secret: %v", r)
		}
	}
	if r := fetch(cfg.Secret); r.code() != 45009 {
		t.Errorf("after ten wrong secrets: %v", r)
	}
	f.clock.move(time.Hour)
	if r := fetch(cfg.Secret); r.code() != 0 {
		t.Errorf("an hour later: %v", r)
	}
	old := cfg.Secret
	if fresh := f.app.ResetSecret(); fresh == old || fetch(old).code() != 40001 || fetch(fresh).code() != 0 {
		t.Error("reset of the secret")
	}
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	corp := f.app.Corp()
	corp.AddDepartment(wecom.Department{ID: 2, Name: "销售部"})
	corp.AddDepartment(wecom.Department{ID: 3, Name: "华东", ParentID: 2})
	corp.AddUser(wecom.User{UserID: "wangwu", Department: []int{3}})
	corp.AddUser(wecom.User{UserID: "free", Unlicensed: true, Department: []int{3}})
	corp.AddTag(7, "lisi")
	for _, tt := range []struct {
		name               string
		user, party, tag   string
		code               int
		invalid, badParty  string
		badTag, unlicensed string
		reached            string
	}{
		{name: "nobody named", code: 82001},
		{name: "all unknown", user: "Nobody", code: 81013, invalid: ""},
		{name: "one unknown, spelling ignored", user: "ZHANGSAN | Nobody", invalid: "nobody", reached: "zhangsan"},
		{name: "department with those below", party: "2|9", badParty: "9", unlicensed: "free", reached: "wangwu"},
		{name: "tag", tag: "7|8", badTag: "8", reached: "lisi"},
		{name: "each once", user: "lisi|lisi", tag: "7", reached: "lisi"},
		{name: "all", user: "@all", unlicensed: "free", reached: "lisi wangwu zhangsan"},
		{name: "too many", user: strings.Repeat("a|", 1001), code: 40032},
	} {
		before := map[string]int{}
		for _, u := range corp.Users() {
			before[u.UserID] = len(f.app.Messages(u.UserID))
		}
		r := f.call("/cgi-bin/message/send", map[string]any{
			"touser": tt.user, "toparty": tt.party, "totag": tt.tag, "msgtype": "text", "agentid": fmt.Sprint(f.app.Config().AgentID),
			"text": map[string]string{"content": "你好"},
		})
		if r.code() != tt.code {
			t.Errorf("%s: %v, want %d", tt.name, r, tt.code)
			continue
		}
		if r.str("invaliduser") != tt.invalid || r.str("invalidparty") != tt.badParty || r.str("invalidtag") != tt.badTag || r.str("unlicenseduser") != tt.unlicensed {
			t.Errorf("%s: %v", tt.name, r)
		}
		var reached []string
		for _, u := range corp.Users() {
			if n := len(f.app.Messages(u.UserID)) - before[u.UserID]; n > 0 {
				reached = append(reached, u.UserID)
				if n > 1 {
					t.Errorf("%s: %s got %d", tt.name, u.UserID, n)
				}
			}
		}
		if got := strings.Join(reached, " "); got != tt.reached {
			t.Errorf("%s reached %q, want %q", tt.name, got, tt.reached)
		}
	}
}

func TestVisibleRange(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	narrow := f.srv.NewApp(wecom.AppConfig{CorpID: f.app.Corp().ID(), Visible: []string{"lisi"}})
	f.app = narrow
	if r := f.call("/cgi-bin/message/send", f.text("lisi|zhangsan", "一")); r.code() != 0 || r.str("invaliduser") != "zhangsan" {
		t.Errorf("send: %v", r)
	}
	if r := f.query("/cgi-bin/user/get", "&userid=zhangsan"); r.code() != 60011 {
		t.Errorf("user/get: %v", r)
	}
	if r := f.call("/cgi-bin/appchat/create", `{"userlist":["lisi","zhangsan"]}`); r.code() != 60011 {
		t.Errorf("appchat: %v", r)
	}
	narrow.Hide("lisi")
	if r := f.call("/cgi-bin/message/send", f.text("lisi", "一")); r.code() != 81013 {
		t.Errorf("hidden: %v", r)
	}
	if _, err := narrow.SendText("lisi", "一"); err == nil {
		t.Error("a hidden member could write")
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	file := f.app.Corp().AddMedia("file", "日报.xlsx", []byte("content"))
	pic := f.app.Corp().AddMedia("image", "a.png", picture(t))
	long := strings.Repeat("字", 683) // 2049 bytes
	q := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	for _, tt := range []struct {
		name, kind, content string
		code                int
		text                string
	}{
		{"text", "text", `{"content":"你好"}`, 0, "你好"},
		{"text of 2049 bytes is cut at a character", "text", `{"content":` + q(long) + `}`, 0, strings.Repeat("字", 682)},
		{"empty text", "text", `{"content":""}`, 44004, ""},
		{"markdown", "markdown", `{"content":"**好**"}`, 0, "**好**"},
		{"markdown of 2049 bytes", "markdown", `{"content":` + q(long) + `}`, 40058, ""},
		{"file", "file", `{"media_id":"` + file + `"}`, 0, ""},
		{"image", "image", `{"media_id":"` + pic + `"}`, 0, ""},
		{"file as image", "image", `{"media_id":"` + file + `"}`, 40007, ""},
		{"unknown media", "file", `{"media_id":"x"}`, 40007, ""},
		{"textcard", "textcard", `{"title":"计划","description":"四家","url":"https://a"}`, 0, "计划\n四家"},
		{"textcard without title", "textcard", `{"description":"四家","url":"https://a"}`, 41016, ""},
		{"textcard without url", "textcard", `{"title":"计划","description":"四家"}`, 40058, ""},
		{"news", "news", `{"articles":[{"title":"一","url":"https://a"}]}`, 0, "一"},
		{"news without articles", "news", `{"articles":[]}`, 45008, ""},
		{"news without title", "news", `{"articles":[{"url":"https://a"}]}`, 41016, ""},
		{"unknown type", "dance", `{}`, 40008, ""},
		{"robot's type", "markdown_v2", `{"content":"x"}`, 40008, ""},
		{"wrong shape", "text", `"hello"`, 40058, ""},
		{"null", "text", `null`, 40058, ""},
	} {
		before := len(f.app.Messages("lisi"))
		r := f.call("/cgi-bin/message/send", fmt.Sprintf(`{"touser":"lisi","agentid":1000002,"msgtype":%q,%q:%s}`, tt.kind, tt.kind, tt.content))
		got := f.app.Messages("lisi")[before:]
		if r.code() != tt.code || (tt.code == 0) != (len(got) == 1) {
			t.Errorf("%s: %v, %d messages", tt.name, r, len(got))
			continue
		}
		if tt.code == 0 && got[0].Text() != tt.text {
			t.Errorf("%s: %q", tt.name, got[0].Text())
		}
		f.clock.move(time.Minute)
	}
	for name, tt := range map[string]struct {
		body string
		code int
	}{
		"no agentid":       {`{"touser":"lisi","msgtype":"text","text":{"content":"x"}}`, 41011},
		"bad agentid":      {`{"touser":"lisi","agentid":"x","msgtype":"text","text":{"content":"x"}}`, 40056},
		"foreign agentid":  {`{"touser":"lisi","agentid":5,"msgtype":"text","text":{"content":"x"}}`, 301002},
		"no JSON":          {`{`, 40058},
		"touser as a list": {`{"touser":["lisi"],"agentid":1000002,"msgtype":"text","text":{"content":"x"}}`, 40058},
	} {
		if r := f.call("/cgi-bin/message/send", tt.body); r.code() != tt.code {
			t.Errorf("%s: %v, want %d", name, r, tt.code)
		}
	}
	if r := f.query("/cgi-bin/message/send", ""); r.code() != 40058 {
		t.Errorf("GET: %v", r)
	}
	if r := f.call("/cgi-bin/message/send", `{"x":"`+strings.Repeat("a", 5<<20)+`"}`); r.code() != 45002 {
		t.Errorf("5 MB: %v", r)
	}
}

func TestSilentDrop(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	for i := range 31 {
		if r := f.call("/cgi-bin/message/send", f.text("zhangsan", fmt.Sprint(i))); r.code() != 0 {
			t.Fatal(r)
		}
	}
	got := f.app.Messages("zhangsan")
	if got[29].Dropped || !got[30].Dropped {
		t.Errorf("30th dropped %v, 31st %v", got[29].Dropped, got[30].Dropped)
	}
	f.clock.move(time.Minute)
	f.call("/cgi-bin/message/send", f.text("zhangsan", "later"))
	if m := f.app.Messages("zhangsan")[31]; m.Dropped {
		t.Error("dropped a minute later")
	}
}

func TestDailyQuota(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{DailyQuota: 3})
	for i, want := range []int{0, 45009} {
		if r := f.call("/cgi-bin/message/send", f.text("zhangsan|lisi", fmt.Sprint(i))); r.code() != want {
			t.Errorf("send %d: %v", i, r)
		}
	}
	f.clock.move(15 * time.Hour) // past midnight in Shanghai
	f.token = ""
	if r := f.call("/cgi-bin/message/send", f.text("zhangsan|lisi", "x")); r.code() != 0 {
		t.Errorf("next day: %v", r)
	}
}

func TestDuplicateCheck(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	send := func(content string, check, interval int) bool {
		body := f.text("zhangsan", content)
		body["enable_duplicate_check"], body["duplicate_check_interval"] = check, interval
		if r := f.call("/cgi-bin/message/send", body); r.code() != 0 {
			t.Fatal(r)
		}
		got := f.app.Messages("zhangsan")
		return got[len(got)-1].Suppressed
	}
	for i, tt := range []struct {
		content         string
		check, interval int
		wait            time.Duration
		want            bool
	}{
		{"一", 1, 0, 0, false},
		{"一", 1, 0, 29 * time.Minute, true},
		{"二", 1, 0, 0, false},
		{"一", 0, 0, 0, false}, // no check asked for
		{"一", 1, 60, 2 * time.Minute, false},
		{"一", 1, 60, 30 * time.Second, true},
	} {
		f.clock.move(tt.wait)
		if got := send(tt.content, tt.check, tt.interval); got != tt.want {
			t.Errorf("step %d: suppressed %v", i, got)
		}
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	old := f.call("/cgi-bin/message/send", f.text("zhangsan", "旧")).str("msgid")
	f.clock.move(23 * time.Hour)
	f.token = ""
	fresh := f.call("/cgi-bin/message/send", f.text("zhangsan|lisi", "新")).str("msgid")
	if r := f.call("/cgi-bin/message/recall", map[string]string{"msgid": fresh}); r.code() != 0 {
		t.Error(r)
	}
	for _, m := range f.srv.Message(fresh) {
		if !m.Recalled {
			t.Errorf("%s still sees it", m.Member)
		}
	}
	f.clock.move(61 * time.Minute)
	if r := f.call("/cgi-bin/message/recall", map[string]string{"msgid": old}); r.code() != 40058 {
		t.Errorf("after a day: %v", r)
	}
	other := f.srv.NewApp(wecom.AppConfig{CorpID: f.app.Corp().ID(), RootVisible: true})
	f.app, f.token = other, ""
	if r := f.call("/cgi-bin/message/recall", map[string]string{"msgid": fresh}); r.code() != 40058 {
		t.Errorf("another app's: %v", r)
	}
}

func TestHourlyDrop(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	for i := range 1001 {
		if r := f.call("/cgi-bin/message/send", f.text("zhangsan", fmt.Sprint(i))); r.code() != 0 {
			t.Fatal(r)
		}
		if i%30 == 29 {
			f.clock.move(time.Minute)
		}
	}
	got := f.app.Messages("zhangsan")
	if got[999].Dropped || !got[1000].Dropped {
		t.Errorf("1000th dropped %v, 1001st %v", got[999].Dropped, got[1000].Dropped)
	}
}
