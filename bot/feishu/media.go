package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"roundsman/bot"
)

// fetchWithin bounds the fetching of one resource: a large photo over a slow line.
const fetchWithin = 60 * time.Second

// Fetch gets a picture out of the message that it came with. The SDK would read
// any number of bytes into memory and take an error for a file, so the call is
// made here. The bytes are not looked at.
func (p *Platform) Fetch(ctx context.Context, message string, m bot.Media, limit int64) ([]byte, error) {
	if !validID(message) || !validID(m.Resource) {
		return nil, &bot.FetchError{Reason: bot.FetchRefused, Err: errors.New("not a message id and a resource key of Feishu")}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	var data []byte
	err := p.withToken(ctx, func(ctx context.Context, token string) error {
		var err error
		data, err = p.download(ctx, token, message, m, limit)
		return err
	})
	return data, fetchError(err)
}

func (p *Platform) download(ctx context.Context, token, message string, m bot.Media, limit int64) ([]byte, error) {
	kind := "image"
	if m.File {
		kind = "file"
	}
	ctx, ex := withExchange(ctx, "resource")
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { ex.sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.BaseURL+"/open-apis/im/v1/messages/"+
		url.PathEscape(message)+"/resources/"+url.PathEscape(m.Resource)+"?type="+kind, nil)
	if err != nil {
		return nil, p.broken(ctx, ex, err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := p.http.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, p.broken(ctx, ex, err)
	}
	defer resp.Body.Close()
	ex.status, ex.header = resp.StatusCode, resp.Header
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if isJSON := mediaType == "application/json"; isJSON || resp.StatusCode != http.StatusOK {
		var answer struct {
			Code int    `json:"code"`
			Msg  string `json:"msg"`
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil || !isJSON || json.Unmarshal(body, &answer) != nil || answer.Code == 0 {
			return nil, p.broken(ctx, ex, errUnreadable)
		}
		return nil, ex.refused(answer.Code, answer.Msg)
	}
	if resp.ContentLength > limit {
		return nil, errResourceTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, p.broken(ctx, ex, err)
	}
	if int64(len(data)) > limit {
		return nil, errResourceTooLarge
	}
	return data, nil
}

var errResourceTooLarge = errors.New("resource: larger than allowed")

// fetchError says what a failed download means.
func fetchError(err error) error {
	if err == nil {
		return nil
	}
	out := &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: err}
	var ce *callError
	if errors.Is(err, errResourceTooLarge) {
		out.Reason, out.Retry = bot.FetchTooLarge, false
		return out
	}
	if !errors.As(err, &ce) {
		return out
	}
	switch ce.code {
	case 0:
		// No answer of Feishu's.
	case 234003, 230011, 230110:
		// Not in the message (any more): recalled or deleted.
		out.Reason, out.Retry = bot.FetchExpired, false
	case 234006, 234037:
		out.Reason, out.Retry = bot.FetchTooLarge, false
	default:
		if codes[ce.code].retry || ce.status >= 500 || ce.status == http.StatusTooManyRequests {
			break
		}
		out.Reason, out.Retry = bot.FetchRefused, false
	}
	return out
}

// pictures are the endings of files that can be photos.
var pictures = []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".heic", ".heif"}

// isPicture reports whether a file's name ends like a picture's.
func isPicture(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, ending := range pictures {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}
