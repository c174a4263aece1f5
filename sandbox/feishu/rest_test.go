package feishu_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/sandbox/feishu"
)

func TestToken(t *testing.T) {
	t.Parallel()

	t.Run("new one with less than 30 minutes left, old stays valid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.token()
		if again := w.token(); again != first {
			t.Errorf("second call within the life gave another token")
		}
		w.advance(91 * time.Minute)
		second := w.token()
		if second == first {
			t.Fatalf("no new token with 29 minutes left")
		}
		for _, token := range []string{first, second} {
			if status, out := w.do(http.MethodGet, "/open-apis/bot/v3/info", token, nil); status != http.StatusOK {
				t.Errorf("token refused: %d %v", status, out)
			}
		}
		w.advance(30 * time.Minute)
		status, out := w.do(http.MethodGet, "/open-apis/bot/v3/info", first, nil)
		if status != http.StatusBadRequest || out["code"] != 99991663.0 {
			t.Errorf("expired token: %d %v", status, out)
		}
		if out["error"].(map[string]any)["log_id"] == "" {
			t.Errorf("no log_id in %v", out)
		}
	})

	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, tc := range []struct {
			id, secret string
			code       float64
		}{
			{"cli_nobody", w.app.Secret, 10003},
			{w.app.ID, "wrong", 10014},
		} {
			_, out := w.do(http.MethodPost, "/open-apis/auth/v3/tenant_access_token/internal", "", map[string]any{"app_id": tc.id, "app_secret": tc.secret})
			if out["code"] != tc.code {
				t.Errorf("%s: %v", tc.id, out)
			}
		}
		if _, out := w.do(http.MethodGet, "/open-apis/bot/v3/info", "", nil); out["code"] != 99991661.0 {
			t.Errorf("without token: %v", out)
		}
	})

	t.Run("the sdk's cached token expired", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		if resp := w.text("open_id", w.rep.OpenID, "one", ""); !resp.Success() {
			t.Fatalf("%d %s", resp.Code, resp.Msg)
		}
		w.app.ExpireToken()
		resp := w.text("open_id", w.rep.OpenID, "two", "")
		if resp.Code != 99991663 || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("after ExpireToken: HTTP %d, code %d", resp.StatusCode, resp.Code)
		}
	})
}

