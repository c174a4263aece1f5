package feishu

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// envelope is an event in schema 2.0.
type envelope struct {
	Schema string         `json:"schema"`
	Header eventHeader    `json:"header"`
	Event  map[string]any `json:"event"`
}

type eventHeader struct {
	EventID    string `json:"event_id"`
	Token      string `json:"token"`
	CreateTime string `json:"create_time"`
	EventType  string `json:"event_type"`
	TenantKey  string `json:"tenant_key"`
	AppID      string `json:"app_id"`
}

func (e *envelope) bytes() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("feishu sandbox: event: %v", err)) // only plain maps and strings go in
	}
	return b
}

// newEvent makes an event of now; the lock must be held.
func (a *App) newEvent(eventType string, body map[string]any) *envelope {
	now := a.s.now()
	created := strconv.FormatInt(now.UnixMilli(), 10)
	if eventType == EventCardAction {
		created = strconv.FormatInt(now.UnixMicro(), 10) // 卡片回传交互回调: microseconds
	}
	return &envelope{
		Schema: "2.0",
		Header: eventHeader{
			EventID:    a.s.id("", 32),
			Token:      a.VerificationToken,
			CreateTime: created,
			EventType:  eventType,
			TenantKey:  a.TenantKey,
			AppID:      a.ID,
		},
		Event: body,
	}
}

// pushLocked queues an event if the app subscribed to it; the lock must be held.
func (a *App) pushLocked(eventType, messageID string, body map[string]any) {
	if !slices.Contains(a.Events, eventType) {
		return
	}
	a.enqueue(a.newEvent(eventType, body), messageID)
}

// messageEvent is the body of im.message.receive_v1 for this app; the lock must
// be held.
func (a *App) messageEvent(m *message) map[string]any {
	u := a.s.users[m.SenderID]
	msg := map[string]any{
		"message_id":   m.ID,
		"create_time":  millis(m.CreateTime),
		"update_time":  millis(m.UpdateTime),
		"chat_id":      m.ChatID,
		"chat_type":    m.ChatType,
		"message_type": m.Type,
		"content":      m.Content,
	}
	for key, v := range map[string]string{"root_id": m.RootID, "parent_id": m.ParentID, "thread_id": m.ThreadID} {
		if v != "" {
			msg[key] = v
		}
	}
	if len(m.Mentions) > 0 {
		list := make([]any, 0, len(m.Mentions))
		for _, at := range m.Mentions {
			kind := "user"
			if at.Bot {
				kind = "bot"
			}
			list = append(list, map[string]any{
				"key": at.Key, "id": a.userID(at.OpenID), "mentioned_type": kind, "name": at.Name, "tenant_key": a.TenantKey,
			})
		}
		msg["mentions"] = list
	}
	return map[string]any{
		"sender": map[string]any{
			"sender_id":   a.userID(m.SenderID),
			"sender_type": "user",
			"tenant_key":  u.TenantKey,
		},
		"message": msg,
	}
}

// hears tells whether the app gets a message of its chat: all direct ones, those
// of groups that mention its bot, every one with the group_msg scope.
func (a *App) hears(c *chat, m *message) bool {
	if !c.hasApp(a) {
		return false
	}
	if c.Type == "p2p" || a.Scopes.GroupMsg {
		return true
	}
	return slices.ContainsFunc(m.Mentions, func(at Mention) bool { return at.OpenID == a.BotOpenID })
}
