package wecom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Body limits. The largest JSON is a robot image: 2 MB in base64.
const (
	maxJSON   = 4 << 20
	maxUpload = 21 << 20
	keepCalls = 20_000 // and deliveries: the oldest are forgotten
	keepBody  = 64 << 10
)

// apiCall is one request to the API, its body read.
type apiCall struct {
	q    url.Values
	body map[string]json.RawMessage
	raw  []byte
	app  *App // whose token, secret or robot key it carries; nil if none is known
	file *upload
	host string
}

type upload struct {
	name string
	data []byte
}

// answer is what the API says: a code with a message and more fields, or a file.
type answer struct {
	code   int
	msg    string
	fields map[string]any
	file   *media
}

// ok is the answer of success; kv are pairs of name and value.
func ok(kv ...any) answer {
	a := answer{msg: "ok", fields: map[string]any{}}
	for i := 0; i+1 < len(kv); i += 2 {
		a.fields[kv[i].(string)] = kv[i+1]
	}
	return a
}

func refuse(code int, format string, args ...any) answer {
	return answer{code: code, msg: fmt.Sprintf(format, args...)}
}

// badParameter is 40058 as the platform words it, e.g.
// "markdown.content exceed max length 4096. invalid Request Parameter".
func badParameter(format string, args ...any) answer {
	return refuse(40058, format+". invalid Request Parameter", args...)
}

type auth int

const (
	open    auth = iota // no credential
	byToken             // access_token
	byKey               // a robot's key
)

type route struct {
	post bool
	auth auth
	do   func(*Server, *apiCall) answer
}

var routes = map[string]route{
	"/cgi-bin/gettoken":                     {false, open, (*Server).getToken},
	"/cgi-bin/message/send":                 {true, byToken, (*Server).messageSend},
	"/cgi-bin/message/recall":               {true, byToken, (*Server).messageRecall},
	"/cgi-bin/message/update_template_card": {true, byToken, (*Server).updateCard},
	"/cgi-bin/appchat/create":               {true, byToken, (*Server).chatCreate},
	"/cgi-bin/appchat/update":               {true, byToken, (*Server).chatUpdate},
	"/cgi-bin/appchat/get":                  {false, byToken, (*Server).chatGet},
	"/cgi-bin/appchat/send":                 {true, byToken, (*Server).chatSend},
	"/cgi-bin/webhook/send":                 {true, byKey, (*Server).robotSend},
	"/cgi-bin/webhook/upload_media":         {true, byKey, (*Server).robotUpload},
	"/cgi-bin/media/upload":                 {true, byToken, (*Server).mediaUpload},
	"/cgi-bin/media/get":                    {false, byToken, (*Server).mediaGet},
	"/cgi-bin/user/get":                     {false, byToken, (*Server).userGet},
	"/cgi-bin/user/getuserid":               {true, byToken, (*Server).userByMobile},
	"/cgi-bin/user/simplelist":              {false, byToken, (*Server).userSimpleList},
	"/cgi-bin/user/list":                    {false, byToken, (*Server).userList},
	"/cgi-bin/user/list_id":                 {true, byToken, (*Server).userListID},
	"/cgi-bin/department/list":              {false, byToken, (*Server).departmentList},
	"/cgi-bin/department/simplelist":        {false, byToken, (*Server).departmentSimpleList},
	"/cgi-bin/department/get":               {false, byToken, (*Server).departmentGet},
	"/cgi-bin/auth/getuserinfo":             {false, byToken, (*Server).oauthUser},
	"/cgi-bin/user/getuserinfo":             {false, byToken, (*Server).oauthUserOld},
	"/cgi-bin/get_jsapi_ticket":             {false, byToken, (*Server).corpTicket},
	"/cgi-bin/ticket/get":                   {false, byToken, (*Server).agentTicket},
	"/cgi-bin/checkin/getcheckindata":       {true, byToken, (*Server).checkinData},
	"/cgi-bin/agent/get":                    {false, byToken, (*Server).agentGet},
	"/cgi-bin/agent/set":                    {true, byToken, (*Server).agentSet},
	"/cgi-bin/menu/create":                  {true, byToken, (*Server).menuCreate},
	"/cgi-bin/menu/get":                     {false, byToken, (*Server).menuGet},
	"/cgi-bin/menu/delete":                  {false, byToken, (*Server).menuDelete},
	"/cgi-bin/getcallbackip":                {false, byToken, (*Server).callbackIP},
	"/cgi-bin/get_api_domain_ip":            {false, byToken, (*Server).callbackIP},
}

