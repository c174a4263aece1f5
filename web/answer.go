package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"roundsman/bot"
	"roundsman/storage"
)

// maxLines bounds what the page repeats of an answer.
const maxLines = 6

// said is what the chat says of a check-in, for the page to repeat.
type said struct {
	// Ready is false while it is not handled yet.
	Ready bool     `json:"ready"`
	Tone  bot.Tone `json:"tone,omitempty"`
	Title string   `json:"title,omitempty"`
	Lines []string `json:"lines,omitempty"`
	// Asks says that the chat asks something that is answered there.
	Asks bool `json:"asks,omitempty"`
}

// getAnswer repeats what the chat says of a submission. Only whoever submitted is told.
func (p *Pages) getAnswer(w http.ResponseWriter, r *http.Request) {
	s, ok := p.session(r)
	if !ok {
		p.answer(w, http.StatusUnauthorized, refused{Text: p.Say.T("web.refused.login")})
		return
	}
	if !p.limits.allow(p.Now(), "read/"+s.person(), readsAMinute) {
		p.answer(w, http.StatusTooManyRequests, refused{Text: p.Say.T("web.try_later")})
		return
	}
	n, err := p.open(r.URL.Query().Get("nonce"), s)
	if reason, ok := isRefusal(err); ok {
		p.refuse(w, s, reason)
		return
	}
	post, err := p.post(r.Context(), n.key())
	if errors.Is(err, storage.ErrNotFound) {
		p.answer(w, http.StatusOK, said{})
		return
	}
	var body bot.Body
	if err == nil {
		err = json.Unmarshal(post.Body, &body)
	}
	if err != nil {
		p.fail(w, "read an answer", err)
		return
	}
	p.answer(w, http.StatusOK, repeat(body))
}

// post returns what the chat says of the submission with the key: a visit's own
// post, or a sentence. It is storage.ErrNotFound until the submission is handled.
func (p *Pages) post(ctx context.Context, key string) (storage.Post, error) {
	post, err := p.Store.Outbox().Get(ctx, "visit/"+key+"/fix")
	if errors.Is(err, storage.ErrNotFound) {
		return p.Store.Outbox().Get(ctx, "re/"+key)
	}
	return post, err
}

// repeat writes a post as the page shows it.
func repeat(b bot.Body) said {
	out := said{Ready: true, Title: b.Text}
	if b.Card == nil {
		return out
	}
	out.Title, out.Tone = b.Card.Title, b.Card.Tone
	for _, l := range b.Card.Lines {
		if l.Text != "" && len(out.Lines) < maxLines {
			out.Lines = append(out.Lines, l.Text)
		}
	}
	out.Asks = slices.ContainsFunc(b.Card.Buttons, func(b bot.Button) bool { return b.Value != "" })
	if b.Card.Footer != "" {
		out.Lines = append(out.Lines, b.Card.Footer)
	}
	return out
}
