package wecom_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/silenceper/wechat/v2/util"

	"roundsman/sandbox/wecom"
)

func TestSetCallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		echo func(w http.ResponseWriter, plain []byte)
		ok   bool
	}{
		{"the decrypted echostr", func(w http.ResponseWriter, p []byte) { _, _ = w.Write(p) }, true},
		{"a newline after it", func(w http.ResponseWriter, p []byte) { _, _ = w.Write(append(p, '\n')) }, false},
		{"quotes around it", func(w http.ResponseWriter, p []byte) { _, _ = io.WriteString(w, strconv.Quote(string(p))) }, false},
		{"nothing", func(http.ResponseWriter, []byte) {}, false},
		{"a wrong status", func(w http.ResponseWriter, p []byte) { w.WriteHeader(http.StatusAccepted); _, _ = w.Write(p) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, wecom.AppConfig{})
			cb := newCallback(t, f.app)
			cb.echo = tt.echo
			err := f.app.SetCallback(cb.URL)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, wecom.ErrURLCheck) {
				t.Errorf("got %v", err)
			}
			if (f.app.Callback() != "") != tt.ok {
				t.Errorf("callback is %q", f.app.Callback())
			}
		})
	}

	t.Run("too slow", func(t *testing.T) {
		t.Parallel()
		f := setup(t, wecom.AppConfig{}, func(o *wecom.Options) { o.VerifyTimeout = 50 * time.Millisecond })
		block := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
		t.Cleanup(srv.Close)
		t.Cleanup(func() { close(block) })
		if err := f.app.SetCallback(srv.URL); !errors.Is(err, wecom.ErrURLCheck) {
			t.Errorf("got %v", err)
		}
		if d := f.app.Deliveries(); len(d) != 1 || !d[0].Timeout {
			t.Errorf("deliveries %+v", d)
		}
	})

	t.Run("nobody listens, no address", func(t *testing.T) {
		t.Parallel()
		f := setup(t, wecom.AppConfig{})
		for _, u := range []string{"http://127.0.0.1:1/x", "ftp://a", ":", "callback"} {
			if err := f.app.SetCallback(u); !errors.Is(err, wecom.ErrURLCheck) {
				t.Errorf("%s: got %v", u, err)
			}
		}
	})
}

