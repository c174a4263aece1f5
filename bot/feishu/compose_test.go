package feishu_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/bot"
	"roundsman/bot/feishu"
)

// composer is a platform that makes no calls.
func composer(t testing.TB) *feishu.Platform {
	t.Helper()
	p, err := feishu.New(feishu.Config{AppID: "cli_1", AppSecret: secret}, feishu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	toUser  = bot.Address{Platform: "feishu", Place: bot.ToUser, ID: "ou_1"}
	toGroup = bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: "oc_1"}
)

// visit is a card with everything.
func visit() bot.Card {
	return bot.Card{
		Title: "签到 · 城西超市", Tone: bot.ToneGood,
		Lines: []bot.Line{
			{Kind: bot.LineHeading, Text: "已核实"},
			{Label: "距离", Text: "38 米"},
			{Label: "时间", Text: "10:02"},
			{Text: "下一家：文三路便利店，10:30"},
			{Kind: bot.LineRule},
			{Kind: bot.LineQuiet, Text: "照片 2 张"},
			{},
		},
		Buttons: []bot.Button{
			{Text: "订货", Value: "v1.a", Style: bot.ButtonPrimary},
			{Text: "没有成交", Value: "v1.b"},
			{Text: "撤销", Value: "v1.c", Style: bot.ButtonDanger},
		},
		Footer: "规则 2026-01",
	}
}

func TestComposeGolden(t *testing.T) {
	t.Parallel()
	plan := bot.Card{Title: "3 月 2 日 拜访计划", Lines: []bot.Line{{Kind: bot.LineHeading, Text: "张伟"}}}
	for range 20 {
		plan.Lines = append(plan.Lines, bot.Line{Label: "09:30", Text: "城西超市（收款）"})
	}
	hostile := bot.Card{
		Title: `<at id=all></at> **粗**`, Tone: "pink",
		Lines: []bot.Line{
			{Label: `</font>`, Text: `[点](http://evil) <at user_id="all">x</at>` + "\n" + `{"tag":"button"}`},
			{Text: `"}],"x":[{"`},
		},
		Buttons: []bot.Button{{Text: `<at id="all">`, Value: `"},{"x":"`, Style: "huge"}},
		Footer:  "<AT id=all>",
	}
	for _, c := range []struct {
		name string
		to   bot.Address
		body bot.Body
	}{
		{"card_visit", toUser, bot.Body{Card: new(visit())}},
		{"card_group", toGroup, bot.Body{Card: &bot.Card{Title: "晚间总结", Buttons: []bot.Button{{Text: "详情", Value: "v1.d"}}}}},
		{"card_plan", toGroup, bot.Body{Card: &plan}},
		{"card_hostile", toUser, bot.Body{Card: &hostile}},
		{"card_empty", toUser, bot.Body{Card: &bot.Card{}}},
		{"text", toUser, bot.Body{Text: "今天 3 < 5 && a*b\n" + `<at user_id="all">所有人</at> <b>粗</b> [点](http://evil) **粗** </a> <!-- -->`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := composer(t)
			parts, err := p.Compose(c.to, c.body)
			if err != nil || len(parts) != 1 {
				t.Fatalf("%d parts, %v", len(parts), err)
			}
			again, _ := p.Compose(c.to, c.body)
			if d := cmp.Diff(parts, again); d != "" {
				t.Errorf("composed twice: %s", d)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, parts[0].Data, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			golden(t, c.name+".json", pretty.Bytes())
		})
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	p := composer(t)
	image := &bot.File{Data: []byte("x"), Name: "a.png", Alt: "map"}
	parts, err := p.Compose(toUser, bot.Body{Image: image})
	if d := cmp.Diff([]bot.Part{{Type: "image", Upload: image}}, parts); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	for name, c := range map[string]struct {
		to   bot.Address
		body bot.Body
	}{
		"nothing to say":       {toUser, bot.Body{}},
		"an empty picture":     {toUser, bot.Body{Image: &bot.File{}}},
		"a picture over 10 MB": {toUser, bot.Body{Image: &bot.File{Data: make([]byte, 10<<20+1)}}},
		"an empty file":        {toUser, bot.Body{File: &bot.File{Name: "a.xlsx"}}},
		"a file of no name":    {toUser, bot.Body{File: &bot.File{Data: []byte("x")}}},
		"a file over 8 MB":     {toUser, bot.Body{File: &bot.File{Data: make([]byte, bot.MaxFile+1), Name: "a.xlsx"}}},
	} {
		if parts, err := p.Compose(c.to, c.body); err == nil {
			t.Errorf("%s: %v", name, parts)
		}
	}
	for _, to := range []bot.Address{{}, {Platform: "wecom", Place: bot.ToUser, ID: "x"}, {Platform: "feishu", Place: bot.ToRobot, ID: "x"}, {Platform: "feishu", Place: bot.ToUser, ID: "a/b"}} {
		if _, err := p.Compose(to, bot.Body{Text: "x"}); !errors.Is(err, bot.ErrAddress) {
			t.Errorf("%v: %v", to, err)
		}
	}
}

// sizeInBody is how long content is within the request's JSON.
func sizeInBody(content []byte) int { return len(js(string(content))) }

// shownTexts returns every text that a composed part shows, in order.
func shownTexts(t interface{ Fatalf(string, ...any) }, data []byte) []string {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if s, ok := v["content"].(string); ok {
				out = append(out, s)
			}
			if s, ok := v["text"].(string); ok {
				out = append(out, s)
			}
			for _, k := range []string{"header", "title", "body", "text", "elements", "columns"} {
				walk(v[k])
			}
		}
	}
	walk(v)
	return out
}

