package wecom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/bot"
)

// bodies are what the bot says, by the name of its golden file.
func bodies() map[string]bot.Body {
	var choices []bot.Button
	for i, name := range []string{"是华联超市（南京东路店）", "华联超市（南京西路店） 120 米", "新世界", "第一食品", "永安", "大丸", "陌拜新客户"} {
		choices = append(choices, bot.Button{Text: name, Value: fmt.Sprint("v", i), Style: []bot.ButtonStyle{bot.ButtonPrimary, bot.ButtonPlain, bot.ButtonDanger}[i%3]})
	}
	plan := &bot.Card{Title: "华东一队 · 3月2日 拜访计划", Lines: []bot.Line{{Label: "应到", Text: "2 人"}, {Kind: bot.LineRule}}}
	for _, rep := range []string{"张伟", "李娜"} {
		plan.Lines = append(plan.Lines, bot.Line{Kind: bot.LineHeading, Text: rep + " 2 家"},
			bot.Line{Text: "1. 华联超市 · 收款"}, bot.Line{Text: "2. 新世界百货 · 订货"}, bot.Line{Kind: bot.LineQuiet, Text: "昨日 4/4"})
	}
	plan.Footer = "晚上 19:30 汇总"
	board := &bot.Card{Title: "今天", Tone: bot.ToneWarn}
	for i := range 200 {
		board.Lines = append(board.Lines, bot.Line{Label: fmt.Sprintf("客户%03d", i), Text: "已核实 · 09:31"})
	}
	hostile := "<@all> [点我](http://evil) # `x` **b** &lt;@u&gt; ]]>\n# 标题\n> 引用"
	return map[string]bot.Body{
		"text": {Text: "您还没有同意。\n请先点「同意」"},
		"visit": {Card: &bot.Card{
			Title: "✅ 华联超市", Tone: bot.ToneGood,
			Lines:  []bot.Line{{Label: "结果", Text: "已核实 · 52 米"}, {Label: "时间", Text: "09:31"}, {Label: "地点", Text: "上海市黄浦区南京东路 829 号世纪广场一层东侧入口旁边的小门"}, {Text: "可以再发照片、说明"}},
			Footer: "下一站：新世界百货",
		}},
		"choices": {Card: &bot.Card{Title: "这是哪一家？", Tone: bot.ToneWarn, Lines: []bot.Line{{Label: "时间", Text: "09:31"}, {Text: "附近有几家客户"}}, Buttons: choices}},
		"consent": {Card: &bot.Card{
			Title: "使用前请您确认",
			Lines: []bot.Line{
				{Label: "记录什么", Text: "您主动发送的位置、照片和文字，以及时间。不在后台定位；工作时间（07:00-22:00）以外不记录"},
				{Label: "保存多久", Text: "坐标 90 天，照片 180 天，到期删除"},
				{Label: "谁能看到", Text: "您本人、您的经理和管理员。群里只有统计，没有位置和时间"},
			},
			Buttons: []bot.Button{{Text: "同意", Value: "agree", Style: bot.ButtonPrimary}},
			Footer:  "同意后才能签到；在此之前不保存任何位置",
		}},
		"overflow": {Card: &bot.Card{
			Title: strings.Repeat("很长的标题", 10), Lines: []bot.Line{{Text: strings.Repeat("一段很长的说明。", 30)}, {Label: "备注", Text: "短"}},
			Buttons: []bot.Button{{Text: "好", Value: "ok"}},
		}},
		"replaced":         {Card: &bot.Card{Title: "✅ 新世界百货", Tone: bot.ToneGood, Lines: []bot.Line{{Label: "结果", Text: "已核实"}}}, Response: "CODE"},
		"replaced_buttons": {Card: &bot.Card{Title: "选错了？", Buttons: choices[:2]}, Response: "CODE"},
		"replaced_word":    {Text: "已确认", Response: "CODE"},
		"replaced_text":    {Text: "这个按钮已过期，请重新发送位置", Response: "CODE"},
		"plan":             {Card: plan},
		"board":            {Card: board},
		"link":             {Card: &bot.Card{Title: "计划", Buttons: []bot.Button{{Text: "打开[签到]页", Link: "https://bot.example.com/m/check-in"}, {Text: "好", Value: "ok"}}, Footer: "共 4 家"}},
		"english":          {Card: &bot.Card{Title: "Plan", Lines: []bot.Line{{Label: "Customers", Text: "4"}}}},
		"hostile":          {Card: &bot.Card{Title: hostile, Tone: bot.ToneBad, Lines: []bot.Line{{Label: hostile, Text: hostile}, {Kind: bot.LineHeading, Text: hostile}, {Kind: bot.LineQuiet, Text: hostile}}, Footer: hostile}},
		"image":            {Image: &bot.File{Data: []byte("png"), Name: "a.png", Alt: "图"}},
		"file":             {File: &bot.File{Data: []byte("PK sheet"), Name: "周报.xlsx"}},
		"empty":            {Card: &bot.Card{}},
	}
}

