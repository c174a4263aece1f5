package wecom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/work"
	workconfig "github.com/silenceper/wechat/v2/work/config"

	"roundsman/bot"
)

// Name is the platform's name in addresses, the roster and the configuration.
const Name = "wecom"

// defaultBody bounds the body of a callback, in bytes.
const defaultBody = 1 << 20

// Options are what a [Platform] needs besides its configuration.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets no secret and no content; nil discards.
	Logger *slog.Logger
	// BodyLimit is the longest callback that is read, in bytes; 0 is 1 MB.
	BodyLimit int64
	// Robots are the keys of group robots by the id that stands in addresses ([RobotID]).
	Robots map[string]string
	// Done is the grey word in place of the buttons of a tapped card that has
	// none any more; "" is a check mark.
	Done string
}

// Platform is one self-built app.
type Platform struct {
	cfg    Config
	now    func() time.Time
	log    *slog.Logger
	limit  int64
	done   string
	base   *url.URL
	robots map[string]string

	app     *work.Work
	tokens  *tokens
	tickets tickets
}

var (
	_ bot.Platform    = (*Platform)(nil)
	_ bot.MediaSource = (*Platform)(nil)
	_ bot.GroupMaker  = (*Platform)(nil)
	_ bot.MenuMaker   = (*Platform)(nil)
	_ bot.Checker     = (*Platform)(nil)
)

// New returns the platform for a valid configuration; nothing is called yet.
func New(c Config, o Options) (*Platform, error) {
	if ps := c.Validate(); len(ps) > 0 {
		return nil, fmt.Errorf("wecom: %s %s", ps[0].Key, ps[0].Reason)
	}
	base, err := parseBase(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("wecom: base_url %w", err)
	}
	useTransport()
	p := &Platform{
		cfg: c, now: o.Now, log: o.Logger, limit: cmp.Or(o.BodyLimit, defaultBody), done: cmp.Or(o.Done, "✓"),
		base: base, robots: maps.Clone(o.Robots),
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	kept := &tokenCache{now: p.now}
	// Without an agent id the SDK's key is the corp's, and two apps would share a token.
	agent := strconv.Itoa(c.AgentID)
	p.app = work.NewWork(&workconfig.Config{
		CorpID: c.CorpID, CorpSecret: url.QueryEscape(c.Secret), AgentID: agent, Cache: kept,
	})
	handle, ok := p.app.GetContext().AccessTokenHandle.(credential.AccessTokenContextHandle)
	if !ok {
		return nil, errors.New("wecom: the SDK's token handle takes no context")
	}
	p.tokens = &tokens{
		now: p.now, cache: kept, handle: handle, base: base,
		key: credential.CacheKeyWorkPrefix + "_access_token_" + c.CorpID + "_" + agent,
	}
	return p, nil
}

// Name returns "wecom".
func (p *Platform) Name() string { return Name }

// Abilities says what WeCom can do. The rates stay below the documented ones
// (30 a minute and 1000 an hour from an app to a member, 20 a minute for a
// robot), for what is above them WeCom drops and calls sent. So it does with more
// than 200 a minute to one member over all groups, who may be in each of them.
func (p *Platform) Abilities() bot.Abilities {
	return bot.Abilities{
		App:   []bot.Rate{{N: 40, Per: time.Second}, {N: 1500, Per: time.Minute}},
		Place: map[bot.Place][]bot.Rate{bot.ToGroup: {{N: 180, Per: time.Minute}}},
		Chat: map[bot.Place][]bot.Rate{
			bot.ToUser:  {{N: 27, Per: time.Minute}, {N: 950, Per: time.Hour}},
			bot.ToGroup: {{N: 18, Per: time.Minute}},
			bot.ToRobot: {{N: 18, Per: time.Minute}},
		},
	}
}

// Listen waits for ctx: everything arrives at the callback.
func (p *Platform) Listen(ctx context.Context, _ bot.Inlet) error {
	<-ctx.Done()
	return nil
}

// Vitals looks at the token, which is asked for if need be.
func (p *Platform) Vitals(ctx context.Context) []bot.Vital {
	_, err := p.tokens.get(ctx)
	if err != nil {
		err = fmt.Errorf("wecom: no access token: %w", err)
	}
	return []bot.Vital{{Part: "token", Err: err}}
}

// Routes mounts the callback and the domain's proof.
func (p *Platform) Routes(mux *http.ServeMux, in bot.Inlet) {
	mux.Handle(callbackPath, &callback{p, in})
	if path, content, ok := p.cfg.verification(); ok {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { plain(w, []byte(content)) })
	}
}

// robotIDs returns the ids of the robots in order.
func (p *Platform) robotIDs() []string { return slices.Sorted(maps.Keys(p.robots)) }
