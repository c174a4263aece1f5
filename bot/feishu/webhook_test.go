package feishu_test

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/geo"
)

// seal encrypts as Feishu documents it: AES-256-CBC with sha256 of the key, the
// initial vector in front.
func seal(key string, plain []byte) []byte {
	k := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err)
	}
	iv := []byte("0123456789abcdef")
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	buf := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(buf, buf)
	return []byte(js(map[string]string{"encrypt": base64.StdEncoding.EncodeToString(append(iv, buf...))}))
}

// signed makes the headers for a body.
func signed(key, timestamp string, body []byte) http.Header {
	sum := sha256.Sum256(append([]byte(timestamp+"nonce"+key), body...))
	return http.Header{
		"X-Lark-Request-Timestamp": {timestamp}, "X-Lark-Request-Nonce": {"nonce"}, "X-Lark-Signature": {hex.EncodeToString(sum[:])},
		"Content-Type": {"application/json"},
	}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// ask sends a request to the routes.
func ask(h http.Handler, method string, header http.Header, body io.Reader) (int, string) {
	r := httptest.NewRequest(method, "/feishu/events", body)
	r.Header = header
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// door is a platform in webhook mode without an emulator.
func door(t testing.TB, changes ...func(*feishu.Config, *feishu.Options)) (http.Handler, *inlet) {
	t.Helper()
	c := feishu.Config{
		Mode: feishu.Webhook, AppID: "cli_1", AppSecret: secret, VerificationToken: token, EncryptKey: key,
		BaseURL: "http://127.0.0.1:1", // nobody is there
	}
	o := feishu.Options{Now: func() time.Time { return start }}
	for _, f := range changes {
		f(&c, &o)
	}
	p, err := feishu.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	mux, in := http.NewServeMux(), &inlet{}
	p.Routes(mux, in)
	return mux, in
}

// event is a text message with the given parts replaced.
func event(edits ...string) []byte {
	s := `{"schema":"2.0","header":{"event_id":"e1","token":"` + token + `","create_time":"` + millis(start) + `","event_type":"im.message.receive_v1",` +
		`"tenant_key":"t1","app_id":"cli_1"},"event":{"sender":{"sender_id":{"open_id":"ou_1"},"sender_type":"user","tenant_key":"t1"},` +
		`"message":{"message_id":"om_1","create_time":"` + millis(start) + `","chat_id":"oc_1","chat_type":"p2p","message_type":"text",` +
		`"content":"{\"text\":\"今天\"}"}}}`
	return []byte(strings.NewReplacer(edits...).Replace(s))
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func TestDoor(t *testing.T) {
	t.Parallel()
	body := seal(key, event())
	with := func(h http.Header, name, value string) http.Header {
		h = h.Clone()
		if value == "" {
			h.Del(name)
		} else {
			h.Set(name, value)
		}
		return h
	}
	now := unix(start)
	good := signed(key, now, body)
	big := bytes.Repeat([]byte("a"), 256<<10+1)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(body)
	_ = z.Close()
	for _, c := range []struct {
		name   string
		method string
		header http.Header
		body   []byte
		status int
		reason string
	}{
		{"right", "POST", good, body, 200, ""},
		{"a GET", "GET", good, nil, 405, "unsupported_method"},
		{"a PUT", "PUT", good, body, 405, "unsupported_method"},
		{"compressed", "POST", with(signed(key, now, zipped.Bytes()), "Content-Encoding", "gzip"), zipped.Bytes(), 400, "malformed"},
		{"one byte too large", "POST", signed(key, now, big), big, 413, "too_large"},
		{"no signature", "POST", with(good, "X-Lark-Signature", ""), body, 401, "bad_signature"},
		{"no header at all", "POST", http.Header{}, body, 401, "bad_signature"},
		{"signed with another key", "POST", signed("other", now, body), body, 401, "bad_signature"},
		{"another body", "POST", good, append(bytes.Clone(body), ' '), 401, "bad_signature"},
		{"another nonce", "POST", with(good, "X-Lark-Request-Nonce", "x"), body, 401, "bad_signature"},
		{"a signature of half the length", "POST", with(good, "X-Lark-Signature", good.Get("X-Lark-Signature")[:32]), body, 401, "bad_signature"},
		{"7 h 59 min old", "POST", signed(key, unix(start.Add(-8*time.Hour+time.Minute)), body), body, 200, ""},
		{"9 h old", "POST", signed(key, unix(start.Add(-9*time.Hour)), body), body, 401, "stale"},
		{"4 min ahead", "POST", signed(key, unix(start.Add(4*time.Minute)), body), body, 200, ""},
		{"10 min ahead", "POST", signed(key, unix(start.Add(10*time.Minute)), body), body, 401, "stale"},
		{"time 0", "POST", signed(key, "0", body), body, 401, "stale"},
		{"time abc", "POST", signed(key, "abc", body), body, 401, "stale"},
		{"no time", "POST", signed(key, "", body), body, 401, "stale"},
		{"a time with digits of the nonce", "POST", signed(key, now+"0", body), body, 401, "stale"},
		{"not encrypted", "POST", signed(key, now, event()), event(), 400, "malformed"},
		{"not encrypted and not signed", "POST", http.Header{}, event(), 401, "bad_signature"},
		{"encrypted twice over in one object", "POST", nil, []byte(`{"encrypt":"","ENCRYPT":"x"}`), 400, "malformed"},
		{"empty", "POST", nil, nil, 400, "malformed"},
		{"not JSON", "POST", nil, []byte("<xml>"), 400, "malformed"},
		{"not base64", "POST", nil, []byte(`{"encrypt":"*"}`), 400, "malformed"},
		{"too short a cipher", "POST", nil, []byte(`{"encrypt":"AAAA"}`), 400, "malformed"},
		{"a cipher of another key", "POST", nil, seal("other", event()), 400, "malformed"},
		{"plain text whose braces are the wrong way round", "POST", nil, seal(key, []byte("}{")), 400, "malformed"},
		{"another token", "POST", nil, seal(key, event(token, "other")), 403, "wrong_token"},
		{"another app", "POST", nil, seal(key, event("cli_1", "cli_2")), 403, "wrong_app"},
		{"two tokens", "POST", nil, seal(key, event(`"app_id"`, `"TOKEN":"x","app_id"`)), 400, "malformed"},
		{"deeper than 32", "POST", nil, seal(key, []byte(strings.Repeat(`{"a":`, 40)+"1"+strings.Repeat("}", 40))), 400, "malformed"},
		{"an older event with the token", "POST", nil, seal(key, []byte(`{"uuid":"1","type":"event_callback","token":"`+token+`","event":{"type":"p2p_chat_create"}}`)), 200, ""},
		{"an older event without it", "POST", nil, seal(key, []byte(`{"uuid":"1","type":"event_callback","event":{"type":"p2p_chat_create"}}`)), 403, "wrong_token"},
		{"an unknown type", "POST", nil, seal(key, event("im.message.receive_v1", "x.y_v9")), 200, "unknown_event"},
		{"a message without a body", "POST", nil, seal(key, event(`"event":{`, `"event":{},"x":{`)), 400, "malformed"},
		{"an event that is null", "POST", nil, seal(key, event(`"event":{`, `"event":null,"x":{`)), 400, "malformed"},
		{"an event that is a list", "POST", nil, seal(key, event(`"event":{`, `"event":[],"x":{`)), 400, "malformed"},
		{"a message id with a slash", "POST", nil, seal(key, event("om_1", "../om")), 400, "malformed"},
		{"a sender without an id", "POST", nil, seal(key, event("ou_1", "")), 400, "malformed"},
		{"an unknown kind of chat", "POST", nil, seal(key, event("p2p", "moon")), 400, "malformed"},
		{"content that is not JSON", "POST", nil, seal(key, event(`{\"text\":\"今天\"}`, "x")), 400, "malformed"},
		{"a bot's message", "POST", nil, seal(key, event(`"sender_type":"user"`, `"sender_type":"app"`)), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, in := door(t)
			if c.header == nil {
				c.header = signed(key, now, c.body)
			}
			status, got := ask(h, c.method, c.header, bytes.NewReader(c.body))
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			want := ""
			if c.status == 200 {
				want = `{"msg":"success"}`
			}
			if got != want {
				t.Errorf("body %q, want %q", got, want)
			}
			var reasons []string
			if c.reason != "" {
				reasons = []string{"feishu/" + c.reason}
			}
			if !slices.Equal(in.reasons(), reasons) {
				t.Errorf("refused %v, want %v", in.reasons(), reasons)
			}
			if c.status != 200 && len(in.all()) > 0 {
				t.Error("a refused event was taken")
			}
		})
	}

	t.Run("an endless body is cut off", func(t *testing.T) {
		t.Parallel()
		h, in := door(t)
		read := 0
		endless := readFunc(func(p []byte) (int, error) {
			read += len(p)
			return len(p), nil
		})
		if status, _ := ask(h, "POST", good, io.NopCloser(endless)); status != 413 {
			t.Errorf("status %d", status)
		}
		if read > 2*256<<10 {
			t.Errorf("%d bytes were read", read)
		}
		if !slices.Equal(in.reasons(), []string{"feishu/too_large"}) {
			t.Errorf("refused %v", in.reasons())
		}
	})

	t.Run("what could not be accepted is answered 503", func(t *testing.T) {
		t.Parallel()
		h, in := door(t)
		in.setFail(errors.New("the store is away"))
		if status, got := ask(h, "POST", good, bytes.NewReader(body)); status != 503 || got != "" {
			t.Errorf("%d %q", status, got)
		}
	})

	t.Run("a replay within the time is the same key", func(t *testing.T) {
		t.Parallel()
		h, in := door(t)
		for range 2 {
			if status, _ := ask(h, "POST", good, bytes.NewReader(body)); status != 200 {
				t.Errorf("status %d", status)
			}
		}
		if got := in.all(); len(got) != 2 || got[0].Key != got[1].Key {
			t.Errorf("%+v", got)
		}
	})

	t.Run("not mounted in WebSocket mode", func(t *testing.T) {
		t.Parallel()
		h, _ := door(t, func(c *feishu.Config, _ *feishu.Options) { c.Mode = feishu.WebSocket })
		if status, _ := ask(h, "POST", good, bytes.NewReader(body)); status != 404 {
			t.Errorf("status %d", status)
		}
	})

	t.Run("who is mentioned in a group must be known, else it comes again", func(t *testing.T) {
		t.Parallel()
		h, in := door(t)
		b := seal(key, event("p2p", "group", `"message_type"`, `"mentions":[{"key":"@_user_1","id":{"open_id":"ou_2"},"name":"x"}],"message_type"`))
		if status, _ := ask(h, "POST", signed(key, now, b), bytes.NewReader(b)); status != 503 {
			t.Errorf("status %d", status)
		}
		b = seal(key, event(`"message_type"`, `"mentions":[{"key":"@_user_1","id":{"open_id":"ou_2"},"name":"x"}],"message_type"`, "今天", "@_user_1 今天"))
		if status, _ := ask(h, "POST", signed(key, now, b), bytes.NewReader(b)); status != 200 || in.all()[0].Text != "@x 今天" {
			t.Errorf("in a direct chat: status %d, %+v", status, in.all())
		}
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestChallenge(t *testing.T) {
	t.Parallel()
	h, in := door(t)
	for _, challenge := range []string{"abc", `"},"x":"`, "a\nb\u2028<script>", ""} {
		plain := []byte(js(map[string]string{"challenge": challenge, "token": token, "type": "url_verification"}))
		body := seal(key, plain)
		for name, header := range map[string]http.Header{"signed": signed(key, unix(start), body), "unsigned": {}} {
			status, got := ask(h, "POST", header, bytes.NewReader(body))
			var out map[string]string
			if err := json.Unmarshal([]byte(got), &out); status != 200 || err != nil {
				t.Fatalf("%s %q: %d %q", name, challenge, status, got)
			}
			if d := cmp.Diff(map[string]string{"challenge": challenge}, out); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
	for name, plain := range map[string]string{
		"another token": `{"challenge":"x","token":"y","type":"url_verification"}`,
		"no token":      `{"challenge":"x","type":"url_verification"}`,
	} {
		body := seal(key, []byte(plain))
		if status, got := ask(h, "POST", signed(key, unix(start), body), bytes.NewReader(body)); status != 403 || got != "" {
			t.Errorf("%s: %d %q", name, status, got)
		}
	}
	if got := in.reasons(); !slices.Equal(got, []string{"feishu/wrong_token", "feishu/wrong_token"}) {
		t.Errorf("refused %v", got)
	}
	plain := []byte(`{"challenge":"x","token":"` + token + `","type":"url_verification"}`)
	if status, _ := ask(h, "POST", http.Header{}, bytes.NewReader(plain)); status != 401 {
		t.Errorf("not encrypted: %d", status)
	}
}

// The payloads are those of Feishu's documents, which the emulator's tests read too.
func TestDocumentedEvents(t *testing.T) {
	t.Parallel()
	const from = "ou_84aad35d084aa403a838cf73ee18467"
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	received := at(1609073151345).Add(time.Second)
	message := func(m bot.Message) bot.Message {
		m.Key, m.ID = "feishu:m:om_5ce6d572455d361153b7cb51da133945", "om_5ce6d572455d361153b7cb51da133945"
		m.From, m.At = from, at(1609073151345)
		if m.Chat == (bot.Address{}) {
			m.Chat = bot.Address{Platform: "feishu", Place: bot.ToUser, ID: from}
		}
		return m
	}
	group := func(id string) bot.Address { return bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: id} }
	for _, c := range []struct {
		file string
		app  string
		now  time.Time
		want *bot.Message
	}{
		{"text", "cli_9f5343c580712544", received, new(message(bot.Message{Text: "今天"}))},
		{"location", "cli_9f5343c580712544", received, new(message(bot.Message{Location: &bot.Location{
			Lat: "30.274444", Lng: "120.131313", Datum: geo.BD09, Name: "浙江省杭州市西湖区文三路 90 号",
		}}))},
		{"image", "cli_9f5343c580712544", received, new(message(bot.Message{Media: []bot.Media{{Resource: "img_v2_0c2a4b1d-7d3b-4d4e-9d5f-0b6f9f1c2e3g"}}}))},
		{"post", "cli_9f5343c580712544", received, new(message(bot.Message{
			Text: "门头照", Media: []bot.Media{{Resource: "img_v2_0c2a4b1d-7d3b-4d4e-9d5f-0b6f9f1c2e3g"}},
		}))},
		{"file", "cli_9f5343c580712544", received, new(message(bot.Message{Media: []bot.Media{{
			Resource: "file_v2_75235e0c-4f92-430a-a99b-8446610223cg", File: true, Document: true, Name: "对账单.pdf",
		}}}))},
		{"bot_added", "cli_9f5343c580712544", at(1608725989000), &bot.Message{
			Key: "feishu:e:5e3702a84e847582be8db7fb73283c02", From: from, Chat: group("oc_413d6b3f4a8f2a6b1c5d1cb1a4ab1b2a"),
			At: at(1608725989000), Notice: bot.NoticeJoined,
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			h, in := door(t, func(fc *feishu.Config, o *feishu.Options) {
				fc.AppID, fc.VerificationToken, fc.Datum = c.app, "rvaYgkND1GOiu5MM0E1rncYC6PLtF7JV", geo.BD09
				o.Now = func() time.Time { return c.now }
			})
			plain, err := os.ReadFile("../../sandbox/feishu/testdata/" + c.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			body := seal(key, plain)
			if status, _ := ask(h, "POST", signed(key, unix(c.now), body), bytes.NewReader(body)); status != 200 {
				t.Fatalf("status %d, refused %v", status, in.reasons())
			}
			c.want.Platform, c.want.Received = "feishu", c.now
			if d := cmp.Diff([]bot.Message{*c.want}, in.accepted); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}

	t.Run("a card callback counts in microseconds", func(t *testing.T) {
		t.Parallel()
		h, in := door(t, func(fc *feishu.Config, o *feishu.Options) {
			fc.AppID, fc.VerificationToken = "cli_a5fb0ae6a4f10123", "066zT6pS4QCbgj5Do145GfDbbagCHGgF"
			o.Now = func() time.Time { return at(1603977298000).Add(time.Second) }
		})
		plain, err := os.ReadFile("../../sandbox/feishu/testdata/card_action.json")
		if err != nil {
			t.Fatal(err)
		}
		plain = bytes.Replace(plain, []byte(`"action": "confirm",`), []byte(`"v": "sealed",`), 1)
		body := seal(key, plain)
		status, got := ask(h, "POST", signed(key, unix(at(1603977298000)), body), bytes.NewReader(body))
		if status != 200 || got != `{"toast":{"type":"info","content":"已收到"}}` {
			t.Errorf("%d %s", status, got)
		}
		const who = "ou_3c14f3a59eaf2825dbe25359f15a1b2c"
		want := []bot.Message{{
			Key: "feishu:e:f7984f25108f8137722bb63cee927e66", Platform: "feishu", From: who,
			Chat: bot.Address{Platform: "feishu", Place: bot.ToUser, ID: who},
			At:   at(1603977298000), Received: at(1603977298000).Add(time.Second),
			Press: &bot.Press{Value: "sealed", Message: "om_574d639e4a44e4dd646eaf628e2a1b2c"},
		}}
		if d := cmp.Diff(want, in.kept); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, content string
		status              int
		want                bot.Message
	}{
		{
			"coordinates as numbers keep their digits", "location", `{"name":"x","longitude":120.1300,"latitude":30.20}`, 200,
			bot.Message{Location: &bot.Location{Lat: "30.20", Lng: "120.1300", Name: "x"}},
		},
		{
			"coordinates that are no numbers are passed as they are", "location", `{"name":"","longitude":"NaN","latitude":"1e999"}`, 200,
			bot.Message{Location: &bot.Location{Lat: "1e999", Lng: "NaN"}},
		},
		{"coordinates of another kind are empty", "location", `{"longitude":null,"latitude":{"a":1}}`, 200, bot.Message{Location: &bot.Location{}}},
		{"latitude twice", "location", `{"latitude":"1","longitude":"2","LATITUDE":"3"}`, 400, bot.Message{}},
		{"ten mentions do not mix up", "text", `{"text":"@_user_10 @_user_1@_all x"}`, 200, bot.Message{Text: "@_user_10 @_user_1@all x"}},
		{"a text that is no string", "text", `{"text":1}`, 400, bot.Message{}},
		{"an image without a key", "image", `{}`, 400, bot.Message{}},
		{"an image with a path for a key", "image", `{"image_key":"../../x"}`, 400, bot.Message{}},
		{
			"a post with everything", "post", `{"title":"标题","content":[[{"tag":"text","text":"a "},{"tag":"a","href":"http://evil","text":"b"}],[{"tag":"img","image_key":"img_1"},` +
				`{"tag":"media","file_key":"f"}],[{"tag":"at","user_id":"ou_9","user_name":"李娜"},{"tag":"emotion"}],[]]}`, 200,
			bot.Message{Text: "标题\na b\n\n@李娜", Media: []bot.Media{{Resource: "img_1"}}},
		},
		{"a post whose content is a text", "post", `{"title":"x","content":"y"}`, 400, bot.Message{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, in := door(t)
			body := seal(key, event(`"message_type":"text"`, `"message_type":"`+c.kind+`"`, `"{\"text\":\"今天\"}"`, js(c.content)))
			status, _ := ask(h, "POST", signed(key, unix(start), body), bytes.NewReader(body))
			if status != c.status {
				t.Fatalf("status %d", status)
			}
			if status != 200 {
				return
			}
			if c.want.Location != nil {
				c.want.Location.Datum = geo.GCJ02
			}
			got := in.accepted[0]
			if d := cmp.Diff(c.want, bot.Message{Text: got.Text, Location: got.Location, Media: got.Media}); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestBusinessTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        time.Time
	}{
		{"of the message", millis(start.Add(-time.Hour)), start.Add(-time.Hour)},
		{"seven hours late", millis(start.Add(-7 * time.Hour)), start.Add(-7 * time.Hour)},
		{"7 days old", millis(start.Add(-7 * 24 * time.Hour)), start.Add(-7 * 24 * time.Hour)},
		{"9 days old", millis(start.Add(-9 * 24 * time.Hour)), start},
		{"4 minutes ahead", millis(start.Add(4 * time.Minute)), start.Add(4 * time.Minute)},
		{"6 minutes ahead", millis(start.Add(6 * time.Minute)), start},
		{"zero", "0", start},
		{"negative", "-1", start},
		{"none", "", start},
		{"no number", "abc", start},
		{"beyond all numbers", "99999999999999999999", start},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, in := door(t)
			body := seal(key, event(`"create_time":"`+millis(start)+`"`, `"create_time":"`+c.value+`"`))
			if status, _ := ask(h, "POST", signed(key, unix(start), body), bytes.NewReader(body)); status != 200 {
				t.Fatalf("status %d", status)
			}
			if got := in.accepted[0]; !got.At.Equal(c.want) || !got.Received.Equal(start) {
				t.Errorf("at %v, received %v", got.At, got.Received)
			}
		})
	}
}

var theirs = regexp.MustCompile(`"(token|app_id)": "[^"]*"`)

// ours gives a documented event our token and app.
func ours(plain []byte) []byte {
	return theirs.ReplaceAllFunc(plain, func(found []byte) []byte {
		if bytes.HasPrefix(found, []byte(`"token": "c-`)) {
			return found
		}
		if bytes.HasPrefix(found, []byte(`"token"`)) {
			return []byte(`"token": "` + token + `"`)
		}
		return []byte(`"app_id": "cli_1"`)
	})
}

// FuzzEvent sends any plain text through the door, signed: it must not panic, and
// what it takes has a key, a chat and a time.
func FuzzEvent(f *testing.F) {
	f.Add(event())
	files, err := os.ReadDir("../../sandbox/feishu/testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if data, err := os.ReadFile("../../sandbox/feishu/testdata/" + file.Name()); err == nil {
			f.Add(ours(data))
		}
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		h, in := door(t)
		body := seal(key, plain)
		status, _ := ask(h, "POST", signed(key, unix(start), body), bytes.NewReader(body))
		if !slices.Contains([]int{200, 400, 403, 413, 503}, status) {
			t.Errorf("status %d", status)
		}
		for _, m := range in.all() {
			if !strings.HasPrefix(m.Key, "feishu:") || m.At.IsZero() || m.From == "" && m.Notice != bot.NoticeJoined || m.Chat.ID == "" {
				t.Errorf("%+v", m)
			}
			if _, err := bot.ParseAddress(m.Chat.String()); err != nil {
				t.Errorf("%+v: %v", m, err)
			}
		}
	})
}

// What is signed well and sealed badly is turned away, whatever its bytes are.
func FuzzSealed(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), true)
	f.Add(make([]byte, 31), true)
	f.Add(make([]byte, 48), true)
	f.Add([]byte(`{"encrypt":1}`), false)
	f.Fuzz(func(t *testing.T, sealed []byte, wrap bool) {
		h, in := door(t)
		body := sealed
		if wrap {
			body = fmt.Appendf(nil, `{"encrypt":%q}`, base64.StdEncoding.EncodeToString(sealed))
		}
		status, _ := ask(h, "POST", signed(key, unix(start), body), bytes.NewReader(body))
		if status == http.StatusOK || status >= 500 {
			t.Errorf("status %d", status)
		}
		if n := len(in.all()); n != 0 {
			t.Errorf("%d events were let in", n)
		}
	})
}