func addresses() map[string]bot.Address {
	return map[string]bot.Address{
		"user": user("zhangsan"), "group": group("g"), "robot": {Platform: "wecom", Place: bot.ToRobot, ID: "r"},
	}
}

// TestComposeGolden shows every part as it goes over the wire.
func TestComposeGolden(t *testing.T) {
	t.Parallel()
	p := offline(t)
	for name, b := range bodies() {
		var out bytes.Buffer
		for _, place := range []string{"user", "group", "robot"} {
			parts, err := p.Compose(addresses()[place], b)
			if err != nil {
				t.Fatal(err)
			}
			again, err := p.Compose(addresses()[place], b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parts, again); diff != "" {
				t.Errorf("%s for a %s is another the second time:\n%s", name, place, diff)
			}
			for i, part := range parts {
				fmt.Fprintf(&out, "--- %s %d: %s %s\n", place, i+1, part.Type, part.Response)
				var text struct{ Content string }
				if json.Unmarshal(part.Data, &text) == nil && text.Content != "" {
					out.WriteString(text.Content + "\n")
					continue
				}
				if part.Upload != nil {
					fmt.Fprintf(&out, "%d bytes\n", len(part.Upload.Data))
					continue
				}
				var shown bytes.Buffer
				enc := json.NewEncoder(&shown)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				if err := enc.Encode(json.RawMessage(part.Data)); err != nil {
					t.Fatal(err)
				}
				out.Write(shown.Bytes())
			}
		}
		golden(t, name+".golden", out.Bytes())
	}
	if _, err := p.Compose(user("a"), bot.Body{}); err == nil {
		t.Error("a body with nothing in it was composed")
	}
	if _, err := p.Compose(bot.Address{Platform: "feishu", Place: bot.ToUser, ID: "a"}, bot.Body{Text: "x"}); err == nil {
		t.Error("another platform's address was composed for")
	}
	if _, err := p.Compose(user("a"), bot.Body{Card: &bot.Card{Title: "x", Buttons: []bot.Button{{Text: "x", Value: strings.Repeat("v", 1025)}}}}); err == nil {
		t.Error("a value that WeCom refuses was composed")
	}
}

// WeCom takes every composed body, cuts nothing and finds no text too long for phones.
func TestComposeIsTaken(t *testing.T) {
	t.Parallel()
	f := setup(t)
	made, err := f.MakeGroup(t.Context(), "g", "组", []string{"zhangsan", "lisi"})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range bodies() {
		if b.Image != nil {
			b.Image = &bot.File{Data: picture(t, 8)}
		}
		f.mustSay(user("zhangsan"), b, name)
		f.mustSay(made, b, name)
		f.mustSay(f.robotAddress(), b, name)
		f.clock.move(1e10)
	}
	got := append(f.app.Messages("zhangsan"), f.app.ChatMessages(made.ID)...)
	got = append(got, f.srv.RobotMessages(f.robot)...)
	for _, m := range got {
		if m.Cut || m.Dropped || len(m.Warnings) > 0 {
			t.Errorf("%s %.40q: cut %v, dropped %v, warnings %v", m.Type, m.Text(), m.Cut, m.Dropped, m.Warnings)
		}
	}
}

// texts reads the contents of text and markdown parts.
func texts(t interface{ Fatal(...any) }, parts []bot.Part) []string {
	var out []string
	for _, p := range parts {
		var c struct{ Content string }
		if err := json.Unmarshal(p.Data, &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c.Content)
	}
	return out
}

