package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	"golang.org/x/sync/singleflight"
)

// askWithin bounds how long an event waits for us to learn who we are: an event
// has to be answered within three seconds.
const askWithin = 800 * time.Millisecond

// self knows the bot's own open_id, by which a mention of it is told from others.
type self struct {
	fetch  func(context.Context) (info, error)
	flight singleflight.Group

	mu     sync.Mutex
	openID string
}

// info is what Feishu says of the bot.
type info struct {
	OpenID string `json:"open_id"`
	// Status is 2 when the app is enabled.
	Status int `json:"activate_status"`
}

// id returns the bot's open_id, asked for once.
func (s *self) id(ctx context.Context) (string, error) {
	if id := s.known(); id != "" {
		return id, nil
	}
	done := s.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin)
		defer cancel()
		i, err := s.fetch(ctx)
		if err != nil {
			return "", err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.openID = i.OpenID
		return i.OpenID, nil
	})
	select {
	case r := <-done:
		id, _ := r.Val.(string)
		return id, r.Err
	case <-ctx.Done():
		return "", &callError{op: "bot", cause: ctx.Err()}
	}
}

func (s *self) known() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openID
}

// keepAsking asks who we are until it is known or ctx ends.
func (p *Platform) keepAsking(ctx context.Context) {
	for wait := range waits() {
		_, err := p.self.id(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		p.log.Warn("cannot learn the bot's own id; messages that mention somebody in a group wait for it", "error", err)
		if !pause(ctx, wait) {
			return
		}
	}
}

// fetchSelf asks for the bot's own info, which is not under "data".
func (p *Platform) fetchSelf(ctx context.Context) (info, error) {
	var out struct {
		larkcore.CodeError
		Bot info `json:"bot"`
	}
	err := p.call(ctx, "bot", func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
		resp, err := larkcore.Request(ctx, &larkcore.ApiReq{
			HttpMethod: http.MethodGet, ApiPath: "/open-apis/bot/v3/info",
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
	if err != nil {
		return info{}, err
	}
	if !validID(out.Bot.OpenID) {
		return info{}, errors.New("bot: the answer has no open_id")
	}
	return out.Bot, nil
}
