package wecom

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"roundsman/bot"
)

// ellipsis stands for what was cut.
const ellipsis = "…"

// Both of WeCom's text forms read markup in angle brackets: text an <a>,
// markdown <font> and the mention <@user>. Neither knows an escape, so what a
// person wrote gets the full-width twins of these characters. Entities are
// broken too, as some client may decode them.
var (
	entity = regexp.MustCompile(`&(#?[0-9A-Za-z]{1,31};)`)
	angles = strings.NewReplacer("<", "＜", ">", "＞")
	// marks are what else markdown reads.
	marks = strings.NewReplacer("[", "［", "]", "］", "`", "｀", "*", "＊", "#", "＃", "~~", "～～", "__", "＿＿", "---", "－－－", "===", "＝＝＝")
)

// escapeText makes s harmless in a text message.
func escapeText(s string) string {
	return angles.Replace(entity.ReplaceAllString(s, "＆$1"))
}

// escapeMarkdown makes s harmless in a markdown message.
func escapeMarkdown(s string) string { return marks.Replace(escapeText(s)) }

// clean returns s as the wire can carry it: a stray byte would grow to three
// when it is written as JSON, and a control character may end a line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// cleaned is a card of clean texts.
func cleaned(c bot.Card) bot.Card {
	c.Title, c.Footer = oneLine(clean(c.Title)), oneLine(clean(c.Footer))
	c.Lines, c.Short, c.Buttons = slices.Clone(c.Lines), slices.Clone(c.Short), slices.Clone(c.Buttons)
	for _, lines := range [][]bot.Line{c.Lines, c.Short} {
		for i, l := range lines {
			lines[i].Label, lines[i].Text = oneLine(clean(l.Label)), clean(l.Text)
		}
	}
	for i, b := range c.Buttons {
		c.Buttons[i].Text = clean(b.Text)
	}
	return c
}

// oneLine returns s without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// row is one line on the wire: markup of ours around somebody's text, which is
// escaped already. Only the text is ever cut.
type row struct{ open, text, close string }

func (r row) String() string { return r.open + r.text + r.close }

func (r row) size() int { return len(r.open) + len(r.text) + len(r.close) }

// split divides a row so that the first part has at most n bytes. Markup that
// is closed stands around both; a label stands before the first only.
func (r row) split(n int) (head, tail row) {
	n -= len(r.open) + len(r.close)
	n = max(0, min(n, len(r.text)))
	for n > 0 && n < len(r.text) && !utf8.RuneStart(r.text[n]) {
		n--
	}
	head, tail = row{r.open, r.text[:n], r.close}, row{r.open, r.text[n:], r.close}
	if r.close == "" {
		tail.open = ""
	}
	return head, tail
}

// pack lays rows out in at most most messages of at most limit bytes. What
// does not fit is cut after a whole line, and the last line says so.
func pack(rows []row, limit, most int) []string {
	var done []string
	var current []row
	used := 0
	put := func(r row) {
		if len(current) > 0 {
			used++
		}
		current = append(current, r)
		used += r.size()
	}
	room := func() int {
		if len(current) == 0 {
			return limit
		}
		return limit - used - 1
	}
	flush := func() {
		lines := make([]string, len(current))
		for i, r := range current {
			lines[i] = r.String()
		}
		if s := strings.Trim(strings.Join(lines, "\n"), "\n"); s != "" {
			done = append(done, s)
		}
		current, used = nil, 0
	}
	rows = append([]row(nil), rows...)
	for len(rows) > 0 {
		r := rows[0]
		last := len(done) == most-1
		switch {
		case r.size() <= room():
			put(r)
			rows = rows[1:]
			continue
		case !last && r.size() <= limit:
			flush()
			continue
		case !last:
			// Longer than a message of its own: what there is room for goes first.
			head, tail := r.split(room())
			if head.text != "" {
				put(head)
			}
			flush()
			rows[0] = tail
			continue
		}
		if r.size() > limit {
			if head, _ := r.split(room() - len(ellipsis) - 1); head.text != "" {
				put(head)
			}
		}
		for len(current) > 0 && room() < len(ellipsis) {
			gone := current[len(current)-1]
			current = current[:len(current)-1]
			used -= gone.size()
			if len(current) > 0 {
				used--
			}
		}
		put(row{text: ellipsis})
		break
	}
	flush()
	if len(done) == 0 {
		return []string{ellipsis}
	}
	return done
}

// textRows are the lines of a text message.
func textRows(s string) []row {
	var out []row
	for line := range strings.SplitSeq(s, "\n") {
		out = append(out, row{text: strings.TrimRightFunc(escapeText(line), unicode.IsSpace)})
	}
	return out
}

// colon joins a label and its text as the label's language does.
func colon(label string) string {
	if strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "："
	}
	return ": "
}

// cutRunes returns s with at most n runes, the last of them an ellipsis if s was longer.
func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + ellipsis
}

// cutMiddle is [cutRunes] from the middle, as what tells names apart often
// stands at their end. A number there stays whole: 120 m must not read 20 m.
func cutMiddle(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	number := func(i int) bool { return unicode.IsDigit(r[i]) || r[i] == '.' || r[i] == ',' }
	from := len(r) - (n-1)/2
	for from > len(r)-(n-2) && number(from-1) {
		from--
	}
	if number(from-1) && number(from) {
		return cutRunes(s, n)
	}
	return string(r[:n-1-(len(r)-from)]) + ellipsis + string(r[from:])
}
