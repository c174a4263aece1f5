package handlers

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"roundsman/visit"
)

// resultWords is what a text says came of a visit, as people write it on a phone:
//
//	成交 订货12000 回款 5000元 竞品: 某牌打九折 反馈: 想要小包装 老板下周回来
type resultWords struct {
	result visit.Result
	// note is what is left of the text.
	note string
	// bad is an amount that could not be read; then nothing is to be kept.
	bad string
}

// field is what a word in front says of what follows it.
type field int

const (
	fieldOrder field = iota
	fieldCollected
	fieldCompetitor
	fieldFeedback
	fieldNews
	fieldKind
)

// fieldWords begin a field, the longest first. Those of texts need a colon.
var fieldWords = []struct {
	word  string
	field field
}{
	{"竞争者信息", fieldCompetitor},
	{"competitor", fieldCompetitor},
	{"collected", fieldCollected},
	{"竞争对手", fieldCompetitor},
	{"客户意见", fieldFeedback},
	{"客户反馈", fieldFeedback},
	{"客户动态", fieldNews},
	{"feedback", fieldFeedback},
	{"竞争者", fieldCompetitor},
	{"订货额", fieldOrder},
	{"回款额", fieldCollected},
	{"result", fieldKind},
	{"order", fieldOrder},
	{"订货", fieldOrder},
	{"下单", fieldOrder},
	{"回款", fieldCollected},
	{"收款", fieldCollected},
	{"竞品", fieldCompetitor},
	{"对手", fieldCompetitor},
	{"反馈", fieldFeedback},
	{"意见", fieldFeedback},
	{"动态", fieldNews},
	{"news", fieldNews},
	{"结果", fieldKind},
}

// parseResult reads what a text says came of a visit. A text that says nothing
// of the kind is a note whole.
func parseResult(text string) resultWords {
	var out resultWords
	var rest strings.Builder
	boundary := true
	for i := 0; i < len(text); {
		if boundary {
			if n, bad := out.field(text[i:]); bad != "" {
				return resultWords{bad: bad}
			} else if n > 0 {
				i += n
				rest.WriteByte('\n')
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		boundary = separates(r)
		rest.WriteString(text[i : i+size])
		i += size
	}
	out.note = trimmed(rest.String())
	out.leading()
	if out.result.IsZero() {
		return resultWords{note: text}
	}
	return out
}

// separates reports whether a field may begin after the rune.
func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",，;；。、.!！", r)
}

