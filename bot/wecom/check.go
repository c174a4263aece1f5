package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"roundsman/bot"
)

var (
	fromIP   = regexp.MustCompile(`from ip: ([0-9a-fA-F.:]{3,45})`)
	robotKey = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)
)

// Check tries the credentials and the app's settings. It sends nothing.
func (p *Platform) Check(ctx context.Context) []bot.CheckResult {
	out := []bot.CheckResult{p.checkToken(ctx)}
	if out[0].Err == nil {
		out = append(out, p.checkApp(ctx)...)
	}
	out = append(out, bot.CheckResult{
		Name: "wecom callback",
		Hint: "the app's 接收消息 page must name <public_url>" + callbackPath + " and this configuration's token and encoding_aes_key",
	})
	for _, id := range p.robotIDs() {
		r := bot.CheckResult{Name: "wecom robot " + id}
		if !robotKey.MatchString(p.robots[id]) {
			r.Err = errors.New("its key is not the key of a webhook")
			r.Hint = "copy what follows key= in the robot's webhook address"
		}
		out = append(out, r)
	}
	return out
}

func (p *Platform) checkToken(ctx context.Context) bot.CheckResult {
	r := bot.CheckResult{Name: "wecom credentials"}
	if _, err := p.tokens.get(ctx); err != nil {
		r.Err = err
		r.Hint = hint(err, "")
	}
	return r
}

func (p *Platform) checkApp(ctx context.Context) []bot.CheckResult {
	app := bot.CheckResult{Name: "wecom app " + strconv.Itoa(p.cfg.AgentID)}
	var agent struct {
		Closed         int `json:"close"`
		ReportLocation int `json:"report_location_flag"`
		Parties        struct {
			IDs []int `json:"partyid"`
		} `json:"allow_partys"`
	}
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		x.call("/cgi-bin/agent/get", url.Values{"access_token": {token}, "agentid": {strconv.Itoa(p.cfg.AgentID)}}, nil, &agent)
	})
	if err == nil {
		err = orNil(x.failure())
	}
	if err != nil {
		app.Err = err
		if x != nil {
			app.Hint = hint(err, x.message)
		}
		return []bot.CheckResult{app}
	}
	if agent.Closed != 0 {
		app.Err, app.Hint = errors.New("the app is switched off"), "switch it on in the admin console"
	}
	location := bot.CheckResult{Name: "wecom location reporting"}
	if agent.ReportLocation == 0 {
		location.Hint = "off: opening the chat does not report the phone's position, which would support a check-in"
	}
	groups := bot.CheckResult{Name: "wecom group chats"}
	if !slices.Contains(agent.Parties.IDs, 1) {
		groups.Hint = "the app's visible range is not the whole company, so it cannot make groups; group robots work"
	}
	return []bot.CheckResult{app, location, groups}
}

// hint says what an administrator can do about an error.
func hint(err error, message string) string {
	var code codeError
	if !errors.As(err, &code) {
		return "the API cannot be reached: look at base_url, the network and the proxy"
	}
	switch int64(code) {
	case codeBadSecret, codeBadCorp:
		return "corp_id and secret do not belong together: copy both from the admin console"
	case codeForeignIP:
		if m := fromIP.FindStringSubmatch(message); m != nil {
			return fmt.Sprintf("add %s to the app's 企业可信IP", m[1])
		}
		return "add this server's public address to the app's 企业可信IP"
	case codeFrequency:
		return "too many calls: after wrong secrets WeCom bans an address for an hour"
	case 301002:
		return "agent_id is not the app that the secret belongs to"
	}
	return "https://open.work.weixin.qq.com/devtool/query?e=" + strconv.FormatInt(int64(code), 10)
}
