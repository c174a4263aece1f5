package wecom

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"roundsman/bot"
)

const (
	callbackPath = "/wecom/callback"
	// oldest and newest bound the age of a signature. WeCom's retries come
	// within seconds; whether they are signed anew is not documented, and the
	// durable key of what arrives stops replays anyway.
	oldest = 8 * time.Hour
	newest = 5 * time.Minute
	// maxParam bounds the parameters beside the signature, in bytes.
	maxParam = 128
)

// callback is the address that WeCom sends to: GET to check it, POST for
// everything that happens.
type callback struct {
	*Platform
	in bot.Inlet
}

// refusal is why a request is turned away: the status, and the word that is counted.
type refusal struct {
	status int
	reason string
}

var (
	errMethod    = &refusal{http.StatusMethodNotAllowed, "unsupported_method"}
	errTooLarge  = &refusal{http.StatusRequestEntityTooLarge, "too_large"}
	errMalformed = &refusal{http.StatusBadRequest, "malformed"}
	errSignature = &refusal{http.StatusUnauthorized, "bad_signature"}
	errStale     = &refusal{http.StatusUnauthorized, "stale"}
	errReceiver  = &refusal{http.StatusForbidden, "wrong_receiver"}
	errApp       = &refusal{http.StatusForbidden, "wrong_app"}
)

// ServeHTTP answers with an empty 200 once what arrived is kept, and with 503
// when it could not be, so that WeCom comes again.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var refused *refusal
	switch r.Method {
	case http.MethodGet:
		refused = c.check(w, r)
	case http.MethodPost:
		refused = c.take(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		refused = errMethod
	}
	if refused != nil {
		c.in.Refuse(Name, refused.reason)
		w.WriteHeader(refused.status)
	}
}

// check answers the check of the address: the decrypted echostr, bare.
func (c *callback) check(w http.ResponseWriter, r *http.Request) *refusal {
	q := r.URL.Query()
	echo, ok := single(q, "echostr", int(c.limit))
	if !ok {
		return errMalformed
	}
	text, refused := c.open(q, echo)
	if refused != nil {
		return refused
	}
	plain(w, text)
	return nil
}

// take opens what was posted and keeps it.
func (c *callback) take(w http.ResponseWriter, r *http.Request) *refusal {
	if r.Header.Get("Content-Encoding") != "" {
		return errMalformed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, c.limit))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	if err != nil {
		return errMalformed
	}
	envelope, err := fields(body, "Encrypt")
	if err != nil || envelope["Encrypt"] == "" {
		return errMalformed
	}
	inner, refused := c.open(r.URL.Query(), envelope["Encrypt"])
	if refused != nil {
		return refused
	}
	m, refused := c.message(inner)
	if refused != nil {
		return refused
	}
	if m != nil {
		// What was begun is finished, also when WeCom hangs up.
		if err := c.in.Keep(context.WithoutCancel(r.Context()), *m); err != nil {
			c.log.Error("a callback could not be kept; WeCom will send it again", "event", m.Key, "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			return nil
		}
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// open checks the signature over a ciphertext and returns the text in it.
func (c *callback) open(q url.Values, encrypted string) ([]byte, *refusal) {
	signature, ok1 := single(q, "msg_signature", maxParam)
	timestamp, ok2 := single(q, "timestamp", maxParam)
	nonce, ok3 := single(q, "nonce", maxParam)
	if !ok1 || !ok2 || !ok3 {
		return nil, errSignature
	}
	want := util.Signature(c.cfg.Token, timestamp, nonce, encrypted)
	if subtle.ConstantTimeCompare([]byte(signature), []byte(want)) != 1 {
		return nil, errSignature
	}
	seconds, ok := digits(timestamp)
	if !ok {
		return nil, errStale
	}
	if age := c.now().Sub(time.Unix(seconds, 0)); age > oldest || age < -newest {
		return nil, errStale
	}
	_, text, err := util.DecryptMsg(c.cfg.CorpID, encrypted, c.cfg.EncodingAESKey)
	switch {
	case err != nil && len(text) > 0:
		// The SDK returns another corp's text with the error; it is not used.
		return nil, errReceiver
	case err != nil:
		return nil, errMalformed
	}
	return text, nil
}

// single returns a parameter that is there once and not too long.
func single(q url.Values, name string, limit int) (string, bool) {
	v := q[name]
	if len(v) != 1 || v[0] == "" || len(v[0]) > limit {
		return "", false
	}
	return v[0], true
}

// digits reads a number of seconds that is written in digits only.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 12 {
		return 0, false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// plain answers with text and nothing around it.
func plain(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text)
}
