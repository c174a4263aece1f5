package storage

import (
	"context"
	"time"
)

// PostState is how far a post has come.
type PostState string

// The states of a post.
const (
	// PostPending: the newest desired version has not been delivered yet.
	PostPending PostState = "pending"
	// PostSent: the newest desired version stands in the chat.
	PostSent PostState = "sent"
	// PostUncertain: it may or may not have been delivered, and cannot be tried again without perhaps saying it twice.
	PostUncertain PostState = "uncertain"
	// PostFailed: the platform refuses it for good.
	PostFailed PostState = "failed"
)

// Post is something to say: an id and a desired content with a version.
type Post struct {
	// ID derives from the post's cause.
	ID string
	// Chat is the address "platform:chat" it goes to; posts to one chat keep their order.
	Chat string
	// Body is the desired content, opaque here.
	Body []byte
	// Version of the desired content; a higher one replaces a lower one, never the other way round.
	Version int64
	// NotBefore holds the first delivery back.
	NotBefore time.Time
	// Created orders the posts of a chat.
	Created time.Time

	Progress
}

// Progress is what the sender knows about a post.
type Progress struct {
	State PostState
	// SentVersion is the newest version that was dealt with: it stands in the
	// chat, or came too late where nothing can be changed. 0 means none.
	SentVersion int64
	// TryVersion and TryPart say what the sender was about to deliver, and
	// TrySince since when: if it died, the outcome of that try is unknown.
	TryVersion int64
	TryPart    int
	TrySince   time.Time
	// Remote are the platform's message ids of the delivered parts.
	Remote []string
	// Attempts counts failed tries of the current version; Next is when the next one is due.
	Attempts int
	Next     time.Time
	// Error is the last failure, in a word or a code.
	Error string
}

// Claim is the right of one sender to deliver a post until Until.
type Claim struct {
	Owner string
	Until time.Time
}

// Outbox keeps what is to be said until it stands in the chat.
type Outbox interface {
	// Desire asks for p: it inserts the post, or, if p.Version is higher than
	// the stored desired version, replaces body and version and makes the
	// post pending again, at p.NotBefore if nothing of it was sent. Otherwise
	// nothing changes. It reports whether anything did. Only ID, Chat, Body,
	// Version, NotBefore and Created are read.
	Desire(ctx context.Context, p Post) (changed bool, err error)
	// Again makes a post that is not pending so: one that is uncertain or failed
	// is sent as if it had not been tried, but for the parts that stand in the
	// chat; one that was sent is brought up to date once more. It reports whether
	// the post was in one of the states; ErrNotFound if there is no such post.
	Again(ctx context.Context, id string, in ...PostState) (changed bool, err error)
	// Get returns the post, or ErrNotFound.
	Get(ctx context.Context, id string) (Post, error)
	// List returns posts in the state, by (Created, ID), at most limit.
	List(ctx context.Context, state PostState, limit int) ([]Post, error)
	// Backlog returns how many posts are pending, and since when the one that has
	// waited longest could have been sent: the later of Created and NotBefore,
	// which may be in the future.
	Backlog(ctx context.Context) (pending int, since time.Time, err error)
	// Sweep forgets posts that are not pending and were created before the instant, and returns how many.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// Chats selects chats: one, those of a platform, or with no field set all.
type Chats struct {
	// Platform is what addresses begin with, before the colon.
	Platform string
	// Chat is one whole address.
	Chat string
}

// Deliveries is the outbox as whoever delivers sees it: what is due, and who holds it.
type Deliveries interface {
	// Due returns, of each of the chats, the oldest pending post that is not held
	// back at now (NotBefore), provided that its Next is not after now and nobody
	// holds it: a post that is to be tried again later keeps its chat waiting, and
	// no other. By (Created, ID), at most limit.
	Due(ctx context.Context, now time.Time, of Chats, limit int) ([]Post, error)
	// Claim takes the post for c.Owner unless another owner holds it at now
	// (ErrConflict) or it is not pending (ErrNotFound), and returns it as it
	// is then.
	Claim(ctx context.Context, id string, now time.Time, c Claim) (Post, error)
	// Report records progress under owner's claim, and gives the claim up if
	// release is set. If a newer version was desired meanwhile, a reported
	// PostSent or PostFailed becomes PostPending, due at once. ErrConflict if owner's claim
	// was taken over or given up, ErrNotFound if there is no such post.
	// SentVersion never goes backwards.
	Report(ctx context.Context, id, owner string, p Progress, release bool) error
}
