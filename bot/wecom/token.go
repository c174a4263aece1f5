package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"golang.org/x/sync/singleflight"

	"roundsman/bot"
)

const (
	// sdkMargin is what the SDK takes off a token's life before it caches it.
	sdkMargin = 1500 * time.Second
	// shortLife is how long a token of unknown or very short life is kept.
	shortLife = time.Minute
	// holdRefusal is how long nobody asks again after the API refused a token:
	// WeCom bans an address that presents wrong secrets.
	holdRefusal = time.Minute
)

// tokenCache is the SDK's cache with a lock around it; the SDK's own crashes
// the process when two goroutines use it.
type tokenCache struct {
	now func() time.Time

	mu     sync.Mutex
	values map[string]cached
}

type cached struct {
	value any
	until time.Time
}

// Get returns the value, or nil when there is none any more.
func (c *tokenCache) Get(key string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[key]
	if !ok || !c.now().Before(v.until) {
		return nil
	}
	return v.value
}

// Set keeps a value. The SDK has taken 1500 s off its life, which leaves
// nothing of a token that another replica fetched a while ago; such a one is
// kept for four fifths of the life it has.
func (c *tokenCache) Set(key string, value any, timeout time.Duration) error {
	if timeout < shortLife {
		timeout = (timeout + sdkMargin) * 4 / 5
		if timeout <= 0 {
			timeout = shortLife
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = make(map[string]cached)
	}
	c.values[key] = cached{value, c.now().Add(timeout)}
	return nil
}

// IsExist says whether Get would return something.
func (c *tokenCache) IsExist(key string) bool { return c.Get(key) != nil }

// Delete forgets a value.
func (c *tokenCache) Delete(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
	return nil
}

// deleteIf forgets a value if it is this one.
func (c *tokenCache) deleteIf(key string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values[key].value == value {
		delete(c.values, key)
	}
}

// tokens is where the access token comes from: one fetch for however many
// callers, forgotten when the API does not know it any more.
type tokens struct {
	now    func() time.Time
	cache  *tokenCache
	key    string
	handle credential.AccessTokenContextHandle
	base   *url.URL
	flight singleflight.Group

	mu      sync.Mutex
	refused *bot.SendError
	until   time.Time
}

// get returns a token. A failure is a *bot.SendError that is never unknown,
// for nothing was said.
func (t *tokens) get(ctx context.Context) (string, error) {
	if v, ok := t.cache.Get(t.key).(string); ok {
		return v, nil
	}
	if err := ctx.Err(); err != nil {
		return "", &bot.SendError{Code: networkCode(err), Retry: true, Err: err}
	}
	// The fetch is everybody's, so that one caller's end is not the others'.
	done := t.flight.DoChan("token", func() (any, error) { return t.fetch(context.WithoutCancel(ctx)) })
	select {
	case r := <-done:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", &bot.SendError{Code: networkCode(ctx.Err()), Retry: true, Err: ctx.Err()}
	}
}

func (t *tokens) fetch(ctx context.Context) (string, error) {
	t.mu.Lock()
	refused, until := t.refused, t.until
	t.mu.Unlock()
	if now := t.now(); refused != nil && now.Before(until) {
		e := *refused
		e.After = max(e.After, until.Sub(now))
		return "", &e
	}
	x, end := newExchange(ctx, t.base, false)
	defer end()
	token, err := t.handle.GetAccessTokenContext(context.WithValue(x.ctx, exchangeKey{}, x))
	if err == nil && token != "" && x.status == 0 {
		// Another flight has just put it into the cache.
		return token, nil
	}
	failure := x.failure()
	if failure == nil && (err != nil || token == "") {
		failure = &bot.SendError{Code: "bad_answer", Retry: true, Err: errors.New("the answer holds no token")}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = nil
	if failure == nil {
		return token, nil
	}
	if x.refused() {
		failure.Code, failure.Err = "token_"+failure.Code, fmt.Errorf("no access token: %w", failure.Err)
		failure.Retry, failure.Gone, failure.After = true, false, max(failure.After, afterBusy)
		if x.code != codeBusy {
			t.refused, t.until = failure, t.now().Add(holdRefusal)
		}
	}
	return "", failure
}

// forget drops a token that the API does not know any more; one that came
// meanwhile stays.
func (t *tokens) forget(token string) { t.cache.deleteIf(t.key, token) }

// withToken makes a call that needs a token, and makes it exactly once more
// when the API does not take the token.
func (p *Platform) withToken(ctx context.Context, says bool, call func(x *exchange, token string)) (*exchange, error) {
	for try := 0; ; try++ {
		token, err := p.tokens.get(ctx)
		if err != nil {
			return nil, err
		}
		x, end := p.exchange(ctx, says)
		call(x, token)
		end()
		if try == 0 && x.staleToken() {
			p.tokens.forget(token)
			continue
		}
		return x, nil
	}
}
