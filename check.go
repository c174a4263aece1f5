package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
	"roundsman/web"
)

type checkCmd struct{}

var errCheck = errors.New("something is not right; see above")

// Run prints a line for each thing that must be right, and each effective setting.
func (checkCmd) Run(env *runtimeEnv) (err error) {
	cfg, err := env.config()
	if err != nil {
		return err
	}
	c := checker{env: env}
	c.line("configuration", nil, "")
	ctx, cancel := context.WithTimeout(env.ctx, time.Minute)
	defer cancel()

	c.spool(cfg.Spool)

	platforms, err := newPlatforms(cfg, time.Now, env.log)
	if err != nil {
		return err
	}
	if len(platforms) == 0 {
		c.line("platforms", errors.New("none is configured"), "add a feishu or a wecom section")
	}
	for _, p := range platforms {
		checks, ok := p.(bot.Checker)
		if !ok {
			c.line(p.Name(), bot.Ready(p.Vitals(ctx)), "")
			continue
		}
		for _, r := range checks.Check(ctx) {
			c.line(r.Name, r.Err, r.Hint)
		}
	}
	c.pages(cfg.PublicURL, platforms)

	store, err := openStore(ctx, cfg.Storage.Reveal(), false)
	c.line("storage", err, hintIf(err, "see storage in the configuration"))
	if err == nil {
		defer func() { err = errors.Join(err, store.Close()) }()
		c.line("storage answers", store.Ping(ctx), "")
		c.server(ctx, store)
		c.company(ctx, store, policyOf(cfg))
	}
	for _, v := range cfg.Explain() {
		_, _ = fmt.Fprintf(env.out, "      %s = %s (%s)\n", v.Key, v.Value, v.Source)
	}
	if c.failed {
		return errCheck
	}
	return nil
}

type checker struct {
	env    *runtimeEnv
	failed bool
}

func (c *checker) line(name string, err error, hint string) {
	if err == nil {
		_, _ = fmt.Fprintf(c.env.out, "ok    %s\n", name)
	} else {
		c.failed = true
		_, _ = fmt.Fprintf(c.env.out, "FAIL  %s: %v\n", name, err)
	}
	if hint != "" {
		_, _ = fmt.Fprintf(c.env.out, "      → %s\n", hint)
	}
}

// pages says what an administrator has to enter so that reps can check in with their devices.
func (c *checker) pages(public string, platforms []bot.Platform) {
	if public == "" {
		c.line("check-in page", nil, "off: set public_url to the address under which phones reach this program")
		return
	}
	u, err := url.Parse(public)
	if err != nil {
		return // the configuration said so
	}
	for _, p := range platforms {
		if login, ok := p.(bot.WebLogin); ok {
			c.line(p.Name()+" check-in page", nil, strings.NewReplacer(
				"{page}", web.Address(public, p.Name()), "{back}", web.BackAddress(public, p.Name()), "{domain}", u.Host,
			).Replace(login.Client().Setup))
		}
	}
}

// hintIf returns the hint where something is wrong.
func hintIf(err error, hint string) string {
	if err == nil {
		return ""
	}
	return hint
}

// lowSpace is the free share of a disk below which it is time to do something.
const lowSpace = 0.1

// spool tries the directory where events wait while the store does not answer.
func (c *checker) spool(dir string) {
	spool, err := bot.OpenSpool(dir)
	c.line("spool "+dir, err, hintIf(err, "make it a directory that the program may write and that survives a restart"))
	if err != nil {
		return
	}
	if n := spool.Len(); n > 0 {
		c.note(fmt.Sprintf("%d events wait in the spool; a serving process brings them into the store", n))
	}
	free, err := spool.Free()
	if err == nil && free < lowSpace {
		err = fmt.Errorf("only %.0f %% of its disk is free", 100*free)
	}
	c.line("spool's disk", err, hintIf(err, "make room: a full disk loses what comes while the store is away"))
}

// maxSkew is by how much this machine's clock may differ from the store's
// before somebody should look at it.
const maxSkew = 5 * time.Second

// server looks at what a store on a server says of itself.
func (c *checker) server(ctx context.Context, store storage.Store) {
	if clock, ok := store.(storage.Clock); ok {
		shared, err := newSharedClock(ctx, clock)
		if err == nil {
			if skew := shared.skew().Abs(); skew > maxSkew {
				c.note(fmt.Sprintf("this machine's clock differs by %s from the store's, by which all replicas go; set it by NTP", skew.Round(time.Second)))
			}
		}
		c.line("storage tells the time", err, "")
	}
	if server, ok := store.(interface {
		Degraded(ctx context.Context) ([]string, error)
	}); ok {
		lacks, err := server.Degraded(ctx)
		c.line("storage is what it should be", err, "")
		for _, lack := range lacks {
			c.note("storage: " + lack)
		}
	}
}

// note is something to know that is no failure.
func (c *checker) note(text string) { _, _ = fmt.Fprintf(c.env.out, "note  %s\n", text) }

// company looks at the roster, the groups and the calendar.
func (c *checker) company(ctx context.Context, store nouns, policy visit.Policy) {
	reps, err := store.Roster().Reps(ctx)
	c.line(fmt.Sprintf("roster: %d people", len(reps)), err, "")
	if err == nil && len(reps) == 0 {
		c.note("nobody is on the roster: roundsman import reps FILE")
	}
	teams, err := store.Roster().Teams(ctx)
	c.line(fmt.Sprintf("teams: %d", len(teams)), err, "")
	for _, t := range teams {
		of := policy.Of(t)
		for _, name := range visit.SettingNames() {
			if _, own := t.Settings[name]; own {
				_, _ = fmt.Fprintf(c.env.out, "      %s: %s = %s (set by command)\n", t.Name, name, of.Setting(name))
			}
		}
		if len(t.Groups) == 0 {
			c.note("team " + t.Name + " has no group: say 绑定 " + t.Name + " in its Feishu group, or 建群 " + t.Name + " to the WeCom app")
		}
	}
	n, err := store.Customers().Count(ctx)
	c.line(fmt.Sprintf("customers: %d", n), err, "")
	holidays, err := store.Calendar().All(ctx)
	c.line(fmt.Sprintf("imported holidays: %d", len(holidays)), err, "")
	if year := visit.NewCalendar(policy.China, holidays).UnknownAhead(visit.DateOf(time.Now().In(policy.Zone))); year != 0 {
		c.note(fmt.Sprintf("the holidays of %d are not known: roundsman import holidays FILE", year))
	}
}
