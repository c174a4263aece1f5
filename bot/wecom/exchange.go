package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"roundsman/bot"
)

const (
	officialURL  = "https://qyapi.weixin.qq.com"
	officialHost = "qyapi.weixin.qq.com"
	// callWithin bounds one call to the API.
	callWithin = 10 * time.Second
	// maxAnswer bounds the JSON that is read of an answer, in bytes.
	maxAnswer = 1 << 20
)

// exchange is one request to the API and what became of it. Whether a send
// worked is decided by this record and never by the SDK's errors, which hold
// the URL with its secrets, and are nil where a robot was refused.
type exchange struct {
	ctx  context.Context
	base *url.URL
	// says: people see something if it works, so an unknown outcome matters.
	says bool

	// wrote says that the request, or a part of it, left.
	wrote  atomic.Bool
	status int
	// answered says that the answer was an object with an errcode.
	answered bool
	code     int64
	message  string
	err      error
}

type exchangeKey struct{}

// exchangeParam carries an exchange's number through those calls of the SDK
// that take no context: it is added behind the token and taken off again by
// the transport.
const exchangeParam = "roundsman_exchange"

var (
	exchanges      sync.Map // number → *exchange
	exchangeNumber atomic.Int64
	transportOnce  sync.Once
	// wire makes all requests. Nothing is followed: an answer that sends us
	// elsewhere is not from the API.
	wire = &http.Client{
		Transport: func() http.RoundTripper {
			t := http.DefaultTransport.(*http.Transport).Clone()
			t.ResponseHeaderTimeout = callWithin
			t.MaxIdleConnsPerHost = 16
			// A request on a connection that the other side is just giving up has
			// an unknown outcome, so connections are given up early on this side.
			t.IdleConnTimeout = 15 * time.Second
			return t
		}(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
)

// useTransport makes the SDK, whose client is a process global without a
// timeout, call through [transport]. Several apps, with several base URLs, may
// live in one process, for each request knows its own.
func useTransport() {
	transportOnce.Do(func() {
		util.DefaultHTTPClient = &http.Client{
			Transport: transport{}, Timeout: callWithin + 5*time.Second, CheckRedirect: wire.CheckRedirect,
		}
	})
}

// exchange begins a call; end must be called.
func (p *Platform) exchange(ctx context.Context, says bool) (x *exchange, end func()) {
	return newExchange(ctx, p.base, says)
}

func newExchange(ctx context.Context, base *url.URL, says bool) (*exchange, func()) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	return &exchange{ctx: ctx, base: base, says: says}, cancel
}

// mark puts the exchange's number behind a credential that the SDK writes into
// a URL as it is; unmark must be called.
func (x *exchange) mark(credential string) (marked string, unmark func()) {
	n := exchangeNumber.Add(1)
	exchanges.Store(n, x)
	return url.QueryEscape(credential) + "&" + exchangeParam + "=" + strconv.FormatInt(n, 10), func() { exchanges.Delete(n) }
}

// transport is what the SDK calls through.
type transport struct{}

// RoundTrip makes the request of an exchange, at its base URL and under its
// context, and reads the whole answer into the record.
func (transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	query := req.URL.Query()
	if n, err := strconv.ParseInt(query.Get(exchangeParam), 10, 64); err == nil {
		if v, ok := exchanges.Load(n); ok {
			x = v.(*exchange)
		}
	}
	if x == nil || req.URL.Host != officialHost {
		return nil, errors.New("wecom: a request that belongs to nobody")
	}
	query.Del(exchangeParam)
	out := req.Clone(x.ctx)
	out.URL.RawQuery = query.Encode()
	out.URL.Scheme, out.URL.Host, out.Host = x.base.Scheme, x.base.Host, ""
	out.URL.Path = x.base.Path + req.URL.Path
	body := x.do(out)
	if x.err != nil {
		return nil, x.err
	}
	return &http.Response{
		StatusCode: x.status, Status: http.StatusText(x.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: req,
	}, nil
}

// open sends a request and returns the answer's head; x.err holds what failed.
func (x *exchange) open(req *http.Request) *http.Response {
	trace := &httptrace.ClientTrace{
		WroteHeaders: func() { x.wrote.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { x.wrote.Store(true) },
	}
	resp, err := wire.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		x.err = bare(err)
		return nil
	}
	x.status = resp.StatusCode
	return resp
}

// do sends a request and reads its answer.
func (x *exchange) do(req *http.Request) []byte {
	resp := x.open(req)
	if resp == nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		x.err = bare(err)
		return nil
	}
	x.read(body)
	return body
}

// read takes the code out of an answer.
func (x *exchange) read(body []byte) {
	var v struct {
		Code    *int64 `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if json.Unmarshal(body, &v) == nil && v.Code != nil {
		x.answered, x.code, x.message = true, *v.Code, v.Message
	}
}

// call makes a request that the SDK lacks. A non-nil in is posted as JSON; out
// gets the answer.
func (x *exchange) call(path string, query url.Values, in, out any) {
	if in == nil {
		x.send(http.MethodGet, path, query, "", nil, out)
		return
	}
	data, err := json.Marshal(in)
	if err != nil {
		x.err = fmt.Errorf("write a request: %w", err)
		return
	}
	x.send(http.MethodPost, path, query, "application/json; charset=utf-8", bytes.NewReader(data), out)
}

// upload posts a file as the form's field "media", as the API's uploads take it.
func (x *exchange) upload(path string, query url.Values, file *bot.File, out any) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", file.Name)
	if err == nil {
		_, err = part.Write(file.Data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		x.err = fmt.Errorf("write a form: %w", err)
		return
	}
	x.send(http.MethodPost, path, query, form.FormDataContentType(), &body, out)
}

// send makes a request and reads its answer into out.
func (x *exchange) send(method, path string, query url.Values, contentType string, body io.Reader, out any) {
	req, err := x.request(method, path, query, body)
	if err != nil {
		x.err = err
		return
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	answer := x.do(req)
	if x.err == nil && out != nil && x.answered && x.code == 0 {
		if err := json.Unmarshal(answer, out); err != nil {
			x.answered = false
		}
	}
}

// request makes a request to the API's own address.
func (x *exchange) request(method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	u := *x.base
	u.Path += path
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(x.ctx, method, u.String(), body)
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	return req, nil
}

// bare takes the URL, which holds secrets, off a network error.
func bare(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			break
		}
		err = u.Err
	}
	// What is left is made by net and net/http about addresses, never about
	// URLs; should one show all the same, nothing of it is kept.
	if s := err.Error(); strings.Contains(s, "access_token=") || strings.Contains(s, "corpsecret=") || strings.Contains(s, "key=") {
		return errors.New("the request failed")
	}
	return err
}
