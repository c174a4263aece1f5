package wecom_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"roundsman/sandbox/wecom"
)

func TestMedia(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	f.login()
	pic := picture(t)
	for _, tt := range []struct {
		name, kind, file string
		data             []byte
		code             int
	}{
		{"picture", "image", "店.png", pic, 0},
		{"text as picture", "image", "a.png", []byte("hello world"), 40123},
		{"five bytes", "file", "a.txt", []byte("12345"), 40006},
		{"six bytes", "file", "a.txt", []byte("123456"), 0},
		{"picture over 10 MB", "image", "a.png", append(bytes.Clone(pic), make([]byte, 10<<20)...), 40009},
		{"file over 20 MB", "file", "a.bin", make([]byte, 20<<20+1), 40006},
		{"far too big", "file", "a.bin", make([]byte, 22<<20), 45001},
		{"voice", "voice", "a.amr", []byte("#!AMR\n12"), 0},
		{"voice that is none", "voice", "a.amr", []byte("12345678"), 40004},
		{"video that is none", "video", "a.mp4", []byte("12345678"), 40004},
		{"unknown type", "dance", "a", []byte("12345678"), 40005},
	} {
		if r := f.upload("/cgi-bin/media/upload?access_token="+f.token+"&type="+tt.kind, "media", tt.file, tt.data); r.code() != tt.code {
			t.Errorf("%s: %v, want %d", tt.name, r, tt.code)
		} else if tt.code == 0 && (r.str("type") != tt.kind || r.str("created_at") != "1772413200") {
			t.Errorf("%s: %v", tt.name, r)
		}
	}
	if r := f.upload("/cgi-bin/media/upload?access_token="+f.token+"&type=file", "wrong", "a", []byte("12345678")); r.code() != 44001 {
		t.Errorf("wrong field: %v", r)
	}
	id := f.upload("/cgi-bin/media/upload?access_token="+f.token+"&type=image", "media", "店.png", pic).str("media_id")
	resp, err := http.Get(f.base + "/cgi-bin/media/get?access_token=" + f.token + "&media_id=" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if !bytes.Equal(body, pic) || resp.Header.Get("Content-Type") != "image/png" || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes, %v", len(body), resp.Header)
	}
	if r := f.query("/cgi-bin/media/get", ""); r.code() != 41006 {
		t.Errorf("no id: %v", r)
	}
	f.clock.move(3 * 24 * time.Hour)
	f.token = ""
	if r := f.query("/cgi-bin/media/get", "&media_id="+id); r.code() != 40007 {
		t.Errorf("after three days: %v", r)
	}
}

