package feishu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// maxKey is the longest uuid that Feishu takes.
const maxKey = 50

// imageForMessage is the image_type of a picture that is sent, not of an avatar.
const imageForMessage = "message"

// Kinds of files (file_type, https://open.feishu.cn/document/server-docs/im-v1/file/create).
const (
	fileXLS   = "xls"
	filePDF   = "pdf"
	fileOther = "stream"
)

// Send creates a message with the key as its uuid: for an hour Feishu says
// nothing twice for the same.
func (p *Platform) Send(ctx context.Context, to bot.Address, part bot.Part, key string) (string, error) {
	kind, err := receiveIDType(to)
	if err != nil {
		return "", &bot.SendError{Code: "address", Err: err}
	}
	if len(key) > maxKey {
		return "", &bot.SendError{Code: "key", Err: errors.New("the key is longer than 50 characters")}
	}
	content := string(part.Data)
	if part.Upload != nil {
		if content, err = p.upload(ctx, part); err != nil {
			return "", notSent(err)
		}
	}
	var remote string
	err = p.call(ctx, "send", func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
		body := larkim.NewCreateMessageReqBodyBuilder().ReceiveId(to.ID).MsgType(part.Type).Content(content)
		if key != "" {
			body.Uuid(key)
		}
		resp, err := p.im.Message.Create(ctx, larkim.NewCreateMessageReqBuilder().ReceiveIdType(kind).Body(body.Build()).Build(), token)
		if err != nil {
			return 0, "", err
		}
		if resp.Data != nil {
			remote = str(resp.Data.MessageId)
		}
		return resp.Code, resp.Msg, nil
	})
	return remote, sendError(err)
}

// Update replaces a card, or edits a text, which Feishu allows 20 times. A picture
// cannot be changed.
func (p *Platform) Update(ctx context.Context, _ bot.Address, remote string, part bot.Part) error {
	switch part.Type {
	case larkim.MsgTypeInteractive:
		return sendError(p.call(ctx, "patch", func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
			resp, err := p.im.Message.Patch(ctx, larkim.NewPatchMessageReqBuilder().MessageId(remote).
				Body(larkim.NewPatchMessageReqBodyBuilder().Content(string(part.Data)).Build()).Build(), token)
			if err != nil {
				return 0, "", err
			}
			return resp.Code, resp.Msg, nil
		}))
	case larkim.MsgTypeText:
		return sendError(p.call(ctx, "edit", func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
			resp, err := p.im.Message.Update(ctx, larkim.NewUpdateMessageReqBuilder().MessageId(remote).
				Body(larkim.NewUpdateMessageReqBodyBuilder().MsgType(part.Type).Content(string(part.Data)).Build()).Build(), token)
			if err != nil {
				return 0, "", err
			}
			return resp.Code, resp.Msg, nil
		}))
	}
	return &bot.SendError{Code: "not_editable", Err: fmt.Errorf("a message of type %q cannot be changed", part.Type)}
}

// upload brings a part's picture or file to Feishu and returns the content of its message.
func (p *Platform) upload(ctx context.Context, part bot.Part) (string, error) {
	field, key := "image_key", ""
	create := func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
		resp, err := p.im.Image.Create(ctx, larkim.NewCreateImageReqBuilder().Body(larkim.NewCreateImageReqBodyBuilder().
			ImageType(imageForMessage).Image(bytes.NewReader(part.Upload.Data)).Build()).Build(), token)
		if err != nil {
			return 0, "", err
		}
		if resp.Data != nil {
			key = str(resp.Data.ImageKey)
		}
		return resp.Code, resp.Msg, nil
	}
	if part.Type == larkim.MsgTypeFile {
		field = "file_key"
		create = func(ctx context.Context, token larkcore.RequestOptionFunc) (int, string, error) {
			resp, err := p.im.File.Create(ctx, larkim.NewCreateFileReqBuilder().Body(larkim.NewCreateFileReqBodyBuilder().
				FileType(fileType(part.Upload.Name)).FileName(part.Upload.Name).File(bytes.NewReader(part.Upload.Data)).Build()).Build(), token)
			if err != nil {
				return 0, "", err
			}
			if resp.Data != nil {
				key = str(resp.Data.FileKey)
			}
			return resp.Code, resp.Msg, nil
		}
	}
	if err := p.call(ctx, "upload", create); err != nil {
		return "", err
	}
	if !validID(key) {
		return "", &callError{op: "upload", cause: errUnreadable}
	}
	return string(marshal(map[string]string{field: key})), nil
}

// fileType is what Feishu calls a kind of file, by which it shows it.
func fileType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx", ".xls":
		return fileXLS
	case ".pdf":
		return filePDF
	}
	return fileOther
}

func receiveIDType(to bot.Address) (string, error) {
	switch {
	case to.Platform != Name || !validID(to.ID):
	case to.Place == bot.ToUser:
		return "open_id", nil
	case to.Place == bot.ToGroup:
		return "chat_id", nil
	}
	return "", fmt.Errorf("%w: not a person or a group on Feishu", bot.ErrAddress)
}

// str reads what the SDK may have left out.
func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
