package feishu

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the signature that Feishu documents
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"

	"roundsman/bot"
)

// scriptURL is Feishu's script for pages. An API over plain HTTP is an emulator,
// which has it under the same path.
const scriptURL = "https://lf1-cdn-tos.bytegoofy.com/goofy/lark/op/h5-js-sdk-1.5.33.js"

// Codes of authen/v2/oauth/token for a code that is no good: unknown, used
// before, over, or of another page.
var badCodes = map[int]bool{20003: true, 20004: true, 20024: true, 20037: true, 20065: true, 20071: true}

// setup is what stands in the developer console.
const setup = "in the developer console: 添加应用能力 → 网页应用, 移动端主页 {page}; 安全设置 → 重定向 URL {back} and H5 可信域名 {domain}; 机器人 → 自定义菜单 → 跳转链接 {page}; then publish a version"

//go:embed bridge.js
var bridge []byte

var _ bot.WebLogin = (*Platform)(nil)

// AuthorizeURL is the page that sends whoever is in Feishu's client on at once, without asking.
func (p *Platform) AuthorizeURL(redirect, state string) string {
	q := url.Values{"client_id": {p.config.AppID}, "redirect_uri": {redirect}, "response_type": {"code"}, "state": {state}}
	return p.accounts() + "/open-apis/authen/v1/authorize?" + q.Encode()
}

// accounts is where Feishu's, or Lark's, login pages are.
func (p *Platform) accounts() string {
	u, err := url.Parse(p.config.BaseURL)
	switch {
	case err == nil && u.Scheme == "http":
		return p.config.BaseURL
	case err == nil && strings.HasSuffix(u.Hostname(), "larksuite.com"):
		return "https://accounts.larksuite.com"
	}
	return "https://accounts.feishu.cn"
}

// WhoIs returns the open_id of whoever came back with the code.
func (p *Platform) WhoIs(ctx context.Context, code, redirect string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	token, err := p.userToken(ctx, code, redirect)
	var ce *callError
	if errors.As(err, &ce) && badCodes[ce.code] {
		return "", bot.ErrNobody
	}
	if err != nil {
		return "", fmt.Errorf("feishu: trade a code in: %w", err)
	}
	var out struct {
		Code int    `json:"code"`
		Msg  string `json:"msg"`
		Data struct {
			OpenID string `json:"open_id"`
		} `json:"data"`
	}
	if err := p.plainCall(ctx, "user", http.MethodGet, "/open-apis/authen/v1/user_info", nil, &out, larkcore.AccessTokenTypeUser, larkcore.WithUserAccessToken(token)); err != nil {
		return "", fmt.Errorf("feishu: ask who came back: %w", err)
	}
	if !validID(out.Data.OpenID) {
		return "", bot.ErrNobody
	}
	return out.Data.OpenID, nil
}

// userToken trades a code for a token of the person, which is used once and forgotten.
func (p *Platform) userToken(ctx context.Context, code, redirect string) (string, error) {
	var out struct {
		Code  int    `json:"code"`
		Msg   string `json:"msg"`
		Error string `json:"error_description"`
		Token string `json:"access_token"`
	}
	err := p.plainCall(ctx, "code", http.MethodPost, "/open-apis/authen/v2/oauth/token", map[string]string{
		"grant_type": "authorization_code", "client_id": p.config.AppID, "client_secret": p.config.AppSecret,
		"code": code, "redirect_uri": redirect,
	}, &out, larkcore.AccessTokenTypeNone)
	if err == nil && out.Token == "" {
		err = errNoToken
	}
	return out.Token, err
}