// elements counts the objects with a tag.
func elements(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += elements(e)
		}
	case map[string]any:
		if _, ok := v["tag"]; ok {
			n++
		}
		for k, e := range v {
			if k != "value" {
				n += elements(e)
			}
		}
	}
	return n
}

func TestComposeLimits(t *testing.T) {
	t.Parallel()
	p := composer(t)
	one := func(b bot.Body) []byte {
		t.Helper()
		parts, err := p.Compose(toGroup, b)
		if err != nil {
			t.Fatal(err)
		}
		return parts[0].Data
	}
	const textBody, cardBody = 149 << 10, 29 << 10

	for name, unit := range map[string]string{"ASCII": "a", "Chinese": "字", "quotes": `"`, "newlines": "\n", "tags": "<at ", "emoji": "👍", "less-than": "< ", "controls": "\x01"} {
		whole := strings.Repeat(unit, 150_000/len(unit)*2)
		data := one(bot.Body{Text: whole})
		if n := sizeInBody(data); n > textBody || n < textBody-64 {
			t.Errorf("a long text of %s has %d bytes of %d", name, n, textBody)
		}
		text := shownTexts(t, data)[0]
		if !strings.HasSuffix(text, "…") || !utf8.ValidString(text) {
			t.Errorf("a long text of %s ends with %q", name, text[len(text)-8:])
		}
	}
	// {"text":"…"} has 4 quotes besides, which are escaped in the body, and is quoted itself.
	fits := strings.Repeat("a", textBody-len(`{\"text\":\"\"}`)-2)
	if got := shownTexts(t, one(bot.Body{Text: fits}))[0]; got != fits {
		t.Error("a text at the limit was cut")
	}
	if got := shownTexts(t, one(bot.Body{Text: fits + "a"}))[0]; len(got) > len(fits) || !strings.HasSuffix(got, "…") {
		t.Error("a text one byte over the limit was not cut")
	}

	for name, c := range map[string]bot.Card{
		"many lines":          {Title: "x", Lines: lines(2000, bot.Line{Label: "09:30", Text: "城西超市"}), Footer: "尾"},
		"many headings":       {Title: "x", Lines: lines(2000, bot.Line{Kind: bot.LineHeading, Text: "城"}), Footer: "尾"},
		"many rules":          {Title: "x", Lines: lines(2000, bot.Line{Kind: bot.LineRule}), Footer: "尾"},
		"long lines":          {Title: "x", Lines: lines(100, bot.Line{Text: strings.Repeat(`"字`, 2000)}), Footer: "尾"},
		"labels and the rest": {Title: "x", Lines: append(lines(15, bot.Line{Label: "l", Text: "t"}), lines(300, bot.Line{Text: strings.Repeat("x", 150)})...), Footer: "尾"},
	} {
		c.Buttons = []bot.Button{{Text: "详情", Value: strings.Repeat("v", 400)}}
		data := one(bot.Body{Card: &c})
		if n := sizeInBody(data); n > cardBody {
			t.Errorf("%s: %d bytes", name, n)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		if n := elements(v); n > 200 {
			t.Errorf("%s: %d elements", name, n)
		}
		texts := shownTexts(t, data)
		if last := texts[len(texts)-3:]; !cmp.Equal(last, []string{"…", "详情", "尾"}) {
			t.Errorf("%s ends with %q", name, last)
		}
	}

	// The morning plan of a large team is shown whole.
	var plan bot.Card
	for range 40 {
		plan.Lines = append(plan.Lines, bot.Line{Kind: bot.LineHeading, Text: "张伟"})
		plan.Lines = append(plan.Lines, lines(7, bot.Line{Label: "09:30", Text: "城西超市（收款）"})...)
	}
	texts := shownTexts(t, one(bot.Body{Card: &plan}))
	if n := strings.Count(strings.Join(texts, "\n"), "09:30  城西超市（收款）"); n != 280 || texts[len(texts)-1] == "…" {
		t.Errorf("%d of 280 visits of a large team are shown", n)
	}

	// The largest card that is not cut, and the smallest that is.
	whole := func(n int) (bool, int) {
		data := one(bot.Body{Card: &bot.Card{Title: "x", Lines: append(lines(4, bot.Line{Text: strings.Repeat("a", 5900)}), bot.Line{Text: strings.Repeat("b", n)})}})
		texts := shownTexts(t, data)
		return texts[len(texts)-1] != "…", sizeInBody(data)
	}
	last := sort.Search(6000, func(n int) bool {
		ok, size := whole(n + 1)
		if size > cardBody {
			t.Fatalf("%d: %d bytes", n+1, size)
		}
		return !ok
	})
	if last == 0 || last == 6000 {
		t.Fatalf("no limit found: %d", last)
	}
	if _, size := whole(last); size != cardBody {
		t.Errorf("the largest whole card has %d bytes, not %d", size, cardBody)
	}

	// More buttons than can be: some are left out, and it is still a card.
	many := bot.Card{Title: "x", Lines: lines(5, bot.Line{Text: "y"})}
	for range 300 {
		many.Buttons = append(many.Buttons, bot.Button{Text: "b", Value: strings.Repeat("v", 200)})
	}
	if n := sizeInBody(one(bot.Body{Card: &many})); n > cardBody {
		t.Errorf("many buttons: %d bytes", n)
	}
}

func lines(n int, l bot.Line) []bot.Line {
	out := make([]bot.Line, n)
	for i := range out {
		out[i] = l
	}
	return out
}

var (
	mentionTag = regexp.MustCompile(`(?i)<\s*/?\s*at\b`)
	markup     = regexp.MustCompile(`<[/!]?[A-Za-z]|\]\(|\*\*`)
)

// shape is a composed part without what people wrote.
func shape(t interface{ Fatalf(string, ...any) }, data []byte) any {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	var strip func(any) any
	strip = func(v any) any {
		switch v := v.(type) {
		case []any:
			for i := range v {
				v[i] = strip(v[i])
			}
		case map[string]any:
			for k := range v {
				if s, ok := v[k].(string); ok && (k == "content" || k == "text" || k == "v") {
					_ = s
					v[k] = ""
					continue
				}
				v[k] = strip(v[k])
			}
		}
		return v
	}
	return strip(v)
}

// checkHarmless composes texts that people wrote and one that nobody can object
// to: both must have the same structure, and no mention.
func checkHarmless(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, p *feishu.Platform, s string,
) {
	compose := func(b bot.Body) []byte {
		parts, err := p.Compose(toGroup, b)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return parts[0].Data
	}
	withText := func(s string) bot.Card {
		return bot.Card{
			Title: "t" + s, Footer: "f" + s,
			Lines:   []bot.Line{{Text: "x" + s}, {Label: "l" + s, Text: "x" + s}, {Kind: bot.LineHeading, Text: "h" + s}, {Kind: bot.LineQuiet, Text: "q" + s}},
			Buttons: []bot.Button{{Text: "b" + s, Value: "v" + s}},
		}
	}
	data := compose(bot.Body{Card: new(withText(s))})
	if sizeInBody(data) > 29<<10 {
		t.Errorf("%d bytes", sizeInBody(data))
	}
	if len(s) < 500 {
		if d := cmp.Diff(shape(t, compose(bot.Body{Card: new(withText("a"))})), shape(t, data)); d != "" {
			t.Errorf("the card has another structure: %s", d)
		}
	}
	for _, text := range shownTexts(t, data) {
		if mentionTag.MatchString(text) {
			t.Errorf("a mention in %q", text)
		}
	}
	data = compose(bot.Body{Text: "x" + s})
	if d := cmp.Diff(map[string]any{"text": ""}, shape(t, data)); d != "" {
		t.Errorf("the text has another structure: %s", d)
	}
	if text := shownTexts(t, data)[0]; markup.MatchString(text) || mentionTag.MatchString(text) {
		t.Errorf("markup in %q", text)
	}
}

func TestComposeHarmless(t *testing.T) {
	t.Parallel()
	p := composer(t)
	pieces := rapid.SampledFrom([]string{
		"<at user_id=\"all\">", "</at>", "< at id=all>", "<AT", "<a", "t id=all>", "<", ">", "[", "](", "]", "(", ")", "*", "**", "***", `"`, `\`, "{", "}",
		"\n", "\x00", "\xff", "\u202e", "字", "👍", "<person id='x'>", "@_all", " ", "a",
	})
	rapid.Check(t, func(t *rapid.T) {
		checkHarmless(t, p, strings.Join(rapid.SliceOfN(pieces, 0, 30).Draw(t, "pieces"), ""))
	})
}

func FuzzCompose(f *testing.F) {
	p := composer(f)
	f.Add(`<at user_id="all">x</at>`)
	f.Add("](**<b>\xff\u2028")
	f.Fuzz(func(t *testing.T, s string) { checkHarmless(t, p, s) })
}