// At the limit nothing is cut; a byte beyond it a second message begins; what
// does not fit in two ends with an ellipsis on a line of its own.
func TestComposeLimits(t *testing.T) {
	t.Parallel()
	p := offline(t)
	line := strings.Repeat("x", 1023)
	rows := map[string]struct {
		text string
		want []string
	}{
		"at the limit":      {line + "\n" + line + "y", []string{line + "\n" + line + "y"}},
		"one beyond":        {line + "\n" + line + "yy", []string{line, line + "yy"}},
		"two full":          {line + "\n" + line + "y\n" + line + "\n" + line + "z", []string{line + "\n" + line + "y", line + "\n" + line + "z"}},
		"three":             {strings.Repeat(line+"y\n", 4), []string{line + "y", line + "y\n…"}},
		"one long line":     {strings.Repeat("长", 1000), []string{strings.Repeat("长", 682), strings.Repeat("长", 318)}},
		"a very long line":  {strings.Repeat("长", 2000), []string{strings.Repeat("长", 682), strings.Repeat("长", 681) + "\n…"}},
		"after a short one": {"短\n" + strings.Repeat("长", 1000), []string{"短\n" + strings.Repeat("长", 681), strings.Repeat("长", 319)}},
	}
	for name, r := range rows {
		for place, to := range addresses() {
			parts, err := p.Compose(to, bot.Body{Text: r.text})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.want, texts(t, parts)); diff != "" {
				t.Errorf("%s for a %s (-want +got):\n%s", name, place, diff)
			}
		}
	}
	for place, limit := range map[string]int{"group": 2048, "robot": 4096} {
		title := "### 早\n"
		fits := bot.Body{Card: &bot.Card{Title: "早", Lines: []bot.Line{{Text: strings.Repeat("x", limit-len(title))}}}}
		parts, err := p.Compose(addresses()[place], fits)
		if got := texts(t, parts); err != nil || len(got) != 1 || len(got[0]) != limit {
			t.Errorf("%s at the limit: %d parts, %v", place, len(got), err)
		}
		fits.Card.Lines[0].Text += "x"
		parts, err = p.Compose(addresses()[place], fits)
		if got := texts(t, parts); err != nil || len(got) != 2 {
			t.Errorf("%s one beyond: %d parts, %v", place, len(got), err)
		}
	}
}

// What a group cannot read in one message is said in short, if there is a short
// way to say it; a person is told all of it.
func TestComposeSaysInShortWhatIsTooLong(t *testing.T) {
	t.Parallel()
	p := offline(t)
	for place, limit := range map[string]int{"group": 2048, "robot": 4096} {
		for extra, want := range map[int]string{0: "x", 1: "短"} {
			line := strings.Repeat("x", limit-len("### 早\n")+extra)
			parts, err := p.Compose(addresses()[place], bot.Body{Card: &bot.Card{Title: "早", Lines: []bot.Line{{Text: line}}, Short: []bot.Line{{Text: "短<@all>"}}}})
			got := texts(t, parts)
			if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "### 早\n"+want) || strings.Contains(got[0], "<@all>") {
				t.Errorf("%s, %d beyond: %d parts, %v", place, extra, len(got), err)
			}
		}
	}
	parts, err := p.Compose(addresses()["user"], bot.Body{Card: &bot.Card{Title: "早", Lines: []bot.Line{{Text: strings.Repeat("x", 2100)}}, Short: []bot.Line{{Text: "短"}}}})
	if got := texts(t, parts); err != nil || len(got) != 2 {
		t.Errorf("a person: %q, %v", got, err)
	}
}

// word draws what people might write, with what WeCom might read in it.
func word(multiline bool) *rapid.Generator[string] {
	bits := []string{"<@all>", "<@zhangsan>", "<font color=\"info\">", "</font>", "<a href=\"http://evil\">", "</a>", "[x](http://evil)", "](", "**", "*", "#", "# ", ">", "> ", "`", "```", "~~", "__", "---", "===", "&lt;", "&#60;@all&#62;", "&", "@all", "1. ", "- ", "长", "x", " ", "\t", "😀", "\u200b", "…", "\\", "|", "\xff"}
	if multiline {
		bits = append(bits, "\n", "\n\n", "\r\n")
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(bits), rapid.StringN(1, 5, -1)), 0, 30).Draw(t, "bits"), "")
	})
}