// outline lists the elements of XML in order, with their depth.
func outline(t *testing.T, doc string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	var out []string
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			out = append(out, strings.Repeat(" ", depth)+e.Name.Local)
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWire compares what is pushed with the documents' examples.
func TestWire(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{LocationReport: true})
	cb := f.attach(nil)
	if r := f.call("/cgi-bin/menu/create", `{}`); r.code() != 41011 {
		t.Fatal(r)
	}
	menu := `{"button":[{"type":"click","name":"签到","key":"checkin"},{"name":"更多","sub_button":[{"type":"location_select","name":"位置","key":"where"}]}]}`
	if r := f.post("/cgi-bin/menu/create?access_token="+f.token+"&agentid=1000002", menu); r.code() != 0 {
		t.Fatal(r)
	}
	vote := `{"touser":"zhangsan","msgtype":"template_card","agentid":1000002,"template_card":{"card_type":"multiple_interaction","task_id":"t1",
		"main_title":{"title":"结果"},"submit_button":{"text":"提交","key":"send"},"select_list":[
		{"question_key":"q1","title":"一","option_list":[{"id":"a","text":"甲"},{"id":"b","text":"乙"}]},
		{"question_key":"q2","title":"二","option_list":[{"id":"c","text":"丙"},{"id":"d","text":"丁"}]}]}}`
	if r := f.call("/cgi-bin/message/send", vote); r.code() != 0 {
		t.Fatal(r)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		files []string
		act   func() error
		holds []string
	}{
		{"text", []string{"text"}, func() error { _, err := f.app.SendText("zhangsan", "在]]>吗\x00<&"); return err }, []string{"<CreateTime>1772413200</CreateTime>"}},
		{"location", []string{"location"}, func() error {
			_, err := f.app.SendLocation("zhangsan", "人民广场", 31.230416, 121.473701)
			return err
		}, []string{"<Location_X>31.230416</Location_X>", "<Location_Y>121.473701</Location_Y>"}},
		{"image", []string{"image"}, func() error { _, err := f.app.SendImage("zhangsan", picture(t)); return err }, nil},
		{"voice", []string{"voice"}, func() error { _, err := f.app.SendVoice("zhangsan", []byte("#!AMR\n....")); return err }, nil},
		{"enter", []string{"event_enter_agent", "event_location"}, func() error {
			_, err := f.app.EnterChat("zhangsan", 31.2, 121.4, 65)
			return err
		}, []string{"<Precision>65.000</Precision>"}},
		{"menu click", []string{"event_click"}, func() error { _, err := f.app.PressMenu("zhangsan", "checkin"); return err }, nil},
		{"menu location", []string{"event_location_select"}, func() error {
			_, err := f.app.PickLocation("zhangsan", "where", "外滩", 31.2, 121.4)
			return err
		}, nil},
		{"card", []string{"template_card_event"}, func() error {
			_, err := f.app.Submit("zhangsan", "t1", "send", map[string][]string{"q1": {"a", "b"}, "q2": {"c", "d"}})
			return err
		}, []string{"<TaskId><![CDATA[t1]]></TaskId>"}},
	} {
		before := len(cb.all())
		must(tt.act())
		f.wait(func() bool { return f.app.Pending() == 0 })
		got := cb.all()[before:]
		if len(got) != len(tt.files) {
			t.Fatalf("%s: %d pushes, want %d", tt.name, len(got), len(tt.files))
		}
		for i, g := range got {
			if g.Err != "" {
				t.Errorf("%s: %s", tt.name, g.Err)
			}
			if diff := cmp.Diff(outline(t, document(t, tt.files[i])), outline(t, g.XML)); diff != "" {
				t.Errorf("%s (-document +pushed)\n%s", tt.name, diff)
			}
			if diff := cmp.Diff(outline(t, document(t, "envelope")), outline(t, g.Body)); diff != "" {
				t.Errorf("envelope (-document +pushed)\n%s", diff)
			}
		}
		for _, h := range tt.holds {
			if !strings.Contains(got[len(got)-1].XML, h) {
				t.Errorf("%s: no %s in %s", tt.name, h, got[len(got)-1].XML)
			}
		}
	}
	var first struct {
		Content      string
		MsgId        int64
		ToUserName   string
		FromUserName string
		AgentID      int
	}
	must(xml.Unmarshal([]byte(cb.all()[0].XML), &first))
	if first.Content != "在]]>吗<&" || first.MsgId <= 0 || first.ToUserName != f.app.Corp().ID() || first.FromUserName != "zhangsan" || first.AgentID != 1000002 {
		t.Errorf("text %+v", first)
	}
	if q := cb.all()[0].Query; q.Get("x") != "1" {
		t.Errorf("the callback's own query is lost: %v", q)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	status := func(codes ...int) func(int, http.ResponseWriter, *http.Request, received) {
		return func(n int, w http.ResponseWriter, _ *http.Request, _ received) {
			w.WriteHeader(codes[min(n, len(codes))-1])
		}
	}
	for _, tt := range []struct {
		name     string
		policy   wecom.RetryPolicy
		verbatim bool
		answer   func(int, http.ResponseWriter, *http.Request, received)
		attempts int
		givenUp  bool
	}{
		{"success is sent once", wecom.RetryAnyFailure, false, nil, 1, false},
		{"500 is sent three times", wecom.RetryAnyFailure, false, status(500), 3, true},
		{"503 then 200 is sent twice", wecom.RetryAnyFailure, false, status(503, 200), 2, false},
		{"a redirect is a failure", wecom.RetryAnyFailure, false, status(302, 200), 2, false},
		{"500 is final when only timeouts are retried", wecom.RetryTimeout, false, status(500), 1, true},
		{"a timeout is retried under that policy", wecom.RetryTimeout, false, func(n int, _ http.ResponseWriter, r *http.Request, _ received) {
			if n < 3 {
				<-r.Context().Done()
			}
		}, 3, false},
		{"verbatim", wecom.RetryAnyFailure, true, status(500), 3, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, wecom.AppConfig{Retry: tt.policy, RetryVerbatim: tt.verbatim}, func(o *wecom.Options) {
				o.CallbackTimeout = 100 * time.Millisecond
				o.RetryDelays = []time.Duration{10 * time.Second, time.Minute}
			})
			cb := f.attach(tt.answer)
			m, err := f.app.SendText("zhangsan", "签到")
			if err != nil {
				t.Fatal(err)
			}
			for want := 1; want <= tt.attempts; want++ {
				f.wait(func() bool { return len(f.app.Deliveries()) == 1+want }) // the first is the URL check
				if want < tt.attempts && f.app.Pending() != 1 {
					t.Fatal("no retry is waiting")
				}
				f.clock.move(time.Minute)
				f.srv.Tick()
			}
			f.wait(func() bool { return f.app.Pending() == 0 })
			ds := f.app.Deliveries()[1:]
			got := cb.all()
			if len(ds) != tt.attempts || len(got) != tt.attempts {
				t.Fatalf("%d attempts, %d received, want %d", len(ds), len(got), tt.attempts)
			}
			for i, d := range ds {
				if strconv.FormatInt(d.MsgID, 10) != m.ID || d.Push != m.Push || d.Attempt != i+1 || d.Again != (i+1 < tt.attempts) {
					t.Errorf("attempt %d: %+v", i+1, d)
				}
				if got[i].Err != "" || got[i].XML != m.XML {
					t.Errorf("attempt %d: %s %s", i+1, got[i].Err, got[i].XML)
				}
				if same := got[i].Body == got[0].Body && got[i].Query.Encode() == got[0].Query.Encode(); i > 0 && same != tt.verbatim {
					t.Errorf("attempt %d is the same envelope: %v", i+1, same)
				}
			}
			if last := ds[len(ds)-1]; last.GivenUp != tt.givenUp {
				t.Errorf("given up: %v", last.GivenUp)
			}
		})
	}
}

