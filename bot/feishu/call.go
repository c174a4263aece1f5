package feishu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
)

const (
	// callWithin bounds one call.
	callWithin = 10 * time.Second
	// maxAnswer bounds the JSON of an answer, in bytes.
	maxAnswer = 4 << 20
	// maxReset bounds how long an answer can make us wait.
	maxReset = 10 * time.Minute
)

// Causes of a broken call that have no code.
var (
	errNoToken    = errors.New("the answer has no token")
	errUnreadable = errors.New("the answer cannot be read")
	errTooLong    = errors.New("the answer is too long")
)

// exchange is what is known of a call while the SDK has it in hands.
type exchange struct {
	op     string
	sent   atomic.Bool // Feishu may have seen it
	status int
	header http.Header
}

type exchangeKey struct{}

// withExchange returns a context in which a call of the SDK is observed. op is a
// word for logs.
func withExchange(ctx context.Context, op string) (context.Context, *exchange) {
	ex := &exchange{op: op, header: http.Header{}}
	return context.WithValue(ctx, exchangeKey{}, ex), ex
}

// doer is the HTTP client of the SDK: bounded answers, no redirects, and a note of
// how far a call came.
type doer Platform

// Do makes a call.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	ex, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		_, ex = withExchange(ctx, "call")
	}
	resp, err := d.http.Do(req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { ex.sent.Store(true) },
	})))
	if err != nil {
		// Without the address; and no *url.Error, which the SDK turns into errors
		// that have lost their cause.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, err
	}
	ex.status, ex.header = resp.StatusCode, resp.Header
	resp.Body = &bounded{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

// bounded fails when more is read than it may hold.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLong
	}
	return n, err
}

// callError is a call that failed. Its text holds no secret and nothing of what
// was sent or answered, but codes.
type callError struct {
	op     string
	status int    // HTTP status, 0 without an answer
	code   int    // Feishu's code, 0 without one
	sub    string // the code within a 230099
	logID  string // by which Feishu's support finds the call
	sent   bool   // Feishu may have seen it
	after  time.Duration
	cause  error
}

func (e *callError) Error() string {
	s := e.op + ":"
	if e.status != 0 {
		s += fmt.Sprintf(" HTTP %d", e.status)
	}
	if e.code != 0 {
		s += fmt.Sprintf(" code %d", e.code)
	}
	if e.sub != "" {
		s += "/" + e.sub
	}
	if e.logID != "" {
		s += " log " + e.logID
	}
	if e.cause != nil {
		s += " " + e.cause.Error()
	}
	return s
}

func (e *callError) Unwrap() error { return e.cause }

// broken makes the error of a call that got no answer, or none that can be read.
func (p *Platform) broken(ctx context.Context, ex *exchange, err error) *callError {
	var ce *callError
	if errors.As(err, &ce) {
		return ce
	}
	e := ex.failure()
	switch {
	case ctx.Err() != nil:
		e.cause = ctx.Err()
	case ex.status != 0:
		// The SDK's error may hold the whole answer.
		e.cause = errUnreadable
		if errors.Is(err, errTooLong) || errors.Is(err, errNoToken) {
			e.cause = err
		}
	default:
		e.cause = errors.New(p.safe(err.Error()))
	}
	return e
}

var subCode = regexp.MustCompile(`ErrCode: (\d{1,9})`)

// refused returns the error of an answer with a code, nil when it is 0. Of the
// message only the inner code of a card is kept: the rest may repeat what was sent.
func (ex *exchange) refused(code int, msg string) error {
	if code == 0 && ex.status < 300 {
		return nil
	}
	e := ex.failure()
	e.code = code
	if m := subCode.FindStringSubmatch(msg); m != nil {
		e.sub = m[1]
	}
	return e
}

var logIDs = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

func (ex *exchange) failure() *callError {
	e := &callError{op: ex.op, status: ex.status, sent: ex.sent.Load()}
	if id := cmp.Or(ex.header.Get(larkcore.HttpHeaderKeyLogId), ex.header.Get(larkcore.HttpHeaderKeyRequestId)); logIDs.MatchString(id) {
		e.logID = id
	}
	if s, err := strconv.Atoi(ex.header.Get("x-ogw-ratelimit-reset")); err == nil && s > 0 {
		e.after = min(time.Duration(min(s, 3600))*time.Second, maxReset)
	}
	return e
}

// dead says that Feishu no longer takes the token.
func dead(code int) bool {
	switch code {
	case 99991661, 99991663, 99991664, 99991671:
		return true
	}
	return false
}

// call makes a call with a token and, when Feishu no longer takes the token,
// exactly once more with a new one. f returns Feishu's code and message; it may be
// called twice and must build its request anew. The error is a *callError.
func (p *Platform) call(ctx context.Context, op string, f func(context.Context, larkcore.RequestOptionFunc) (code int, msg string, err error)) error {
	return p.withToken(ctx, func(ctx context.Context, token string) error {
		ctx, cancel := context.WithTimeout(ctx, callWithin)
		defer cancel()
		ctx, ex := withExchange(ctx, op)
		code, msg, err := f(ctx, larkcore.WithTenantAccessToken(token))
		if err != nil {
			return p.broken(ctx, ex, err)
		}
		return ex.refused(code, msg)
	})
}

// withToken runs f with a token, and once more with a new one if Feishu no longer takes it.
func (p *Platform) withToken(ctx context.Context, f func(ctx context.Context, token string) error) error {
	for try := 0; ; try++ {
		token, err := p.tokens.get(ctx)
		if err != nil {
			return err
		}
		err = f(ctx, token)
		var ce *callError
		if try > 0 || !errors.As(err, &ce) || !dead(ce.code) {
			return err
		}
		p.tokens.forget(token)
	}
}
