package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/bot/wecom"
	"roundsman/catalog"
	"roundsman/config"
	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// openStore opens a store by its URL. To serve an SQLite file is to be the only
// process that does; a MongoDB database may have any number.
func openStore(ctx context.Context, url string, serve bool) (storage.Store, error) {
	var s storage.Store
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		s, err = sqlite.Open(ctx, path, sqlite.Options{Serve: serve})
	} else {
		s, err = mongo.Open(ctx, url, mongo.Options{})
	}
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return s, nil
}

// robotScheme names a WeCom group robot in a team's groups; what follows is its key.
const robotScheme = "wecom-robot:"

// newPlatforms makes the adapters of the platforms that are configured. This is
// the one place that knows their names.
func newPlatforms(cfg *config.Config, now func() time.Time, log *slog.Logger) ([]bot.Platform, error) {
	say, err := catalog.New(cfg.Language)
	if err != nil {
		return nil, err
	}
	var out []bot.Platform
	if section, ok := cfg.Platform("feishu"); ok {
		var c feishu.Config
		if err := section.Decode(&c); err != nil {
			return nil, err
		}
		if err := invalid("feishu", c.Validate()); err != nil {
			return nil, err
		}
		p, err := feishu.New(c, feishu.Options{
			Now: now, Logger: log, BodyLimit: cfg.Limits.FeishuBody,
			Toast: say.T("toast.received"), ToastFailed: say.T("toast.failed"),
		})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if section, ok := cfg.Platform("wecom"); ok {
		c := wecom.DefaultConfig()
		if err := section.Decode(&c); err != nil {
			return nil, err
		}
		if err := invalid("wecom", c.Validate()); err != nil {
			return nil, err
		}
		p, err := wecom.New(c, wecom.Options{Now: now, Logger: log, BodyLimit: cfg.Limits.WeComBody, Robots: robots(cfg)})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// platformNames are the platforms' names, in the order in which people are looked for.
func platformNames(platforms []bot.Platform) []string {
	names := make([]string, len(platforms))
	for i, p := range platforms {
		names[i] = p.Name()
	}
	return names
}

// changingNames are the names of those whose messages can be changed.
func changingNames(platforms []bot.Platform) []string {
	var names []string
	for _, p := range platforms {
		if p.Abilities().UpdateFor > 0 {
			names = append(names, p.Name())
		}
	}
	return names
}

// invalid turns what an adapter finds wrong with its section into the configuration's error.
func invalid[P ~struct{ Key, Reason, Example string }](section string, ps []P) error {
	if len(ps) == 0 {
		return nil
	}
	e := &config.Error{}
	for _, p := range ps {
		found := struct{ Key, Reason, Example string }(p)
		e.Problems = append(e.Problems, config.Problem{
			Key: section + "." + strings.TrimPrefix(found.Key, section+"."), Reason: found.Reason, Example: found.Example,
		})
	}
	return e
}

// robots returns the keys of the group robots by the id that stands in addresses.
func robots(cfg *config.Config) map[string]string {
	out := make(map[string]string)
	for _, t := range cfg.Teams {
		for _, g := range t.Groups {
			if key, ok := strings.CutPrefix(g.Reveal(), robotScheme); ok {
				out[wecom.RobotID(key)] = key
			}
		}
	}
	return out
}

// groupAddress turns "feishu:oc_1" and "wecom-robot:KEY" into addresses.
func groupAddress(g string) bot.Address {
	if key, ok := strings.CutPrefix(g, robotScheme); ok {
		return bot.Address{Platform: "wecom", Place: bot.ToRobot, ID: wecom.RobotID(key)}
	}
	platform, chat, _ := strings.Cut(g, ":")
	return bot.Address{Platform: platform, Place: bot.ToGroup, ID: chat}
}

// adminAddresses returns the admins of the configuration.
func adminAddresses(cfg *config.Config) ([]bot.Address, error) {
	var out []bot.Address
	for _, a := range cfg.Admins {
		platform, user, ok := strings.Cut(a, ":")
		if !ok {
			return nil, fmt.Errorf("admins: %q is not PLATFORM:USER", a)
		}
		out = append(out, bot.Address{Platform: platform, Place: bot.ToUser, ID: user})
	}
	return out, nil
}

// policyOf is the configuration as the domain reads it.
func policyOf(cfg *config.Config) visit.Policy {
	return visit.Policy{
		Zone: cfg.Zone, DayStarts: cfg.Schedule.DayStarts, WorkHours: cfg.Schedule.WorkHours,
		PlanProposal: cfg.Schedule.PlanProposal, PlanDeadline: cfg.Schedule.PlanDeadline,
		ReportDeadline: cfg.Schedule.ReportDeadline, QuietHours: cfg.Schedule.QuietHours, MinVisits: cfg.CheckIn.MinVisits,
		MorningPlan: cfg.Schedule.MorningPlan, EveningSummary: cfg.Schedule.EveningSummary, China: cfg.Schedule.China,
		Rules: visit.Rules{
			Radius: cfg.CheckIn.Radius, Near: cfg.CheckIn.Near, MaxAccuracy: cfg.CheckIn.MaxAccuracy, MinStay: cfg.CheckIn.MinStay,
			NoDrift: cfg.CheckIn.NoDrift,
		},
		MaxAge:          time.Duration(cfg.CheckIn.MaxAge) * time.Minute,
		ConsentRequired: cfg.Privacy.ConsentRequired,
		KeepCoordinates: cfg.Privacy.KeepCoordinates, KeepPhotos: cfg.Privacy.KeepPhotos, EraseWithin: cfg.Privacy.EraseWithin,
	}
}

// keepTeams brings the configuration's teams into the store, where commands
// add to them. Groups bound by command stay; one that the configuration gives
// to a team is no other team's.
func keepTeams(ctx context.Context, store storage.Store, cfg *config.Config) error {
	stored, err := store.Roster().Teams(ctx)
	if err != nil {
		return fmt.Errorf("read the teams: %w", err)
	}
	teams := make(map[string]visit.Team, len(stored))
	for _, t := range stored {
		teams[t.Name] = t
	}
	for _, t := range cfg.Teams {
		for _, g := range t.Groups {
			group := groupAddress(g.Reveal()).String()
			for name, other := range teams {
				other.Groups = slices.DeleteFunc(slices.Clone(other.Groups), func(o string) bool { return o == group && name != t.Name })
				teams[name] = other
			}
		}
		teams[t.Name] = withConfig(teams[t.Name], t)
	}
	for _, name := range slices.Sorted(maps.Keys(teams)) {
		// Only what differs: a group that is bound by command just now, on another replica, stays bound.
		if i := slices.IndexFunc(stored, func(t visit.Team) bool { return t.Name == name }); i >= 0 && sameTeam(stored[i], teams[name]) {
			continue
		}
		if err := store.Roster().PutTeam(ctx, teams[name]); err != nil {
			return fmt.Errorf("keep the team %s: %w", name, err)
		}
	}
	return nil
}

func sameTeam(a, b visit.Team) bool {
	return a.Name == b.Name && a.Timezone == b.Timezone && slices.Equal(a.Groups, b.Groups)
}

// withConfig lays a team's configuration over what is stored of it.
func withConfig(team visit.Team, c config.Team) visit.Team {
	team.Name = c.Name
	if c.Zone != nil {
		team.Timezone = c.Zone.String()
	}
	for _, g := range c.Groups {
		if a := groupAddress(g.Reveal()).String(); !slices.Contains(team.Groups, a) {
			team.Groups = append(slices.Clone(team.Groups), a)
		}
	}
	return team
}