func TestRetryWaitsForTheClock(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{}, func(o *wecom.Options) { o.RetryDelays = []time.Duration{time.Hour} })
	cb := f.attach(func(_ int, w http.ResponseWriter, _ *http.Request, _ received) { w.WriteHeader(500) })
	if _, err := f.app.SendText("zhangsan", "一"); err != nil {
		t.Fatal(err)
	}
	f.wait(func() bool { return len(cb.all()) == 1 && len(f.app.Deliveries()) == 2 })
	// Another member's message shows that the pusher looked without retrying.
	f.clock.move(59 * time.Minute)
	if _, err := f.app.SendText("lisi", "二"); err != nil {
		t.Fatal(err)
	}
	f.wait(func() bool { return len(f.app.Deliveries()) == 3 })
	if got := cb.all(); !strings.Contains(got[1].XML, "lisi") {
		t.Errorf("retried early: %s", got[1].XML)
	}
	f.clock.move(time.Minute)
	f.wait(func() bool {
		got := cb.all()
		return len(got) >= 3 && got[2].XML == got[0].XML
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()

	t.Run("one member's messages arrive in order", func(t *testing.T) {
		t.Parallel()
		f := setup(t, wecom.AppConfig{})
		cb := f.attach(nil)
		var want []string
		for i := range 20 {
			m, err := f.app.SendText("zhangsan", strconv.Itoa(i))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, m.XML)
		}
		f.wait(func() bool { return f.app.Pending() == 0 })
		var got []string
		for _, g := range cb.all() {
			got = append(got, g.XML)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("held and released out of order, and delivered again", func(t *testing.T) {
		t.Parallel()
		f := setup(t, wecom.AppConfig{})
		cb := f.attach(nil)
		f.app.Hold()
		var want []string
		var pushes []int64
		for i := range 8 {
			m, err := f.app.SendText("zhangsan", strconv.Itoa(i))
			if err != nil {
				t.Fatal(err)
			}
			want, pushes = append(want, m.XML), append(pushes, m.Push)
		}
		if n := len(cb.all()); n != 0 {
			t.Fatalf("%d arrived while held", n)
		}
		f.app.Release(true)
		f.wait(func() bool { return f.app.Pending() == 0 })
		var got []string
		for _, g := range cb.all() {
			got = append(got, g.XML)
		}
		if slices.Equal(want, got) {
			t.Error("not shuffled")
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if err := f.app.Redeliver(pushes[3]); err != nil {
			t.Fatal(err)
		}
		f.wait(func() bool { return len(cb.all()) == 9 && f.app.Pending() == 0 })
		if again := cb.all()[8].XML; !strings.Contains(again, "<![CDATA[3]]>") {
			t.Errorf("again: %s", again)
		}
		if err := f.app.Redeliver(999); err == nil {
			t.Error("an unknown push was delivered")
		}
	})
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cb := f.attach(nil)
	plain := []byte("<xml><MsgType><![CDATA[text]]></MsgType></xml>")
	for _, tt := range []struct {
		name string
		o    wecom.EnvelopeOptions
		want string // in the SDK's refusal
	}{
		{"good", wecom.EnvelopeOptions{}, ""},
		{"wrong signature", wecom.EnvelopeOptions{BreakSignature: true}, "signature"},
		{"wrong receive id", wecom.EnvelopeOptions{ReceiveID: "wwother"}, "APPID"},
		{"truncated by a block", wecom.EnvelopeOptions{Truncate: 16}, "block size"},
		{"truncated to nothing", wecom.EnvelopeOptions{Truncate: 1 << 20}, "too short"},
		{"another key", wecom.EnvelopeOptions{EncodingAESKey: strings.Repeat("A", 43)}, "解密失败"},
		{"stale, which only its timestamp shows", wecom.EnvelopeOptions{Timestamp: time.Unix(1, 0), Nonce: "n"}, ""},
	} {
		before := len(cb.all())
		status, body, err := f.app.Post(t.Context(), f.app.Envelope(plain, tt.o))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := cb.all()[before]
		if tt.want == "" && (got.Err != "" || status != 200) || !strings.Contains(got.Err, tt.want) {
			t.Errorf("%s: status %d %s: %q", tt.name, status, body, got.Err)
		}
		if tt.o.Nonce != "" && (got.Query.Get("timestamp") != "1" || got.Query.Get("nonce") != "n") {
			t.Errorf("%s: %v", tt.name, got.Query)
		}
	}
	if n := len(f.app.Deliveries()); n != 1 {
		t.Errorf("attacks were recorded as deliveries: %d", n)
	}
}

// sealReply makes a passive reply with the SDK's functions.
func sealReply(t *testing.T, cfg wecom.AppConfig, corp, inner string) string {
	t.Helper()
	enc, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(inner), corp, cfg.EncodingAESKey)
	if err != nil {
		t.Fatal(err)
	}
	return "<xml><Encrypt><![CDATA[" + string(enc) + "]]></Encrypt><MsgSignature><![CDATA[" +
		util.Signature(cfg.Token, "1772413200", "77", string(enc)) + "]]></MsgSignature><TimeStamp>1772413200</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>"
}

func TestPassiveReply(t *testing.T) {
	t.Parallel()
	const hello = "<xml><ToUserName><![CDATA[zhangsan]]></ToUserName><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[收到]]></Content></xml>"
	for _, tt := range []struct {
		name   string
		corp   string
		inner  string
		mangle func(string) string
		want   string // refusal; "" means shown
		text   string
	}{
		{"text", "", hello, nil, "", "收到"},
		{"wrong receive id", "wwother", hello, nil, "wrong receive id", ""},
		{"wrong signature", "", hello, func(s string) string { return strings.Replace(s, "<Nonce><![CDATA[77", "<Nonce><![CDATA[78", 1) }, "wrong signature", ""},
		{"not encrypted", "", hello, func(string) string { return hello }, "wrong signature", ""},
		{"not XML", "", hello, func(string) string { return "success" }, "not an XML envelope: EOF", ""},
		{"unknown type", "", "<xml><MsgType>dance</MsgType></xml>", nil, `unknown MsgType "dance"`, ""},
		{"dead media", "", "<xml><MsgType>image</MsgType><Image><MediaId>x</MediaId></Image></xml>", nil, "invalid media_id", ""},
		{"card update without a click", "", "<xml><MsgType>update_button</MsgType><Button><ReplaceName>好</ReplaceName></Button></xml>", nil, "a card update must answer a click on a card", ""},
		{"news", "", "<xml><MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>标题</Title><Description>描述</Description><Url>http://a</Url></item></Articles></xml>", nil, "", "标题\n描述"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, wecom.AppConfig{})
			cfg := f.app.Config()
			corp := cfg.CorpID
			if tt.corp != "" {
				corp = tt.corp
			}
			body := sealReply(t, cfg, corp, tt.inner)
			if tt.mangle != nil {
				body = tt.mangle(body)
			}
			f.attach(func(_ int, w http.ResponseWriter, _ *http.Request, _ received) { _, _ = io.WriteString(w, body) })
			if _, err := f.app.SendText("zhangsan", "签到"); err != nil {
				t.Fatal(err)
			}
			f.wait(func() bool { return f.app.Pending() == 0 })
			d := f.app.Deliveries()[1]
			if d.ReplyErr != tt.want {
				t.Errorf("refusal %q, want %q", d.ReplyErr, tt.want)
			}
			got := f.app.Messages("zhangsan")
			if tt.want != "" {
				if len(got) != 1 {
					t.Errorf("shown: %+v", got)
				}
				return
			}
			if len(got) != 2 || got[1].Text() != tt.text || !got[1].Passive || got[1].From != "" {
				t.Errorf("messages %+v", got)
			}
		})
	}
}

func TestPassiveCardUpdate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, inner, replaced, text string }{
		{"button", "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已确认</ReplaceName></Button></xml>", "已确认", "拜访确认\n[已确认]"},
		{"card", `<xml><MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>
			<MainTitle><Title>已完成</Title></MainTitle><HorizontalContentList><KeyName>客户</KeyName><Value>王记</Value></HorizontalContentList>
			<HorizontalContentList><KeyName>结果</KeyName><Value>订货</Value></HorizontalContentList>
			<ButtonList><Text>撤销</Text><Style>1</Style><Key>undo</Key></ButtonList><ReplaceText>完成</ReplaceText></TemplateCard></xml>`, "完成", "已完成\n客户 王记\n结果 订货\n[完成]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, wecom.AppConfig{})
			cfg := f.app.Config()
			f.attach(func(_ int, w http.ResponseWriter, _ *http.Request, _ received) {
				_, _ = io.WriteString(w, sealReply(t, cfg, cfg.CorpID, tt.inner))
			})
			if r := f.call("/cgi-bin/message/send", f.card("zhangsan|lisi", "task1", "yes")); r.code() != 0 {
				t.Fatal(r)
			}
			if _, err := f.app.Click("zhangsan", "task1", "yes"); err != nil {
				t.Fatal(err)
			}
			f.wait(func() bool { return f.app.Pending() == 0 })
			if d := f.app.Deliveries()[1]; d.ReplyErr != "" {
				t.Fatal(d.ReplyErr)
			}
			m := f.app.Messages("zhangsan")[0]
			if m.ReplacedBy != tt.replaced || m.Text() != tt.text || m.Revision != 1 || m.TaskID != "task1" {
				t.Errorf("%+v\n%s", m, m.Text())
			}
			if other := f.app.Messages("lisi")[0]; other.Revision != 0 {
				t.Errorf("the other member's card changed too: %+v", other)
			}
		})
	}
}

