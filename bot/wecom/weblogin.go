package wecom

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the signature that WeCom documents
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"roundsman/bot"
	"roundsman/geo"
)

// Where WeCom has its pages and its script for pages; the API is elsewhere.
const (
	authorizeURL = "https://open.weixin.qq.com/connect/oauth2/authorize"
	scriptURL    = "https://res.wx.qq.com/open/js/jweixin-1.2.0.js"
)

// The documented codes of a code that is no good (document path 90313).
const (
	codeNoCode   = 40029
	codeCodeGone = 42003
)

// setup is what stands in the admin console.
const setup = "on the app's page: 网页授权及JS-SDK → 可信域名 {domain} (proven by wecom.domain_verification); 自定义菜单 → 跳转到网页 {page}"

//go:embed bridge.js
var bridge []byte

var _ bot.WebLogin = (*Platform)(nil)

// AuthorizeURL is the page that sends a member on at once, without asking
// (snsapi_base, document path 91022). Its parameters stand in the documented order.
func (p *Platform) AuthorizeURL(redirect, state string) string {
	return p.pageAddress(authorizeURL) + "?appid=" + url.QueryEscape(p.cfg.CorpID) + "&redirect_uri=" + url.QueryEscape(redirect) +
		"&response_type=code&scope=snsapi_base&state=" + url.QueryEscape(state) + "&agentid=" + strconv.Itoa(p.cfg.AgentID) + "#wechat_redirect"
}

// pageAddress is where a page or script of WeCom's is. An API over plain HTTP is
// an emulator, which has them beside it.
func (p *Platform) pageAddress(official string) string {
	u, err := url.Parse(official)
	if err != nil || p.base.Scheme != "http" {
		return official
	}
	return p.base.String() + u.Path
}

// WhoIs returns the userid of the member who came back with the code (document
// path 91023). Somebody who is no member has none.
func (p *Platform) WhoIs(ctx context.Context, code, _ string) (string, error) {
	var out struct {
		UserID string `json:"userid"`
	}
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		x.call("/cgi-bin/auth/getuserinfo", url.Values{"access_token": {token}, "code": {code}}, nil, &out)
	})
	if err == nil {
		err = orNil(x.failure())
	}
	switch {
	case x != nil && x.refused() && (x.code == codeNoCode || x.code == codeCodeGone), err == nil && out.UserID == "":
		return "", bot.ErrNobody
	case err != nil:
		return "", fmt.Errorf("wecom: ask who came back: %w", err)
	}
	return out.UserID, nil
}

// tickets holds the ticket by which pages are signed.
type tickets struct {
	mu    sync.Mutex
	value string
	until time.Time
}

// ticketMargin is how long before its end a ticket is no longer used: a page is open for a while.
const ticketMargin = 10 * time.Minute

// ticket returns the corp's jsapi_ticket (document path 90506), which may be
// asked for 400 times an hour and is kept for as long as it is good.
func (p *Platform) ticket(ctx context.Context) (string, error) {
	p.tickets.mu.Lock()
	defer p.tickets.mu.Unlock()
	if p.now().Before(p.tickets.until) {
		return p.tickets.value, nil
	}
	var out struct {
		Ticket  string `json:"ticket"`
		Seconds int    `json:"expires_in"`
	}
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		x.call("/cgi-bin/get_jsapi_ticket", url.Values{"access_token": {token}}, nil, &out)
	})
	if err == nil {
		err = orNil(x.failure())
	}
	if err == nil && out.Ticket == "" {
		err = errors.New("the answer holds no ticket")
	}
	if err != nil {
		return "", fmt.Errorf("wecom: get a ticket for pages: %w", err)
	}
	life := time.Duration(out.Seconds) * time.Second
	p.tickets.value, p.tickets.until = out.Ticket, p.now().Add(life-min(ticketMargin, life/2))
	return out.Ticket, nil
}

// Client is WeCom's script and how a page of ours uses wx.getLocation, which it asks for WGS-84.
func (p *Platform) Client() bot.PageClient {
	return bot.PageClient{Scripts: []string{p.pageAddress(scriptURL)}, Bridge: bridge, Datum: geo.WGS84, Setup: setup}
}

// SignPage signs the configuration of wx.config for the page (document path 90506).
func (p *Platform) SignPage(ctx context.Context, page string) (map[string]any, error) {
	ticket, err := p.ticket(ctx)
	if err != nil {
		return nil, err
	}
	at, nonce := p.now().Unix(), rand.Text()
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + //nolint:gosec // documented so
		"&timestamp=" + strconv.FormatInt(at, 10) + "&url=" + page))
	return map[string]any{
		"beta": true, "debug": false, "appId": p.cfg.CorpID, "timestamp": at, "nonceStr": nonce,
		"signature": hex.EncodeToString(sum[:]), "jsApiList": []string{"getLocation"},
	}, nil
}

// Hosts knows WeCom's client by its User-Agent (document path 90315).
func (p *Platform) Hosts(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.UserAgent()), "wxwork/")
}