// Call is one request that reached the API.
type Call struct {
	Time    time.Time // on the clock
	Latency time.Duration
	Method  string
	Path    string
	// Query is what followed the path, without credentials.
	Query   string
	CorpID  string // "" if the request told no known app
	AgentID int
	// Body is the request's JSON, at most 64 KiB of it; empty for uploads.
	Body    string
	ErrCode int
	Status  int  // HTTP status
	Faulted bool // a Fail rule made the answer
}

// Calls returns the requests so far, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Calls returns the requests made in this app's name, oldest first.
func (a *App) Calls() []Call {
	return slices.DeleteFunc(a.s.Calls(), func(c Call) bool {
		return c.CorpID != a.corp.id || c.AgentID != a.cfg.AgentID
	})
}

// Handler serves the API (/cgi-bin/…), the pictures of PicUrl (/wwpic/…), the
// pages where a member signs in (/connect/oauth2/authorize and
// /wwopen/sso/qrConnect) and the JS-SDK (/open/js/…), which WeCom has on other
// hosts, and what the JS-SDK's client is here (/sandbox/…).
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/cgi-bin/", s.serveAPI)
	mux.HandleFunc("GET /wwpic/{id}", s.servePicture)
	mux.HandleFunc("GET /connect/oauth2/authorize", s.serveAuthorize)
	mux.HandleFunc("GET /wwopen/sso/qrConnect", s.serveAuthorize)
	mux.HandleFunc("GET /open/js/jweixin-1.2.0.js", s.serveScript)
	mux.HandleFunc("GET "+phonePath, s.servePhone)
	mux.HandleFunc("GET /sandbox/jssdk/config", s.serveConfig)
	mux.HandleFunc("GET /sandbox/jssdk/location", s.serveLocation)
	return mux
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rt, found := routes[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	c := &apiCall{q: r.URL.Query(), host: clientIP(r)}
	early := s.readBody(rt, c, r)

	s.mu.Lock()
	c.app = s.appOf(c.q)
	delay, fault := s.ruleFor(c.app, r.URL.Path)
	s.mu.Unlock()
	if delay > 0 && !s.pause(r, delay) {
		return
	}

	var a answer
	if fault == nil || fault.AfterEffect {
		switch {
		case early != nil:
			a = *early
		case rt.post && r.Method != http.MethodPost:
			// Document path 90313, 40058 no. 5: with GET the body is not seen.
			a = badParameter("POST is required")
		default:
			s.mu.Lock()
			a = s.admit(rt, c)
			s.mu.Unlock()
		}
	}
	call := Call{
		Time: s.now(), Method: r.Method, Path: r.URL.Path, Query: redact(c.q),
		Body: string(c.raw[:min(len(c.raw), keepBody)]), ErrCode: a.code, Status: http.StatusOK,
	}
	if c.app != nil {
		call.CorpID, call.AgentID = c.app.corp.id, c.app.cfg.AgentID
	}
	if fault != nil {
		call.Faulted, call.ErrCode, call.Status = true, fault.ErrCode, fault.status()
	}
	call.Latency = time.Since(start)
	s.mu.Lock()
	s.calls = trim(append(s.calls, call))
	s.mu.Unlock()
	s.log.Debug("wecom sandbox: call", "path", call.Path, "corp", call.CorpID, "agent", call.AgentID,
		"errcode", call.ErrCode, "status", call.Status, "fault", call.Faulted)
	s.notify()
	if fault != nil {
		s.serveFault(w, r, *fault)
		return
	}
	s.write(w, r, c, a)
}

// admit checks the credential and runs the call. The lock must be held.
func (s *Server) admit(rt route, c *apiCall) answer {
	switch rt.auth {
	case byToken:
		value := c.q.Get("access_token")
		if value == "" {
			return refuse(41001, "access_token missing")
		}
		t := s.tokens[value]
		if t == nil || t.revoked {
			return refuse(40014, "invalid access_token")
		}
		if !s.now().Before(t.expires) {
			return refuse(42001, "access_token expired")
		}
	case byKey:
		if s.robots[c.q.Get("key")] == nil {
			return refuse(93000, "invalid webhook url")
		}
	case open:
	}
	return rt.do(s, c)
}