// plainCall makes a call that has no tenant's token and reads its answer, whose code must be 0.
func (p *Platform) plainCall(ctx context.Context, op, method, path string, in, out any, kind larkcore.AccessTokenType, o ...larkcore.RequestOptionFunc) error {
	ctx, ex := withExchange(ctx, op)
	resp, err := larkcore.Request(ctx, &larkcore.ApiReq{
		HttpMethod: method, ApiPath: path, Body: in, SupportedAccessTokenTypes: []larkcore.AccessTokenType{kind},
	}, p.sdk, o...)
	if err != nil {
		return p.broken(ctx, ex, err)
	}
	var said struct {
		Code int    `json:"code"`
		Msg  string `json:"msg"`
	}
	if err := json.Unmarshal(resp.RawBody, &said); err != nil {
		return p.broken(ctx, ex, err)
	}
	if err := ex.refused(said.Code, said.Msg); err != nil {
		return err
	}
	if err := json.Unmarshal(resp.RawBody, out); err != nil {
		return p.broken(ctx, ex, err)
	}
	return nil
}

// tickets holds the ticket by which pages are signed.
type tickets struct {
	mu    sync.Mutex
	value string
	until time.Time
}

// ticketMargin is how long before its end a ticket is no longer used: a page is open for a while.
const ticketMargin = 10 * time.Minute

// ticket returns the app's jsapi_ticket, kept for as long as it is good.
func (p *Platform) ticket(ctx context.Context) (string, error) {
	p.tickets.mu.Lock()
	defer p.tickets.mu.Unlock()
	if p.now().Before(p.tickets.until) {
		return p.tickets.value, nil
	}
	var out struct {
		larkcore.CodeError
		Data struct {
			Ticket  string `json:"ticket"`
			Seconds int    `json:"expire_in"`
		} `json:"data"`
	}
	err := p.call(ctx, "ticket", func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
		resp, err := larkcore.Request(ctx, &larkcore.ApiReq{
			HttpMethod: http.MethodPost, ApiPath: "/open-apis/jssdk/ticket/get", Body: map[string]string{},
			SupportedAccessTokenTypes: []larkcore.AccessTokenType{larkcore.AccessTokenTypeTenant},
		}, p.sdk, token)
		if err != nil {
			return 0, "", err
		}
		if err := json.Unmarshal(resp.RawBody, &out); err != nil {
			return 0, "", err
		}
		return out.Code, out.Msg, nil
	})
	if err == nil && out.Data.Ticket == "" {
		err = errNoToken
	}
	if err != nil {
		return "", fmt.Errorf("feishu: get a ticket for pages: %w", err)
	}
	life := time.Duration(out.Data.Seconds) * time.Second
	p.tickets.value, p.tickets.until = out.Data.Ticket, p.now().Add(life-min(ticketMargin, life/2))
	return p.tickets.value, nil
}

// Client is Feishu's script and how a page of ours uses tt.getLocation.
func (p *Platform) Client() bot.PageClient {
	script := scriptURL
	if u, err := url.Parse(scriptURL); err == nil && strings.HasPrefix(p.config.BaseURL, "http:") {
		script = p.config.BaseURL + u.Path
	}
	return bot.PageClient{Scripts: []string{script}, Bridge: bridge, Datum: p.config.PageDatum, Setup: setup}
}

// SignPage signs the configuration of h5sdk.config for the page. Feishu counts
// its time in milliseconds.
func (p *Platform) SignPage(ctx context.Context, page string) (map[string]any, error) {
	ticket, err := p.ticket(ctx)
	if err != nil {
		return nil, err
	}
	at, nonce := p.now().UnixMilli(), rand.Text()
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + //nolint:gosec // documented so
		"&timestamp=" + strconv.FormatInt(at, 10) + "&url=" + page))
	return map[string]any{
		"appId": p.config.AppID, "timestamp": at, "nonceStr": nonce, "signature": hex.EncodeToString(sum[:]),
		"jsApiList": []string{"getLocation"},
	}, nil
}

// Hosts knows Feishu's client by its User-Agent.
func (p *Platform) Hosts(r *http.Request) bool {
	agent := strings.ToLower(r.UserAgent())
	return strings.Contains(agent, "lark/") || strings.Contains(agent, "feishu")
}
