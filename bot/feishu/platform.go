package feishu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// Name is the platform's name in addresses, the roster and the configuration.
const Name = "feishu"

// DefaultBodyLimit bounds the body of a webhook request, in bytes.
const DefaultBodyLimit = 256 << 10

// Options are what a Platform needs beside its configuration. The zero value works.
type Options struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what went wrong, without secrets and without what people wrote; nil discards it.
	Logger *slog.Logger
	// BodyLimit bounds the body of a webhook request, in bytes; 0 means DefaultBodyLimit.
	BodyLimit int64
	// Toast is shown to whoever taps a button once the tap is kept, and
	// ToastFailed when it could not be kept. Empty means Chinese defaults.
	Toast, ToastFailed string
	// Transport carries the calls; nil means one of this platform's own.
	Transport http.RoundTripper
}

// Platform is an app on Feishu. Its methods may be called from any goroutine.
type Platform struct {
	config    Config
	opts      Options
	now       func() time.Time
	log       *slog.Logger
	http      *http.Client
	sdk       *larkcore.Config
	im        *larkim.V1
	redact    *strings.Replacer
	tokens    *tokens
	tickets   tickets
	self      *self
	connected atomic.Bool // a WebSocket client is connected
}

var (
	_ bot.Platform    = (*Platform)(nil)
	_ bot.Updater     = (*Platform)(nil)
	_ bot.MediaSource = (*Platform)(nil)
	_ bot.Checker     = (*Platform)(nil)
)

// New returns the platform of a valid configuration. It makes no call.
func New(c Config, o Options) (*Platform, error) {
	c = c.withDefaults()
	if ps := c.Validate(); len(ps) > 0 {
		return nil, fmt.Errorf("feishu.%s %s", ps[0].Key, ps[0].Reason)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.Toast == "" {
		o.Toast = "已收到"
	}
	if o.ToastFailed == "" {
		o.ToastFailed = "暂时没有收到，请稍后再点一次"
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: callWithin,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       90 * time.Second,
		}
	}
	p := &Platform{config: c, opts: o, now: o.Now, redact: redactor(c)}
	p.log = o.Logger.With("platform", Name)
	p.http = &http.Client{
		Transport: o.Transport,
		// The API answers where it is asked; whatever points elsewhere is not it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	p.sdk = &larkcore.Config{
		BaseUrl: c.BaseURL, AppId: c.AppID, AppSecret: c.AppSecret, AppType: larkcore.AppTypeSelfBuilt,
		HttpClient: (*doer)(p), Logger: sdkLog{p}, LogLevel: larkcore.LogLevelWarn,
	}
	larkcore.NewSerialization(p.sdk)
	p.im = larkim.New(p.sdk)
	p.tokens = newTokens(p.fetchToken, o.Now)
	p.self = &self{fetch: p.fetchSelf}
	return p, nil
}

// Name returns [Name].
func (p *Platform) Name() string { return Name }

// Abilities returns Feishu's, each a little below the documented limit: 50 sends
// a second and 1000 a minute per app, 5 a second per user and per group, where a
// group's are shared by all bots in it; a card can be changed for 14 days; a uuid
// is sure for an hour.
func (p *Platform) Abilities() bot.Abilities {
	chat := []bot.Rate{{N: 4, Per: time.Second}}
	return bot.Abilities{
		UpdateFor:   14*24*time.Hour - time.Hour,
		ResendFor:   55 * time.Minute,
		HearsGroups: true,
		App:         []bot.Rate{{N: 45, Per: time.Second}, {N: 950, Per: time.Minute}},
		Chat:        map[bot.Place][]bot.Rate{bot.ToUser: chat, bot.ToGroup: chat},
	}
}

// Vitals looks at the token, which is asked for if need be, and in WebSocket mode at the connection.
func (p *Platform) Vitals(ctx context.Context) []bot.Vital {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	_, err := p.tokens.get(ctx)
	if err != nil {
		err = fmt.Errorf("feishu: no token: %w", err)
	}
	vitals := []bot.Vital{{Part: "token", Err: err}}
	if p.config.Mode == WebSocket {
		err = nil
		if !p.connected.Load() {
			err = errors.New("feishu: the WebSocket is not connected")
		}
		vitals = append(vitals, bot.Vital{Part: "websocket", Err: err})
	}
	return vitals
}
