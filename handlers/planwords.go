package handlers

import (
	"strings"

	"roundsman/visit"
)

// planWords is what somebody wants changed of a plan, names as they wrote them:
//
//	+华联 10:00 收款 5000 #SO1024 -大润发 理由 客户来电改期
type planWords struct {
	put    []plannedWords
	drop   []string
	reason string
}

// plannedWords is a visit that somebody wants on the plan.
type plannedWords struct {
	name  string
	visit visit.PlannedVisit
}

// notUnderstood is the word that could not be read; nothing is done of what it stood in.
type notUnderstood string

// Error names the word.
func (w notUnderstood) Error() string { return "not understood: " + string(w) }

// maxPlanWords bounds the visits of one message.
const maxPlanWords = 30

// reasonWords begin the reason, which is everything that follows.
var reasonWords = []string{"理由", "原因", "因为", "because", "reason"}

// parsePlan reads what follows the command.
func parsePlan(text string) (planWords, error) {
	var out planWords
	text = signs.Replace(text)
	var item []string
	end := func() error {
		if len(item) == 0 {
			return nil
		}
		defer func() { item = nil }()
		if len(out.put)+len(out.drop) >= maxPlanWords {
			return notUnderstood(item[0])
		}
		return out.add(item)
	}
	fields := strings.Fields(text)
	for i, word := range fields {
		if reason, ok := reasonOf(word, fields[i+1:]); ok {
			if err := end(); err != nil {
				return planWords{}, err
			}
			if reason == "" {
				return planWords{}, notUnderstood(word)
			}
			out.reason = reason
			return out, out.whole(word)
		}
		if word[0] == '+' || word[0] == '-' {
			if err := end(); err != nil {
				return planWords{}, err
			}
		} else if item == nil {
			return planWords{}, notUnderstood(word)
		}
		item = append(item, word)
	}
	if err := end(); err != nil {
		return planWords{}, err
	}
	return out, out.whole(text)
}

// signs are written in many ways on a phone.
var signs = strings.NewReplacer("＋", "+", "－", "-", "—", "-", "–", "-", "：", ":", "＃", "#", "，", " ", "、", " ", "；", " ", "+ ", "+", "- ", "-")

// whole is an error if nothing is asked for.
func (p planWords) whole(text string) error {
	if len(p.put)+len(p.drop) == 0 {
		return notUnderstood(text)
	}
	return nil
}

// reasonOf returns what follows a word that begins a reason.
func reasonOf(word string, rest []string) (string, bool) {
	for _, w := range reasonWords {
		if tail, ok := strings.CutPrefix(word, w); ok && (tail == "" || tail[0] == ':' || w[0] >= 0x80) {
			return strings.TrimSpace(strings.Join(append([]string{strings.TrimLeft(tail, ":")}, rest...), " ")), true
		}
	}
	return "", false
}

// add reads one visit: its sign and name, then what is known of it.
func (p *planWords) add(item []string) error {
	sign, name := item[0][0], item[0][1:]
	if name == "" {
		return notUnderstood(item[0])
	}
	rest := item[1:]
	for len(rest) > 0 && !isDetail(rest[0]) {
		name += " " + rest[0]
		rest = rest[1:]
	}
	if sign == '-' {
		if len(rest) > 0 {
			return notUnderstood(rest[0])
		}
		p.drop = append(p.drop, name)
		return nil
	}
	v := plannedWords{name: name}
	for _, word := range rest {
		if !v.detail(word) {
			return notUnderstood(word)
		}
	}
	p.put = append(p.put, v)
	return nil
}

// isDetail reports whether a word is meant to say something of a visit, by
// itself or after a purpose, and so is no part of a name.
func isDetail(word string) bool {
	if strings.ContainsAny(word, ":#") {
		return true
	}
	v := plannedWords{visit: visit.PlannedVisit{Purpose: visit.Order}}
	return v.detail(word)
}

// detail reads one word: a time, a purpose, an amount after its purpose, a reference.
func (v *plannedWords) detail(word string) bool {
	if reference, ok := strings.CutPrefix(word, "#"); ok {
		v.visit.Reference = reference
		return reference != ""
	}
	if window, ok := clockWords(word); ok {
		v.visit.Window = window
		return true
	}
	if purpose, err := visit.ParsePurpose(word); err == nil && purpose != "" {
		v.visit.Purpose = purpose
		return true
	}
	for _, p := range []string{"收款", "订货"} {
		if amount, ok := strings.CutPrefix(word, p); ok {
			v.visit.Purpose, _ = visit.ParsePurpose(p)
			word = amount
		}
	}
	amount, err := visit.ParseAmount(word)
	if err != nil {
		return false
	}
	switch v.visit.Purpose {
	case visit.Collection:
		v.visit.CollectionTarget = amount
	case visit.Order:
		v.visit.OrderTarget = amount
	default:
		return false
	}
	return true
}

// clockWords reads 10:00, 14:00-15:00, 9:30, 10点, 10点半, 下午3点.
func clockWords(word string) (visit.Span, bool) {
	from, to, window := strings.Cut(word, "-")
	if !window {
		to = from
	}
	var s visit.Span
	var ok bool
	if s.From, ok = clockWord(from); !ok {
		return visit.Span{}, false
	}
	if s.To, ok = clockWord(to); !ok || s.To.Minutes() < s.From.Minutes() {
		return visit.Span{}, false
	}
	return s, true
}

func clockWord(word string) (visit.Clock, bool) {
	afternoon := false
	for _, w := range []string{"下午", "晚上"} {
		if rest, ok := strings.CutPrefix(word, w); ok {
			word, afternoon = rest, true
		}
	}
	for _, w := range []string{"上午", "早上"} {
		word = strings.TrimPrefix(word, w)
	}
	if hour, minutes, ok := strings.Cut(word, "点"); ok {
		switch minutes {
		case "", "整":
			minutes = "00"
		case "半":
			minutes = "30"
		}
		word = hour + ":" + strings.TrimSuffix(minutes, "分")
	}
	if len(word) == len("9:30") {
		word = "0" + word
	}
	c, err := visit.ParseClock(word)
	if err != nil || afternoon && c.Hour > 12 {
		return visit.Clock{}, false
	}
	if afternoon && c.Hour < 12 {
		c.Hour += 12
	}
	return c, true
}