func TestCreate(t *testing.T) {
	t.Parallel()

	t.Run("to every kind of receiver", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p2p, err := w.app.P2P(w.rep.OpenID)
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct{ kind, id, chat string }{
			{"open_id", w.rep.OpenID, p2p},
			{"user_id", w.rep.UserID, p2p},
			{"union_id", w.rep.UnionID, p2p},
			{"email", w.rep.Email, p2p},
			{"chat_id", p2p, p2p},
			{"chat_id", w.group.ID, w.group.ID},
		} {
			resp := w.text(tc.kind, tc.id, "你好", "")
			if !resp.Success() {
				t.Fatalf("%s: %d %s", tc.kind, resp.Code, resp.Msg)
			}
			if *resp.Data.ChatId != tc.chat {
				t.Errorf("%s: chat %s, want %s", tc.kind, *resp.Data.ChatId, tc.chat)
			}
			w.advance(time.Second)
		}
		m := w.Messages(w.group.ID)
		if len(m) != 1 {
			t.Fatalf("%d messages in the group", len(m))
		}
		got := m[0]
		want := feishu.Message{
			ID: got.ID, ChatID: w.group.ID, ChatType: "group", Type: "text", Content: `{"text":"你好"}`,
			SenderID: w.app.ID, SenderType: feishu.SenderApp, SenderName: "巡访",
			CreateTime: w.clock.Now().Add(-time.Second), UpdateTime: w.clock.Now().Add(-time.Second),
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})

	t.Run("the same uuid within an hour is one message", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.text("chat_id", w.group.ID, "早上好", "run-1")
		w.advance(59 * time.Minute)
		second := w.text("chat_id", w.group.ID, "早上好", "run-1")
		if *first.Data.MessageId != *second.Data.MessageId {
			t.Errorf("two messages within the hour")
		}
		w.advance(time.Minute)
		third := w.text("chat_id", w.group.ID, "早上好", "run-1")
		if *first.Data.MessageId == *third.Data.MessageId || len(w.Messages(w.group.ID)) != 2 {
			t.Errorf("after an hour the uuid must be free again: %d messages", len(w.Messages(w.group.ID)))
		}
	})

	t.Run("the same uuid at the same time is one message", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token()
		body := map[string]any{"receive_id": w.group.ID, "msg_type": "text", "content": `{"text":"x"}`, "uuid": "u"}
		ids := make([]any, 20)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				_, out := w.do(http.MethodPost, "/open-apis/im/v1/messages?receive_id_type=chat_id", token, body)
				if data, ok := out["data"].(map[string]any); ok {
					ids[i] = data["message_id"]
				}
			})
		}
		all.Wait()
		if n := len(w.Messages(w.group.ID)); n != 1 {
			t.Fatalf("%d messages", n)
		}
		for _, id := range ids {
			if id != w.Messages(w.group.ID)[0].ID {
				t.Errorf("answered %v", id)
			}
		}
	})

	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		other := w.AddChat(feishu.Chat{Name: "别的群", Members: []string{w.rep.OpenID}})
		gone := w.AddChat(feishu.Chat{Name: "旧群", Members: []string{w.rep.OpenID}, Apps: []string{w.app.ID}})
		if err := w.DissolveChat(gone.ID); err != nil {
			t.Fatal(err)
		}
		muted := w.AddChat(feishu.Chat{Name: "静", Members: []string{w.rep.OpenID}, Apps: []string{w.app.ID}, Muted: true})
		away := w.AddUser(feishu.User{Name: "李娜"})
		w.app.SetAvailable(away.OpenID, false)
		text := `{"text":"x"}`
		for _, tc := range []struct {
			name, kind, to, msgType, content string
			code                             int
		}{
			{"bot not in the chat", "chat_id", other.ID, "text", text, 230002},
			{"dissolved", "chat_id", gone.ID, "text", text, 232009},
			{"muted", "chat_id", muted.ID, "text", text, 230035},
			{"out of range", "open_id", away.OpenID, "text", text, 230013},
			{"unknown chat", "chat_id", "oc_nowhere", "text", text, 230001},
			{"unknown user", "open_id", "ou_nobody", "text", text, 230001},
			{"unknown id type", "phone", "1", "text", text, 99992402},
			{"no json", "chat_id", w.group.ID, "text", "hello", 230001},
			{"empty text", "chat_id", w.group.ID, "text", `{"text":""}`, 230001},
			{"a bot sends no location", "chat_id", w.group.ID, "location", `{"name":"x"}`, 230001},
			{"image not uploaded", "chat_id", w.group.ID, "image", `{"image_key":"img_v3_x"}`, 230001},
			{"text over 150 KB", "chat_id", w.group.ID, "text", js(map[string]string{"text": strings.Repeat("a", 151<<10)}), 230025},
			{"card over 30 KB", "chat_id", w.group.ID, "interactive", confirmCard(strings.Repeat("a", 31<<10)), 230025},
			{"card without elements", "chat_id", w.group.ID, "interactive", `{"schema":"2.0","body":{}}`, 230099},
			{"card with an old element", "chat_id", w.group.ID, "interactive", `{"schema":"2.0","body":{"elements":[{"tag":"action","actions":[]}]}}`, 230099},
			{"card with a foreign image", "chat_id", w.group.ID, "interactive", `{"schema":"2.0","body":{"elements":[{"tag":"img","img_key":"img_v3_x"}]}}`, 230099},
			{
				"card with a string value", "chat_id", w.group.ID, "interactive",
				`{"schema":"2.0","body":{"elements":[{"tag":"button","behaviors":[{"type":"callback","value":"yes"}]}]}}`, 230099,
			},
			{"post without language", "chat_id", w.group.ID, "post", `{"title":"x"}`, 230001},
		} {
			resp := w.create(tc.kind, tc.to, tc.msgType, tc.content, "")
			if resp.Code != tc.code || resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: HTTP %d code %d %s, want code %d", tc.name, resp.StatusCode, resp.Code, resp.Msg, tc.code)
			}
		}
		if n := len(w.Messages(w.group.ID)); n != 0 {
			t.Errorf("%d messages were stored", n)
		}
	})

	t.Run("5 QPS to one chat", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range 5 {
			if resp := w.text("chat_id", w.group.ID, fmt.Sprint(i), ""); !resp.Success() {
				t.Fatalf("%d: %d", i, resp.Code)
			}
		}
		if resp := w.text("chat_id", w.group.ID, "6", ""); resp.Code != 230020 || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("sixth: HTTP %d code %d", resp.StatusCode, resp.Code)
		}
		if resp := w.text("open_id", w.rep.OpenID, "6", ""); !resp.Success() {
			t.Errorf("another chat is limited too: %d", resp.Code)
		}
		w.advance(time.Second)
		if resp := w.text("chat_id", w.group.ID, "6", ""); !resp.Success() {
			t.Errorf("a second later: %d", resp.Code)
		}
	})

	t.Run("50 a second per app", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		limited := 0
		for i := range 12 {
			u := w.AddUser(feishu.User{})
			for range 5 {
				resp := w.text("open_id", u.OpenID, fmt.Sprint(i), "")
				if resp.Success() {
					continue
				}
				limited++
				if resp.StatusCode != http.StatusTooManyRequests || resp.Code != 99991400 {
					t.Fatalf("HTTP %d code %d", resp.StatusCode, resp.Code)
				}
				if got := resp.Header.Get("x-ogw-ratelimit-reset"); got != "1" {
					t.Fatalf("x-ogw-ratelimit-reset = %q", got)
				}
			}
		}
		if limited != 10 {
			t.Errorf("%d of 60 were limited, want 10", limited)
		}
	})

	t.Run("1000 a minute per app", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		sent := 0
		for i := range 210 {
			if i%10 == 0 {
				w.advance(time.Second)
			}
			u := w.AddUser(feishu.User{})
			for range 5 {
				resp := w.text("open_id", u.OpenID, "x", "")
				switch {
				case resp.Success():
					sent++
				case resp.Code != 99991400:
					t.Fatalf("code %d", resp.Code)
				}
			}
		}
		if sent != 1000 {
			t.Errorf("%d sent within 21 s, want 1000", sent)
		}
		w.advance(time.Minute)
		if resp := w.text("open_id", w.rep.OpenID, "x", ""); !resp.Success() {
			t.Errorf("a minute later: %d", resp.Code)
		}
	})
}