func TestMembersWhoCannotWrite(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	f.app.AddUser(wecom.User{UserID: "wangwu", Disabled: true})
	for _, who := range []string{"nobody", "wangwu"} {
		if _, err := f.app.SendText(who, "一"); err == nil {
			t.Errorf("%s could write", who)
		}
	}
	if _, err := f.app.SendLocation("zhangsan", "", 121, 31); err == nil {
		t.Error("a latitude of 121 was sent")
	}
	m, err := f.app.SendText("zhangsan", "一")
	if err != nil || m.Push != 0 || f.app.Pending() != 0 {
		t.Errorf("without a callback: %+v %v", m, err)
	}
}

func TestEnterChat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		cfg       wecom.AppConfig
		precision float64
		want      int
	}{
		{"reporting off", wecom.AppConfig{}, 30, 1},
		{"reporting on", wecom.AppConfig{LocationReport: true}, 30, 2},
		{"no fix", wecom.AppConfig{LocationReport: true}, -1, 1},
		{"enter events off", wecom.AppConfig{LocationReport: true, MuteEnter: true}, 30, 1},
	} {
		f := setup(t, tt.cfg)
		f.attach(nil)
		got, err := f.app.EnterChat("zhangsan", 31, 121, tt.precision)
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d pushes, want %d (%v)", tt.name, len(got), tt.want, err)
		}
	}
}

