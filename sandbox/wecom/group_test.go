package wecom_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/sandbox/wecom"
)

func TestAppchat(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	for _, tt := range []struct {
		name, body string
		code       int
	}{
		{"one member", `{"userlist":["lisi"]}`, 86006},
		{"one member named twice", `{"userlist":["lisi","LISI"]}`, 86006},
		{"unknown member", `{"userlist":["lisi","nobody"]}`, 86007},
		{"owner outside", `{"userlist":["lisi","zhangsan"],"owner":"wangwu"}`, 86207},
		{"bad chatid", `{"userlist":["lisi","zhangsan"],"chatid":"a-b"}`, 86001},
		{"long chatid", `{"userlist":["lisi","zhangsan"],"chatid":"` + strings.Repeat("a", 33) + `"}`, 86205},
		{"good", `{"userlist":["lisi","zhangsan"],"chatid":"team1","owner":"lisi","name":"` + strings.Repeat("队", 51) + `"}`, 0},
		{"chatid taken", `{"userlist":["lisi","zhangsan"],"chatid":"team1"}`, 86215},
	} {
		if r := f.call("/cgi-bin/appchat/create", tt.body); r.code() != tt.code {
			t.Errorf("%s: %v, want %d", tt.name, r, tt.code)
		}
	}
	info := f.query("/cgi-bin/appchat/get", "&chatid=team1")["chat_info"]
	want := map[string]any{"chatid": "team1", "name": strings.Repeat("队", 50), "owner": "lisi", "userlist": []any{"lisi", "zhangsan"}}
	if diff := cmp.Diff(any(want), info); diff != "" {
		t.Error(diff)
	}
	f.app.AddUser(wecom.User{UserID: "wangwu"})
	for _, tt := range []struct {
		name, body string
		code       int
	}{
		{"no such chat", `{"chatid":"x","name":"y"}`, 86003},
		{"no chatid", `{"name":"y"}`, 86201},
		{"too few left", `{"chatid":"team1","del_user_list":["lisi"]}`, 86006},
		{"owner leaves, one comes", `{"chatid":"team1","name":"一队","del_user_list":["lisi"],"add_user_list":["wangwu"]}`, 0},
	} {
		if r := f.call("/cgi-bin/appchat/update", tt.body); r.code() != tt.code {
			t.Errorf("%s: %v, want %d", tt.name, r, tt.code)
		}
	}
	info = f.query("/cgi-bin/appchat/get", "&chatid=team1")["chat_info"]
	want = map[string]any{"chatid": "team1", "name": "一队", "owner": "zhangsan", "userlist": []any{"zhangsan", "wangwu"}}
	if diff := cmp.Diff(any(want), info); diff != "" {
		t.Error(diff)
	}
	send := func(kind, content string) int {
		return f.call("/cgi-bin/appchat/send", fmt.Sprintf(`{"chatid":"team1","msgtype":%q,%q:%s}`, kind, kind, content)).code()
	}
	for kind, tt := range map[string]struct {
		content string
		code    int
	}{
		"text":          {`{"content":"计划"}`, 0},
		"markdown":      {`{"content":"**计划**"}`, 0},
		"template_card": {`{"card_type":"text_notice"}`, 40008},
		"markdown_v2":   {`{"content":"x"}`, 40008},
	} {
		if got := send(kind, tt.content); got != tt.code {
			t.Errorf("%s: %d, want %d", kind, got, tt.code)
		}
	}
	// Another app of the corp cannot use the chat.
	mine := f.app
	f.app, f.token = f.srv.NewApp(wecom.AppConfig{CorpID: mine.Corp().ID(), RootVisible: true}), ""
	if got := send("text", `{"content":"x"}`); got != 86008 {
		t.Errorf("another app: %d", got)
	}
	f.app, f.token = mine, ""
	for i := range 200 {
		if got := send("text", `{"content":"`+fmt.Sprint(i)+`"}`); got != 0 {
			t.Fatal(got)
		}
	}
	msgs := mine.ChatMessages("team1")
	last := msgs[len(msgs)-1]
	if len(msgs) != 202 || !last.Dropped || len(last.DroppedFor) != 2 || msgs[199].Dropped {
		t.Errorf("%d messages, last %+v", len(msgs), last)
	}
}

func TestAppchatsPerDay(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	for i := range 1001 {
		want := 0
		if i == 1000 {
			want = 45009
		}
		if r := f.call("/cgi-bin/appchat/create", `{"userlist":["lisi","zhangsan"]}`); r.code() != want {
			t.Fatalf("chat %d: %v", i, r)
		}
	}
}

