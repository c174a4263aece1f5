package bot

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"roundsman/geo"
)

// WebLogin is the ability of a platform to say who opened a page of ours in its
// client, without asking the person, and to let the page measure where the
// device is.
type WebLogin interface {
	// AuthorizeURL is where a browser is sent to come back to redirect with the
	// parameters code and state, which is at most 128 letters and digits.
	AuthorizeURL(redirect, state string) string
	// WhoIs returns the user id of whoever came back with the code, which serves
	// once. ErrNobody says that the platform knows nobody by it.
	WhoIs(ctx context.Context, code, redirect string) (user string, err error)
	// Client is how a page of ours uses the platform's client; it never changes.
	Client() PageClient
	// SignPage returns the configuration with which the page at the address, without
	// its fragment, may use the client. It is good for some minutes and holds no secret.
	SignPage(ctx context.Context, page string) (map[string]any, error)
	// Hosts says whether a request comes from the platform's own client.
	Hosts(r *http.Request) bool
}

// PageClient is what a page needs to use a platform's client.
type PageClient struct {
	// Scripts are the addresses of the platform's own scripts, in the order in which they are loaded.
	Scripts []string
	// Bridge is a script of ours that sets window.roundsmanClient to a function
	// that takes a signed configuration and returns a promise of {locate(): a
	// promise of {lat, lng, accuracy}}: degrees of Datum, and metres.
	Bridge []byte
	// Datum is that of the positions that the client gives.
	Datum geo.Datum
	// Setup says what an administrator has to enter on the platform, where {page},
	// {back} and {domain} stand for the page's address, [WebLogin.AuthorizeURL]'s
	// redirect, and their host.
	Setup string
}

// ErrNobody says that a platform knows nobody by a code: it was used, is over, or was made up.
var ErrNobody = errors.New("the platform knows nobody by this code")

// keptMedia marks the resource of a photo whose bytes are in the store already.
const keptMedia = "kept:"

// KeepMedia is the picture whose bytes the store has under the key. They go when it has been examined.
func KeepMedia(key string) Media { return Media{Resource: keptMedia + key} }

// KeptMedia returns the key under which the store has the bytes of a resource, if it has them.
func KeptMedia(resource string) (key string, ok bool) {
	return strings.CutPrefix(resource, keptMedia)
}