// TestOtherPushes covers the kinds a member sends rarely.
func TestOtherPushes(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cb := f.attach(nil)
	f.app.SetLocationReport(true)
	f.app.SetRetry(wecom.RetryTimeout, true)
	if c := f.app.Config(); !c.LocationReport || c.Retry != wecom.RetryTimeout || !c.RetryVerbatim {
		t.Errorf("%+v", c)
	}
	for _, tt := range []struct {
		name string
		act  func() error
		want string
	}{
		{"video", func() error { _, err := f.app.SendVideo("lisi", []byte("video"), picture(t)); return err }, "<ThumbMediaId>"},
		{"link", func() error { _, err := f.app.SendLink("lisi", "题", "文", "https://a", "https://b"); return err }, "<Url><![CDATA[https://a]]></Url>"},
		{"subscribe", func() error { _, err := f.app.Follow("lisi", true); return err }, "<Event><![CDATA[subscribe]]>"},
		{"unsubscribe", func() error { _, err := f.app.Follow("lisi", false); return err }, "<Event><![CDATA[unsubscribe]]>"},
		{"raw", func() error { f.app.PushRaw("<xml><MsgType>new</MsgType></xml>"); return nil }, "<xml><MsgType>new</MsgType></xml>"},
	} {
		before := len(cb.all())
		if err := tt.act(); err != nil {
			t.Fatal(err)
		}
		f.wait(func() bool { return f.app.Pending() == 0 })
		got := cb.all()[before:]
		if len(got) != 1 || got[0].Err != "" || !strings.Contains(got[0].XML, tt.want) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if err := f.app.SetCallback(""); err != nil || f.app.PushRaw("<xml/>") != 0 {
		t.Errorf("a push without a callback: %v", err)
	}
}
