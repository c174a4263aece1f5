package feishu

import (
	"context"
	"errors"
	"fmt"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// appEnabled is the activate_status of an app that the company has switched on.
const appEnabled = 2

// maxChatPages bounds how many groups are counted: 100 a page.
const maxChatPages = 20

// Check tries the credentials, the bot's ability and the list of its groups.
func (p *Platform) Check(ctx context.Context) []bot.CheckResult {
	creds := bot.CheckResult{Name: "feishu credentials"}
	if _, _, err := p.fetchToken(ctx); err != nil {
		creds.Err = err
		creds.Hint = "compare feishu.app_id and feishu.app_secret with 凭证与基础信息 in the developer console, and see whether this machine reaches feishu.base_url"
		// Nothing else can work.
		return []bot.CheckResult{creds}
	}
	return []bot.CheckResult{creds, p.checkBot(ctx), p.checkGroups(ctx)}
}

func (p *Platform) checkBot(ctx context.Context) bot.CheckResult {
	out := bot.CheckResult{Name: "feishu bot"}
	me, err := p.fetchSelf(ctx)
	switch {
	case err != nil:
		out.Err = err
		out.Hint = "switch the bot on under 添加应用能力 / 机器人, then publish a version of the app"
	case me.Status != appEnabled:
		out.Err = fmt.Errorf("the app is not enabled (activate_status %d)", me.Status)
		out.Hint = "publish a version of the app, and have an administrator enable it in 飞书管理后台"
	case p.config.Mode == WebSocket:
		out.Hint = "事件与回调 must be set to 使用长连接接收 both for events and for callbacks"
	default:
		out.Hint = "事件与回调 must point to <public_url>/feishu/events both for events and for callbacks"
	}
	return out
}

func (p *Platform) checkGroups(ctx context.Context) bot.CheckResult {
	out := bot.CheckResult{Name: "feishu groups"}
	n, more, token := 0, true, ""
	for page := 0; more && page < maxChatPages; page++ {
		err := p.call(ctx, "groups", func(ctx context.Context, auth larkcore.RequestOptionFunc) (int, string, error) {
			req := larkim.NewListChatReqBuilder().PageSize(100)
			if token != "" {
				req.PageToken(token)
			}
			resp, err := p.im.Chat.List(ctx, req.Build(), auth)
			if err != nil {
				return 0, "", err
			}
			if resp.Code == 0 {
				if resp.Data == nil {
					return 0, "", errUnreadable
				}
				n += len(resp.Data.Items)
				token = str(resp.Data.PageToken)
				more = resp.Data.HasMore != nil && *resp.Data.HasMore && token != ""
			}
			return resp.Code, resp.Msg, nil
		})
		if err != nil {
			out.Err = err
			out.Hint = "grant the app im:chat:readonly under 权限管理, then publish a version of it"
			if ce := (*callError)(nil); errors.As(err, &ce) && ce.code == 0 {
				out.Hint = "see whether this machine reaches feishu.base_url"
			}
			return out
		}
	}
	out.Hint = fmt.Sprintf("groups that the bot is in: %d", n)
	if n == 0 {
		out.Hint = "the bot is in no group yet: add it to the teams' groups under 设置 / 群机器人"
	}
	return out
}
