package wecom_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/bot"
	"roundsman/bot/wecom"
	sandbox "roundsman/sandbox/wecom"
)

func visitCard(buttons ...bot.Button) bot.Body {
	return bot.Body{Card: &bot.Card{
		Title: "✅ 华联超市", Tone: bot.ToneGood,
		Lines:  []bot.Line{{Label: "结果", Text: "已核实 · 52 米"}, {Label: "时间", Text: "09:31"}, {Text: "下一步可以发照片"}},
		Footer: "下一站：新世界百货", Buttons: buttons,
	}}
}

func TestSendUser(t *testing.T) {
	t.Parallel()
	f := setup(t)
	to := user("zhangsan")
	ids := f.mustSay(to, bot.Body{Text: "您好\n<a href=\"x\">点</a>"}, "k1")
	f.mustSay(to, visitCard(), "k2")
	f.mustSay(to, visitCard(bot.Button{Text: "是", Value: "v1", Style: bot.ButtonPrimary}, bot.Button{Text: "不是", Value: "v2"}), "k3")
	f.mustSay(to, bot.Body{Image: &bot.File{Data: picture(t, 8), Name: "../../x\"\r\n.png", Alt: "图"}}, "k4")
	f.mustSay(to, bot.Body{File: &bot.File{Data: []byte("PK sheet"), Name: "周报.xlsx"}}, "k5")
	got := f.app.Messages("zhangsan")
	if ids[0] == "" || ids[0] != got[0].ID {
		t.Errorf("id %q, want %q", ids[0], got[0].ID)
	}
	want := []string{
		"text 您好\n＜a href=\"x\"＞点＜/a＞",
		"text ✅ 华联超市\n结果：已核实 · 52 米\n时间：09:31\n下一步可以发照片\n\n下一站：新世界百货",
		"template_card ✅ 华联超市\n下一站：新世界百货\n下一步可以发照片\n结果 已核实 · 52 米\n时间 09:31\n[是]\n[不是]",
		"image ",
		"file ",
	}
	var have []string
	for _, m := range got {
		have = append(have, m.Type+" "+m.Text())
		if m.Dropped || m.Cut || len(m.Warnings) > 0 {
			t.Errorf("%s: dropped %v, cut %v, warnings %v", m.Type, m.Dropped, m.Cut, m.Warnings)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if got[2].TaskID != "k3a" {
		t.Errorf("task id %q, want the key", got[2].TaskID)
	}
}

func TestSendGroup(t *testing.T) {
	t.Parallel()
	f := setup(t)
	made, err := f.MakeGroup(t.Context(), "team/华东一队", "华东一队", []string{"zhangsan", "lisi", "zhangsan", ""})
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.MakeGroup(t.Context(), "team/华东一队", "华东一队", []string{"zhangsan", "lisi"})
	if err != nil || again != made || len(made.ID) > 32 {
		t.Errorf("again: %v, %v, want %v", again, err, made)
	}
	if n := f.calls("/appchat/get"); n != 1 {
		t.Errorf("%d calls of appchat/get, want 1", n)
	}
	other, err := f.MakeGroup(t.Context(), "team/华东二队", strings.Repeat("长", 80), []string{"lisi", "zhangsan"})
	if err != nil || other == made {
		t.Errorf("other team: %v, %v", other, err)
	}
	f.mustSay(made, bot.Body{Text: "早上好"}, "k1")
	f.mustSay(made, visitCard(bot.Button{Text: "是", Value: "v1"}), "k2")
	f.mustSay(made, bot.Body{Image: &bot.File{Data: picture(t, 8)}}, "k3")
	sheet := bot.Body{File: &bot.File{Data: []byte("PK sheet"), Name: "周报.xlsx"}}
	f.mustSay(made, sheet, "k7")
	f.mustSay(f.robotAddress(), bot.Body{Text: "早上好"}, "k4")
	f.mustSay(f.robotAddress(), visitCard(bot.Button{Text: "是", Value: "v1"}), "k5")
	f.mustSay(f.robotAddress(), bot.Body{Image: &bot.File{Data: picture(t, 8)}}, "k6")
	f.mustSay(f.robotAddress(), sheet, "k8")
	markdown := "markdown ### <font color=\"info\">✅ 华联超市</font>\n**结果**：已核实 · 52 米\n**时间**：09:31\n下一步可以发照片\n<font color=\"comment\">下一站：新世界百货</font>"
	want := []string{"text 早上好", markdown, "image ", "file "}
	for name, got := range map[string][]sandbox.Message{"appchat": f.app.ChatMessages(made.ID), "robot": f.srv.RobotMessages(f.robot)} {
		var have []string
		for _, m := range got {
			have = append(have, m.Type+" "+m.Text())
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		var sent struct {
			MediaID string `json:"media_id"`
		}
		if err := json.Unmarshal([]byte(got[3].Content), &sent); err != nil {
			t.Fatal(err)
		}
		if name, data, ok := f.app.Corp().Media(sent.MediaID); !ok || name != "周报.xlsx" || string(data) != "PK sheet" {
			t.Errorf("the file is %q: %q", name, data)
		}
	}
	if _, err := f.MakeGroup(t.Context(), "k", "n", []string{"zhangsan"}); sendError(t, err).Retry {
		t.Errorf("a group of one: %v", err)
	}
	if _, err := f.MakeGroup(t.Context(), "k2", "n", []string{"zhangsan", "nobody"}); sendError(t, err).Code != "86007" {
		t.Errorf("a stranger: %v", err)
	}
}

// A group whose answer was lost is found by the next try.
func TestMakeGroupAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	users := []string{"zhangsan", "lisi"}
	f.app.Fail("/cgi-bin/appchat/create", sandbox.Fault{Truncate: true, AfterEffect: true, Times: 1})
	_, err := f.MakeGroup(t.Context(), "k", "组", users)
	if e := sendError(t, err); !e.Retry || e.Unknown {
		t.Errorf("the answer is lost: %+v", *e)
	}
	made, err := f.MakeGroup(t.Context(), "k", "组", users)
	if err != nil {
		t.Fatal(err)
	}
	f.mustSay(made, bot.Body{Text: "早"}, "k")
	own := 0
	for _, c := range f.app.Corp().Chats() {
		if c.AgentID == f.cfg.AgentID {
			own++
		}
	}
	if own != 1 || len(f.app.ChatMessages(made.ID)) != 1 {
		t.Errorf("%d groups, %d messages in it, want one each", own, len(f.app.ChatMessages(made.ID)))
	}
	// The same key in another app's hands is not ours.
	other := f.srv.NewApp(sandbox.AppConfig{CorpID: f.cfg.CorpID, RootVisible: true})
	c := f.cfg
	c.AgentID, c.Secret = other.Config().AgentID, other.Config().Secret
	if _, err := f.platform(c).MakeGroup(t.Context(), "k", "组", users); sendError(t, err).Code != "86008" {
		t.Errorf("another app's group: %v", err)
	}
}

// A tapped card is replaced by its ResponseCode, and when that is used up or
// over, what there is to say comes as a new message.
func TestSendResponse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	to := user("zhangsan")
	buttons := []bot.Button{{Text: "是", Value: "v1"}, {Text: "不是", Value: "v2"}}
	tap := func(key string) string {
		t.Helper()
		f.mustSay(to, visitCard(buttons...), key)
		n := len(f.in.messages())
		if _, err := f.app.Click("zhangsan", key+"a", "v1"); err != nil {
			t.Fatal(err)
		}
		return f.wait(n + 1)[n].Press.Response
	}
	with := func(b bot.Body, response string) bot.Body { b.Response = response; return b }
	last := func() sandbox.Message { m := f.app.Messages("zhangsan"); return m[len(m)-1] }

	code := tap("one")
	f.mustSay(to, with(visitCard(), code), "one-by")
	if m := last(); m.Revision != 1 || m.ReplacedBy != "✓" || m.TaskID != "onea" || !strings.Contains(m.Text(), "已核实") {
		t.Errorf("replaced by a card without buttons: %+v", m)
	}
	if b := f.app.Buttons("zhangsan", "onea"); len(b) > 0 {
		t.Errorf("buttons are left: %v", b)
	}
	f.mustSay(to, with(visitCard(), code), "one-again")
	if m := last(); m.Type != "text" || !strings.Contains(m.Text(), "已核实") {
		t.Errorf("a used code: %+v", m)
	}

	code = tap("two")
	f.mustSay(to, with(visitCard(bot.Button{Text: "签退", Value: "v3"}), code), "two-by")
	if b := f.app.Buttons("zhangsan", "twoa"); len(b) != 1 || b[0].Key != "v3" {
		t.Errorf("replaced by a card with buttons: %v", b)
	}

	code = tap("three")
	f.mustSay(to, with(bot.Body{Text: "已确认"}, code), "three-by")
	if m := last(); m.Revision != 1 || m.ReplacedBy != "已确认" || !strings.Contains(m.Text(), "华联超市") {
		t.Errorf("buttons replaced by a word: %+v", m)
	}

	code = tap("four")
	f.mustSay(to, with(bot.Body{Text: "这个按钮已过期，请重新发送位置"}, code), "four-by")
	if m := last(); m.Revision != 1 || !strings.Contains(m.Text(), "这个按钮已过期，请重新发送位置") {
		t.Errorf("replaced by a text: %+v", m)
	}

	code = tap("five")
	f.clock.move(72 * time.Hour)
	f.mustSay(to, with(visitCard(bot.Button{Text: "签退", Value: "v3"}), code), "five-by")
	if m := last(); m.Type != "template_card" || m.Revision != 0 || m.TaskID != "five-bya" {
		t.Errorf("a code that is over: %+v", m)
	}

	// Not replaced for another reason than the code: nothing is said anew.
	code = tap("six")
	before := len(f.app.Messages("zhangsan"))
	f.app.Fail("/cgi-bin/message/update_template_card", sandbox.Fault{ErrCode: 45009, Times: 1})
	_, err := f.say(to, with(visitCard(), code), "six-by")
	if e := sendError(t, err); !e.Retry || e.Unknown || len(f.app.Messages("zhangsan")) != before {
		t.Errorf("limited: %+v", e)
	}
	f.app.Fail("/cgi-bin/message/update_template_card", sandbox.Fault{Truncate: true, AfterEffect: true, Times: 1})
	_, err = f.say(to, with(visitCard(), code), "six-by")
	if e := sendError(t, err); e.Retry || !e.Unknown || len(f.app.Messages("zhangsan")) != before {
		t.Errorf("the answer is lost: %+v", e)
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	f := setup(t)
	made, err := f.MakeGroup(t.Context(), "g", "组", []string{"zhangsan", "lisi"})
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name  string
		fault sandbox.Fault
		want  bot.SendError
	}{
		{"busy", sandbox.Fault{ErrCode: -1}, bot.SendError{Code: "-1", Retry: true, After: 5 * time.Second}},
		{"concurrency", sandbox.Fault{ErrCode: 45033}, bot.SendError{Code: "45033", Retry: true, After: 5 * time.Second}},
		{"limit", sandbox.Fault{ErrCode: 45009}, bot.SendError{Code: "45009", Retry: true, After: time.Minute}},
		{"address", sandbox.Fault{ErrCode: 60020}, bot.SendError{Code: "60020", Retry: true, After: 5 * time.Minute}},
		{"token twice", sandbox.Fault{ErrCode: 42001}, bot.SendError{Code: "42001", Retry: true, After: 5 * time.Second}},
		{"nobody", sandbox.Fault{ErrCode: 81013}, bot.SendError{Code: "81013", Gone: true}},
		{"no user", sandbox.Fault{ErrCode: 60111}, bot.SendError{Code: "60111", Gone: true}},
		{"no chat", sandbox.Fault{ErrCode: 86003}, bot.SendError{Code: "86003", Gone: true}},
		{"foreign chat", sandbox.Fault{ErrCode: 86008}, bot.SendError{Code: "86008", Gone: true}},
		{"no robot", sandbox.Fault{ErrCode: 93000}, bot.SendError{Code: "93000", Gone: true}},
		{"parameter", sandbox.Fault{ErrCode: 40058}, bot.SendError{Code: "40058"}},
		{"new code", sandbox.Fault{ErrCode: 999999}, bot.SendError{Code: "999999"}},
		{"gateway", sandbox.Fault{HTTPStatus: 502}, bot.SendError{Code: "http_502", Unknown: true}},
		{"proxy", sandbox.Fault{HTTPStatus: 407}, bot.SendError{Code: "http_407", Retry: true, After: 5 * time.Second}},
		{"elsewhere", sandbox.Fault{HTTPStatus: 302}, bot.SendError{Code: "http_302", Retry: true, After: 5 * time.Second}},
		{"page", sandbox.Fault{HTML: true}, bot.SendError{Code: "bad_answer", Unknown: true}},
		{"cut", sandbox.Fault{Truncate: true}, bot.SendError{Code: "network", Unknown: true}},
	}
	for _, r := range rows {
		for to, path := range map[bot.Address]string{user("zhangsan"): "message", made: "appchat", f.robotAddress(): "webhook"} {
			t.Run(r.name+" "+path, func(t *testing.T) {
				if to.Place == bot.ToRobot && r.fault.ErrCode == 42001 {
					t.Skip("a robot has no token")
				}
				remove := f.app.Fail("/cgi-bin/"+path+"/send", r.fault)
				defer remove()
				parts, err := f.Compose(to, bot.Body{Text: "早"})
				if err != nil {
					t.Fatal(err)
				}
				_, err = f.Send(t.Context(), to, parts[0], "k")
				e := sendError(t, err)
				if diff := cmp.Diff(r.want, *e, cmpopts.IgnoreFields(bot.SendError{}, "Err")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// Success with names of whom it did not reach is none.
func TestSendReachesNobody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.app.AddUser(sandbox.User{UserID: "wangwu", Unlicensed: true})
	f.app.AddUser(sandbox.User{UserID: "zhaoliu"})
	f.app.Corp().RemoveUser("zhaoliu")
	robot := bot.Address{Platform: "wecom", Place: bot.ToRobot, ID: "000000000000"}
	for to, code := range map[bot.Address]string{
		user("wangwu"): "unlicenseduser", user("zhaoliu"): "81013", group("nochat"): "86003", robot: "no_such_robot",
		user("@all"): "no_such_chat", user("zhangsan|lisi"): "no_such_chat", user(""): "no_such_chat",
	} {
		_, err := f.say(to, bot.Body{Text: "早"}, "k")
		if e := sendError(t, err); e.Code != code || !e.Gone || e.Retry || e.Unknown {
			t.Errorf("%v: %+v, want %s and gone", to, *e, code)
		}
	}
	if n := len(f.fromApp("zhangsan")) + len(f.fromApp("lisi")); n > 0 {
		t.Errorf("%d messages went to others", n)
	}
	f.srv.RemoveRobot(f.robot)
	_, err := f.say(f.robotAddress(), bot.Body{Text: "早"}, "k")
	if e := sendError(t, err); e.Code != "93000" || !e.Gone {
		t.Errorf("a removed robot: %+v", e)
	}
	for _, file := range []*bot.File{{Data: make([]byte, 11<<20), Name: "a.xlsx"}, {Data: []byte("tiny")}, nil} {
		for _, to := range []bot.Address{user("zhangsan"), f.robotAddress()} {
			_, err := f.Send(t.Context(), to, bot.Part{Type: "file", Upload: file}, "k")
			if e := sendError(t, err); e.Code == "" || e.Retry || e.Unknown {
				t.Errorf("no file to %v: %+v", to, e)
			}
		}
	}
	for _, image := range []*bot.File{{Data: make([]byte, 11<<20)}, nil} {
		for _, to := range []bot.Address{user("zhangsan"), f.robotAddress()} {
			_, err := f.Send(t.Context(), to, bot.Part{Type: "image", Upload: image}, "k")
			if e := sendError(t, err); e.Code == "" || e.Retry || e.Unknown {
				t.Errorf("no picture to %v: %+v", to, e)
			}
		}
	}
}

// Nothing left the machine: it can be tried again.
func TestSendUnreachable(t *testing.T) {
	t.Parallel()
	f := setup(t)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200}`)
	}))
	t.Cleanup(api.Close)
	c := f.cfg
	c.BaseURL = api.URL
	p := f.platform(c)
	if err := bot.Ready(p.Vitals(t.Context())); err != nil {
		t.Fatal(err)
	}
	api.Close()
	for _, to := range []bot.Address{user("zhangsan"), group("g"), f.robotAddress()} {
		_, err := p.Send(t.Context(), to, bot.Part{Type: "text", Data: []byte(`{"content":"早"}`)}, "k")
		if e := sendError(t, err); e.Code != "network" || !e.Retry || e.Unknown || e.Gone {
			t.Errorf("%v: %+v", to, *e)
		}
	}
}

// A caller that gives up gets its answer at once; what has left by then may have worked.
func TestSendCancelled(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, to := range []bot.Address{user("zhangsan"), f.robotAddress()} {
		parts, err := f.Compose(to, bot.Body{Text: "早"})
		if err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		before := len(f.srv.Calls())
		_, err = f.Send(over, to, parts[0], "k")
		if e := sendError(t, err); e.Code != "cancelled" || !e.Retry || e.Unknown || len(f.srv.Calls()) != before {
			t.Errorf("%v, over before it began: %+v", to, *e)
		}
		if err := bot.Ready(f.Vitals(t.Context())); err != nil {
			t.Fatal(err)
		}
		remove := f.app.Fail("/cgi-bin/*/send", sandbox.Fault{Hang: true, AfterEffect: true})
		begun, cancel := context.WithCancel(t.Context())
		calls := len(f.app.Calls())
		done := make(chan error, 1)
		go func() {
			_, err := f.Send(begun, to, parts[0], "k")
			done <- err
		}()
		f.until(func() bool { return len(f.app.Calls()) > calls })
		cancel()
		select {
		case err := <-done:
			if e := sendError(t, err); e.Code != "cancelled" || e.Retry || !e.Unknown {
				t.Errorf("%v, over after it left: %+v", to, *e)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("Send did not return")
		}
		remove()
	}
}

// A picture that was not uploaded was not shown: the send can be tried again.
func TestSendUploadFails(t *testing.T) {
	t.Parallel()
	f := setup(t)
	image := bot.Body{Image: &bot.File{Data: picture(t, 8)}}
	for _, fault := range []sandbox.Fault{{HTTPStatus: 502}, {HTML: true}, {Truncate: true}, {ErrCode: -1}} {
		remove := f.app.Fail("/cgi-bin/media/upload", fault)
		_, err := f.say(user("zhangsan"), image, "k")
		if e := sendError(t, err); !e.Retry || e.Unknown {
			t.Errorf("%+v: %+v", fault, *e)
		}
		remove()
	}
	f.mustSay(user("zhangsan"), image, "k")
	if got := f.app.Messages("zhangsan"); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*sandbox.App){"expired": (*sandbox.App).ExpireToken, "revoked": (*sandbox.App).RevokeToken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.mustSay(user("zhangsan"), bot.Body{Text: "一"}, "k1")
			end(f.app)
			f.mustSay(user("zhangsan"), bot.Body{Text: "二"}, "k2")
			f.mustSay(user("zhangsan"), bot.Body{Text: "三"}, "k3")
			if tokens, sends := f.calls("/gettoken"), f.calls("/message/send"); tokens != 2 || sends != 4 {
				t.Errorf("%d tokens and %d sends, want 2 and 4", tokens, sends)
			}
			if diff := cmp.Diff([]string{"一", "二", "三"}, f.fromApp("zhangsan")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("refused for good", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.app.Fail("/cgi-bin/message/send", sandbox.Fault{ErrCode: 40014})
		_, err := f.say(user("zhangsan"), bot.Body{Text: "一"}, "k")
		if e := sendError(t, err); !e.Retry || e.Unknown || f.calls("/gettoken") != 2 || f.calls("/message/send") != 2 {
			t.Errorf("%+v, %d tokens, %d sends", *e, f.calls("/gettoken"), f.calls("/message/send"))
		}
	})
	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		const reps = 100
		for i := range reps {
			f.app.AddUser(sandbox.User{UserID: "rep" + strconv.Itoa(i)})
		}
		f.mustSay(user("zhangsan"), bot.Body{Text: "一"}, "k")
		f.app.ExpireToken()
		var wg sync.WaitGroup
		for i := range reps {
			wg.Go(func() {
				to := user("rep" + strconv.Itoa(i))
				if _, err := f.Send(t.Context(), to, bot.Part{Type: "text", Data: []byte(`{"content":"早"}`)}, "k"); err != nil {
					t.Errorf("%v: %v", to, err)
				}
			})
		}
		wg.Wait()
		if n := f.calls("/gettoken"); n != 2 {
			t.Errorf("%d fetches, want one before and one after", n)
		}
		for i := range reps {
			if got := f.fromApp("rep" + strconv.Itoa(i)); len(got) != 1 {
				t.Errorf("rep %d got %d messages", i, len(got))
			}
		}
	})
	t.Run("life", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ready := func(want int) {
			t.Helper()
			if err := bot.Ready(f.Vitals(t.Context())); err != nil {
				t.Fatal(err)
			}
			if n := f.calls("/gettoken"); n != want {
				t.Errorf("%d fetches, want %d", n, want)
			}
		}
		ready(1)
		f.clock.move(5699 * time.Second)
		ready(1)
		// From here on the API gives the same token with what is left of its life, 1499 s.
		f.clock.move(2 * time.Second)
		ready(2)
		f.clock.move(10 * time.Minute)
		ready(2)
		f.clock.move(10 * time.Minute)
		ready(3)
		f.clock.move(2 * time.Hour)
		ready(4)
	})
	t.Run("wrong secret", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		c := f.cfg
		c.Secret = "another"
		p := f.platform(c)
		tokens := func() int {
			n := 0
			for _, c := range f.srv.Calls() {
				if strings.HasSuffix(c.Path, "/gettoken") {
					n++
				}
			}
			return n
		}
		for range 5 {
			_, err := p.Send(t.Context(), user("zhangsan"), bot.Part{Type: "text", Data: []byte(`{"content":"早"}`)}, "k")
			if e := sendError(t, err); e.Code != "token_40001" || !e.Retry || e.Unknown || e.After < time.Minute {
				t.Errorf("%+v", *e)
			}
		}
		if n := tokens(); n != 1 {
			t.Errorf("asked %d times, want once: WeCom bans who guesses", n)
		}
		if bot.Ready(p.Vitals(t.Context())) == nil {
			t.Error("ready with a wrong secret")
		}
		f.clock.move(2 * time.Minute)
		if bot.Ready(p.Vitals(t.Context())) == nil || tokens() != 2 {
			t.Errorf("asked %d times, want a second time after a while", tokens())
		}
	})
	t.Run("broken", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		for _, fault := range []sandbox.Fault{{HTTPStatus: 500}, {HTML: true}, {Truncate: true}, {ErrCode: -1}} {
			remove := f.app.Fail("/cgi-bin/gettoken", fault)
			_, err := f.say(user("zhangsan"), bot.Body{Text: "早"}, "k")
			if e := sendError(t, err); !e.Retry || e.Unknown {
				t.Errorf("%+v: %+v", fault, *e)
			}
			remove()
		}
		f.mustSay(user("zhangsan"), bot.Body{Text: "早"}, "k")
	})
}

// Two apps of one corp in one process have a token each, on servers of their own too.
func TestSeveralApps(t *testing.T) {
	t.Parallel()
	f, g := setup(t), setup(t)
	other := f.srv.NewApp(sandbox.AppConfig{CorpID: f.cfg.CorpID, RootVisible: true})
	c := f.cfg
	c.AgentID, c.Secret = other.Config().AgentID, other.Config().Secret
	second := f.platform(c)
	for _, p := range []*wecom.Platform{f.Platform, second, g.Platform} {
		if _, err := p.Send(t.Context(), user("zhangsan"), bot.Part{Type: "text", Data: []byte(`{"content":"早"}`)}, "k"); err != nil {
			t.Error(err)
		}
	}
	for name, app := range map[string]*sandbox.App{"first": f.app, "second": other, "third": g.app} {
		if n := len(app.Messages("zhangsan")); n != 1 {
			t.Errorf("%s app said %d messages, want 1", name, n)
		}
	}
}

// No secret is in an error or a log, however a call fails.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	// A server that throws back everything it is asked with.
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","access_token":"canary-access","expires_in":7200}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"errcode":40058,"errmsg":%q}`, r.URL.String())
	}))
	t.Cleanup(echo.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + l.Addr().String()
	_ = l.Close()

	f := setup(t)
	secrets := []string{"canary-secret", "canary-token", "canary-access", "canary-robot-key", f.cfg.EncodingAESKey, "canary-text"}
	var seen []string
	try := func(c wecom.Config) {
		p, err := wecom.New(c, wecom.Options{Now: f.clock.now, Robots: map[string]string{"r": "canary-robot-key"}})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := p.Compose(user("zhangsan"), bot.Body{Card: &bot.Card{Title: "canary-text"}, Response: "canary-access"})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, bot.Part{Type: "text", Data: []byte(`{"content":"canary-text"}`)})
		for _, part := range parts {
			for _, to := range []bot.Address{user("zhangsan"), group("g"), {Platform: "wecom", Place: bot.ToRobot, ID: "r"}} {
				_, err := p.Send(t.Context(), to, part, "k")
				seen = append(seen, fmt.Sprintf("%v %+v", err, err))
			}
		}
		_, err = p.Fetch(t.Context(), "", bot.Media{Resource: "m"}, 100)
		seen = append(seen, fmt.Sprintf("%v %+v", err, err))
		_, err = p.MakeGroup(t.Context(), "k", "n", []string{"a", "b"})
		seen = append(seen, fmt.Sprintf("%v %+v", err, err), fmt.Sprint(p.Vitals(t.Context())), fmt.Sprintf("%v %+v", p.Check(t.Context()), c))
	}
	for _, fault := range []sandbox.Fault{
		{HTTPStatus: 500}, {HTTPStatus: 302}, {HTTPStatus: 404}, {HTML: true}, {Truncate: true}, {ErrCode: 40058, ErrMsg: "access_token=canary-access"},
	} {
		for _, path := range []string{"/cgi-bin/gettoken", "/cgi-bin/*/*"} {
			remove := f.app.Fail(path, fault)
			try(f.cfg)
			remove()
		}
	}
	for _, base := range []string{echo.URL, dead} {
		c := f.cfg
		c.BaseURL = base
		try(c)
	}
	seen = append(seen, f.log.String())
	if len(seen) < 50 {
		t.Fatalf("only %d texts", len(seen))
	}
	for _, s := range seen {
		for _, secret := range secrets {
			if strings.Contains(s, secret) {
				t.Errorf("%s is in %s", secret, s)
			}
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := offline(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Listen(ctx, &inlet{}) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("returned %v before its end", err)
		default:
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	a := offline(t).Abilities()
	if a.UpdateFor != 0 || a.ResendFor != 0 || a.HearsGroups {
		t.Errorf("%+v", a)
	}
	// The documented limits, beyond which WeCom drops without a word.
	for place, limit := range map[bot.Place]bot.Rate{bot.ToUser: {N: 30, Per: time.Minute}, bot.ToRobot: {N: 20, Per: time.Minute}, bot.ToGroup: {N: 200, Per: time.Minute}} {
		if !slices.ContainsFunc(a.Chat[place], func(r bot.Rate) bool { return r.Per == limit.Per && r.N < limit.N }) {
			t.Errorf("%s: %v is not below %v", place, a.Chat[place], limit)
		}
	}
	var none *bot.SendError
	if _, err := offline(t).Send(t.Context(), bot.Address{Platform: "feishu", Place: bot.ToUser, ID: "x"}, bot.Part{Type: "text"}, "k"); !errors.As(err, &none) || none.Retry {
		t.Errorf("another platform's address: %v", err)
	}
}
