package wecom

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"roundsman/geo"
)

// Config is the section wecom of the configuration. It hides its secrets when
// it is printed, logged or marshalled.
type Config struct {
	CorpID string `koanf:"corp_id"`
	// AgentID is the number of the self-built app.
	AgentID int    `koanf:"agent_id"`
	Secret  string `koanf:"secret"`
	// Token and EncodingAESKey (43 characters) are those of the app's
	// "receive messages" (接收消息) page.
	Token          string `koanf:"token"`
	EncodingAESKey string `koanf:"encoding_aes_key"`
	BaseURL        string `koanf:"base_url"`
	// MessageDatum is the system of location messages, EventDatum that of
	// LOCATION events. WeCom documents neither.
	MessageDatum geo.Datum `koanf:"message_datum"`
	EventDatum   geo.Datum `koanf:"event_datum"`
	// DomainVerification is the name and the content of the file by which WeCom
	// checks a trusted domain, with a space between them.
	DomainVerification string `koanf:"domain_verification"`
}

// DefaultConfig returns what holds where the configuration says nothing.
func DefaultConfig() Config {
	return Config{BaseURL: officialURL, MessageDatum: geo.GCJ02, EventDatum: geo.WGS84}
}

// Problem is one thing that is wrong with a [Config].
type Problem struct {
	Key, Reason, Example string
}

var (
	corpIDForm       = regexp.MustCompile(`^[0-9A-Za-z_-]{4,64}$`)
	verificationForm = regexp.MustCompile(`^(WW_verify_[0-9A-Za-z_-]{1,64}\.txt) ([0-9A-Za-z_-]{1,128})$`)
)

// Validate returns everything that is wrong, without the values of secrets.
func (c Config) Validate() []Problem {
	var out []Problem
	add := func(key, reason, example string) { out = append(out, Problem{"wecom." + key, reason, example}) }
	if !corpIDForm.MatchString(c.CorpID) {
		add("corp_id", "is not a corp id", "ww0123456789abcdef")
	}
	if c.AgentID <= 0 {
		add("agent_id", "is not the number of an app", "1000002")
	}
	if c.Secret == "" {
		add("secret", "is missing: it stands on the app's page in the admin console", "file:wecom.secret")
	}
	if c.Token == "" {
		add("token", "is missing: without it anybody could send messages in others' names", "${WECOM_TOKEN}")
	}
	if key, err := base64.StdEncoding.DecodeString(c.EncodingAESKey + "="); len(c.EncodingAESKey) != 43 || err != nil || len(key) != 32 {
		add("encoding_aes_key", "is not a key of 43 letters and digits", "${WECOM_AES_KEY}")
	}
	if _, err := parseBase(c.BaseURL); err != nil {
		add("base_url", err.Error(), officialURL)
	}
	for key, d := range map[string]geo.Datum{"event_datum": c.EventDatum, "message_datum": c.MessageDatum} {
		if _, err := geo.ParseDatum(string(d)); err != nil {
			add(key, "is not wgs84, gcj02, gcj02-always or bd09", "gcj02")
		}
	}
	if c.DomainVerification != "" && !verificationForm.MatchString(c.DomainVerification) {
		add("domain_verification", "is not the file's name and its content with a space between", "WW_verify_AbCd1234.txt AbCd1234")
	}
	return out
}

// verification returns the path and the content of the domain's proof, if there is one.
func (c Config) verification() (path, content string, ok bool) {
	m := verificationForm.FindStringSubmatch(c.DomainVerification)
	if m == nil {
		return "", "", false
	}
	return "/" + m[1], m[2], true
}

// parseBase reads the address of the API. The secret goes there, so plain HTTP
// is refused for the real one.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("is not an address")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || strings.HasSuffix(strings.ToLower(u.Hostname()), "weixin.qq.com")) {
		return nil, fmt.Errorf("does not begin with https://")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// RobotID returns the id that stands in addresses for a group robot's key,
// which is a secret: "wecom:robot/<id>".
func RobotID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:6])
}

// shown is a Config as it may be seen.
type shown struct {
	CorpID             string    `json:"corp_id"`
	AgentID            int       `json:"agent_id"`
	Secret             string    `json:"secret"`
	Token              string    `json:"token"`
	EncodingAESKey     string    `json:"encoding_aes_key"`
	BaseURL            string    `json:"base_url"`
	MessageDatum       geo.Datum `json:"message_datum"`
	EventDatum         geo.Datum `json:"event_datum"`
	DomainVerification string    `json:"domain_verification"`
}

func (c Config) shown() shown {
	hide := func(s string) string {
		if s == "" {
			return ""
		}
		return "***"
	}
	return shown{
		c.CorpID, c.AgentID, hide(c.Secret), hide(c.Token), hide(c.EncodingAESKey),
		c.BaseURL, c.MessageDatum, c.EventDatum, hide(c.DomainVerification),
	}
}

// String returns the configuration without secrets.
func (c Config) String() string { return fmt.Sprintf("%+v", c.shown()) }

// GoString is [Config.String].
func (c Config) GoString() string { return "wecom.Config" + c.String() }

// LogValue is the configuration without secrets.
func (c Config) LogValue() slog.Value { return slog.AnyValue(c.shown()) }

// MarshalJSON writes the configuration without secrets.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }
