package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"roundsman/storage"
)

// Post is something to say. Saying the same id again with the same or a lower
// version does nothing; a higher version changes what was said.
type Post struct {
	// ID derives from the post's cause.
	ID   string
	To   Address
	Body Body
	// Version is at least 1.
	Version int64
	// NotBefore holds the first delivery back, so that what comes meanwhile is said with it.
	NotBefore time.Time
}

// Outbox takes what is to be said.
type Outbox struct {
	store storage.Outbox
	now   func() time.Time
	said  func(chat string)
}

// said is a body as it is stored, with the event that it was said for.
type said struct {
	Body
	Cause string `json:"cause,omitempty"`
}

// NewOutbox returns an Outbox that calls said after each change in a chat.
func NewOutbox(store storage.Outbox, now func() time.Time, said func(chat string)) *Outbox {
	return &Outbox{store, now, said}
}

// Say makes p durable; the sender does the rest.
func (o *Outbox) Say(ctx context.Context, p Post) error {
	if f := p.Body.File; f != nil {
		p.Body.File = &File{f.Data, fileName(f.Name), f.Alt}
	}
	body, err := json.Marshal(said{p.Body, causeOf(ctx)})
	if err != nil {
		return fmt.Errorf("write a post: %w", err)
	}
	changed, err := o.store.Desire(ctx, storage.Post{
		ID: p.ID, Chat: p.To.String(), Body: body, Version: max(p.Version, 1),
		NotBefore: p.NotBefore.UTC().Truncate(time.Millisecond), Created: o.now().UTC().Truncate(time.Millisecond),
	})
	if err != nil {
		return fmt.Errorf("say %s: %w", p.ID, err)
	}
	if changed {
		o.said(p.To.String())
	}
	return nil
}

// Again sends a post once more that failed or may not have arrived. It reports
// whether the post was in such a state; storage.ErrNotFound if it is forgotten.
func (o *Outbox) Again(ctx context.Context, id string) (bool, error) {
	changed, err := o.store.Again(ctx, id, storage.PostUncertain, storage.PostFailed)
	if err != nil {
		return false, fmt.Errorf("say %s again: %w", id, err)
	}
	p, err := o.store.Get(ctx, id)
	if err != nil {
		return false, fmt.Errorf("say %s again: %w", id, err)
	}
	o.said(p.Chat)
	return changed, nil
}

// Withdraw takes back a post that has not been sent yet; one that was sent stays.
func (o *Outbox) Withdraw(ctx context.Context, id string, version int64) error {
	p, err := o.store.Get(ctx, id)
	if err != nil || len(p.Remote) > 0 {
		return ignoreNotFound(err)
	}
	to, err := ParseAddress(p.Chat)
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", id, err)
	}
	return o.Say(ctx, Post{ID: id, To: to, Version: max(version, p.Version+1)})
}
