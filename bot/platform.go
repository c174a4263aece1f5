package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Platform is a chat platform as the core uses it. Adding one means: a package
// with this, an emulator, a line of wiring. The methods may be called by any
// number of goroutines.
type Platform interface {
	// Name is the platform's name in addresses, the roster and the configuration.
	Name() string
	// Abilities says what the platform can do; it never changes.
	Abilities() Abilities
	// Routes mounts the platform's own HTTP routes, if it has any.
	Routes(mux *http.ServeMux, in Inlet)
	// Listen receives events over the platform's own connection until ctx
	// ends; where there is none it just waits. An error means that listening
	// is over and worth starting again.
	Listen(ctx context.Context, in Inlet) error
	// Vitals says of each part that messages need to be sent and received
	// whether it works, always in the same order.
	Vitals(ctx context.Context) []Vital
	// Compose writes a body as the parts of its wire form, each within the
	// platform's limits. It is pure: the same body gives the same parts.
	Compose(to Address, b Body) ([]Part, error)
	// Send delivers one part. The key is the same for every try of the same
	// part, at most 50 characters; platforms that can use it to say nothing
	// twice. It returns the platform's message id, which may be empty. A
	// failure is a *SendError.
	Send(ctx context.Context, to Address, p Part, key string) (remote string, err error)
}

// Vital is one part of what a platform needs to work: its token, its connection.
type Vital struct {
	// Part is a fixed word for health checks and metrics.
	Part string
	// Err is what is wrong, without secrets; nil when nothing is.
	Err error
}

// Ready returns nil when all parts work, else what is wrong.
func Ready(vitals []Vital) error {
	var errs []error
	for _, v := range vitals {
		errs = append(errs, v.Err)
	}
	return errors.Join(errs...)
}

// byName returns the platforms by their names.
func byName(platforms []Platform) map[string]Platform {
	out := make(map[string]Platform, len(platforms))
	for _, p := range platforms {
		out[p.Name()] = p
	}
	return out
}

// Updater is the ability to change a message that was sent.
type Updater interface {
	// Update replaces the message's content. A failure is a *SendError.
	Update(ctx context.Context, to Address, remote string, p Part) error
}

// MediaSource is the ability to fetch what a person sent.
type MediaSource interface {
	// Fetch returns the bytes of a resource, at most limit of them. A failure is a *FetchError.
	Fetch(ctx context.Context, message string, m Media, limit int64) ([]byte, error)
}

// GroupMaker is the ability to make a group and be its member.
type GroupMaker interface {
	// MakeGroup makes a group of the people with the given user ids, the first
	// its owner, and returns its address. The key is the same for every try; a
	// group that a former try made is found by it.
	MakeGroup(ctx context.Context, key, name string, users []string) (Address, error)
}

// MenuMaker is the ability to give the bot's chat a menu.
type MenuMaker interface {
	// MakeMenu replaces the menu for everybody, by at most three items with at
	// most five each in them; the same again changes nothing. A failure is a *SendError.
	MakeMenu(ctx context.Context, items []MenuItem) error
}

// MenuItem opens a link, or says a text as if its reader had written it, or
// holds other items, in this order of precedence.
type MenuItem struct {
	// Text is what stands on it: at most five Chinese characters or 16 letters, within another item 13 or 40.
	Text  string
	Link  string
	Say   string
	Items []MenuItem
}

// Inlet is where a platform puts what arrives.
type Inlet interface {
	// Accept makes m durable in the store. Only when it returns nil may m be
	// acknowledged. It is for what the platform sends again when refused.
	Accept(ctx context.Context, m Message) error
	// Keep is Accept for what the platform would not send again in time: when
	// the store does not answer, m is spooled to disk instead.
	Keep(ctx context.Context, m Message) error
	// Refuse counts something that was turned away at the door.
	Refuse(platform, reason string)
}

// Part is one message on the wire, in the platform's own form.
type Part struct {
	// Type is the platform's name for the kind of message.
	Type string
	Data []byte
	// Response is [Body.Response], for the part that replaces a tapped message.
	Response string
	// Upload is a picture or a file that has to be uploaded before Data can be sent.
	Upload *File
}

// Abilities says what a platform can do. The core asks for these, never for names.
type Abilities struct {
	// UpdateFor is how long a sent message can be changed; 0 means never.
	UpdateFor time.Duration
	// ResendFor is how long a repeated Send with the same key is sure to say
	// nothing twice; 0 means that it is never sure.
	ResendFor time.Duration
	// HearsGroups says that people can talk to the bot in a group.
	HearsGroups bool
	// App bounds all sends together, Place those to all chats of a kind, Chat
	// those to one chat, by kind of chat.
	App   []Rate
	Place map[Place][]Rate
	Chat  map[Place][]Rate
}

// Rate allows N sends in any Per.
type Rate struct {
	N   int
	Per time.Duration
}

// SendError says why a send failed and what to do about it. Its text holds no
// secret and nothing of what was sent.
type SendError struct {
	// Code is the platform's code or a word, for logs and for the admin.
	Code string
	// Retry says that trying again may help; After how long to wait at least, if the platform said.
	Retry bool
	After time.Duration
	// Unknown says that it may have been delivered all the same.
	Unknown bool
	// Gone says that the chat is not there (any more), or not for us.
	Gone bool
	Err  error
}

// Error returns the code and the cause.
func (e *SendError) Error() string {
	if e.Err == nil {
		return "send: " + e.Code
	}
	return fmt.Sprintf("send: %s: %v", e.Code, e.Err)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// FetchError says why a resource could not be fetched.
type FetchError struct {
	// Reason is a word of the catalogue.
	Reason string
	// Retry says that trying again may help.
	Retry bool
	Err   error
}

// The reasons of a FetchError.
const (
	FetchExpired     = "expired"
	FetchTooLarge    = "too_large"
	FetchRefused     = "refused"
	FetchUnreachable = "unreachable"
	FetchNotPicture  = "not_a_picture"
	// FetchTooManyPixels: more than can be decoded safely.
	FetchTooManyPixels = "too_many_pixels"
	// FetchMoving: an animation, which shows no moment.
	FetchMoving = "moving"
	// FetchFileKind: a kind of file that only a platform can turn into a picture: HEIC.
	FetchFileKind = "file_kind"
)

// Error returns the reason and the cause.
func (e *FetchError) Error() string {
	if e.Err == nil {
		return "fetch: " + e.Reason
	}
	return fmt.Sprintf("fetch: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *FetchError) Unwrap() error { return e.Err }