// trimmed returns what is left of a text without the separators around it.
func trimmed(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimFunc(line, separates); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// deliveryWords say how a delivery ended.
var deliveryWords = map[string]visit.DeliveryOutcome{
	"已送达": visit.Delivered, "送达": visit.Delivered, "已签收": visit.Delivered, "delivered": visit.Delivered,
	"部分": visit.DeliveredInPart, "部分送达": visit.DeliveredInPart, "部分签收": visit.DeliveredInPart,
	"拒收": visit.DeliveryRefused,
}

// leading takes a kind of result that stands in front of what is left, or is all of it.
func (w *resultWords) leading() {
	head, tail := w.note, ""
	if i := strings.IndexFunc(w.note, separates); i >= 0 {
		head, tail = w.note[:i], trimmed(w.note[i:])
	}
	if d, ok := deliveryWords[head]; ok && w.result.Delivery == "" {
		w.result.Delivery, w.note = d, tail
		return
	}
	kind, err := visit.ParseResult(head)
	ambiguous := kind == visit.ResultOther || head != "" && head[0] < utf8.RuneSelf
	if err != nil || w.result.Kind != "" || ambiguous && tail != "" {
		return
	}
	w.result.Kind, w.note = kind, tail
}

// field reads a field at the beginning of s and returns its length, or the
// amount that it could not read. 0 means that there is none.
func (w *resultWords) field(s string) (n int, bad string) {
	i := slices.IndexFunc(fieldWords, func(f struct {
		word  string
		field field
	},
	) bool {
		return len(s) >= len(f.word) && strings.EqualFold(s[:len(f.word)], f.word)
	})
	if i < 0 {
		return 0, ""
	}
	f := fieldWords[i]
	after := s[len(f.word):]
	tail := strings.TrimLeft(after, " \u3000")
	colon := strings.HasPrefix(tail, ":") || strings.HasPrefix(tail, "：")
	tail = strings.TrimLeft(tail, ":： \u3000")
	skipped := len(s) - len(tail)
	switch f.field {
	case fieldOrder, fieldCollected:
		if f.word[0] < utf8.RuneSelf && after != "" && unicode.IsLetter(rune(after[0])) {
			return 0, "" // orders, ordered
		}
		size, fen, bad := amountAt(tail)
		if size == 0 || bad != "" {
			return 0, bad
		}
		if f.field == fieldOrder {
			w.result.Order = &fen
		} else {
			w.result.Collected = &fen
		}
		return skipped + size, ""
	case fieldKind:
		size := wordAt(tail)
		kind, err := visit.ParseResult(tail[:size])
		if err != nil {
			return 0, ""
		}
		w.result.Kind = kind
		return skipped + size, ""
	}
	if !colon {
		return 0, ""
	}
	size := textAt(tail)
	value := strings.TrimFunc(tail[:size], separates)
	if value == "" {
		return 0, ""
	}
	for _, t := range []struct {
		field field
		to    *string
	}{{fieldCompetitor, &w.result.Competitor}, {fieldFeedback, &w.result.Feedback}, {fieldNews, &w.result.News}} {
		if t.field == f.field {
			*t.to = strings.TrimPrefix(*t.to+"\n"+value, "\n")
		}
	}
	return skipped + size, ""
}

// wordAt is the length of the word that s begins with.
func wordAt(s string) int {
	if i := strings.IndexFunc(s, separates); i >= 0 {
		return i
	}
	return len(s)
}

// textAt is the length of a field's text: to the end of its line, a semicolon,
// or the next field.
func textAt(s string) int {
	for i, r := range s {
		if r == '\n' || r == ';' || r == '；' {
			return i
		}
		if i > 0 && separates(r) {
			var next resultWords
			if n, bad := next.field(s[i+utf8.RuneLen(r):]); n > 0 || bad != "" {
				return i
			}
		}
	}
	return len(s)
}

const (
	amountRunes = "0123456789.,零〇一二两三四五六七八九十百千万亿wWkK¥￥元块圆整+-−"
	// measures after a number make it a quantity of goods, not of money.
	measures = "件箱瓶个盒袋包桶台套组斤吨只支条份公克升批单次家人天%％"
)

// amountAt reads the amount that s begins with. What looks like one and is
// none is bad; what does not look like one has no size.
func amountAt(s string) (size int, fen int64, bad string) {
	size = len(s)
	if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(amountRunes, r) }); i >= 0 {
		size = i
	}
	word := strings.TrimRight(s[:size], ",.")
	size = len(word)
	rest := strings.TrimLeft(s[size:], " \u3000")
	next, width := utf8.DecodeRuneInString(rest)
	if word != "" && rest != "" && strings.ContainsRune("万千亿wWkK", next) {
		// 1.2 万
		size = len(s) - len(rest) + width
		word = s[:size]
		rest = strings.TrimLeft(s[size:], " \u3000")
		next, _ = utf8.DecodeRuneInString(rest)
	}
	apart := len(rest) < len(s[size:])
	switch {
	case word == "", rest != "" && strings.ContainsRune(measures, next):
		return 0, 0, ""
	case rest != "" && !apart && !separates(next) && !startsField(rest):
		// It goes on: 一直, 12点.
		return 0, 0, ""
	}
	fen, err := visit.ParseAmount(word)
	if err != nil {
		if !strings.ContainsAny(word, "0123456789") {
			return 0, 0, ""
		}
		return size, 0, word
	}
	return size, fen, ""
}

// startsField reports whether the word of an amount follows without a space: 订货12000回款5000.
func startsField(s string) bool {
	for _, f := range fieldWords {
		if strings.HasPrefix(s, f.word) {
			return true
		}
	}
	return false
}
