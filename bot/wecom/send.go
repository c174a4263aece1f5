package wecom

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the robot's interface asks for it
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/work/appchat"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/material"
	"github.com/silenceper/wechat/v2/work/message"
	"github.com/silenceper/wechat/v2/work/robot"

	"roundsman/bot"
)

// Limits on uploads, in bytes (https://developer.work.weixin.qq.com/document/path/90253).
const (
	maxUpload     = 10 << 20
	minUpload     = 6
	maxRobotImage = 2 << 20
)

var taskIDForm = regexp.MustCompile(`^[0-9A-Za-z_\-@]{1,128}$`)

// outgoing is a message to a person, to a group or through a robot. The SDK's
// own structs write the agent id as a string, which the documents do not have.
// There is no duplicate check: it would suppress a message that is meant to be
// the same, and it promises nothing about a lost answer.
type outgoing struct {
	ToUser  string          `json:"touser,omitempty"`
	ChatID  string          `json:"chatid,omitempty"`
	MsgType string          `json:"msgtype"`
	AgentID int             `json:"agentid,omitempty"`
	Text    json.RawMessage `json:"text,omitempty"`
	// Markdown, Image, File and Card likewise: the object under the type's name.
	Markdown json.RawMessage `json:"markdown,omitempty"`
	Image    json.RawMessage `json:"image,omitempty"`
	File     json.RawMessage `json:"file,omitempty"`
	Card     json.RawMessage `json:"template_card,omitempty"`
}

// set puts the object of a type into its place.
func (o *outgoing) set(kind string, data json.RawMessage) error {
	o.MsgType = kind
	switch kind {
	case typeText:
		o.Text = data
	case typeMarkdown:
		o.Markdown = data
	case typeImage:
		o.Image = data
	case typeFile:
		o.File = data
	case typeCard:
		o.Card = data
	default:
		return permanent("no_such_type", fmt.Errorf("a part of the type %q", kind))
	}
	return nil
}

func permanent(code string, err error) *bot.SendError { return &bot.SendError{Code: code, Err: err} }

// Send delivers one part, at most once: WeCom has no idempotency key, so where
// the answer is lost the error says that the outcome is unknown and that it is
// not to be repeated. Only a card is recognised, by its task id, which derives
// from the key. The id that is returned is WeCom's msgid, for persons only.
func (p *Platform) Send(ctx context.Context, to bot.Address, part bot.Part, key string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &bot.SendError{Code: networkCode(err), Retry: true, Err: err}
	}
	switch {
	case to.Platform != Name:
		return "", permanent("no_such_chat", errors.New("an address of another platform"))
	case to.Place == bot.ToRobot:
		return "", p.sendRobot(ctx, to.ID, part)
	case to.Place == bot.ToGroup:
		return "", p.sendGroup(ctx, to.ID, part)
	case to.Place == bot.ToUser && part.Type == typeUpdate:
		return p.sendUpdate(ctx, to.ID, part, key)
	case to.Place == bot.ToUser:
		return p.sendUser(ctx, to.ID, part, key)
	}
	return "", permanent("no_such_chat", nil)
}

// sendUser sends an app message to one person.
func (p *Platform) sendUser(ctx context.Context, user string, part bot.Part, key string) (string, error) {
	if user == "" || strings.ContainsAny(user, "|") || strings.EqualFold(user, "@all") {
		// Both would reach others than the one it is for.
		return "", &bot.SendError{Code: "no_such_chat", Gone: true}
	}
	data, err := p.object(ctx, part, key)
	if err != nil {
		return "", err
	}
	o := outgoing{ToUser: user, AgentID: p.cfg.AgentID}
	if err := o.set(part.Type, data); err != nil {
		return "", err
	}
	var result *message.SendResponse
	x, err := p.withToken(ctx, true, func(x *exchange, token string) {
		handle, unmark := p.handle(x, token)
		defer unmark()
		// The exchange says what became of it; see there.
		result, _ = message.NewClient(handle).Send("message/send", o)
	})
	if err != nil {
		return "", err
	}
	if e := x.failure(); e != nil {
		return "", e
	}
	if result == nil {
		return "", &bot.SendError{Code: "bad_answer", Unknown: true}
	}
	switch {
	case result.InvalidUser != "":
		return "", &bot.SendError{Code: "invaliduser", Gone: true}
	case result.UnlicensedUser != "":
		return "", &bot.SendError{Code: "unlicenseduser", Gone: true}
	}
	return result.MsgID, nil
}