func TestReply(t *testing.T) {
	t.Parallel()
	w := setup(t)
	m, err := w.app.SendText(w.rep.OpenID, "", "在吗")
	if err != nil {
		t.Fatal(err)
	}
	reply := func(to, uuid string) *larkim.ReplyMessageResp {
		resp, err := w.sdk.Message.Reply(t.Context(), larkim.NewReplyMessageReqBuilder().MessageId(to).
			Body(larkim.NewReplyMessageReqBodyBuilder().MsgType("text").Content(`{"text":"在"}`).Uuid(uuid).Build()).Build())
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := reply(m.ID, "r1")
	if !first.Success() || *first.Data.ParentId != m.ID || *first.Data.RootId != m.ID || *first.Data.ChatId != m.ChatID {
		t.Fatalf("%d %s %v", first.Code, first.Msg, first.Data)
	}
	if again := reply(m.ID, "r1"); *again.Data.MessageId != *first.Data.MessageId {
		t.Errorf("the same uuid replied twice")
	}
	second, err := w.app.SendReply(w.rep.OpenID, *first.Data.MessageId, "好")
	if err != nil {
		t.Fatal(err)
	}
	if second.ParentID != *first.Data.MessageId || second.RootID != m.ID {
		t.Errorf("root %s parent %s", second.RootID, second.ParentID)
	}
	if err := w.app.Recall(m.ID); err != nil {
		t.Fatal(err)
	}
	if resp := reply(m.ID, ""); resp.Code != 230011 {
		t.Errorf("reply to a recalled message: %d", resp.Code)
	}
}

func TestChangeMessage(t *testing.T) {
	t.Parallel()
	patch := func(w *world, id, content string) *larkim.PatchMessageResp {
		resp, err := w.sdk.Message.Patch(w.t.Context(), larkim.NewPatchMessageReqBuilder().MessageId(id).
			Body(larkim.NewPatchMessageReqBodyBuilder().Content(content).Build()).Build())
		if err != nil {
			w.t.Fatal(err)
		}
		return resp
	}

	t.Run("patch a card, 14 days long", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.card(confirmCard("计划"))
		w.advance(14 * 24 * time.Hour)
		// The SDK keeps its token by real time; the platform's has run out.
		token := w.token()
		if status, out := w.do(http.MethodPatch, "/open-apis/im/v1/messages/"+id, token, map[string]any{"content": confirmCard("计划二")}); status != http.StatusOK {
			t.Fatalf("on day 14: %d %v", status, out)
		}
		m, _ := w.Message(id)
		if m.Revision != 1 || !strings.Contains(m.Content, "计划二") || !m.UpdateTime.Equal(w.clock.Now()) {
			t.Errorf("%+v", m)
		}
		if h := w.History(id); len(h) != 2 {
			t.Errorf("history of %d", len(h))
		}
		w.advance(time.Millisecond)
		if _, out := w.do(http.MethodPatch, "/open-apis/im/v1/messages/"+id, token, map[string]any{"content": confirmCard("计划三")}); out["code"] != 230031.0 {
			t.Errorf("after 14 days: %v", out)
		}
	})

	t.Run("patch by the sdk, 5 QPS", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.card(confirmCard("0"))
		for i := range 5 {
			if resp := patch(w, id, confirmCard(fmt.Sprint(i))); !resp.Success() {
				t.Fatalf("%d: %d %s", i, resp.Code, resp.Msg)
			}
		}
		if resp := patch(w, id, confirmCard("6")); resp.Code != 230020 {
			t.Errorf("sixth: %d", resp.Code)
		}
	})

	t.Run("refused patches", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		text := w.text("chat_id", w.group.ID, "x", "")
		card := w.card(confirmCard("x"))
		private := w.card(`{"config":{"wide_screen_mode":true},"elements":[]}`)
		recalled := w.card(confirmCard("y"))
		if resp, err := w.sdk.Message.Delete(t.Context(), larkim.NewDeleteMessageReqBuilder().MessageId(recalled).Build()); err != nil || !resp.Success() {
			t.Fatal(resp, err)
		}
		theirs, err := w.app.SendText(w.rep.OpenID, w.group.ID, "hi")
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			name, id, content string
			code              int
		}{
			{"a text", *text.Data.MessageId, confirmCard("z"), 230054},
			{"a user's message", theirs.ID, confirmCard("z"), 230071},
			{"not shared before", private, `{"config":{"update_multi":true},"elements":[]}`, 230099},
			{"not shared after", card, `{"config":{"update_multi":false},"elements":[]}`, 230099},
			{"no card", card, `{"text":"x"}`, 230099},
			{"recalled", recalled, confirmCard("z"), 230011},
			{"unknown", "om_x", confirmCard("z"), 230001},
		} {
			if resp := patch(w, tc.id, tc.content); resp.Code != tc.code {
				t.Errorf("%s: %d %s, want %d", tc.name, resp.Code, resp.Msg, tc.code)
			}
		}
		if err := w.app.LeaveChat(w.rep.OpenID, w.group.ID); err != nil {
			t.Fatal(err)
		}
		if resp := patch(w, card, confirmCard("z")); resp.Code != 230002 {
			t.Errorf("after the bot left: %d", resp.Code)
		}
	})

	t.Run("edit a text at most 20 times, then recall it", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := *w.text("chat_id", w.group.ID, `a <at user_id="`+w.rep.OpenID+`"></at>`, "").Data.MessageId
		for i := range 21 {
			w.advance(time.Second)
			resp, err := w.sdk.Message.Update(t.Context(), larkim.NewUpdateMessageReqBuilder().MessageId(id).
				Body(larkim.NewUpdateMessageReqBodyBuilder().MsgType("text").Content(js(map[string]any{"text": fmt.Sprint(i)})).Build()).Build())
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 0, false: 230072}[i < 20]; resp.Code != want {
				t.Fatalf("edit %d: %d", i, resp.Code)
			}
		}
		if resp, err := w.sdk.Message.Delete(t.Context(), larkim.NewDeleteMessageReqBuilder().MessageId(id).Build()); err != nil || !resp.Success() {
			t.Fatal(resp, err)
		}
		if m, _ := w.Message(id); !m.Deleted || m.Revision != 20 {
			t.Errorf("%+v", m)
		}
		if resp, err := w.sdk.Message.Get(t.Context(), larkim.NewGetMessageReqBuilder().MessageId(id).Build()); err != nil || resp.Code != 230011 {
			t.Errorf("get after recall: %v %v", resp, err)
		}
	})

	t.Run("get shows placeholders", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := *w.text("chat_id", w.group.ID, `请 <at user_id="`+w.rep.OpenID+`"></at> 签到`, "").Data.MessageId
		resp, err := w.sdk.Message.Get(t.Context(), larkim.NewGetMessageReqBuilder().MessageId(id).Build())
		if err != nil || !resp.Success() {
			t.Fatal(resp, err)
		}
		m := resp.Data.Items[0]
		if *m.Body.Content != `{"text":"请 @_user_1 签到"}` || *m.Mentions[0].Name != "张伟" {
			t.Errorf("%s %v", *m.Body.Content, m.Mentions)
		}
	})

	t.Run("urge", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.card(confirmCard("x"))
		resp, err := w.sdk.Message.UrgentApp(t.Context(), larkim.NewUrgentAppMessageReqBuilder().MessageId(id).UserIdType("open_id").
			UrgentReceivers(larkim.NewUrgentReceiversBuilder().UserIdList([]string{w.rep.OpenID, "ou_x"}).Build()).Build())
		if err != nil || !resp.Success() {
			t.Fatal(resp, err)
		}
		m, _ := w.Message(id)
		if d := cmp.Diff([]string{w.rep.OpenID}, m.Urgent); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"ou_x"}, resp.Data.InvalidUserIdList); d != "" {
			t.Error(d)
		}
	})
}

func TestImages(t *testing.T) {
	t.Parallel()
	upload := func(w *world, data []byte) *larkim.CreateImageResp {
		resp, err := w.sdk.Image.Create(w.t.Context(), larkim.NewCreateImageReqBuilder().
			Body(larkim.NewCreateImageReqBodyBuilder().ImageType("message").Image(bytes.NewReader(data)).Build()).Build())
		if err != nil {
			w.t.Fatal(err)
		}
		return resp
	}

	t.Run("upload, send, fetch", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		up := upload(w, picture(t))
		if !up.Success() {
			t.Fatalf("%d %s", up.Code, up.Msg)
		}
		resp := w.create("chat_id", w.group.ID, "image", js(map[string]any{"image_key": *up.Data.ImageKey}), "")
		if !resp.Success() {
			t.Fatalf("%d %s", resp.Code, resp.Msg)
		}
		got, err := w.sdk.Image.Get(t.Context(), larkim.NewGetImageReqBuilder().ImageKey(*up.Data.ImageKey).Build())
		if err != nil || !got.Success() {
			t.Fatal(got, err)
		}
		b, err := io.ReadAll(got.File)
		if err != nil || !bytes.Equal(b, picture(t)) {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	})

	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, tc := range []struct {
			name string
			data []byte
			code int
		}{
			{"no image", []byte("plain words"), 234011},
			{"over 10 MB", append(picture(t), make([]byte, 10<<20)...), 234006},
		} {
			if resp := upload(w, tc.data); resp.Code != tc.code {
				t.Errorf("%s: %d %s", tc.name, resp.Code, resp.Msg)
			}
		}
	})

	t.Run("resource of a user's message", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		photo, err := w.app.SendImage(w.rep.OpenID, "", picture(t))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := w.app.SendFile(w.rep.OpenID, w.group.ID, "对账单.pdf", []byte("%PDF-1.7"))
		if err != nil {
			t.Fatal(err)
		}
		post, err := w.app.SendPost(w.rep.OpenID, "", "门头", picture(t))
		if err != nil {
			t.Fatal(err)
		}
		key := func(m feishu.Message) string {
			var v struct {
				ImageKey string `json:"image_key"`
				FileKey  string `json:"file_key"`
				Content  [][]struct {
					ImageKey string `json:"image_key"`
				} `json:"content"`
			}
			if err := json.Unmarshal([]byte(m.Content), &v); err != nil {
				t.Fatal(err)
			}
			if v.Content != nil {
				return v.Content[0][0].ImageKey
			}
			return v.ImageKey + v.FileKey
		}
		get := func(id, key, kind string) *larkim.GetMessageResourceResp {
			resp, err := w.sdk.MessageResource.Get(t.Context(), larkim.NewGetMessageResourceReqBuilder().MessageId(id).FileKey(key).Type(kind).Build())
			if err != nil {
				t.Fatal(err)
			}
			return resp
		}
		for _, tc := range []struct {
			m                 feishu.Message
			kind, name, ctype string
			want              []byte
		}{
			{photo, "image", "image.png", "image/png", picture(t)},
			{post, "image", "image.png", "image/png", picture(t)},
			{doc, "file", "对账单.pdf", "application/pdf", []byte("%PDF-1.7")},
		} {
			resp := get(tc.m.ID, key(tc.m), tc.kind)
			if !resp.Success() {
				t.Fatalf("%d %s", resp.Code, resp.Msg)
			}
			b, err := io.ReadAll(resp.File)
			if err != nil || !bytes.Equal(b, tc.want) || resp.FileName != tc.name || resp.Header.Get("Content-Type") != tc.ctype {
				t.Errorf("%d bytes %q %q %v", len(b), resp.FileName, resp.Header.Get("Content-Type"), err)
			}
		}
		for _, tc := range []struct {
			name, id, key, kind string
			code                int
		}{
			{"key of another message", post.ID, key(photo), "image", 234003},
			{"wrong kind", photo.ID, key(photo), "file", 234003},
			{"no kind", photo.ID, key(photo), "", 234001},
			{"unknown message", "om_x", key(photo), "image", 234003},
		} {
			if resp := get(tc.id, tc.key, tc.kind); resp.Code != tc.code {
				t.Errorf("%s: %d, want %d", tc.name, resp.Code, tc.code)
			}
		}
		if err := w.app.LeaveChat(w.rep.OpenID, w.group.ID); err != nil {
			t.Fatal(err)
		}
		if resp := get(doc.ID, key(doc), "file"); resp.Code != 234004 {
			t.Errorf("after the bot left: %d", resp.Code)
		}
	})
}

