package wecom

import (
	"context"
	"net/url"
	"strconv"

	"roundsman/bot"
)

// menuButton is an item of an app's menu (document path 90231).
type menuButton struct {
	Type string       `json:"type,omitempty"`
	Name string       `json:"name"`
	Key  string       `json:"key,omitempty"`
	URL  string       `json:"url,omitempty"`
	Sub  []menuButton `json:"sub_button,omitempty"`
}

// MakeMenu replaces the menu under the app's chat. What an item says comes back
// as the key of a click.
func (p *Platform) MakeMenu(ctx context.Context, items []bot.MenuItem) error {
	in := struct {
		Button []menuButton `json:"button"`
	}{menuButtons(items)}
	// It replaces, so it can be tried again.
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		x.call("/cgi-bin/menu/create", url.Values{"access_token": {token}, "agentid": {strconv.Itoa(p.cfg.AgentID)}}, in, nil)
	})
	if err != nil {
		return err
	}
	return orNil(x.failure())
}

func menuButtons(items []bot.MenuItem) []menuButton {
	var out []menuButton
	for _, i := range items {
		b := menuButton{Name: i.Text}
		switch {
		case i.Link != "":
			b.Type, b.URL = "view", i.Link
		case i.Say != "":
			b.Type, b.Key = "click", i.Say
		default:
			b.Sub = menuButtons(i.Items)
		}
		out = append(out, b)
	}
	return out
}
