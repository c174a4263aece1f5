package bot

import (
	"errors"
	"strings"

	"roundsman/visit"
)

// Place is the kind of chat an address names.
type Place string

// The kinds of chats.
const (
	// ToUser is the chat between the bot and one person.
	ToUser Place = "user"
	// ToGroup is a group that the bot is a member of.
	ToGroup Place = "group"
	// ToRobot is a group that the bot reaches through a group robot, and does not hear.
	ToRobot Place = "robot"
)

// Address names a chat on a platform. ID is the platform's own id: of the
// person, of the group, or the name under which the adapter keeps a robot's key.
type Address struct {
	Platform string
	Place    Place
	ID       string
}

// ErrAddress says that a text is no address.
var ErrAddress = errors.New("not an address like feishu:group/oc_1")

// ParseAddress reads what [Address.String] writes.
func ParseAddress(s string) (Address, error) {
	platform, rest, ok := strings.Cut(s, ":")
	place, id, ok2 := strings.Cut(rest, "/")
	a := Address{platform, Place(place), id}
	if !ok || !ok2 || platform == "" || id == "" || (a.Place != ToUser && a.Place != ToGroup && a.Place != ToRobot) {
		return Address{}, ErrAddress
	}
	return a, nil
}

// String returns "platform:place/id", the form in which addresses are stored.
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	return a.Platform + ":" + string(a.Place) + "/" + a.ID
}

// Home is the chat with somebody of the roster in which Roundsman speaks of its
// own accord: on the first of the platforms on which they are. It is zero if
// they are on none.
func Home(r visit.Rep, platforms []string) Address {
	for _, p := range platforms {
		if user := r.Identities[p]; user != "" {
			return Address{Platform: p, Place: ToUser, ID: user}
		}
	}
	return Address{}
}

// MarshalText writes what String returns.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what String returns; the empty text is the zero address.
func (a *Address) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Address{}
		return nil
	}
	v, err := ParseAddress(string(b))
	if err == nil {
		*a = v
	}
	return err
}
