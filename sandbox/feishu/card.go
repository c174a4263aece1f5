package feishu

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Button is a button of a card as a user sees it.
type Button struct {
	Text     string
	Name     string
	Type     string         // primary, danger …
	Value    map[string]any // callback value; nil for a link or a plain submit button
	URL      string
	Disabled bool
	InForm   bool
}

// Buttons lists the buttons of an interactive message as it is now.
func (s *Server) Buttons(messageID string) []Button {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[messageID]
	if m == nil || m.Type != "interactive" {
		return nil
	}
	info, err := parseCard(m.Content)
	if err != nil {
		return nil
	}
	return info.buttons
}

// cardInfo is what the sandbox understands of a card.
type cardInfo struct {
	v2          bool
	updateMulti *bool
	buttons     []Button
	images      []string
	inputs      []string // names of form fields
}

// cardError is a reason for 230099, with Feishu's inner code.
type cardError struct {
	code int
	msg  string
}

func (e *cardError) Error() string { return e.msg }

func badCard(code int, format string, args ...any) error {
	return &cardError{code, fmt.Sprintf(format, args...)}
}

func (e *cardError) api() *apiError {
	return fail(codeCard, fmt.Sprintf("Failed to create card content, ext=ErrCode: %d; ErrMsg: %s; ErrorValue: ", e.code, e.msg))
}

// parseCard checks a card's frame and collects its buttons and images. Elements
// that it does not know are let through.
func parseCard(content string) (cardInfo, error) {
	var card map[string]any
	if err := json.Unmarshal([]byte(content), &card); err != nil {
		return cardInfo{}, badCard(200621, "parse card json err, please check whether the card json is correct")
	}
	info := cardInfo{}
	if c, ok := card["config"]; ok {
		config, ok := c.(map[string]any)
		if !ok {
			return info, badCard(200621, "config is not an object")
		}
		if v, ok := config["update_multi"]; ok {
			multi, ok := v.(bool)
			if !ok {
				return info, badCard(200621, "config.update_multi is not a boolean")
			}
			info.updateMulti = &multi
		}
	}
	var elements any
	switch schema := card["schema"]; schema {
	case "2.0":
		info.v2 = true
		body, ok := card["body"].(map[string]any)
		if !ok {
			return info, badCard(200621, "body is missing")
		}
		if _, old := card["elements"]; old {
			return info, badCard(200861, "cards of schema V2 no longer support this capability; unsupported property elements")
		}
		elements = body["elements"]
	case nil, "1.0":
		if card["type"] == "template" {
			return info, badCard(11311, "the sandbox knows no card templates")
		}
		elements = card["elements"]
		if elements == nil {
			elements = card["i18n_elements"]
		}
	default:
		return info, badCard(200621, "unknown schema %v", schema)
	}
	switch elements.(type) {
	case []any:
	case map[string]any:
		if info.v2 {
			return info, badCard(200621, "body.elements is not an array")
		}
	default:
		return info, badCard(200621, "elements is missing or not an array")
	}
	if h, ok := card["header"]; ok {
		if _, ok := h.(map[string]any); !ok {
			return info, badCard(200621, "header is not an object")
		}
		if err := info.walk(h, false); err != nil {
			return info, err
		}
	}
	return info, info.walk(elements, false)
}

func (info *cardInfo) walk(v any, inForm bool) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := info.walk(e, inForm); err != nil {
				return err
			}
		}
	case map[string]any:
		tag, _ := v["tag"].(string)
		if info.v2 && (tag == "action" || tag == "note") {
			return badCard(200861, "cards of schema V2 no longer support this capability; unsupported tag %s", tag)
		}
		switch tag {
		case "button":
			if err := info.button(v, inForm); err != nil {
				return err
			}
		case "form":
			if v["name"] == nil {
				return badCard(200530, "form has no name")
			}
			inForm = true
		case "img":
			key, _ := v["img_key"].(string)
			if key == "" {
				return badCard(200570, "card contains invalid image keys")
			}
			info.images = append(info.images, key)
		}
		if name, ok := v["name"].(string); ok && inForm && tag != "button" && tag != "form" {
			info.inputs = append(info.inputs, name)
		}
		for _, key := range sortedKeys(v) {
			if key == "value" || key == "behaviors" {
				continue // what the developer put there is not card JSON
			}
			if err := info.walk(v[key], inForm); err != nil {
				return err
			}
		}
	}
	return nil
}

func (info *cardInfo) button(v map[string]any, inForm bool) error {
	b := Button{InForm: inForm}
	if t, ok := v["text"].(map[string]any); ok {
		b.Text, _ = t["content"].(string)
	}
	b.Name, _ = v["name"].(string)
	b.Type, _ = v["type"].(string)
	b.URL, _ = v["url"].(string)
	b.Disabled, _ = v["disabled"].(bool)
	object := func(value any) error {
		m, ok := value.(map[string]any)
		if !ok {
			// Feishu itself takes a string too; its SDKs cannot read one, so here it
			// is refused where it is written.
			return badCard(200672, "the callback value of button %q is not an object", b.Text)
		}
		b.Value = m
		return nil
	}
	if value, ok := v["value"]; ok {
		if err := object(value); err != nil {
			return err
		}
	}
	if raw, ok := v["behaviors"]; ok {
		list, ok := raw.([]any)
		if !ok {
			return badCard(200621, "behaviors of button %q is not an array", b.Text)
		}
		for _, e := range list {
			behavior, _ := e.(map[string]any)
			switch behavior["type"] {
			case "callback":
				if err := object(behavior["value"]); err != nil {
					return err
				}
			case "open_url":
				b.URL, _ = behavior["default_url"].(string)
				if b.URL == "" {
					return badCard(200621, "open_url of button %q has no default_url", b.Text)
				}
			case "form_action":
			default:
				return badCard(200621, "unknown behavior of button %q", b.Text)
			}
		}
	}
	info.buttons = append(info.buttons, b)
	return nil
}

// find returns the enabled button with that value and, if given, name.
func (info *cardInfo) find(value map[string]any, name string) (Button, bool) {
	want := normal(value)
	i := slices.IndexFunc(info.buttons, func(b Button) bool {
		if name != "" && b.Name != name {
			return false
		}
		if value == nil {
			return name != ""
		}
		return b.Value != nil && reflect.DeepEqual(normal(b.Value), want)
	})
	if i < 0 {
		return Button{}, false
	}
	return info.buttons[i], true
}

// normal brings a value into the form that JSON gives it.
func normal(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return nil
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
