package feishu

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"roundsman/geo"
)

// Mode is the way events come in.
type Mode string

// The modes.
const (
	// WebSocket needs no public address.
	WebSocket Mode = "websocket"
	// Webhook receives events at POST /feishu/events.
	Webhook Mode = "webhook"
)

// DefaultBaseURL is Feishu's open platform. Lark's is https://open.larksuite.com.
const DefaultBaseURL = "https://open.feishu.cn"

// Config is the section "feishu" of the configuration. It prints without its secrets.
type Config struct {
	// Mode is WebSocket if empty.
	Mode Mode `koanf:"mode"`
	// AppID and AppSecret are those of the app's 凭证与基础信息.
	AppID     string `koanf:"app_id"`
	AppSecret string `koanf:"app_secret"`
	// VerificationToken and EncryptKey are those of 事件与回调 / 加密策略; only the webhook needs them.
	VerificationToken string `koanf:"verification_token"`
	EncryptKey        string `koanf:"encrypt_key"`
	// BaseURL is DefaultBaseURL if empty.
	BaseURL string `koanf:"base_url"`
	// Datum is that of location messages, GCJ-02 if empty. Feishu does not document it.
	Datum geo.Datum `koanf:"datum"`
	// PageDatum is that of tt.getLocation on the check-in page, GCJ-02 if empty. Feishu does not document it.
	PageDatum geo.Datum `koanf:"page_datum"`
}

// Problem is one thing that is wrong with a Config. Key is the key within the
// section, Example what a right value looks like.
type Problem struct{ Key, Reason, Example string }

// Validate returns everything that is wrong, nil if nothing is.
func (c Config) Validate() []Problem {
	var out []Problem
	c = c.withDefaults()
	need := func(key, value, reason, example string) {
		if strings.TrimSpace(value) == "" {
			out = append(out, Problem{key, reason, example})
		}
	}
	need("app_id", c.AppID, "is missing; it is under 凭证与基础信息 in the developer console", "cli_a1b2c3d4e5f6g7h8")
	need("app_secret", c.AppSecret, "is missing; it is under 凭证与基础信息 in the developer console", "${FEISHU_APP_SECRET}")
	switch c.Mode {
	case WebSocket:
	case Webhook:
		// Without a key anybody could send events in anybody's name.
		need("encrypt_key", c.EncryptKey, "is needed in webhook mode: without it events are not authenticated; set one under 事件与回调 / 加密策略", "${FEISHU_ENCRYPT_KEY}")
		need("verification_token", c.VerificationToken, "is needed in webhook mode; it is under 事件与回调 / 加密策略", "${FEISHU_VERIFICATION_TOKEN}")
	default:
		out = append(out, Problem{"mode", "is neither websocket nor webhook", string(WebSocket)})
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.Trim(u.Path, "/") != "" {
		out = append(out, Problem{"base_url", "is not the address of a server", DefaultBaseURL})
	}
	if err == nil && u.Scheme == "http" && (strings.HasSuffix(u.Hostname(), "feishu.cn") || strings.HasSuffix(u.Hostname(), "larksuite.com")) {
		out = append(out, Problem{"base_url", "must be https: the secret goes there", DefaultBaseURL})
	}
	for key, d := range map[string]geo.Datum{"datum": c.Datum, "page_datum": c.PageDatum} {
		switch d {
		case geo.WGS84, geo.GCJ02, geo.GCJ02Always, geo.BD09:
		default:
			out = append(out, Problem{key, "is none of gcj02, gcj02-always, wgs84, bd09", string(geo.GCJ02)})
		}
	}
	return out
}

func (c Config) withDefaults() Config {
	if c.Mode == "" {
		c.Mode = WebSocket
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	if c.Datum == "" {
		c.Datum = geo.GCJ02
	}
	if c.PageDatum == "" {
		c.PageDatum = geo.GCJ02
	}
	return c
}

// shown is Config as it may be seen.
type shown struct {
	Mode              Mode      `json:"mode"`
	AppID             string    `json:"app_id"`
	AppSecret         string    `json:"app_secret"`
	VerificationToken string    `json:"verification_token"`
	EncryptKey        string    `json:"encrypt_key"`
	BaseURL           string    `json:"base_url"`
	Datum             geo.Datum `json:"datum"`
	PageDatum         geo.Datum `json:"page_datum"`
}

func (c Config) shown() shown {
	return shown{c.Mode, c.AppID, hide(c.AppSecret), hide(c.VerificationToken), hide(c.EncryptKey), c.BaseURL, c.Datum, c.PageDatum}
}

func hide(secret string) string {
	if secret == "" {
		return ""
	}
	return "[hidden]"
}

// String returns c without its secrets.
func (c Config) String() string { return fmt.Sprintf("%+v", c.shown()) }

// GoString returns c without its secrets.
func (c Config) GoString() string { return fmt.Sprintf("%#v", c.shown()) }

// LogValue logs c without its secrets.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes c without its secrets.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }
