package wecom_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/sandbox/wecom"
)

// cardEvent is what a bot reads of a template_card_event.
type cardEvent struct {
	FromUserName, Event, EventKey, TaskId, CardType, ResponseCode string
}

// clicked presses a button and returns the event that arrived.
func (f *fixture) clicked(cb *callback, who, ref, key string) cardEvent {
	f.Helper()
	before := len(cb.all())
	if _, err := f.app.Click(who, ref, key); err != nil {
		f.Fatal(err)
	}
	f.wait(func() bool { return f.app.Pending() == 0 && len(cb.all()) > before })
	var e cardEvent
	if err := xml.Unmarshal([]byte(cb.all()[before].XML), &e); err != nil {
		f.Fatal(err)
	}
	return e
}

func TestCardClickAndUpdate(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cb := f.attach(nil)
	sent := f.call("/cgi-bin/message/send", f.card("zhangsan|lisi", "task-1", "yes", "no"))
	if sent.code() != 0 || sent.str("response_code") == "" {
		t.Fatal(sent)
	}
	if diff := cmp.Diff([]wecom.Button{{Text: "按钮yes", Key: "yes"}, {Text: "按钮no", Key: "no"}}, f.app.Buttons("zhangsan", "task-1")); diff != "" {
		t.Error(diff)
	}
	for _, bad := range [][3]string{{"zhangsan", "task-1", "maybe"}, {"zhangsan", "task-2", "yes"}, {"nobody", "task-1", "yes"}} {
		if _, err := f.app.Click(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v could be clicked", bad)
		}
	}
	e := f.clicked(cb, "zhangsan", "task-1", "yes")
	if e.Event != "template_card_event" || e.EventKey != "yes" || e.TaskId != "task-1" || e.CardType != "button_interaction" || e.ResponseCode == "" {
		t.Fatalf("event %+v", e)
	}
	double := f.clicked(cb, "zhangsan", sent.str("msgid"), "yes")
	if double.ResponseCode == e.ResponseCode {
		t.Error("two clicks share a ResponseCode")
	}
	update := func(code string, extra map[string]any) reply {
		body := map[string]any{"userids": []string{"zhangsan", "nobody"}, "agentid": f.app.Config().AgentID, "response_code": code}
		for k, v := range extra {
			body[k] = v
		}
		return f.call("/cgi-bin/message/update_template_card", body)
	}
	button := map[string]any{"button": map[string]string{"replace_name": "已确认"}}
	if r := update("wrong", button); r.code() != 40058 {
		t.Errorf("wrong code: %v", r)
	}
	if r := update(e.ResponseCode, nil); r.code() != 40058 {
		t.Errorf("nothing to update: %v", r)
	}
	if r := update(e.ResponseCode, map[string]any{"userids": []string{}, "button": map[string]string{"replace_name": "x"}}); r.code() != 82001 {
		t.Errorf("nobody named: %v", r)
	}
	r := update(e.ResponseCode, button)
	if r.code() != 0 || fmt.Sprint(r["invaliduser"]) != "[nobody]" {
		t.Errorf("update: %v", r)
	}
	if m := f.app.Messages("zhangsan")[0]; m.ReplacedBy != "已确认" || m.Revision != 1 || !strings.HasSuffix(m.Text(), "[已确认]") {
		t.Errorf("after the update: %+v", m)
	}
	if m := f.app.Messages("lisi")[0]; m.Revision != 0 {
		t.Errorf("the other member's card: %+v", m)
	}
	if r := update(e.ResponseCode, button); r.code() != 40058 {
		t.Errorf("second use: %v", r)
	}
	if _, err := f.app.Click("zhangsan", "task-1", "yes"); err == nil {
		t.Error("a replaced button could be clicked")
	}
	if f.app.Buttons("zhangsan", "task-1") != nil {
		t.Error("replaced buttons are listed")
	}

	t.Log("the code of the send updates all receivers, with a whole card")
	card := f.card("", "", "undo")["template_card"].(map[string]any)
	delete(card, "task_id")
	card["main_title"] = map[string]string{"title": "已完成"}
	if r := update(sent.str("response_code"), map[string]any{"atall": 1, "userids": []string{}, "template_card": card}); r.code() != 0 {
		t.Fatal(r)
	}
	for _, who := range []string{"zhangsan", "lisi"} {
		if m := f.app.Messages(who)[0]; m.Text() != "已完成\n[按钮undo]" || m.TaskID != "task-1" {
			t.Errorf("%s sees %q (%s)", who, m.Text(), m.TaskID)
		}
	}
	if again := f.clicked(cb, "lisi", "task-1", "undo"); again.EventKey != "undo" || again.TaskId != "task-1" {
		t.Errorf("after the whole update: %+v", again)
	}

	t.Log("72 hours")
	late := f.clicked(cb, "lisi", "task-1", "undo")
	f.clock.move(72 * time.Hour)
	f.token = ""
	if r := update(late.ResponseCode, button); r.code() != 40058 {
		t.Errorf("after 72 hours: %v", r)
	}
	if r := f.call("/cgi-bin/message/send", f.card("lisi", "task-1", "x")); r.code() != 40058 {
		t.Errorf("task_id used twice: %v", r)
	}
}

func TestCardRules(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	key := f.app.AddRobot("一队")
	seven := make([]string, 7)
	for i := range seven {
		seven[i] = fmt.Sprint(i)
	}
	// with changes a good card; a nil value removes the field.
	with := func(base string, changes map[string]any) map[string]any {
		var c map[string]any
		bases := map[string]string{
			"button": `{"card_type":"button_interaction","task_id":"T","main_title":{"title":"标题"},"button_list":[{"text":"好","key":"k"}]}`,
			"text":   `{"card_type":"text_notice","sub_title_text":"内容","card_action":{"type":1,"url":"https://a"}}`,
			"news":   `{"card_type":"news_notice","main_title":{"title":"标题"},"card_image":{"url":"https://a/p.png"},"card_action":{"type":1,"url":"https://a"}}`,
			"vote":   `{"card_type":"vote_interaction","task_id":"T","main_title":{"title":"标题"},"checkbox":{"question_key":"q","option_list":[{"id":"1","text":"一"}]},"submit_button":{"text":"提交","key":"s"}}`,
		}
		if err := json.Unmarshal([]byte(bases[base]), &c); err != nil {
			t.Fatal(err)
		}
		for k, v := range changes {
			if v == nil {
				delete(c, k)
			} else {
				c[k] = v
			}
		}
		return c
	}
	list := func(n int, item map[string]any) []map[string]any { return slices.Repeat([]map[string]any{item}, n) }
	buttons := f.card("", "", seven...)["template_card"].(map[string]any)["button_list"]
	for i, tt := range []struct {
		name  string
		card  map[string]any
		app   int // errcode of message/send
		robot int // errcode of webhook/send
	}{
		{"button", with("button", nil), 0, 40058},
		{"vote", with("vote", nil), 0, 40058},
		{"text notice", with("text", nil), 0, 0},
		{"news notice", with("news", nil), 0, 0},
		{"no type", with("text", map[string]any{"card_type": nil}), 40058, 40058},
		{"unknown type", with("text", map[string]any{"card_type": "dance"}), 40058, 40058},
		{"interaction without task_id", with("button", map[string]any{"task_id": nil}), 40058, 40058},
		{"task_id with a blank", with("button", map[string]any{"task_id": "a b"}), 40058, 40058},
		{"task_id of 129", with("button", map[string]any{"task_id": strings.Repeat("a", 129)}), 40058, 40058},
		{"no text", with("text", map[string]any{"sub_title_text": nil}), 40058, 40058},
		{"no card_action", with("text", map[string]any{"card_action": nil}), 40058, 40058},
		{"card_action without url", with("text", map[string]any{"card_action": map[string]any{"type": 1}}), 40058, 40058},
		{"seven buttons", with("button", map[string]any{"button_list": buttons}), 40058, 40058},
		{"no buttons", with("button", map[string]any{"button_list": nil}), 40058, 40058},
		{"button without key", with("button", map[string]any{"button_list": list(1, map[string]any{"text": "好"})}), 40058, 40058},
		{"key repeated", with("button", map[string]any{"button_list": list(2, map[string]any{"text": "好", "key": "k"})}), 40058, 40058},
		{"key of 1025 bytes", with("button", map[string]any{"button_list": list(1, map[string]any{"text": "好", "key": strings.Repeat("k", 1025)})}), 40058, 40058},
		{"seven lines", with("text", map[string]any{"horizontal_content_list": list(7, map[string]any{"keyname": "客户", "value": "王记"})}), 40058, 40058},
		{"line without name", with("text", map[string]any{"horizontal_content_list": list(1, map[string]any{"value": "王记"})}), 40058, 40058},
		{"line with dead media", with("text", map[string]any{"horizontal_content_list": list(1, map[string]any{"keyname": "附件", "type": 2, "media_id": "x"})}), 40007, 40007},
		{"four jumps", with("text", map[string]any{"jump_list": list(4, map[string]any{"title": "去"})}), 40058, 40058},
		{"news without picture", with("news", map[string]any{"card_image": nil}), 40058, 40058},
		{"vote without choices", with("vote", map[string]any{"checkbox": nil}), 40058, 40058},
		{"vote without submit", with("vote", map[string]any{"submit_button": nil}), 40058, 40058},
		{"wrong type of a field", with("text", map[string]any{"jump_list": "x"}), 40058, 40058},
	} {
		if tt.card["task_id"] == "T" {
			tt.card["task_id"] = fmt.Sprint("T", i)
		}
		body := map[string]any{"touser": "lisi", "agentid": 1000002, "msgtype": "template_card", "template_card": tt.card}
		if r := f.call("/cgi-bin/message/send", body); r.code() != tt.app {
			t.Errorf("%s: app %v, want %d", tt.name, r, tt.app)
		}
		if r := f.post("/cgi-bin/webhook/send?key="+key, body); r.code() != tt.robot {
			t.Errorf("%s: robot %v, want %d", tt.name, r, tt.robot)
		}
		f.clock.move(time.Minute)
	}
	long := with("button", map[string]any{"task_id": "long", "main_title": map[string]string{"title": strings.Repeat("长", 37)}})
	f.call("/cgi-bin/message/send", map[string]any{"touser": "zhangsan", "agentid": 1000002, "msgtype": "template_card", "template_card": long})
	if m := f.app.Messages("zhangsan"); len(m) != 1 || len(m[0].Warnings) != 1 || !strings.Contains(m[0].Warnings[0], "main_title.title") {
		t.Errorf("warnings %+v", m)
	}
}

func TestCardMenu(t *testing.T) {
	t.Parallel()
	f := setup(t, wecom.AppConfig{})
	cb := f.attach(nil)
	card := f.card("zhangsan", "m1", "yes")
	card["template_card"].(map[string]any)["action_menu"] = map[string]any{
		"desc": "更多", "action_list": []map[string]string{{"text": "申诉", "key": "appeal"}},
	}
	if r := f.call("/cgi-bin/message/send", card); r.code() != 0 {
		t.Fatal(r)
	}
	if _, err := f.app.ClickMenu("zhangsan", "m1", "yes"); err == nil {
		t.Error("a button was taken for a menu item")
	}
	if _, err := f.app.ClickMenu("zhangsan", "m1", "appeal"); err != nil {
		t.Fatal(err)
	}
	f.wait(func() bool { return len(cb.all()) == 1 })
	if x := cb.all()[0].XML; !strings.Contains(x, "template_card_menu_event") || !strings.Contains(x, "appeal") {
		t.Error(x)
	}
	if _, err := f.app.Submit("zhangsan", "m1", "yes", map[string][]string{"q": {"a"}}); err == nil {
		t.Error("an answer to no question was sent")
	}
}
