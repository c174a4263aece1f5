package feishu

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDepth bounds the nesting of what is parsed. Feishu's own events are about eight deep.
const maxDepth = 32

// maxKeys bounds the keys of one object; Feishu's have a few dozen.
const maxKeys = 256

var errMalformed = errors.New("malformed")

// The decoder's own errors can quote what is there.
var (
	errSyntax = errors.New("not JSON")
	errDeep   = errors.New("nested too deeply")
	errTwice  = errors.New("a key is given twice, or there are too many")
)

// strict refuses JSON that two readers could understand differently: a key given
// twice in an object, also in another case (encoding/json takes the last of them),
// a second value after the first, or deep nesting. It is done for every event
// before it is acknowledged, so it looks at the bytes: reading them as tokens took
// half as long as the insert itself.
func strict(data []byte) error {
	if !json.Valid(data) {
		return fmt.Errorf("%w: %w", errMalformed, errSyntax)
	}
	var open []container
	for i := 0; i < len(data); i++ {
		top := len(open) - 1
		switch data[i] {
		case '{', '[':
			if len(open) >= maxDepth {
				return fmt.Errorf("%w: %w", errMalformed, errDeep)
			}
			open = append(open, container{object: data[i] == '{', atKey: data[i] == '{'})
		case '}', ']':
			open = open[:top]
		case ':':
			open[top].atKey = false
		case ',':
			open[top].atKey = open[top].object
		case '"':
			end := i + 1
			for data[end] != '"' {
				if data[end] == '\\' {
					end++
				}
				end++
			}
			if top >= 0 && open[top].atKey && !open[top].first(data[i:end+1]) {
				return fmt.Errorf("%w: %w", errMalformed, errTwice)
			}
			i = end
		}
	}
	return nil
}

// container is an object or an array that the scan is in.
type container struct {
	object, atKey bool
	keys          []string
}

// first notes a quoted key and reports whether it is the first of its name.
func (c *container) first(quoted []byte) bool {
	key := string(quoted[1 : len(quoted)-1])
	if strings.Contains(key, `\`) {
		if json.Unmarshal(quoted, &key) != nil {
			return false
		}
	}
	// As encoding/json compares names. The bound keeps that from growing quadratic.
	if len(c.keys) >= maxKeys || slices.ContainsFunc(c.keys, func(k string) bool { return strings.EqualFold(k, key) }) {
		return false
	}
	c.keys = append(c.keys, key)
	return true
}

// decode reads JSON that [strict] accepts into v.
func decode(data []byte, v any) error {
	if err := strict(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, errShape)
	}
	return nil
}

var errShape = errors.New("not of the documented form")

// validID reports whether s can be an id of Feishu's: it becomes part of keys,
// addresses and paths.
func validID(s string) bool {
	if s == "" || len(s) > 160 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-', c == '.', c == '=', c == '+':
		default:
			return false
		}
	}
	return s != "." && s != ".."
}
