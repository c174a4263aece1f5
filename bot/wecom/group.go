package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"roundsman/bot"
)

// maxChatName bounds a group's name, in characters.
const maxChatName = 50

// MakeGroup makes a group chat of the app (appchat) with the given userids,
// the first its owner, at least two of them. The app's visible range must be
// the whole company. Members see the group with its first message. The chat's
// id derives from the key, so that another try finds what a former one made.
func (p *Platform) MakeGroup(ctx context.Context, key, name string, users []string) (bot.Address, error) {
	sum := sha256.Sum256([]byte(p.cfg.CorpID + "|" + key))
	id := hex.EncodeToString(sum[:16])
	group := bot.Address{Platform: Name, Place: bot.ToGroup, ID: id}
	var members []string
	seen := make(map[string]bool)
	for _, u := range users {
		if u != "" && !seen[u] {
			members = append(members, u)
		}
		seen[u] = true
	}
	if len(members) < 2 {
		return bot.Address{}, permanent("too_few_members", nil)
	}
	in := struct {
		Name    string   `json:"name"`
		Owner   string   `json:"owner"`
		Members []string `json:"userlist"`
		ID      string   `json:"chatid"`
	}{cutRunes(oneLine(name), maxChatName), members[0], members, id}
	// Nobody sees it yet, and its id makes it one, so it can be tried again.
	x, err := p.withToken(ctx, false, func(x *exchange, token string) {
		x.call("/cgi-bin/appchat/create", url.Values{"access_token": {token}}, in, nil)
	})
	if err != nil {
		return bot.Address{}, err
	}
	if x.refused() && x.code == codeChatExists {
		// A former try made it, if it is ours.
		x, err = p.withToken(ctx, false, func(x *exchange, token string) {
			x.call("/cgi-bin/appchat/get", url.Values{"access_token": {token}, "chatid": {id}}, nil, nil)
		})
		if err != nil {
			return bot.Address{}, err
		}
	}
	if e := x.failure(); e != nil {
		return bot.Address{}, e
	}
	return group, nil
}
