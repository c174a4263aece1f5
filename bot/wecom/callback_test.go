package wecom_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/silenceper/wechat/v2/util"

	"roundsman/bot"
	"roundsman/bot/wecom"
	"roundsman/geo"
	sandbox "roundsman/sandbox/wecom"
)

func TestCallback(t *testing.T) {
	t.Parallel()
	f := setup(t)
	from := user("zhangsan")
	text, err := f.app.SendText("zhangsan", "今天 <!DOCTYPE x> ]]> & <b>")
	if err != nil {
		t.Fatal(err)
	}
	f.wait(1)
	location, err := f.app.SendLocation("zhangsan", "南京东路", 31.2357, 121.4751)
	if err != nil {
		t.Fatal(err)
	}
	f.wait(2)
	image, err := f.app.SendImage("zhangsan", picture(t, 8))
	if err != nil {
		t.Fatal(err)
	}
	f.wait(3)
	if _, err := f.app.EnterChat("zhangsan", 31.2, 121.4, 35); err != nil {
		t.Fatal(err)
	}
	got := f.wait(5)
	var media struct{ Resource string }
	if len(got[2].Media) == 1 {
		media.Resource = got[2].Media[0].Resource
	}
	at := strconv.FormatInt(start.Unix(), 10)
	base := bot.Message{Platform: "wecom", From: "zhangsan", Chat: from, At: start, Received: start}
	message := func(key, id string, change func(*bot.Message)) bot.Message {
		m := base
		m.Key, m.ID = key, id
		change(&m)
		return m
	}
	want := []bot.Message{
		message("wecom:m:"+text.ID, text.ID, func(m *bot.Message) { m.Text = "今天 <!DOCTYPE x> ]]> & <b>" }),
		message("wecom:m:"+location.ID, location.ID, func(m *bot.Message) {
			m.Location = &bot.Location{Lat: "31.235700", Lng: "121.475100", Datum: geo.GCJ02, Name: "南京东路"}
		}),
		message("wecom:m:"+image.ID, image.ID, func(m *bot.Message) { m.Media = []bot.Media{{Resource: media.Resource}} }),
		message("wecom:e:zhangsan:"+at+":enter_agent", "", func(m *bot.Message) { m.Notice = bot.NoticeEntered }),
		message("wecom:e:zhangsan:"+at+":LOCATION", "", func(m *bot.Message) {
			m.Location = &bot.Location{Lat: "31.200000", Lng: "121.400000", Datum: geo.WGS84, Accuracy: 35, Passive: true}
		}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for _, d := range f.app.Deliveries() {
		if d.Push > 0 && (d.Status != http.StatusOK || d.Reply != "" || d.ReplyErr != "") {
			t.Errorf("delivery: %+v", d)
		}
	}
}

func TestCallbackTap(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.mustSay(user("zhangsan"), bot.Body{Card: &bot.Card{Title: "确认", Buttons: []bot.Button{{Text: "是", Value: "sealed-1"}}}}, "0123456789abcdef")
	if _, err := f.app.Click("zhangsan", "0123456789abcdefa", "sealed-1"); err != nil {
		t.Fatal(err)
	}
	m := f.wait(1)[0]
	if m.Press == nil || m.Press.Value != "sealed-1" || m.Press.Message != "0123456789abcdefa" || m.Press.Response == "" {
		t.Errorf("press %+v", m.Press)
	}
	if prefix := fmt.Sprintf("wecom:e:zhangsan:%d:template_card_event:", start.Unix()); !strings.HasPrefix(m.Key, prefix) || len(m.Key) == len(prefix) {
		t.Errorf("key %q", m.Key)
	}
}

// What is delivered again has the same key, so that it is one event.
func TestCallbackDuplicate(t *testing.T) {
	t.Parallel()
	f := setup(t)
	m, err := f.app.SendText("zhangsan", "签到")
	if err != nil {
		t.Fatal(err)
	}
	pushes, err := f.app.EnterChat("zhangsan", 31.2, 121.4, 35)
	if err != nil {
		t.Fatal(err)
	}
	f.wait(3)
	f.clock.move(time.Minute)
	for _, id := range append(pushes, m.Push) {
		if err := f.app.Redeliver(id); err != nil {
			t.Fatal(err)
		}
	}
	keys := map[string]int{}
	for _, m := range f.wait(6) {
		keys[m.Key]++
	}
	if len(keys) != 3 {
		t.Errorf("keys %v, want three, twice each", keys)
	}
}

// What cannot be kept is not acknowledged, and comes again.
func TestCallbackNotKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.in.fail = 1
	if _, err := f.app.SendText("zhangsan", "签到"); err != nil {
		t.Fatal(err)
	}
	f.until(func() bool {
		d := f.app.Deliveries()
		return len(d) == 2 && d[1].Status == http.StatusServiceUnavailable
	})
	f.clock.move(5 * time.Second)
	f.srv.Tick()
	if m := f.wait(1)[0]; m.Text != "签到" {
		t.Errorf("got %q", m.Text)
	}
}

func TestCallbackRefuses(t *testing.T) {
	t.Parallel()
	good := document(t, "text.xml")
	type row struct {
		name, xml string
		options   sandbox.EnvelopeOptions
		change    func(*sandbox.Envelope)
		status    int
		reason    string
	}
	query := func(name, value string) func(*sandbox.Envelope) {
		return func(e *sandbox.Envelope) { e.Query.Set(name, value) }
	}
	rows := []row{
		{name: "good", status: 200},
		{name: "signature", options: sandbox.EnvelopeOptions{BreakSignature: true}, status: 401, reason: "bad_signature"},
		{name: "no signature", change: func(e *sandbox.Envelope) { e.Query.Del("msg_signature") }, status: 401, reason: "bad_signature"},
		{name: "two signatures", change: func(e *sandbox.Envelope) { e.Query.Add("msg_signature", "x") }, status: 401, reason: "bad_signature"},
		{name: "other nonce", change: query("nonce", "1"), status: 401, reason: "bad_signature"},
		{name: "receiver", options: sandbox.EnvelopeOptions{ReceiveID: "wwffffffffffffffff"}, status: 403, reason: "wrong_receiver"},
		{name: "key", options: sandbox.EnvelopeOptions{EncodingAESKey: strings.Repeat("A", 43)}, status: 400, reason: "malformed"},
		{name: "truncated", options: sandbox.EnvelopeOptions{Truncate: 32}, status: 400, reason: "malformed"},
		{name: "nothing left", options: sandbox.EnvelopeOptions{Truncate: 1 << 20}, status: 400, reason: "malformed"},
		{name: "eight hours old", options: sandbox.EnvelopeOptions{Timestamp: start.Add(-8 * time.Hour)}, status: 200},
		{name: "nine hours old", options: sandbox.EnvelopeOptions{Timestamp: start.Add(-9 * time.Hour)}, status: 401, reason: "stale"},
		{name: "ten minutes ahead", options: sandbox.EnvelopeOptions{Timestamp: start.Add(10 * time.Minute)}, status: 401, reason: "stale"},
		{name: "other app", xml: strings.Replace(good, "<AgentID>1<", "<AgentID>7<", 1), status: 403, reason: "wrong_app"},
		{name: "no xml", xml: "{}", status: 400, reason: "malformed"},
		{name: "empty", xml: "<xml></xml>", status: 200},
		{name: "no sender", xml: "<xml><MsgType>text</MsgType><MsgId>1</MsgId></xml>", status: 400, reason: "malformed"},
		{name: "two senders", xml: strings.Replace(good, "<MsgType>", "<FromUserName>boss</FromUserName><MsgType>", 1), status: 400, reason: "malformed"},
		{name: "two agents", xml: strings.Replace(good, "<AgentID>", "<AgentID>1</AgentID><AgentID>", 1), status: 400, reason: "malformed"},
		{name: "doctype", xml: `<!DOCTYPE xml [<!ENTITY a "b">]>` + good, status: 400, reason: "malformed"},
		{name: "external entity", xml: `<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><FromUserName>&a;</FromUserName></xml>`, status: 400, reason: "malformed"},
		{name: "comment", xml: strings.Replace(good, "<MsgType>", "<!-- --><MsgType>", 1), status: 400, reason: "malformed"},
		{name: "deep", xml: "<xml>" + strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40) + "</xml>", status: 400, reason: "malformed"},
		{name: "many", xml: "<xml>" + strings.Repeat("<a/>", 5000) + "</xml>", status: 400, reason: "malformed"},
		{name: "envelope with a doctype", change: func(e *sandbox.Envelope) { e.Body = append([]byte("<!DOCTYPE xml>"), e.Body...) }, status: 400, reason: "malformed"},
		{name: "two ciphertexts", change: func(e *sandbox.Envelope) {
			e.Body = bytes.Replace(e.Body, []byte("<Encrypt>"), []byte("<Encrypt>x</Encrypt><Encrypt>"), 1)
		}, status: 400, reason: "malformed"},
		{name: "no ciphertext", change: func(e *sandbox.Envelope) { e.Body = []byte("<xml/>") }, status: 400, reason: "malformed"},
		{name: "no body", change: func(e *sandbox.Envelope) { e.Body = nil }, status: 400, reason: "malformed"},
		{name: "too large", change: func(e *sandbox.Envelope) { e.Body = bytes.Repeat([]byte("a"), 1<<20+1) }, status: 413, reason: "too_large"},
	}
	f := setup(t, func(c *sandbox.AppConfig) { c.AgentID = 1 })
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			in := &inlet{}
			mux := http.NewServeMux()
			f.Routes(mux, in)
			if r.xml == "" {
				r.xml = good
			}
			e := f.app.Envelope([]byte(r.xml), r.options)
			if r.change != nil {
				r.change(&e)
			}
			w := httptest.NewRecorder()
			began := time.Now()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/wecom/callback?"+e.Query.Encode(), bytes.NewReader(e.Body)))
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
			if w.Code != r.status || w.Body.Len() > 0 {
				t.Errorf("status %d with %q, want %d and nothing", w.Code, w.Body, r.status)
			}
			want := r.reason
			if want != "" {
				want = "wecom " + want
			}
			if got := in.lastRefusal(); got != want {
				t.Errorf("refused as %q, want %q", got, want)
			}
			if r.status != http.StatusOK && len(in.messages()) > 0 {
				t.Errorf("kept %v", in.messages())
			}
		})
	}
}

