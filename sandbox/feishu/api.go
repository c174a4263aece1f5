package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is one request to the REST interface.
type Call struct {
	AppID   string // empty when the caller is not known
	Method  string
	Path    string
	Query   string // as sent; Feishu takes no secrets there
	Status  int    // HTTP status answered; 0 when the connection was cut
	Code    int    // code in the answer
	At      time.Time
	Latency time.Duration // in real time
	LogID   string
}

// call is a request on its way through a handler.
type call struct {
	s     *Server
	r     *http.Request
	app   *App
	user  string // open_id of the owner of a user access token
	body  []byte
	logID string
}

// apiError is an answer with a code.
type apiError struct {
	status int // 0 means HTTP 400, which Feishu uses for all errors of the API itself
	code   int
	msg    string
	header http.Header
}

// fail makes an error with Feishu's usual HTTP 400.
func fail(code int, msg string) *apiError { return &apiError{code: code, msg: msg} }

// Codes used in more than one place (see docs of im-v1/message and of the gateway).
const (
	codeParam        = 230001
	codeNotInChat    = 230002
	codeRecalled     = 230011
	codeOutOfRange   = 230013
	codeRateChat     = 230020
	codeTooLong      = 230025
	codeNoPermission = 230027
	codeDissolved    = 232009
	codeCard         = 230099
	codeNoToken      = 99991661
	codeBadToken     = 99991663
	codeBadUserToken = 99991668
	codeRateApp      = 99991400
)

// flat is an answer written as it is; anything else goes under data.
type flat map[string]any

// file is a binary answer.
type file struct {
	name, contentType string
	data              []byte
}

// auth is the kind of token a route takes.
type auth int

const (
	open   auth = iota // none
	tenant             // tenant_access_token, or the identical app_access_token
	person             // user_access_token
)

// routes builds the interface. Paths are those of the documents.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, who auth, limit int64, f func(*call) (any, *apiError)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, who, limit, f) })
	}
	for pattern, f := range map[string]func(*call) (any, *apiError){
		"POST /open-apis/auth/v3/tenant_access_token/internal": s.tenantToken,
		"POST /open-apis/auth/v3/app_access_token/internal":    s.tenantToken,
		"POST /callback/ws/endpoint":                           s.wsEndpoint,
		"POST /open-apis/authen/v2/oauth/token":                s.oauthToken,
	} {
		handle(pattern, open, maxJSONBody, f)
	}
	for pattern, f := range map[string]func(*call) (any, *apiError){
		"POST /open-apis/im/v1/messages":                      s.createMessage,
		"GET /open-apis/im/v1/messages":                       s.listMessages,
		"POST /open-apis/im/v1/messages/{id}/reply":           s.replyMessage,
		"PATCH /open-apis/im/v1/messages/{id}":                s.patchMessage,
		"PUT /open-apis/im/v1/messages/{id}":                  s.putMessage,
		"DELETE /open-apis/im/v1/messages/{id}":               s.deleteMessage,
		"GET /open-apis/im/v1/messages/{id}":                  s.getMessage,
		"GET /open-apis/im/v1/messages/{id}/resources/{key}":  s.getResource,
		"PATCH /open-apis/im/v1/messages/{id}/urgent_app":     s.urgentApp,
		"GET /open-apis/im/v1/images/{key}":                   s.getImage,
		"GET /open-apis/im/v1/files/{key}":                    s.getFile,
		"POST /open-apis/interactive/v1/card/update":          s.updateCard,
		"GET /open-apis/im/v1/chats":                          s.listChats,
		"GET /open-apis/im/v1/chats/{id}":                     s.getChat,
		"GET /open-apis/im/v1/chats/{id}/members":             s.chatMembers,
		"GET /open-apis/im/v1/chats/{id}/members/is_in_chat":  s.isInChat,
		"GET /open-apis/contact/v3/users/{id}":                s.getUser,
		"GET /open-apis/contact/v3/users/batch":               s.batchUsers,
		"POST /open-apis/contact/v3/users/batch_get_id":       s.batchUserIDs,
		"GET /open-apis/contact/v3/users/find_by_department":  s.departmentUsers,
		"GET /open-apis/contact/v3/departments/{id}":          s.getDepartment,
		"GET /open-apis/contact/v3/departments/{id}/children": s.departmentChildren,
		"POST /open-apis/authen/v1/access_token":              s.userToken,
		"POST /open-apis/authen/v1/refresh_access_token":      s.refreshUserToken,
		"POST /open-apis/authen/v1/oidc/access_token":         s.userToken,
		"POST /open-apis/authen/v1/oidc/refresh_access_token": s.refreshUserToken,
		"POST /open-apis/jssdk/ticket/get":                    s.jsTicketGet,
		"GET /open-apis/jssdk/ticket/get":                     s.jsTicketGet,
		"GET /open-apis/bot/v3/info":                          s.botInfo,
	} {
		handle(pattern, tenant, maxJSONBody, f)
	}
	handle("POST /open-apis/im/v1/images", tenant, maxUploadBody, s.uploadImage)
	handle("POST /open-apis/im/v1/files", tenant, maxUploadBody, s.uploadFile)
	handle("GET /open-apis/authen/v1/user_info", person, maxJSONBody, s.userInfo)
	mux.HandleFunc("GET /open-apis/authen/v1/authorize", s.authorize)
	mux.HandleFunc("GET "+wsPath, s.wsConnect)
	mux.HandleFunc("GET "+scriptPath, s.serveScript)
	mux.HandleFunc("GET "+phonePath, s.servePhone)
	mux.HandleFunc("GET /sandbox/jssdk/config", s.serveConfig)
	mux.HandleFunc("GET /sandbox/jssdk/location", s.serveLocation)
	return mux
}