func TestMemberPicture(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cb := f.attach(nil)
	pic := picture(t)
	if _, err := f.app.SendImage("zhangsan", pic); err != nil {
		t.Fatal(err)
	}
	f.wait(func() bool { return len(cb.all()) == 1 })
	var e struct{ PicUrl, MediaId string }
	if err := xml.Unmarshal([]byte(cb.all()[0].XML), &e); err != nil {
		t.Fatal(err)
	}
	f.login()
	for _, u := range []string{e.PicUrl, f.base + "/cgi-bin/media/get?access_token=" + f.token + "&media_id=" + e.MediaId} {
		resp, err := http.Get(u)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !bytes.Equal(body, pic) || resp.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d bytes of %s", u, len(body), resp.Header.Get("Content-Type"))
		}
	}
	if _, err := f.app.SendImage("zhangsan", []byte("no picture")); err == nil {
		t.Error("text was sent as a picture")
	}
	bare := wecom.New(wecom.Options{})
	t.Cleanup(bare.Close)
	app := bare.NewApp(wecom.AppConfig{})
	app.AddUser(wecom.User{UserID: "a"})
	if _, err := app.SendImage("a", pic); err == nil {
		t.Error("a picture was sent without an address for it")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	f.login()
	target := f.base + "/cgi-bin/message/send?access_token=" + f.token
	client := &http.Client{Timeout: 300 * time.Millisecond}
	send := func() (status int, body string, err error) {
		resp, err := client.Post(target, "application/json", strings.NewReader(`{"touser":"lisi","agentid":1000002,"msgtype":"text","text":{"content":"x"}}`))
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b), err
	}
	for _, tt := range []struct {
		name   string
		fault  wecom.Fault
		status int
		body   string // part of it
		fails  bool
		effect bool
	}{
		{"code", wecom.Fault{ErrCode: 45009, ErrMsg: "api freq out of limit"}, 200, `"errcode":45009`, false, false},
		{"busy", wecom.Fault{ErrCode: -1}, 200, `"errmsg":"system busy"`, false, false},
		{"status", wecom.Fault{HTTPStatus: 502}, 502, "<html>", false, false},
		{"page", wecom.Fault{HTML: true}, 200, "<html>", false, false},
		{"truncated", wecom.Fault{Truncate: true}, 200, `{"errcode"`, true, false},
		{"hanging", wecom.Fault{Hang: true}, 0, "", true, false},
		{"lost answer", wecom.Fault{Truncate: true, AfterEffect: true}, 200, "", true, true},
		{"hanging after the effect", wecom.Fault{Hang: true, AfterEffect: true}, 0, "", true, true},
	} {
		before := len(f.app.Messages("lisi"))
		tt.fault.Times = 1
		f.app.Fail("/cgi-bin/message/*", tt.fault)
		status, body, err := send()
		if status != tt.status || !strings.Contains(body, tt.body) || (err != nil) != tt.fails {
			t.Errorf("%s: %d %q %v", tt.name, status, body, err)
		}
		if got := len(f.app.Messages("lisi")) - before; (got == 1) != tt.effect {
			t.Errorf("%s: %d messages", tt.name, got)
		}
		if _, body, err := send(); err != nil || !strings.Contains(body, `"errcode":0`) {
			t.Errorf("after %s: %q %v", tt.name, body, err)
		}
	}
	calls := f.app.Calls()
	faulted := 0
	for _, c := range calls {
		if c.Faulted {
			faulted++
		}
		if strings.Contains(c.Query, f.token) || strings.Contains(c.Query, f.app.Config().Secret) {
			t.Errorf("a credential is in %q", c.Query)
		}
	}
	if faulted != 8 || len(calls) != 17 {
		t.Errorf("%d of %d calls faulted", faulted, len(calls))
	}

	t.Log("a rule of another app does not hit; a rule of the server does, until removed")
	other := f.srv.NewApp(wecom.AppConfig{})
	other.Fail("", wecom.Fault{ErrCode: -1})
	if _, body, _ := send(); !strings.Contains(body, `"errcode":0`) {
		t.Error(body)
	}
	remove := f.srv.Fail("/cgi-bin/message/send", wecom.Fault{ErrCode: -1})
	for range 2 {
		if _, body, _ := send(); !strings.Contains(body, `"errcode":-1`) {
			t.Error(body)
		}
	}
	remove()
	if _, body, _ := send(); !strings.Contains(body, `"errcode":0`) {
		t.Error(body)
	}
	for _, delay := range []func(string, time.Duration) func(){f.app.Delay, f.srv.Delay} {
		remove := delay("/cgi-bin/message/send", time.Minute)
		if _, _, err := send(); err == nil {
			t.Error("no delay")
		}
		remove()
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{TrustedDomain: "bot.example.com"})
	cfg := f.app.Config()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func(q url.Values) *http.Response {
		t.Helper()
		resp, err := client.Get(f.base + "/connect/oauth2/authorize?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	q := func(change ...string) url.Values {
		v := url.Values{
			"appid": {cfg.CorpID}, "redirect_uri": {"https://bot.example.com/m?x=1"}, "response_type": {"code"},
			"scope": {"snsapi_base"}, "state": {"s1"}, "agentid": {fmt.Sprint(cfg.AgentID)},
		}
		for i := 0; i+1 < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	page := visit(q())
	html, _ := io.ReadAll(page.Body)
	if page.StatusCode != 200 || !strings.Contains(string(html), "张三") || !strings.Contains(string(html), "sandbox_user=zhangsan") {
		t.Errorf("page %d %s", page.StatusCode, html)
	}
	for _, tt := range []struct {
		name   string
		change []string
		status int
	}{
		{"no http address", []string{"redirect_uri", "javascript:alert(1)"}, 400},
		{"unknown corp", []string{"appid", "x"}, 400},
		{"unknown app", []string{"agentid", "9"}, 400},
		{"untrusted domain", []string{"redirect_uri", "https://evil.example.com/"}, 403},
		{"state too long", []string{"state", strings.Repeat("s", 129)}, 400},
		{"state with a sign", []string{"state", "a-b"}, 400},
		{"wrong response_type", []string{"response_type", "token"}, 400},
		{"unknown member", []string{"sandbox_user", "nobody"}, 400},
	} {
		if got := visit(q(tt.change...)).StatusCode; got != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.status)
		}
	}
	code := func() string {
		t.Helper()
		resp := visit(q("sandbox_user", "zhangsan"))
		u, err := resp.Location()
		if err != nil || resp.StatusCode != 302 || u.Host != "bot.example.com" || u.Query().Get("state") != "s1" || u.Query().Get("x") != "1" {
			t.Fatalf("%d %v %v", resp.StatusCode, u, err)
		}
		return u.Query().Get("code")
	}
	c := code()
	if r := f.query("/cgi-bin/auth/getuserinfo", "&code="+c); r.code() != 0 || r.str("userid") != "zhangsan" {
		t.Errorf("%v", r)
	}
	if r := f.query("/cgi-bin/auth/getuserinfo", "&code="+c); r.code() != 40029 {
		t.Errorf("second use: %v", r)
	}
	if r := f.query("/cgi-bin/auth/getuserinfo", ""); r.code() != 41008 {
		t.Errorf("no code: %v", r)
	}
	if r := f.query("/cgi-bin/user/getuserinfo", "&code="+code()); r.str("UserId") != "zhangsan" {
		t.Errorf("old path: %v", r)
	}
	c = code()
	f.clock.move(5 * time.Minute)
	if r := f.query("/cgi-bin/auth/getuserinfo", "&code="+c); r.code() != 40029 {
		t.Errorf("after five minutes: %v", r)
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	corp := f.app.Corp()
	corp.AddDepartment(wecom.Department{ID: 2, Name: "销售部", Leaders: []string{"lisi"}})
	corp.AddDepartment(wecom.Department{ID: 3, Name: "华东", ParentID: 2})
	corp.AddUser(wecom.User{UserID: "wangwu", Name: "王五", Department: []int{3}})
	if r := f.call("/cgi-bin/user/getuserid", `{"mobile":"13800000001"}`); r.str("userid") != "zhangsan" {
		t.Error(r)
	}
	if r := f.call("/cgi-bin/user/getuserid", `{"mobile":"1"}`); r.code() != 46004 {
		t.Error(r)
	}
	count := func(r reply, k string) int { l, _ := r[k].([]any); return len(l) }
	for _, tt := range []struct {
		path, params, list string
		n, code            int
	}{
		{"/cgi-bin/department/list", "", "department", 3, 0},
		{"/cgi-bin/department/list", "&id=2", "department", 2, 0},
		{"/cgi-bin/department/list", "&id=9", "department", 0, 60003},
		{"/cgi-bin/department/simplelist", "&id=3", "department_id", 1, 0},
		{"/cgi-bin/user/simplelist", "&department_id=2", "userlist", 0, 0},
		{"/cgi-bin/user/simplelist", "&department_id=2&fetch_child=1", "userlist", 1, 0},
		{"/cgi-bin/user/list", "&department_id=1", "userlist", 2, 0},
	} {
		if r := f.query(tt.path, tt.params); r.code() != tt.code || count(r, tt.list) != tt.n {
			t.Errorf("%s%s: %v", tt.path, tt.params, r)
		}
	}
	if r := f.query("/cgi-bin/department/get", "&id=2"); r["department"].(map[string]any)["name"] != "销售部" {
		t.Error(r)
	}
	first := f.call("/cgi-bin/user/list_id", `{"limit":2}`)
	rest := f.call("/cgi-bin/user/list_id", `{"limit":2,"cursor":"`+first.str("next_cursor")+`"}`)
	if count(first, "dept_user") != 2 || count(rest, "dept_user") != 1 || rest.str("next_cursor") != "" {
		t.Errorf("%v %v", first, rest)
	}
	corp.RemoveUser("wangwu")
	if r := f.query("/cgi-bin/user/get", "&userid=wangwu"); r.code() != 60111 {
		t.Error(r)
	}
}