// appOf tells in whose name a request comes. The lock must be held.
func (s *Server) appOf(q url.Values) *App {
	if t := s.tokens[q.Get("access_token")]; t != nil {
		return t.app
	}
	if r := s.robots[q.Get("key")]; r != nil {
		return r.app
	}
	if corp := s.corps[q.Get("corpid")]; corp != nil {
		for _, a := range corp.apps {
			if a.cfg.Secret == q.Get("corpsecret") {
				return a
			}
		}
	}
	return nil
}

// readBody reads the JSON object or the uploaded file; a non-nil answer refuses.
func (s *Server) readBody(rt route, c *apiCall, r *http.Request) *answer {
	if !rt.post || r.Method != http.MethodPost {
		return nil
	}
	say := func(a answer) *answer { return &a }
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") {
		raw, tooLong, err := readBounded(r.Body, maxUpload)
		if err != nil {
			return say(refuse(44001, "empty media data"))
		}
		if tooLong {
			return say(refuse(45001, "media size out of limit"))
		}
		parts := multipart.NewReader(bytes.NewReader(raw), params["boundary"])
		for {
			p, err := parts.NextPart()
			if err != nil {
				return say(refuse(44001, "empty media data"))
			}
			if p.FormName() != "media" {
				continue
			}
			data, _, err := readBounded(p, maxUpload)
			if err != nil {
				return say(refuse(44001, "empty media data"))
			}
			c.file = &upload{name: p.FileName(), data: data}
			return nil
		}
	}
	raw, tooLong, err := readBounded(r.Body, maxJSON)
	c.raw = raw
	if tooLong {
		return say(refuse(45002, "content size out of limit"))
	}
	if err != nil {
		return say(badParameter("body unreadable"))
	}
	// The platform does not look at the Content-Type of JSON, nor do SDKs send it.
	if err := json.Unmarshal(raw, &c.body); err != nil {
		return say(badParameter("Warning: wrong json format"))
	}
	return nil
}

// field decodes one field of the body into v; a missing field leaves v alone.
// A wrong type is the API's 40058.
func (c *apiCall) field(name string, v any) *answer {
	raw, found := c.body[name]
	if !found || string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		a := badParameter("%s has a wrong type", name)
		return &a
	}
	return nil
}

// fields decodes several fields and returns the first refusal.
func (c *apiCall) fields(kv ...any) *answer {
	for i := 0; i+1 < len(kv); i += 2 {
		if a := c.field(kv[i].(string), kv[i+1]); a != nil {
			return a
		}
	}
	return nil
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, c *apiCall, a answer) {
	if a.file != nil && a.code == 0 {
		w.Header().Set("Content-Type", a.file.mime)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.file.name}))
		http.ServeContent(w, r, "", a.file.created, bytes.NewReader(a.file.data))
		return
	}
	out := map[string]any{"errcode": a.code, "errmsg": a.msg}
	for k, v := range a.fields {
		out[k] = v
	}
	if a.code != 0 {
		s.mu.Lock()
		hint := fmt.Sprintf("%d_%s", s.now().Unix(), s.randomOf("0123456789abcdef", 32))
		s.mu.Unlock()
		out["errmsg"] = fmt.Sprintf("%s, hint: [%s], from ip: %s, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
			a.msg, hint, c.host, a.code)
	}
	b, err := json.Marshal(out)
	if err != nil { // only our own values are in it
		http.Error(w, "sandbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Error-Code", strconv.Itoa(a.code))
	_, _ = w.Write(b)
}

// pause waits d of real time; false means the request is over.
func (s *Server) pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

func redact(q url.Values) string {
	q = cloneQuery(q)
	for _, k := range []string{"access_token", "corpsecret", "key", "code"} {
		if q.Has(k) {
			q.Set(k, "***")
		}
	}
	return q.Encode()
}

func cloneQuery(q url.Values) url.Values {
	out := make(url.Values, len(q))
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "127.0.0.1"
	}
	return host
}

// trim forgets the oldest entries of a log that grew too long.
func trim[T any](log []T) []T {
	if len(log) <= keepCalls {
		return log
	}
	return slices.Clone(log[len(log)-keepCalls*9/10:])
}
