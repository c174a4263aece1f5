package main_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/bot/wecom"
	"roundsman/geo"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/storage"
	"roundsman/storage/sqlite"
)

// at is when everything in the benchmarks happens.
var at = time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC)

// receiving is what stands between a platform and the store, without the network.
type receiving struct {
	store   storage.Store
	handler http.Handler
	// request makes the n-th location message, sealed as its platform does.
	request func(n int) *http.Request
}

// bare is the record that the n-th location message becomes, for the same insert without a platform before it.
func (r receiving) bare(b *testing.B, n int) storage.Event {
	m := bot.Message{
		Key: "bench:m:om_" + strconv.Itoa(n), Platform: "bench", ID: "om_" + strconv.Itoa(n), From: "ou_84aad35d084aa403a838cf73ee18467",
		Chat: bot.Address{Platform: "bench", Place: bot.ToUser, ID: "ou_84aad35d084aa403a838cf73ee18467"}, At: at, Received: at,
		Location: &bot.Location{Lat: "31.230416", Lng: "121.473701", Datum: geo.GCJ02, Name: "上海市黄浦区人民大道 185 号"},
	}
	payload, err := json.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	return storage.Event{Key: m.Key, At: at, Received: at, Next: at, Payload: payload}
}

func setupReceiving(b *testing.B, routes func(*http.ServeMux, bot.Inlet)) receiving {
	b.Helper()
	dir := b.TempDir()
	store, err := sqlite.Open(b.Context(), filepath.Join(dir, "r.db"), sqlite.Options{Serve: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	spool, err := bot.OpenSpool(filepath.Join(dir, "spool"))
	if err != nil {
		b.Fatal(err)
	}
	metrics := bot.NewMetrics(prometheus.NewRegistry())
	mux := http.NewServeMux()
	routes(mux, bot.NewIntake(store.Inbox(), spool, metrics, slog.New(slog.DiscardHandler), func(storage.Event) {}))
	b.Cleanup(func() {
		if n := spool.Len(); n > 0 {
			b.Errorf("%d events went to the spool", n)
		}
	})
	return receiving{store: store, handler: mux}
}

// onFeishu receives by webhook.
func onFeishu(b *testing.B) receiving {
	b.Helper()
	c := feishu.Config{Mode: feishu.Webhook, AppID: "cli_bench", AppSecret: "s", VerificationToken: "vt", EncryptKey: "ek"}
	p, err := feishu.New(c, feishu.Options{Now: func() time.Time { return at }})
	if err != nil {
		b.Fatal(err)
	}
	r := setupReceiving(b, p.Routes)
	r.request = func(n int) *http.Request {
		plain := fmt.Sprintf(`{"schema":"2.0","header":{"event_id":"e%d","token":"vt","create_time":"%d","event_type":"im.message.receive_v1",`+
			`"tenant_key":"t","app_id":"cli_bench"},"event":{"sender":{"sender_id":{"union_id":"on_8ed6aa67826108097d9ee143816345","user_id":"e33ggbyz",`+
			`"open_id":"ou_84aad35d084aa403a838cf73ee18467"},"sender_type":"user","tenant_key":"t"},"message":{"message_id":"om_%d","create_time":"%d",`+
			`"chat_id":"oc_5ce6d572455d361153b7xx51da133945","chat_type":"p2p","message_type":"location",`+
			`"content":"{\"name\":\"上海市黄浦区人民大道 185 号\",\"longitude\":\"121.473701\",\"latitude\":\"31.230416\"}"}}}`,
			n, at.UnixMilli(), n, at.UnixMilli())
		body := sealFeishu(b, c.EncryptKey, plain)
		timestamp, nonce := strconv.FormatInt(at.Unix(), 10), strconv.Itoa(n)
		sum := sha256.Sum256([]byte(timestamp + nonce + c.EncryptKey + body))
		req := httptest.NewRequest(http.MethodPost, "/feishu/events", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Lark-Request-Timestamp", timestamp)
		req.Header.Set("X-Lark-Request-Nonce", nonce)
		req.Header.Set("X-Lark-Signature", hex.EncodeToString(sum[:]))
		return req
	}
	return r
}

// sealFeishu encrypts an event: AES-256-CBC with sha256(key), the initial vector in front.
func sealFeishu(b *testing.B, key, plain string) string {
	b.Helper()
	k := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(k[:])
	if err != nil {
		b.Fatal(err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	data := append([]byte(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := bytes.Repeat([]byte{7}, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return `{"encrypt":"` + base64.StdEncoding.EncodeToString(append(iv, data...)) + `"}`
}

// onWeCom receives at the callback, what the emulator sealed.
func onWeCom(b *testing.B) receiving {
	b.Helper()
	platform := sandboxwecom.New(sandboxwecom.Options{Now: func() time.Time { return at }})
	b.Cleanup(platform.Close)
	app := platform.NewApp(sandboxwecom.AppConfig{})
	wc := app.Config()
	c := wecom.DefaultConfig()
	c.CorpID, c.AgentID, c.Secret, c.Token, c.EncodingAESKey = wc.CorpID, wc.AgentID, wc.Secret, wc.Token, wc.EncodingAESKey
	p, err := wecom.New(c, wecom.Options{Now: func() time.Time { return at }})
	if err != nil {
		b.Fatal(err)
	}
	r := setupReceiving(b, p.Routes)
	r.request = func(n int) *http.Request {
		e := app.Envelope(fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[zhangwei]]></FromUserName>"+
			"<CreateTime>%d</CreateTime><MsgType><![CDATA[location]]></MsgType><Location_X>31.230416</Location_X><Location_Y>121.473701</Location_Y>"+
			"<Scale>16</Scale><Label><![CDATA[上海市黄浦区人民大道 185 号]]></Label><MsgId>%d</MsgId><AgentID>%d</AgentID></xml>",
			wc.CorpID, at.Unix(), 7_000_000_000+n, wc.AgentID), sandboxwecom.EnvelopeOptions{})
		req := httptest.NewRequest(http.MethodPost, "/wecom/callback?"+e.Query.Encode(), bytes.NewReader(e.Body))
		req.Header.Set("Content-Type", "text/xml")
		return req
	}
	return r
}

var platforms = []struct {
	name  string
	setup func(*testing.B) receiving
}{{"feishu", onFeishu}, {"wecom", onWeCom}}

// kept ends a benchmark in which not every event was kept.
func (r receiving) kept(b *testing.B, want int) {
	b.Helper()
	waiting, dead, err := r.store.Inbox().Count(context.WithoutCancel(b.Context()), time.Now().AddDate(1, 0, 0))
	if err != nil || waiting != want || dead != 0 {
		b.Fatalf("%d events wait, %d are dead, %v; want %d", waiting, dead, err, want)
	}
}

func percentile(times []time.Duration, p float64) time.Duration {
	slices.Sort(times)
	return times[min(int(float64(len(times))*p), len(times)-1)]
}

// BenchmarkAcknowledge compares, turn by turn in one run, a signed and encrypted
// message through the adapter's handler into the store with the same insert
// alone. "ratio" is that of the medians; it should stay within 1.5.
func BenchmarkAcknowledge(b *testing.B) {
	for _, platform := range platforms {
		b.Run(platform.name, func(b *testing.B) {
			r := platform.setup(b)
			var whole, alone []time.Duration
			n := 0
			for b.Loop() {
				n++
				req, event, w := r.request(n), r.bare(b, n), httptest.NewRecorder()
				begin := time.Now()
				r.handler.ServeHTTP(w, req)
				whole = append(whole, time.Since(begin))
				if w.Code != http.StatusOK {
					b.Fatalf("HTTP %d", w.Code)
				}
				begin = time.Now()
				if fresh, err := r.store.Inbox().Accept(b.Context(), event); err != nil || !fresh {
					b.Fatal(fresh, err)
				}
				alone = append(alone, time.Since(begin))
			}
			r.kept(b, 2*n)
			a, c := percentile(whole, 0.5), percentile(alone, 0.5)
			b.ReportMetric(float64(a.Microseconds()), "µs-acknowledged")
			b.ReportMetric(float64(c.Microseconds()), "µs-insert")
			b.ReportMetric(float64(a)/float64(c), "ratio")
		})
	}
}

// BenchmarkBurst acknowledges messages 64 at once: at least 1,000 a second, p99
// under 500 ms.
func BenchmarkBurst(b *testing.B) {
	const atOnce = 64
	for _, platform := range platforms {
		b.Run(platform.name, func(b *testing.B) {
			r := platform.setup(b)
			requests := make([]*http.Request, b.N)
			for i := range requests {
				requests[i] = r.request(i)
			}
			times := make([]time.Duration, b.N)
			var next, refused atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range atOnce {
				wg.Go(func() {
					for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
						w := httptest.NewRecorder()
						begin := time.Now()
						r.handler.ServeHTTP(w, requests[i])
						times[i] = time.Since(begin)
						if w.Code != http.StatusOK {
							refused.Add(1)
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			if n := refused.Load(); n > 0 {
				b.Fatalf("%d of %d were not acknowledged", n, b.N)
			}
			r.kept(b, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(percentile(times, 0.99).Milliseconds()), "ms-p99")
		})
	}
}