func TestPostAndFile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	up, err := w.sdk.File.Create(t.Context(), larkim.NewCreateFileReqBuilder().
		Body(larkim.NewCreateFileReqBodyBuilder().FileType("xls").FileName("日报.xlsx").File(strings.NewReader("PK")).Build()).Build())
	if err != nil || !up.Success() {
		t.Fatal(up, err)
	}
	if resp := w.create("chat_id", w.group.ID, "file", js(map[string]any{"file_key": *up.Data.FileKey}), ""); !resp.Success() {
		t.Errorf("file: %d %s", resp.Code, resp.Msg)
	}
	if resp := w.create("chat_id", w.group.ID, "image", js(map[string]any{"image_key": *up.Data.FileKey}), ""); resp.Code != 230001 {
		t.Errorf("a file as image: %d", resp.Code)
	}
	if data, _, ok := w.File(*up.Data.FileKey); !ok || string(data) != "PK" {
		t.Errorf("%q %v", data, ok)
	}
	got, err := w.sdk.File.Get(t.Context(), larkim.NewGetFileReqBuilder().FileKey(*up.Data.FileKey).Build())
	if err != nil || !got.Success() || got.FileName != "日报.xlsx" {
		t.Errorf("%v %v", got, err)
	}
	theirs, err := w.app.SendFile(w.rep.OpenID, "", "x.pdf", []byte("%PDF"))
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		FileKey string `json:"file_key"`
	}
	if err := json.Unmarshal([]byte(theirs.Content), &key); err != nil {
		t.Fatal(err)
	}
	if r, err := w.sdk.File.Get(t.Context(), larkim.NewGetFileReqBuilder().FileKey(key.FileKey).Build()); err != nil || r.Code != 234008 {
		t.Errorf("a user's file: %v %v", r, err)
	}
	for content, want := range map[string]int{
		`{"zh_cn":{"title":"日报","content":[[{"tag":"text","text":"一"},{"tag":"a","href":"https://x","text":"二"}]]}}`: 0,
		`{"zh_cn":{"content":[[{"tag":"img","image_key":"img_v3_x"}]]}}`:                                             230001,
		`{"zh_cn":{"content":[{"tag":"text"}]}}`:                                                                     230001,
		`{"zh_cn":{"content":[[{"text":"no tag"}]]}}`:                                                                230001,
		`{"zh_cn":{"title":"x"}}`:                                                                                    230001,
	} {
		if resp := w.create("chat_id", w.group.ID, "post", content, ""); resp.Code != want {
			t.Errorf("%s: %d", content, resp.Code)
		}
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := setup(t, feishu.AppConfig{Scopes: feishu.Scopes{GroupMsg: true}})
	var ids []string
	for range 5 {
		m, err := w.app.SendText(w.rep.OpenID, w.group.ID, "x")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
		w.advance(time.Minute)
	}
	from := w.clock.Now().Add(-4 * time.Minute)
	var got []string
	token := ""
	for {
		resp, err := w.sdk.Message.List(t.Context(), larkim.NewListMessageReqBuilder().ContainerIdType("chat").ContainerId(w.group.ID).
			StartTime(fmt.Sprint(from.Unix())).PageSize(3).PageToken(token).Build())
		if err != nil || !resp.Success() {
			t.Fatal(resp, err)
		}
		for _, m := range resp.Data.Items {
			got = append(got, *m.MessageId)
		}
		if !*resp.Data.HasMore {
			break
		}
		token = *resp.Data.PageToken
	}
	if d := cmp.Diff(ids[1:], got); d != "" {
		t.Error(d)
	}
}
