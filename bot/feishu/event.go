package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// Types of events that mean something here.
const (
	eventMessage = "im.message.receive_v1"
	eventJoined  = "im.chat.member.bot.added_v1"
	eventEntered = "im.chat.access_event.bot_p2p_chat_entered_v1"
	eventPress   = "card.action.trigger"
)

// ignored are types that an app may have subscribed to and that mean nothing here.
// Over the WebSocket an unknown type would be answered with an error and come again.
var ignored = []string{
	"im.message.message_read_v1", "im.message.recalled_v1", "im.message.reaction.created_v1", "im.message.reaction.deleted_v1",
	"im.message.bot_muted_v1", "im.chat.updated_v1", "im.chat.disbanded_v1", "im.chat.member.bot.deleted_v1",
	"im.chat.member.user.added_v1", "im.chat.member.user.deleted_v1", "im.chat.member.user.withdrawn_v1",
	"application.bot.menu_v6", "application.application.app_version.publish_apply_v6", "application.application.app_version.audit_v6",
	"contact.user.created_v3", "contact.user.updated_v3", "contact.user.deleted_v3", "contact.scope.updated_v3",
	"contact.department.created_v3", "contact.department.updated_v3", "contact.department.deleted_v3",
	// Of the older protocol.
	"p2p_chat_create", "message_read", "add_bot", "remove_bot", "chat_disband", "group_setting_update",
	"add_user_to_chat", "remove_user_from_chat", "revoke_add_user_from_chat",
}

// What a business time may be off.
const (
	maxAhead = 5 * time.Minute
	maxAge   = 8 * 24 * time.Hour
)

// refusal is something that is turned away: counted under its reason, and not
// worth sending again.
type refusal struct {
	reason string
	err    error
}

func (r *refusal) Error() string { return r.reason + ": " + r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(reason string, err error) error { return &refusal{reason, err} }

// envelope is an event of schema 2.0, or what is looked at of an older one.
type envelope struct {
	Header *larkevent.EventHeader `json:"header"`
	Event  json.RawMessage        `json:"event"`

	Type      string `json:"type"`      // url_verification, or event_callback of the older schema
	Challenge string `json:"challenge"` // of url_verification
	Token     string `json:"token"`     // of both
}

// receiver is where the events of both ways in end.
type receiver struct {
	p    *Platform
	in   bot.Inlet
	take func(context.Context, bot.Message) error // makes durable what is not a button
	busy chan struct{}
}

// eventsAtOnce bounds the events that are handled at the same time.
const eventsAtOnce = 64

func (p *Platform) receiver(in bot.Inlet, take func(context.Context, bot.Message) error) *receiver {
	return &receiver{p, in, take, make(chan struct{}, eventsAtOnce)}
}

// handle takes the plain JSON of an event. It returns what a tap is answered with,
// nil for all else. The error is a *refusal, or says that the event is not durable
// and has to come again.
func (r *receiver) handle(ctx context.Context, payload []byte) (*callback.CardActionTriggerResponse, error) {
	if int64(len(payload)) > r.p.opts.BodyLimit {
		return nil, refuse("too_large", errMalformed)
	}
	var e envelope
	if err := decode(payload, &e); err != nil {
		return nil, refuse("malformed", err)
	}
	return r.guarded(ctx, e)
}

// guarded is handle for an event that was read already.
func (r *receiver) guarded(ctx context.Context, e envelope) (reply *callback.CardActionTriggerResponse, err error) {
	defer func() {
		if v := recover(); v != nil {
			// The value could hold what people wrote.
			r.p.log.Error("an event made us panic", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			reply, err = nil, refuse("panic", errMalformed)
		}
	}()
	return r.event(ctx, e)
}

func (r *receiver) event(ctx context.Context, e envelope) (*callback.CardActionTriggerResponse, error) {
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e.Header == nil {
		// The older schema: nothing that we read comes in it.
		return nil, nil
	}
	if e.Header.AppID != r.p.config.AppID {
		return nil, refuse("wrong_app", errMalformed)
	}
	d := decoder{p: r.p, header: e.Header, received: r.p.now().UTC()}
	switch e.Header.EventType {
	case eventMessage:
		m, ok, err := d.message(ctx, e.Event)
		if err != nil || !ok {
			return nil, err
		}
		return nil, r.take(ctx, m)
	case eventJoined:
		m, err := d.joined(e.Event)
		if err != nil {
			return nil, err
		}
		return nil, r.take(ctx, m)
	case eventEntered:
		m, err := d.entered(e.Event)
		if err != nil {
			return nil, err
		}
		return nil, r.take(ctx, m)
	case eventPress:
		return r.press(ctx, d, e.Event)
	}
	if !slices.Contains(ignored, e.Header.EventType) {
		// Acknowledged, for coming again would not help; but somebody should look at the subscriptions.
		r.in.Refuse(Name, "unknown_event")
	}
	return nil, nil
}

// press answers a tap at once: Feishu does not send it again.
func (r *receiver) press(ctx context.Context, d decoder, event json.RawMessage) (*callback.CardActionTriggerResponse, error) {
	m, err := d.press(event)
	if err != nil {
		return nil, err
	}
	if err := r.in.Keep(ctx, m); err != nil {
		r.p.log.Error("a tap was not kept", "event", m.Key, "error", err)
		return toast("error", r.p.opts.ToastFailed), nil
	}
	return toast("info", r.p.opts.Toast), nil
}

func toast(kind, text string) *callback.CardActionTriggerResponse {
	return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: kind, Content: text}}
}

// decoder turns the body of one event into a message.
type decoder struct {
	p        *Platform
	header   *larkevent.EventHeader
	received time.Time
}

// start fills what all messages have; the time is the event's.
func (d decoder) start() (bot.Message, error) {
	if !validID(d.header.EventID) {
		return bot.Message{}, refuse("malformed", errShape)
	}
	return bot.Message{
		Key: Name + ":e:" + d.header.EventID, Platform: Name, At: d.at(d.header.CreateTime), Received: d.received,
	}, nil
}

// at reads a time of Feishu's: milliseconds, or microseconds in card callbacks,
// since 1970. What cannot be is taken as now.
func (d decoder) at(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || len(s) > 17 {
		return d.received
	}
	if n >= 1e14 { // the year 5138 in milliseconds, 1973 in microseconds
		n /= 1000
	}
	t := time.UnixMilli(n).UTC()
	if n <= 0 || t.Sub(d.received) > maxAhead || d.received.Sub(t) > maxAge {
		return d.received
	}
	return t
}

func user(id string) bot.Address { return bot.Address{Platform: Name, Place: bot.ToUser, ID: id} }

func group(id string) bot.Address { return bot.Address{Platform: Name, Place: bot.ToGroup, ID: id} }

func (d decoder) joined(event json.RawMessage) (bot.Message, error) {
	var in larkim.P2ChatMemberBotAddedV1Data
	m, err := d.start()
	if err != nil {
		return m, err
	}
	if json.Unmarshal(event, &in) != nil || !validID(str(in.ChatId)) {
		return m, refuse("malformed", errShape)
	}
	m.Chat, m.Notice = group(str(in.ChatId)), bot.NoticeJoined
	if id := openID(in.OperatorId); validID(id) {
		m.From = id
	}
	return m, nil
}

func (d decoder) entered(event json.RawMessage) (bot.Message, error) {
	var in larkim.P2ChatAccessEventBotP2pChatEnteredV1Data
	m, err := d.start()
	if err != nil {
		return m, err
	}
	if json.Unmarshal(event, &in) != nil || !validID(openID(in.OperatorId)) {
		return m, refuse("malformed", errShape)
	}
	m.From, m.Notice = openID(in.OperatorId), bot.NoticeEntered
	m.Chat = user(m.From)
	return m, nil
}

// maxValue bounds the sealed value of a button, in bytes.
const maxValue = 4096

func (d decoder) press(event json.RawMessage) (bot.Message, error) {
	var in callback.CardActionTriggerRequest
	m, err := d.start()
	if err != nil {
		return m, err
	}
	if json.Unmarshal(event, &in) != nil || in.Operator == nil || in.Action == nil || !validID(in.Operator.OpenID) {
		return m, refuse("malformed", errShape)
	}
	value, _ := in.Action.Value[valueKey].(string)
	if value == "" || len(value) > maxValue {
		return m, refuse("malformed", errShape)
	}
	m.From, m.Press = in.Operator.OpenID, &bot.Press{Value: value}
	m.Chat = user(m.From)
	if c := in.Context; c != nil {
		if validID(c.OpenMessageID) {
			m.Press.Message = c.OpenMessageID
		}
		// A callback names its chat but not the kind of it; our own card does.
		if in.Action.Value[placeKey] == string(bot.ToGroup) && validID(c.OpenChatID) {
			m.Chat = group(c.OpenChatID)
		}
	}
	return m, nil
}

func openID(u *larkim.UserId) string {
	if u == nil {
		return ""
	}
	return str(u.OpenId)
}