const (
	maxJSONBody   = 2 << 20
	maxUploadBody = 32 << 20
)

// serve runs one call: body, caller, faults, token, limits, handler, record.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, who auth, limit int64, f func(*call) (any, *apiError)) {
	start := time.Now()
	s.mu.Lock()
	c := &call{s: s, r: r, logID: s.id("", 34)}
	rec := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, At: s.now(), LogID: c.logID}
	s.mu.Unlock()

	var ans answer
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	tooBig := new(http.MaxBytesError)
	switch {
	case errors.As(err, &tooBig):
		ans = c.render(nil, &apiError{status: http.StatusRequestEntityTooLarge, code: 1, msg: "request entity too large"})
	case err != nil:
		return // the client went away
	default:
		c.body = body
		denied := c.authenticate(who)
		d, fault := s.match(c.app, r)
		if d > 0 && !s.pause(r, d) {
			return
		}
		run := func() answer {
			if denied != nil {
				return c.render(nil, denied)
			}
			if e := c.throttle(); e != nil {
				return c.render(nil, e)
			}
			return c.render(f(c))
		}
		if fault == nil {
			ans = run()
		} else {
			if fault.AfterEffect {
				run()
			}
			ans = fault.answer(c)
		}
	}
	if c.app != nil {
		rec.AppID = c.app.ID
	}
	rec.Status, rec.Code, rec.Latency = ans.status, ans.code, time.Since(start)
	s.mu.Lock()
	s.calls = trim(append(s.calls, rec))
	s.mu.Unlock()
	s.log.Debug("feishu sandbox: call", "method", rec.Method, "path", rec.Path, "app", rec.AppID, "status", rec.Status, "code", rec.Code)
	// Before the answer, so that whoever has it also sees its effect.
	s.notify()
	s.Tick()
	if ans.hang {
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	}
	ans.write(w, c.logID)
}

// answer is a rendered response.
type answer struct {
	status int
	code   int
	header http.Header
	body   []byte
	cut    bool // close the connection after the body
	hang   bool // wait for the client to give up
	length int  // declared length, when it is to be a lie
}

func (a answer) write(w http.ResponseWriter, logID string) {
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for k, v := range a.header {
		w.Header()[http.CanonicalHeaderKey(k)] = v
	}
	w.Header().Set("X-Tt-Logid", logID)
	w.Header().Set("X-Request-Id", logID)
	if a.length > 0 {
		w.Header().Set("Content-Length", itoa(a.length))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
	if a.cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

const jsonType = "application/json; charset=utf-8"

// render turns a handler's result into a response.
func (c *call) render(data any, e *apiError) answer {
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {jsonType}}}
	var out any
	switch v := data.(type) {
	case file:
		a.header.Set("Content-Type", v.contentType)
		a.header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": v.name}))
		a.body = v.data
		return a
	case flat:
		out = v
	case nil:
		out = map[string]any{"code": 0, "msg": "success", "data": map[string]any{}}
	default:
		out = map[string]any{"code": 0, "msg": "success", "data": v}
	}
	if e != nil {
		a.status, a.code = e.status, e.code
		if a.status == 0 {
			a.status = http.StatusBadRequest
		}
		for k, v := range e.header {
			a.header[k] = v
		}
		out = map[string]any{"code": e.code, "msg": e.msg, "error": map[string]any{
			"log_id":         c.logID,
			"troubleshooter": "",
		}}
	}
	a.body, _ = json.Marshal(out) // maps of plain values
	return a
}

// decode reads a JSON body.
func (c *call) decode(v any) *apiError {
	if len(bytes.TrimSpace(c.body)) == 0 {
		c.body = []byte("{}")
	}
	if kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); kind != "application/json" {
		return fail(9499, "Content-Type must be application/json")
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(9499, "Bad Request: "+err.Error())
	}
	return nil
}

// authenticate finds the caller by its token. Even a dead token names its app, so
// that faults and records can be told apart by app.
func (c *call) authenticate(who auth) *apiError {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if who == open {
		var in struct {
			AppID    string `json:"app_id"`
			WSAppID  string `json:"AppID"`
			ClientID string `json:"client_id"`
		}
		_ = json.Unmarshal(c.body, &in) // the handler reports it
		c.app = s.apps[firstOf(in.AppID, in.WSAppID, in.ClientID)]
		return nil
	}
	value, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !ok || value == "" {
		return fail(codeNoToken, "Missing access token for authorization. Please make a request with token attached.")
	}
	t := s.tokens[value]
	bad := fail(codeBadToken, "Invalid access token for authorization. Please make a test attempt with the correct token.")
	if who == person {
		bad.code = codeBadUserToken
	}
	if t == nil {
		return bad
	}
	c.app, c.user = t.app, t.user
	if t.revoked || !s.now().Before(t.end) || t.refresh || (t.user != "") != (who == person) {
		return bad
	}
	return nil
}

// Calls returns every request to the REST interface so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Calls returns this app's requests so far.
func (a *App) Calls() []Call {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var out []Call
	for _, c := range a.s.calls {
		if c.AppID == a.ID {
			out = append(out, c)
		}
	}
	return out
}

func firstOf(list ...string) string {
	for _, v := range list {
		if v != "" {
			return v
		}
	}
	return ""
}