// A signature over a timestamp that is no time is still none.
func TestCallbackTimestamp(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cipher, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte("hello"), f.cfg.CorpID, f.cfg.EncodingAESKey)
	if err != nil {
		t.Fatal(err)
	}
	now := strconv.FormatInt(start.Unix(), 10)
	for timestamp, want := range map[string]int{now: 200, "0": 401, "abc": 401, "-" + now: 401, "+" + now: 401, "999999999999999999999": 401, "": 401} {
		q := url.Values{"timestamp": {timestamp}, "nonce": {"n"}, "echostr": {string(cipher)}}
		q.Set("msg_signature", util.Signature(f.cfg.Token, timestamp, "n", string(cipher)))
		resp, err := http.Get(f.http.URL + "/wecom/callback?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := body(t, resp.Body); resp.StatusCode != want || want == 200 && got != "hello" {
			t.Errorf("timestamp %q: %d %q, want %d", timestamp, resp.StatusCode, got, want)
		}
	}
}

func TestCallbackMethods(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions} {
		req, err := http.NewRequest(method, f.http.URL+"/wecom/callback", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed || f.in.lastRefusal() != "wecom unsupported_method" {
			t.Errorf("%s: %d, refused as %q", method, resp.StatusCode, f.in.lastRefusal())
		}
	}
	req, err := http.NewRequest(http.MethodPost, f.http.URL+"/wecom/callback", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("gzip: %d", resp.StatusCode)
	}
}

