package feishu

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"roundsman/bot"
)

// redactor replaces the secrets of a configuration.
func redactor(c Config) *strings.Replacer {
	var pairs []string
	for _, s := range []string{c.AppSecret, c.EncryptKey, c.VerificationToken} {
		if s != "" {
			pairs = append(pairs, s, "[hidden]")
		}
	}
	return strings.NewReplacer(pairs...)
}

var (
	// The address of a WebSocket carries a ticket in its query.
	queries = regexp.MustCompile(`\?[^\s"']*`)
	bearers = regexp.MustCompile(`\b[tua]-[A-Za-z0-9._-]{8,}`)
)

// maxLogged bounds what is logged of others' texts, in bytes.
const maxLogged = 300

// safe returns s without secrets, tokens and queries of addresses, in one line.
func (p *Platform) safe(s string) string {
	s = p.redact.Replace(s)
	s = bearers.ReplaceAllString(queries.ReplaceAllString(s, "?…"), "[hidden]")
	return bot.CutBytes(strings.ReplaceAll(bot.Clean(s, maxLogged), "\n", " "), maxLogged)
}

// sdkLog passes the SDK's warnings and errors on. What it says below that is whole
// requests and events.
type sdkLog struct{ p *Platform }

func (sdkLog) Debug(context.Context, ...any) {}
func (sdkLog) Info(context.Context, ...any)  {}

func (l sdkLog) Warn(_ context.Context, args ...any)  { l.say(args) }
func (l sdkLog) Error(_ context.Context, args ...any) { l.say(args) }

// say logs both as warnings: the SDK calls an error what it then repairs itself.
func (l sdkLog) say(args []any) {
	l.p.log.Warn("the SDK says", "text", l.p.safe(fmt.Sprint(args...)))
}