// sendGroup sends into a group that the app made.
func (p *Platform) sendGroup(ctx context.Context, chat string, part bot.Part) error {
	data, err := p.object(ctx, part, "")
	if err != nil {
		return err
	}
	o := outgoing{ChatID: chat}
	if err := o.set(part.Type, data); err != nil {
		return err
	}
	x, err := p.withToken(ctx, true, func(x *exchange, token string) {
		handle, unmark := p.handle(x, token)
		defer unmark()
		_, _ = appchat.NewClient(handle).Send("appchat/send", o)
	})
	if err != nil {
		return err
	}
	return orNil(x.failure())
}

// sendRobot sends through a group robot, which has its key and no token.
func (p *Platform) sendRobot(ctx context.Context, id string, part bot.Part) error {
	key, ok := p.robots[id]
	if !ok {
		return &bot.SendError{Code: "no_such_robot", Gone: true}
	}
	data, err := p.robotObject(ctx, key, part)
	if err != nil {
		return err
	}
	var o outgoing
	if err := o.set(part.Type, data); err != nil {
		return err
	}
	x, end := p.exchange(ctx, true)
	defer end()
	marked, unmark := x.mark(key)
	defer unmark()
	_, _ = robot.NewClient(p.app.GetContext()).RobotBroadcast(marked, o)
	return orNil(x.failure())
}

// robotObject returns the object of a part's type for a robot, which takes pictures as they are.
func (p *Platform) robotObject(ctx context.Context, key string, part bot.Part) (json.RawMessage, error) {
	switch part.Type {
	case typeImage:
		if part.Upload == nil || len(part.Upload.Data) > maxRobotImage {
			return nil, permanent("image_size", nil)
		}
		sum := md5.Sum(part.Upload.Data) //nolint:gosec // see above
		return marshal(map[string]string{
			"base64": base64.StdEncoding.EncodeToString(part.Upload.Data), "md5": hex.EncodeToString(sum[:]),
		})
	case typeFile:
		id, err := p.uploadRobot(ctx, key, part.Upload)
		if err != nil {
			return nil, err
		}
		return marshal(map[string]string{"media_id": id})
	}
	return part.Data, nil
}

// sendUpdate replaces a tapped card. When WeCom says that the right to do so is
// used up or over, what there is to say goes out as a new message.
func (p *Platform) sendUpdate(ctx context.Context, user string, part bot.Part, key string) (string, error) {
	var r replacement
	if err := json.Unmarshal(part.Data, &r); err != nil || r.Else == nil {
		return "", permanent("compose", errors.New("a replacement that cannot be read"))
	}
	in := struct {
		UserIDs      []string       `json:"userids"`
		AgentID      int            `json:"agentid"`
		ResponseCode string         `json:"response_code"`
		Card         *templateCard  `json:"template_card,omitempty"`
		Button       *replaceButton `json:"button,omitempty"`
	}{[]string{user}, p.cfg.AgentID, part.Response, r.Card, r.Button}
	var out struct {
		InvalidUser []string `json:"invaliduser"`
	}
	x, err := p.withToken(ctx, true, func(x *exchange, token string) {
		x.call("/cgi-bin/message/update_template_card", url.Values{"access_token": {token}}, in, &out)
	})
	if err != nil {
		return "", err
	}
	e := x.failure()
	switch {
	case e == nil && len(out.InvalidUser) == 0:
		return "", nil
	case e != nil && (!x.refused() || e.Retry):
		return "", e
	}
	p.log.Info("a tapped card could not be replaced; it is sent anew", "code", x.code)
	return p.sendUser(ctx, user, bot.Part{Type: r.Else.Type, Data: r.Else.Data}, key)
}

