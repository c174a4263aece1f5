package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"roundsman/bot"
)

// mediaWithin bounds the download of a picture; its head has to come within [callWithin].
const mediaWithin = 50 * time.Second

// Fetch downloads a picture by its media id, which is good for three days. The
// limit, in bytes, holds on the wire: no more than that is read.
func (p *Platform) Fetch(ctx context.Context, _ string, m bot.Media, limit int64) ([]byte, error) {
	if m.Resource == "" || len(m.Resource) > maxResource {
		return nil, &bot.FetchError{Reason: bot.FetchRefused}
	}
	for try := 0; ; try++ {
		token, err := p.tokens.get(ctx)
		if err != nil {
			return nil, &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: err}
		}
		data, x, err := p.download(ctx, token, m.Resource, limit)
		if err == nil {
			return data, nil
		}
		if try == 0 && x.staleToken() {
			p.tokens.forget(token)
			continue
		}
		return nil, err
	}
}

// download makes one try.
func (p *Platform) download(ctx context.Context, token, resource string, limit int64) ([]byte, *exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, mediaWithin)
	defer cancel()
	x := &exchange{ctx: ctx, base: p.base}
	req, err := x.request(http.MethodGet, "/cgi-bin/media/get", url.Values{"access_token": {token}, "media_id": {resource}}, nil)
	if err != nil {
		x.err = err
		return nil, x, x.fetchFailure()
	}
	// What is counted is what comes over the wire, not what it unpacks to.
	req.Header.Set("Accept-Encoding", "identity")
	resp := x.open(req)
	if resp == nil {
		return nil, x, x.fetchFailure()
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, x, x.fetchFailure()
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "application/json" || strings.HasPrefix(kind, "text/") || resp.Header.Get("Content-Encoding") != "" {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil {
			x.err = bare(err)
		} else {
			x.read(body)
		}
		if x.answered && x.code == 0 {
			return nil, x, &bot.FetchError{Reason: bot.FetchNotPicture}
		}
		return nil, x, x.fetchFailure()
	}
	tooLarge := &bot.FetchError{Reason: bot.FetchTooLarge, Err: fmt.Errorf("more than %d bytes", limit)}
	if resp.ContentLength > limit {
		return nil, x, tooLarge
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		x.err = bare(err)
		return nil, x, x.fetchFailure()
	case int64(len(data)) > limit:
		return nil, x, tooLarge
	case len(data) == 0:
		x.err = errors.New("the answer is empty")
		return nil, x, x.fetchFailure()
	}
	return data, x, nil
}