func anyCard(long bool) *rapid.Generator[*bot.Card] {
	text := func(multiline bool) *rapid.Generator[string] {
		w := word(multiline)
		if !long {
			return w
		}
		return rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(w.Draw(t, "w"), rapid.SampledFrom([]int{1, 1, 10, 300}).Draw(t, "times"))
		})
	}
	return rapid.Custom(func(t *rapid.T) *bot.Card {
		c := &bot.Card{
			Title: text(true).Draw(t, "title"), Footer: text(true).Draw(t, "footer"),
			Tone: rapid.SampledFrom([]bot.Tone{bot.ToneInfo, bot.ToneGood, bot.ToneWarn, bot.ToneBad, bot.ToneQuiet}).Draw(t, "tone"),
		}
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			l := bot.Line{Kind: rapid.SampledFrom([]bot.LineKind{bot.LinePlain, bot.LineHeading, bot.LineQuiet, bot.LineRule}).Draw(t, "kind"), Text: text(true).Draw(t, "text")}
			if rapid.Bool().Draw(t, "labelled") {
				l.Label = text(true).Draw(t, "label")
			}
			c.Lines = append(c.Lines, l)
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "buttons") {
			c.Buttons = append(c.Buttons, bot.Button{Text: text(true).Draw(t, "button"), Value: fmt.Sprint("v", i/2)})
		}
		return c
	})
}

var (
	anyTag = regexp.MustCompile(`<[^>]*>?|>`)
	ourTag = regexp.MustCompile(`<font color="(?:info|comment|warning)">([^<>]*)</font>`)
	ourB   = regexp.MustCompile(`^\*\*([^*]+)\*\*`)
	char   = regexp.MustCompile(`&#?[0-9A-Za-z]+;`)
)

// checkMarkdown reads markdown as WeCom does and reports everything in it that
// this package does not write itself.
func checkMarkdown(s string) error {
	for i, line := range strings.Split(s, "\n") {
		rest := line
		if i == 0 {
			rest = strings.TrimPrefix(rest, "### ")
		}
		rest = ourTag.ReplaceAllString(rest, "$1")
		rest = ourB.ReplaceAllString(rest, "$1")
		if tag := anyTag.FindString(rest); tag != "" {
			return fmt.Errorf("line %q has %q", line, tag)
		}
		if strings.ContainsAny(rest, "[]`*#") || strings.Contains(rest, "~~") || strings.Contains(rest, "__") || strings.Contains(rest, "---") {
			return fmt.Errorf("line %q has markup", line)
		}
		if char.MatchString(rest) {
			return fmt.Errorf("line %q has an entity", line)
		}
	}
	return nil
}

// Whatever people write, a rendered message holds no mention, no link and no
// markup but ours, and every part is within WeCom's limits.
func TestComposeProperties(t *testing.T) {
	t.Parallel()
	p := offline(t)
	rapid.Check(t, func(t *rapid.T) {
		card := anyCard(rapid.Bool().Draw(t, "long")).Draw(t, "card")
		b := bot.Body{Card: card, Response: rapid.SampledFrom([]string{"", "CODE"}).Draw(t, "response")}
		if rapid.Bool().Draw(t, "as text") {
			b = bot.Body{Text: "x" + word(true).Draw(t, "words"), Response: b.Response}
		}
		for _, place := range []string{"user", "group", "robot"} {
			to := addresses()[place]
			parts, err := p.Compose(to, b)
			if err != nil {
				t.Fatal(err)
			}
			if len(parts) == 0 || len(parts) > 2 {
				t.Fatalf("%d parts for a %s", len(parts), place)
			}
			for _, part := range parts {
				checkPart(t, to.Place, part)
			}
		}
	})
}

func checkPart(t *rapid.T, place bot.Place, part bot.Part) {
	t.Helper()
	if !utf8.Valid(part.Data) || !json.Valid(part.Data) {
		t.Fatalf("%q is not JSON", part.Data)
	}
	var c struct {
		Content string
		cardShape
		Card *cardShape `json:"template_card"`

		Else *struct {
			Type string
			Data json.RawMessage
		} `json:"else"`
	}
	if err := json.Unmarshal(part.Data, &c); err != nil {
		t.Fatal(err)
	}
	switch part.Type {
	case "text":
		if len(c.Content) > 2048 || c.Content == "" || strings.ContainsAny(c.Content, "<>") || char.MatchString(c.Content) {
			t.Fatalf("text of %d bytes: %q", len(c.Content), c.Content)
		}
	case "markdown":
		limit := map[bot.Place]int{bot.ToGroup: 2048, bot.ToRobot: 4096}[place]
		if len(c.Content) > limit || c.Content == "" {
			t.Fatalf("markdown of %d bytes", len(c.Content))
		}
		if err := checkMarkdown(c.Content); err != nil {
			t.Fatal(err)
		}
	case "template_card":
		c.check(t)
	case "update_template_card":
		if c.Card != nil {
			c.Card.check(t)
		}
		if c.Else == nil || part.Response != "CODE" || place != bot.ToUser {
			t.Fatalf("a replacement for a %s: %+v", place, part)
		}
		checkPart(t, place, bot.Part{Type: c.Else.Type, Data: c.Else.Data})
	default:
		t.Fatalf("a part of the type %q", part.Type)
	}
}

