package demo_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/demo"
	"roundsman/sandbox/feishu"
	"roundsman/sandbox/wecom"
)

const cardJSON = `{"schema":"2.0","config":{"update_multi":true},"header":{"title":{"tag":"plain_text","content":"✅ 惠民超市"},"template":"green"},
"body":{"elements":[
{"tag":"column_set","flex_mode":"none","columns":[
 {"tag":"column","width":"weighted","weight":1,"elements":[{"tag":"div","text":{"tag":"plain_text","content":"结果"}}]},
 {"tag":"column","width":"weighted","weight":3,"elements":[{"tag":"div","text":{"tag":"plain_text","content":"已核实"}}]}]},
{"tag":"div","text":{"tag":"plain_text","content":"<b>写的字</b>"}},{"tag":"hr"},
{"tag":"div","text":{"tag":"plain_text","content":"标题","text_size":"heading"}},
{"tag":"column_set","flex_mode":"flow","columns":[{"tag":"column","width":"auto","elements":[{"tag":"button","text":{"tag":"plain_text","content":"同意"},"type":"primary","behaviors":[{"type":"callback","value":{"v":"x"}}]}]}]},
{"tag":"div","text":{"tag":"plain_text","content":"小字","text_size":"notation"}}]}}`

func TestACardOfFeishu(t *testing.T) {
	t.Parallel()
	got := demo.FromFeishu(feishu.Message{ID: "om_1", Type: "interactive", SenderType: feishu.SenderApp, Content: cardJSON, Revision: 2})
	want := &demo.Card{
		Title: "✅ 惠民超市", Tone: "good",
		Blocks: []demo.Block{
			{Kind: "field", Label: "结果", Text: "已核实"},
			{Kind: "text", Text: "<b>写的字</b>"},
			{Kind: "rule"},
			{Kind: "heading", Text: "标题"},
			{Kind: "quiet", Text: "小字"},
		},
		Buttons: []demo.Button{{Text: "同意", Style: "primary"}},
	}
	if diff := cmp.Diff(want, got.Card); diff != "" || !got.Bot || got.Changed != 2 {
		t.Errorf("card (-want +got):\n%s", diff)
	}
	if f, ok := got.Figure("结果"); !ok || f != "已核实" {
		t.Errorf("the figure is %q", f)
	}
	if text := strings.Join(got.Lines(), "|"); text != "✅ 惠民超市|结果  已核实|<b>写的字</b>|───|标题|小字|[同意]" {
		t.Errorf("as text %q", text)
	}
}

func TestMessagesOfWeCom(t *testing.T) {
	t.Parallel()
	markdown := "### <font color=\"info\">华南一队 总结</font>\n**计划达成**：14/23 (61%)\n\n**何俊**\n<font color=\"comment\">小字</font>\n别的 **字**"
	content, err := json.Marshal(map[string]string{"content": markdown})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   wecom.Message
		want string
	}{
		{"markdown", wecom.Message{Type: "markdown", Content: content}, "华南一队 总结|计划达成  14/23 (61%)|───|何俊|小字|别的 字"},
		{"text", wecom.Message{Type: "text", Content: []byte(`{"content":"一\n二"}`)}, "一|二"},
		{"place", wecom.Message{Type: "location", Content: []byte(`{"label":"某路","latitude":22.5,"longitude":114}`)}, "📍 某路"},
		{"photo", wecom.Message{Type: "image", Content: []byte(`{"picurl":"http://127.0.0.1:1/wwpic/abc"}`)}, "📷"},
		{"card", wecom.Message{Type: "template_card", Content: []byte(`{"main_title":{"title":"题","desc":"述"},"sub_title_text":"文","horizontal_content_list":[{"keyname":"时间","value":"09:00"}],"button_list":[{"text":"是","style":1,"key":"k"}]}`)}, "题|述|文|时间  09:00|[是]"},
		{"closed", wecom.Message{Type: "template_card", ReplacedBy: "✓", Content: []byte(`{"main_title":{"title":"题"},"button_list":[{"text":"是","style":1,"key":"k"}]}`)}, "题|(✓)"},
		{"unknown", wecom.Message{Type: "voice", Content: []byte(`{}`)}, "[voice]"},
		{"broken", wecom.Message{Type: "text", Content: []byte(`{`)}, "[text]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(demo.FromWeCom(c.in).Lines(), "|"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestATranscript(t *testing.T) {
	t.Parallel()
	w := setup(t, demo.Options{})
	if err := w.Say("R01", "feishu", "计划\n第二行"); err != nil {
		t.Fatal(err)
	}
	if err := w.Say("R05", "wecom", "帮助"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := w.Transcribe(&out); err != nil {
		t.Fatal(err)
	}
	want := "07:30  飞书  张伟 → 巡访  计划\n         │ 第二行\n07:30  企业微信  林晓燕 → 巡访  帮助\n"
	if out.String() != want {
		t.Errorf("the transcript is %q, want %q", out.String(), want)
	}
}

func FuzzCards(f *testing.F) {
	f.Add(cardJSON)
	f.Add("### <font color=\"info\">**</font>\n****：\n** **")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []demo.Card{demo.FeishuCard(s), demo.MarkdownCard(s)} {
			if lines := (demo.Message{Card: &c}).Lines(); len(lines) == 0 {
				t.Error("a card without a line")
			}
		}
	})
}
