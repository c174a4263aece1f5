// Package seal makes values that only we can make and that end: for buttons,
// links and sessions. It must not know what is in them.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors of [Box.Open].
var (
	// ErrForged: we did not make this value, or not for this use.
	ErrForged = errors.New("not sealed by us")
	// ErrExpired: we made it, and its time is over.
	ErrExpired = errors.New("the sealed value has expired")
)

// MinKey is the least number of bytes of a key.
const MinKey = 32

// maxSealed bounds what Open looks at.
const maxSealed = 4096

// macSize is how much of the HMAC a value carries: 128 bits, so that values
// stay within what platforms allow in a button.
const macSize = 16

// Box seals and opens values of one use. It is safe for concurrent use.
type Box struct{ key []byte }

// New returns a Box for the use. Values of one use do not open in another.
func New(key []byte, use string) (*Box, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("the key has %d bytes, needs %d", len(key), MinKey)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("roundsman/" + use))
	return &Box{mac.Sum(nil)}, nil
}

// Seal returns v as a text that opens until expires (second precision).
func (b *Box) Seal(v any, expires time.Time) (string, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	data := binary.BigEndian.AppendUint64(make([]byte, 0, macSize+8+len(payload)), uint64(expires.Unix()))
	data = append(data, payload...)
	return base64.RawURLEncoding.EncodeToString(append(b.mac(data), data...)), nil
}

// Open reads a sealed text into v, or returns ErrForged or ErrExpired.
func (b *Box) Open(s string, now time.Time, v any) error {
	if len(s) > maxSealed {
		return ErrForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) < macSize+8 {
		return ErrForged
	}
	mac, data := raw[:macSize], raw[macSize:]
	if !hmac.Equal(mac, b.mac(data)) {
		return ErrForged
	}
	if now.Unix() >= int64(binary.BigEndian.Uint64(data)) {
		return ErrExpired
	}
	if err := json.Unmarshal(data[8:], v); err != nil {
		return ErrForged
	}
	return nil
}

// Draw returns a number from 0 to n−1 that is always the same for a text, and that
// nobody can tell without the key. n is from 1 to 1000.
func (b *Box) Draw(text string, n int) int {
	return int(binary.BigEndian.Uint64(b.mac([]byte("draw/"+text))) % uint64(n))
}

func (b *Box) mac(data []byte) []byte {
	mac := hmac.New(sha256.New, b.key)
	mac.Write(data)
	return mac.Sum(nil)[:macSize]
}
