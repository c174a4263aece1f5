package feishu

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	"golang.org/x/sync/singleflight"
)

// opToken is what a failed fetch of a token is called; nothing was said then.
const opToken = "token"

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 5 * time.Minute

// tokens holds the app's tenant_access_token: one fetch for any number of
// callers, forgotten when Feishu refuses it.
type tokens struct {
	fetch  func(context.Context) (value string, life time.Duration, err error)
	now    func() time.Time
	flight singleflight.Group

	mu    sync.Mutex
	value string
	until time.Time
}

func newTokens(fetch func(context.Context) (string, time.Duration, error), now func() time.Time) *tokens {
	return &tokens{fetch: fetch, now: now}
}

// get returns a token that is good for now.
func (t *tokens) get(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &callError{op: opToken, cause: err}
	}
	if v := t.held(); v != "" {
		return v, nil
	}
	done := t.flight.DoChan("", func() (any, error) {
		// Another caller may have fetched between our look and this.
		if v := t.held(); v != "" {
			return v, nil
		}
		// One caller's giving up must not fail the others.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin)
		defer cancel()
		v, life, err := t.fetch(ctx)
		if err != nil {
			return "", err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.value, t.until = v, t.now().Add(life-min(tokenMargin, life/4))
		return v, nil
	})
	select {
	case r := <-done:
		v, _ := r.Val.(string)
		return v, r.Err
	case <-ctx.Done():
		return "", &callError{op: opToken, cause: ctx.Err()}
	}
}

func (t *tokens) held() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now().Before(t.until) {
		return t.value
	}
	return ""
}

// forget drops a token that Feishu no longer takes, unless there is a newer one already.
func (t *tokens) forget(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value, t.until = "", time.Time{}
	}
}

// fetchToken asks for a tenant_access_token. Its answer is flat, not under "data".
func (p *Platform) fetchToken(ctx context.Context) (string, time.Duration, error) {
	ctx, ex := withExchange(ctx, opToken)
	resp, err := larkcore.Request(ctx, &larkcore.ApiReq{
		HttpMethod: http.MethodPost, ApiPath: larkcore.TenantAccessTokenInternalUrlPath,
		Body:                      larkcore.SelfBuiltTenantAccessTokenReq{AppID: p.config.AppID, AppSecret: p.config.AppSecret},
		SupportedAccessTokenTypes: []larkcore.AccessTokenType{larkcore.AccessTokenTypeNone},
	}, p.sdk)
	if err != nil {
		return "", 0, p.broken(ctx, ex, err)
	}
	var out larkcore.TenantAccessTokenResp
	if err := json.Unmarshal(resp.RawBody, &out); err != nil {
		return "", 0, p.broken(ctx, ex, err)
	}
	if err := ex.refused(out.Code, out.Msg); err != nil {
		return "", 0, err
	}
	if out.TenantAccessToken == "" || out.Expire <= 0 {
		return "", 0, p.broken(ctx, ex, errNoToken)
	}
	return out.TenantAccessToken, time.Duration(out.Expire) * time.Second, nil
}