func TestRobot(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	key := f.app.AddRobot("华东一队", "lisi", "zhangsan")
	hook := "/cgi-bin/webhook/send?key=" + key
	pic := picture(t)
	sum := md5.Sum(pic)
	img := func(data []byte, md string) string {
		return `{"base64":"` + base64.StdEncoding.EncodeToString(data) + `","md5":"` + md + `"}`
	}
	up := f.upload("/cgi-bin/webhook/upload_media?type=file&key="+key, "media", "日报.csv", []byte("a,b,c,d"))
	if up.code() != 0 || up.str("media_id") == "" {
		t.Fatal(up)
	}
	for i, tt := range []struct {
		name, kind, content string
		code                int
	}{
		{"text", "text", `{"content":"今日计划","mentioned_list":["lisi","@all"]}`, 0},
		{"text of 2049 bytes", "text", `{"content":"` + strings.Repeat("a", 2049) + `"}`, 40058},
		{"markdown of 4096 bytes", "markdown", `{"content":"` + strings.Repeat("a", 4096) + `"}`, 0},
		{"markdown of 4097 bytes", "markdown", `{"content":"` + strings.Repeat("a", 4097) + `"}`, 40058},
		{"markdown_v2", "markdown_v2", `{"content":"| a |"}`, 0},
		{"image", "image", img(pic, hex.EncodeToString(sum[:])), 0},
		{"image with a wrong md5", "image", img(pic, strings.Repeat("0", 32)), 301019},
		{"image that is none", "image", img([]byte("hello world"), strings.Repeat("0", 32)), 40123},
		{"image by media_id", "image", `{"media_id":"x"}`, 40058},
		{"file", "file", `{"media_id":"` + up.str("media_id") + `"}`, 0},
		{"unknown file", "file", `{"media_id":"x"}`, 40007},
		{"news", "news", `{"articles":[{"title":"一","url":"https://a"}]}`, 0},
		{"app's type", "textcard", `{"title":"一","description":"二","url":"https://a"}`, 40008},
	} {
		if r := f.post(hook, fmt.Sprintf(`{"msgtype":%q,%q:%s}`, tt.kind, tt.kind, tt.content)); r.code() != tt.code {
			t.Errorf("%d %s: %v, want %d", i, tt.name, r, tt.code)
		}
	}
	for _, tt := range []struct {
		path string
		code int
	}{
		{"/cgi-bin/webhook/send?key=no", 93000},
		{"/cgi-bin/webhook/send", 93000},
	} {
		if r := f.post(tt.path, `{"msgtype":"text","text":{"content":"x"}}`); r.code() != tt.code {
			t.Errorf("%s: %v", tt.path, r)
		}
	}
	if r := f.upload("/cgi-bin/webhook/upload_media?type=image&key="+key, "media", "a.png", pic); r.code() != 40005 {
		t.Errorf("upload of an image: %v", r)
	}
	chat, found := f.srv.RobotChat(key)
	if !found || chat.Name != "华东一队" || len(chat.Members) != 2 {
		t.Errorf("chat %+v", chat)
	}
	if got := f.app.ChatMessages(chat.ID); len(got) != len(f.srv.RobotMessages(key)) || len(got) != 6 {
		t.Errorf("%d messages", len(got))
	}

	f.clock.move(time.Minute)
	for i := range 21 {
		want := 0
		if i == 20 {
			want = 45009
		}
		if r := f.post(hook, `{"msgtype":"text","text":{"content":"x"}}`); r.code() != want {
			t.Errorf("message %d: %v", i, r)
		}
	}
	f.clock.move(time.Minute)
	if r := f.post(hook, `{"msgtype":"text","text":{"content":"x"}}`); r.code() != 0 {
		t.Errorf("a minute later: %v", r)
	}
	if chats := f.app.Corp().Chats(); len(chats) != 1 || chats[0].ID != chat.ID || chats[0].AgentID != 0 {
		t.Errorf("chats %+v", chats)
	}
	if name, data, found := f.app.Corp().Media(up.str("media_id")); !found || name != "日报.csv" || string(data) != "a,b,c,d" {
		t.Errorf("media %q %q", name, data)
	}
	f.srv.RemoveRobot(key)
	if r := f.post(hook, `{"msgtype":"text","text":{"content":"x"}}`); r.code() != 93000 {
		t.Errorf("removed: %v", r)
	}
}