// cardShape is a template card as the documents bound it.
type cardShape struct {
	CardType  string                       `json:"card_type"`
	MainTitle struct{ Title, Desc string } `json:"main_title"`
	Sub       string                       `json:"sub_title_text"`
	Fields    []struct {
		KeyName string `json:"keyname"`
		Value   string
	} `json:"horizontal_content_list"`
	Buttons []struct {
		Text, Key string
		Style     int
	} `json:"button_list"`
}

func (c cardShape) check(t *rapid.T) {
	t.Helper()
	within := func(name, s string, least, most int) {
		if n := utf8.RuneCountInString(s); n < least || n > most {
			t.Fatalf("%s has %d characters: %q", name, n, s)
		}
	}
	within("title", c.MainTitle.Title, 1, 36)
	within("desc", c.MainTitle.Desc, 0, 44)
	within("subtitle", c.Sub, 0, 160)
	if c.CardType != "button_interaction" || len(c.Fields) > 6 || len(c.Buttons) < 1 || len(c.Buttons) > 6 {
		t.Fatalf("%s with %d fields and %d buttons", c.CardType, len(c.Fields), len(c.Buttons))
	}
	for _, f := range c.Fields {
		within("keyname", f.KeyName, 1, 5)
		within("value", f.Value, 0, 30)
	}
	keys := map[string]bool{}
	for _, b := range c.Buttons {
		within("button", b.Text, 1, 10)
		if keys[b.Key] || b.Key == "" || b.Style < 1 || b.Style > 4 {
			t.Fatalf("button %+v", b)
		}
		keys[b.Key] = true
	}
}

// A button's text is cut where it misleads nobody.
func TestComposeButtons(t *testing.T) {
	t.Parallel()
	p := offline(t)
	for text, want := range map[string]string{
		"陌拜新客户": "陌拜新客户", "0123456789": "0123456789", "": "…", "是 \n的": "是 的",
		"是华联超市（南京东路店）": "是华联超市…东路店）", "华联超市（南京西路店） 120 米": "华联超市…120 米", "华联超市（南京西路店） 1.2 公里": "华联超…1.2 公里",
		"编号123456789012345": "编号1234567…",
	} {
		parts, err := p.Compose(user("a"), bot.Body{Card: &bot.Card{Title: "t", Buttons: []bot.Button{{Text: text, Value: "v"}}}})
		if err != nil {
			t.Fatal(err)
		}
		var c cardShape
		if err := json.Unmarshal(parts[0].Data, &c); err != nil {
			t.Fatal(err)
		}
		if got := c.Buttons[0].Text; got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// What is escaped keeps its words: nothing is lost but the markup's meaning.
func TestComposeKeepsText(t *testing.T) {
	t.Parallel()
	p := offline(t)
	back := strings.NewReplacer("＜", "<", "＞", ">", "＆", "&", "［", "[", "］", "]", "｀", "`", "＊", "*", "＃", "#", "～", "~", "＿", "_", "－", "-", "＝", "=")
	rapid.Check(t, func(t *rapid.T) {
		// What a message path lets through; see bot.Clean.
		w := strings.Join(strings.Fields(bot.Clean("x"+word(false).Draw(t, "w")+"x", 1000)), " ")
		want := back.Replace(w)
		for _, place := range []string{"user", "group", "robot"} {
			parts, err := p.Compose(addresses()[place], bot.Body{Card: &bot.Card{Title: "t", Lines: []bot.Line{{Text: w}}}})
			if err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(strings.Join(texts(t, parts), "\n"), "\n")
			if back.Replace(got) != want {
				t.Fatalf("%s: %q became %q", place, want, got)
			}
		}
	})
}