func TestAgentMenuAndCheckins(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{Name: "巡访"})
	if r := f.query("/cgi-bin/agent/get", "&agentid=1000002"); r.str("name") != "巡访" || r["report_location_flag"] != 0.0 {
		t.Error(r)
	}
	if r := f.query("/cgi-bin/agent/get", "&agentid=5"); r.code() != 301002 {
		t.Error(r)
	}
	if r := f.call("/cgi-bin/agent/set", `{"agentid":1000002,"report_location_flag":1,"isreportenter":0}`); r.code() != 0 {
		t.Error(r)
	}
	if c := f.app.Config(); !c.LocationReport || !c.MuteEnter {
		t.Errorf("%+v", c)
	}
	menu := "/cgi-bin/menu/create?access_token=" + f.token + "&agentid=1000002"
	if r := f.query("/cgi-bin/menu/get", "&agentid=1000002"); r.code() != 46003 {
		t.Error(r)
	}
	for _, tt := range []struct {
		body string
		code int
	}{
		{`{"button":[]}`, 40016},
		{`{"button":[{"type":"dance","name":"a"}]}`, 40017},
		{`{"button":[{"type":"click","name":"一二三四五六","key":"k"}]}`, 40018},
		{`{"button":[{"type":"click","name":"a"}]}`, 40019},
		{`{"button":[{"type":"view","name":"a"}]}`, 40020},
		{`{"button":[{"name":"a","sub_button":[{"type":"x","name":"b"}]}]}`, 40024},
		{`{"button":[{"type":"view","name":"a","url":"https://a"}]}`, 0},
	} {
		if r := f.post(menu, tt.body); r.code() != tt.code {
			t.Errorf("%s: %v", tt.body, r)
		}
	}
	if _, err := f.app.PressMenu("lisi", "https://a"); err != nil {
		t.Error(err)
	}
	f.query("/cgi-bin/menu/delete", "&agentid=1000002")
	if _, err := f.app.PressMenu("lisi", "https://a"); err == nil {
		t.Error("an item of a deleted menu was pressed")
	}

	ask := `{"opencheckindatatype":3,"starttime":1772400000,"endtime":1772420000,"useridlist":["lisi"]}`
	if r := f.call("/cgi-bin/checkin/getcheckindata", ask); r.code() != 48002 {
		t.Errorf("an app without the permission: %v", r)
	}
	f.app.Corp().AddCheckin(wecom.Checkin{UserID: "lisi", Type: "外出打卡", Time: time.Unix(1772410000, 0), Lat: 31.230416, Lng: 121.473701})
	f.app, f.token = f.srv.NewApp(wecom.AppConfig{CorpID: f.app.Corp().ID(), AgentID: 3010011, Checkins: true}), ""
	r := f.call("/cgi-bin/checkin/getcheckindata", ask)
	list, _ := r["checkindata"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["lat"] != 31230416.0 || list[0].(map[string]any)["lng"] != 121473701.0 {
		t.Error(r)
	}
	if r := f.call("/cgi-bin/checkin/getcheckindata", strings.Replace(ask, "3,", "1,", 1)); len(r["checkindata"].([]any)) != 0 {
		t.Errorf("only 上下班: %v", r)
	}
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	resp, err := http.Get(f.base + "/cgi-bin/nothing")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestWaitAndSubscribe(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	n := make(chan struct{}, 100)
	stop := f.srv.Subscribe(func() { n <- struct{}{} })
	if _, err := f.app.SendText("lisi", "一"); err != nil {
		t.Fatal(err)
	}
	<-n
	stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.srv.Wait(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	f.srv.Close()
	f.srv.Close()
	if err := f.srv.Wait(t.Context(), func() bool { return false }); err == nil {
		t.Error("waiting on a closed server")
	}
	if _, err := f.srv.Listen("127.0.0.1:0"); err == nil {
		t.Error("a closed server listens")
	}
}

// TestCloseEndsWhatHangs closes a server while a call hangs and a callback does
// not answer.
func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{}, func(o *wecom.Options) { o.CallbackTimeout = time.Hour })
	arrived := make(chan struct{})
	f.attach(func(_ int, _ http.ResponseWriter, r *http.Request, _ received) {
		close(arrived)
		<-r.Context().Done()
	})
	f.login()
	f.app.Fail("/cgi-bin/getcallbackip", wecom.Fault{Hang: true})
	ended := make(chan error, 1)
	go func() {
		resp, err := http.Get(f.base + "/cgi-bin/getcallbackip?access_token=" + f.token)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	if _, err := f.app.SendText("lisi", "一"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	f.wait(func() bool {
		calls := f.app.Calls()
		return calls[len(calls)-1].Faulted
	})
	f.srv.Close()
	if err := <-ended; err == nil {
		t.Error("the hanging call was answered")
	}
	if n := len(f.app.Deliveries()); n != 1 {
		t.Errorf("a delivery cut by Close was recorded: %d", n)
	}
}

func TestHandlerBehindAnotherServer(t *testing.T) {
	t.Parallel()
	srv := wecom.New(wecom.Options{})
	t.Cleanup(srv.Close)
	ts := httptest.NewServer(srv.Handler())
	t.Cleanup(ts.Close)
	srv.SetBaseURL(ts.URL + "/")
	app := srv.NewApp(wecom.AppConfig{})
	app.AddUser(wecom.User{UserID: "a"})
	m, err := app.SendImage("a", picture(t))
	if err != nil || !strings.Contains(m.XML, "<PicUrl><![CDATA["+ts.URL+"/wwpic/") {
		t.Errorf("%s %v", m.XML, err)
	}
	if len(srv.Apps()) != 1 || srv.Apps()[0] != app {
		t.Error("apps")
	}
}
