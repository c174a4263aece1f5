package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth bounds the nesting of what is parsed. Feishu's own events are about eight deep.
const maxDepth = 32

var errMalformed = errors.New("malformed")

// strict refuses JSON that two readers could understand differently: a key given
// twice in an object, also in another case (encoding/json takes the last of them),
// a second value after the first, or deep nesting.
func strict(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := strictValue(d, 0); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is more than one value", errMalformed)
	}
	return nil
}

// The decoder's own errors can quote what is there.
var (
	errSyntax = errors.New("not JSON")
	errDeep   = errors.New("nested too deeply")
	errTwice  = errors.New("a key is given twice")
)

func strictValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return errSyntax
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return errDeep
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			k, err := d.Token()
			if err != nil {
				return errSyntax
			}
			key, _ := k.(string)
			key = strings.ToLower(key)
			if seen[key] {
				return errTwice
			}
			seen[key] = true
		}
		if err := strictValue(d, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errSyntax
	}
	return nil
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