// object returns the object of a part's type: an uploaded picture's or file's media id,
// a card with its task id, anything else as it is.
func (p *Platform) object(ctx context.Context, part bot.Part, key string) (json.RawMessage, error) {
	switch part.Type {
	case typeImage, typeFile:
		id, err := p.upload(ctx, part)
		if err != nil {
			return nil, err
		}
		return marshal(map[string]string{"media_id": id})
	case typeCard:
		var c templateCard
		if err := json.Unmarshal(part.Data, &c); err != nil {
			return nil, permanent("compose", errors.New("a card that cannot be read"))
		}
		c.TaskID = key
		if !taskIDForm.MatchString(key) {
			c.TaskID = digest(key)
		}
		return marshal(c)
	}
	return part.Data, nil
}

func marshal(v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, permanent("compose", err)
	}
	return data, nil
}

// upload makes a part's picture or file a temporary file of the corp and returns
// its media id. Nobody sees that, so a failure can always be tried again.
func (p *Platform) upload(ctx context.Context, part bot.Part) (string, error) {
	if !uploadable(part.Upload) {
		return "", permanent(part.Type+"_size", nil)
	}
	file := part.Upload
	name := file.Name
	if part.Type == typeImage {
		// The name is ours: what it was called does not matter.
		name = "image.png"
		if http.DetectContentType(file.Data) == "image/jpeg" {
			name = "image.jpg"
		}
	}
	var result *material.UploadTempFileResponse
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		handle, unmark := p.handle(x, token)
		defer unmark()
		result, _ = material.NewClient(handle).UploadTempFileFromReader(name, part.Type, bytes.NewReader(file.Data))
	})
	if err != nil {
		return "", err
	}
	if e := x.failure(); e != nil {
		return "", e
	}
	if result == nil || result.MediaID == "" {
		return "", &bot.SendError{Code: "bad_answer", Retry: true, Err: errors.New("the answer holds no media id")}
	}
	return result.MediaID, nil
}

// uploadable reports whether WeCom takes a picture or file of its size.
func uploadable(f *bot.File) bool {
	return f != nil && len(f.Data) >= minUpload && len(f.Data) <= maxUpload
}

// uploadRobot makes a file one that a robot may send, and returns its media id.
// The SDK lacks this call (https://developer.work.weixin.qq.com/document/path/91770).
func (p *Platform) uploadRobot(ctx context.Context, key string, file *bot.File) (string, error) {
	if !uploadable(file) {
		return "", permanent("file_size", nil)
	}
	x, end := p.exchange(ctx, false)
	defer end()
	var out struct {
		MediaID string `json:"media_id"`
	}
	x.upload("/cgi-bin/webhook/upload_media", url.Values{"key": {key}, "type": {typeFile}}, file, &out)
	if e := x.failure(); e != nil {
		return "", e
	}
	if out.MediaID == "" {
		return "", &bot.SendError{Code: "bad_answer", Retry: true, Err: errors.New("the answer holds no media id")}
	}
	return out.MediaID, nil
}

// fixedToken is the SDK's token handle for one call.
type fixedToken string

// GetAccessToken returns the token.
func (t fixedToken) GetAccessToken() (string, error) { return string(t), nil }

// handle makes the SDK's clients use a token and belong to an exchange.
func (p *Platform) handle(x *exchange, token string) (*workcontext.Context, func()) {
	marked, unmark := x.mark(token)
	return &workcontext.Context{Config: p.app.GetContext().Config, AccessTokenHandle: fixedToken(marked)}, unmark
}

// orNil keeps a nil *bot.SendError from becoming an error that is not nil.
func orNil(e *bot.SendError) error {
	if e == nil {
		return nil
	}
	return e
}
