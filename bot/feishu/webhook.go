package feishu

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"

	"roundsman/bot"
)

const (
	// freshBack is past Feishu's last retry, since whether a retry is signed anew is
	// not documented; the durable key stops replays within it.
	freshBack  = 8 * time.Hour
	freshAhead = 5 * time.Minute
)

// success is what an event is answered with.
const success = `{"msg":"success"}`

// Routes mounts POST /feishu/events in webhook mode, for events and card callbacks.
func (p *Platform) Routes(mux *http.ServeMux, in bot.Inlet) {
	if p.config.Mode != Webhook {
		return
	}
	mux.Handle("/feishu/events", &door{p, in, p.receiver(in, in.Accept)})
}

// door lets in what is from Feishu, for us, and fresh. Its answers say nothing
// about what is wrong.
type door struct {
	p    *Platform
	in   bot.Inlet
	next *receiver
}

// turnedAway is an answer without a body.
type turnedAway struct {
	status int
	reason string
}

func (t *turnedAway) Error() string { return t.reason }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := d.serve(w, r)
	var t *turnedAway
	var refused *refusal
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body)
	case errors.As(err, &t):
		d.in.Refuse(Name, t.reason)
		d.p.log.Debug("a webhook request was refused", "reason", t.reason)
		w.WriteHeader(t.status)
	case errors.As(err, &refused):
		d.in.Refuse(Name, refused.reason)
		d.p.log.Warn("an event was refused", "reason", refused.reason, "error", refused.err)
		status := http.StatusBadRequest
		if refused.reason == "wrong_app" {
			status = http.StatusForbidden
		}
		w.WriteHeader(status)
	default:
		// Feishu sends it again.
		d.p.log.Error("an event could not be accepted", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (d *door) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &turnedAway{http.StatusMethodNotAllowed, "unsupported_method"}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &turnedAway{http.StatusBadRequest, "malformed"}
	}
	if r.ContentLength > d.p.opts.BodyLimit {
		w.Header().Set("Connection", "close")
		return nil, &turnedAway{http.StatusRequestEntityTooLarge, "too_large"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.p.opts.BodyLimit))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, &turnedAway{http.StatusRequestEntityTooLarge, "too_large"}
	}
	if err != nil {
		return nil, &turnedAway{http.StatusBadRequest, "malformed"}
	}
	signed, err := d.authentic(r.Header, body)
	if err != nil {
		return nil, err
	}
	e, err := d.open(body)
	if err != nil {
		if !signed {
			return nil, &turnedAway{http.StatusUnauthorized, "bad_signature"}
		}
		return nil, err
	}
	if e.Type == string(larkevent.ReqTypeChallenge) {
		return d.challenge(e)
	}
	if !signed {
		return nil, &turnedAway{http.StatusUnauthorized, "bad_signature"}
	}
	token, app := e.Token, ""
	if e.Header != nil {
		token, app = e.Header.Token, e.Header.AppID
	}
	if !same(token, d.p.config.VerificationToken) {
		return nil, &turnedAway{http.StatusForbidden, "wrong_token"}
	}
	if e.Header != nil && !same(app, d.p.config.AppID) {
		return nil, &turnedAway{http.StatusForbidden, "wrong_app"}
	}
	// The SDK would go on without a deadline; the server's ends with the request.
	reply, err := d.next.guarded(r.Context(), e)
	if err != nil {
		return nil, err
	}
	if reply == nil {
		return []byte(success), nil
	}
	return json.Marshal(reply)
}

// authentic checks the signature, sha256(timestamp + nonce + key + body), and its
// age. It returns false without an error when there is no signature at all: the
// question with which an address is set up may come without one, nothing else may.
func (d *door) authentic(h http.Header, body []byte) (bool, error) {
	timestamp, nonce, signature := h.Get(larkevent.EventRequestTimestamp), h.Get(larkevent.EventRequestNonce), h.Get(larkevent.EventSignature)
	if signature == "" && timestamp == "" && nonce == "" {
		return false, nil
	}
	want := larkevent.Signature(timestamp, nonce, d.p.config.EncryptKey, string(body))
	if !same(signature, want) {
		return false, &turnedAway{http.StatusUnauthorized, "bad_signature"}
	}
	// Ten digits: otherwise digits could be moved between timestamp and nonce.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || len(timestamp) != 10 {
		return false, &turnedAway{http.StatusUnauthorized, "stale"}
	}
	age := d.p.now().Sub(time.Unix(seconds, 0))
	if age > freshBack || age < -freshAhead {
		return false, &turnedAway{http.StatusUnauthorized, "stale"}
	}
	return true, nil
}

// open decrypts and reads an event. What is not encrypted is refused.
func (d *door) open(body []byte) (e envelope, err error) {
	malformed := &turnedAway{http.StatusBadRequest, "malformed"}
	defer func() {
		// The SDK's decryption slices by what it finds in the plain text.
		if recover() != nil {
			e, err = envelope{}, malformed
		}
	}()
	var sealed larkevent.EventEncryptMsg
	if decode(body, &sealed) != nil || sealed.Encrypt == "" {
		return envelope{}, malformed
	}
	plain, err := larkevent.EventDecrypt(sealed.Encrypt, d.p.config.EncryptKey)
	if err != nil || decode(plain, &e) != nil {
		return envelope{}, malformed
	}
	return e, nil
}

// challenge answers the question with which the developer console tries an address.
func (d *door) challenge(e envelope) ([]byte, error) {
	if !same(e.Token, d.p.config.VerificationToken) {
		return nil, &turnedAway{http.StatusForbidden, "wrong_token"}
	}
	out, err := json.Marshal(map[string]string{"challenge": e.Challenge})
	if err != nil {
		return nil, fmt.Errorf("answer a challenge: %w", err)
	}
	return out, nil
}

// same compares in a time that does not depend on what is secret.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