func TestDomainVerification(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for path, want := range map[string]string{"/WW_verify_AbCd1234.txt": "AbCd1234", "/WW_verify_other.txt": "404 page not found\n"} {
		resp, err := http.Get(f.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := body(t, resp.Body); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// The payloads are those of WeCom's documents.
func TestDocuments(t *testing.T) {
	t.Parallel()
	f := setup(t, func(c *sandbox.AppConfig) { c.AgentID = 1 })
	f.clock.move(time.Unix(1351776400, 0).Sub(start))
	read := func(xml string) []bot.Message {
		in := &inlet{}
		mux := http.NewServeMux()
		f.Routes(mux, in)
		e := f.app.Envelope([]byte(xml), sandbox.EnvelopeOptions{})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/wecom/callback?"+e.Query.Encode(), bytes.NewReader(e.Body)))
		if w.Code != http.StatusOK {
			t.Fatalf("status %d for %s", w.Code, xml)
		}
		return in.messages()
	}
	now := f.clock.now()
	message := func(change func(*bot.Message)) []bot.Message {
		m := bot.Message{Platform: "wecom", From: "FromUser", Chat: user("FromUser"), At: now, Received: now}
		change(&m)
		return []bot.Message{m}
	}
	from := func(m *bot.Message) { m.From, m.Chat = "fromUser", user("fromUser") }
	id := func(m *bot.Message) { m.ID, m.Key = "1234567890123456", "wecom:m:1234567890123456" }
	want := map[string][]bot.Message{
		"text.xml": message(func(m *bot.Message) { from(m); id(m); m.Text = "this is a test" }),
		"location.xml": message(func(m *bot.Message) {
			from(m)
			id(m)
			m.At = time.Unix(1351776360, 0).UTC()
			m.Location = &bot.Location{Lat: "23.134", Lng: "113.358", Datum: geo.GCJ02, Name: "位置信息"}
		}),
		"image.xml": message(func(m *bot.Message) { from(m); id(m); m.Media = []bot.Media{{Resource: "media_id"}} }),
		"event_location.xml": message(func(m *bot.Message) {
			m.Key = "wecom:e:FromUser:123456789:LOCATION"
			m.Location = &bot.Location{Lat: "23.104", Lng: "113.320", Datum: geo.WGS84, Accuracy: 65, Passive: true}
		}),
		"event_enter_agent.xml": message(func(m *bot.Message) {
			m.Key, m.Notice = "wecom:e:FromUser:1408091189:enter_agent", bot.NoticeEntered
		}),
		"event_click.xml": message(func(m *bot.Message) {
			m.Key, m.Text = "wecom:e:FromUser:123456789:click:"+digest("EVENTKEY\x00"), "EVENTKEY"
		}),
		"template_card_event.xml": message(func(m *bot.Message) {
			m.Key = "wecom:e:FromUser:123456789:template_card_event:" + digest("key111\x00taskid111")
			m.Press = &bot.Press{Value: "key111", Message: "taskid111", Response: "ResponseCode"}
		}),
		"event_location_select.xml": nil,
		"voice.xml":                 nil,
	}
	for name, want := range want {
		got := read(document(t, name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What people can write is read, however odd.
func TestCallbackOddText(t *testing.T) {
	t.Parallel()
	f := setup(t, func(c *sandbox.AppConfig) { c.AgentID = 1 })
	xml := "<xml><FromUserName>zhangsan</FromUserName><CreateTime>99999999999999</CreateTime><MsgType>text</MsgType>" +
		"<Content><![CDATA[\xff\x00a\x0b\u202eb😀" + strings.Repeat("长", 50_000) + "]]></Content><MsgId>x</MsgId></xml>"
	f.app.PushRaw(xml)
	f.app.PushRaw(xml)
	got := f.wait(2)
	if !strings.HasPrefix(got[0].Text, "\uFFFDa\u202eb😀长") {
		t.Errorf("text %.40q", got[0].Text)
	}
	if !got[0].At.Equal(start) || !strings.HasPrefix(got[0].Key, "wecom:x:") || got[0].Key != got[1].Key || got[0].ID != "" {
		t.Errorf("at %v, keys %q and %q, id %q", got[0].At, got[0].Key, got[1].Key, got[0].ID)
	}
}

// digest is how keys shorten what may be long.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}

func FuzzCallback(f *testing.F) {
	for _, name := range []string{"text.xml", "location.xml", "image.xml", "event_location.xml", "template_card_event.xml", "envelope.xml"} {
		f.Add(document(f, name))
	}
	f.Add("<xml><FromUserName>a</FromUserName><MsgType>event</MsgType><Event>LOCATION</Event><Precision>NaN</Precision></xml>")
	cfg := wecom.DefaultConfig()
	cfg.CorpID, cfg.AgentID, cfg.Secret, cfg.Token = "ww0123456789abcdef", 1, "s", "t"
	cfg.EncodingAESKey = strings.Repeat("A", 43)
	p, err := wecom.New(cfg, wecom.Options{Now: func() time.Time { return start }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, xml string) {
		cipher, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(xml), cfg.CorpID, cfg.EncodingAESKey)
		if err != nil {
			t.Fatal(err)
		}
		now := strconv.FormatInt(start.Unix(), 10)
		q := url.Values{"timestamp": {now}, "nonce": {"n"}, "msg_signature": {util.Signature("t", now, "n", string(cipher))}}
		in := &inlet{}
		mux := http.NewServeMux()
		p.Routes(mux, in)
		for _, b := range []string{"<xml><Encrypt>" + string(cipher) + "</Encrypt></xml>", xml} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/wecom/callback?"+q.Encode(), strings.NewReader(b)))
			if (w.Code == http.StatusOK) != (len(in.refused) == 0) {
				t.Fatalf("status %d, refused %v", w.Code, in.refused)
			}
			in.refused = nil
		}
		for _, m := range in.kept {
			if m.Key == "" || len(m.Key) > 512 || m.From == "" || m.At.IsZero() || m.Location != nil && !(m.Location.Accuracy >= 0) {
				t.Fatalf("kept %+v", m)
			}
		}
	})
}
