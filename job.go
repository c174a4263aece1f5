package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/scheduler"
	"roundsman/storage"
	"roundsman/visit"
)

type jobCmd struct {
	Name   string `arg:"" help:"Such as plan_proposal, morning_plan, evening_summary, weekly_digest or monthly_digest."`
	Date   string `required:"" help:"The team's date, 2026-11-24." placeholder:"D"`
	Team   string `help:"Only this team." placeholder:"T"`
	DryRun bool   `help:"Only print what would be posted."`
}

// nouns are the parts of a store that commands read.
type nouns interface {
	Roster() storage.Roster
	Customers() storage.Customers
	Calendar() storage.Calendar
}

// Run runs a job for a date once; the ledger still holds. The posts go into
// the outbox, from which the serving process delivers them.
func (c jobCmd) Run(env *runtimeEnv) (err error) {
	date, err := visit.ParseDate(c.Date)
	if err != nil {
		return fmt.Errorf("%w: --date: %w", errUsage, err)
	}
	cfg, err := env.config()
	if err != nil {
		return err
	}
	store, err := openStore(env.ctx, cfg.Storage.Reveal(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	say, err := catalog.New(cfg.Language)
	if err != nil {
		return err
	}
	now, err := clockOf(env.ctx, store)
	if err != nil {
		return err
	}
	admins, err := adminAddresses(cfg)
	if err != nil {
		return err
	}
	platforms, err := newPlatforms(cfg, now, env.log)
	if err != nil {
		return err
	}
	s := scheduler.New(scheduler.Options{
		Store: store, Outbox: bot.NewOutbox(store.Outbox(), now, func(string) {}), Say: say,
		Inlet:     bot.NewIntake(store.Inbox(), nil, bot.NewMetrics(prometheus.NewRegistry()), env.log, func(storage.Event) {}),
		Platforms: platformNames(platforms), Changing: changingNames(platforms),
		Policy: policyOf(cfg), Page: anyonesPage(cfg), Admins: admins, Now: now, Log: env.log,
	})
	if !slices.Contains(s.Names(), c.Name) {
		return fmt.Errorf("%w: there is no job %q; there are %s", errUsage, c.Name, strings.Join(s.Names(), ", "))
	}
	teams, err := store.Roster().Teams(env.ctx)
	if err != nil {
		return err
	}
	if c.Team != "" {
		teams = slices.DeleteFunc(teams, func(t visit.Team) bool { return t.Name != c.Team })
	}
	if len(teams) == 0 {
		return errors.New("there is no such team")
	}
	bodies, begun, err := s.Job(env.ctx, c.Name, date, teams, c.DryRun)
	if err != nil {
		return err
	}
	for _, t := range teams {
		_, _ = fmt.Fprintf(env.out, "%s\n%s", t.Name, plainText(bodies[t.Name]))
		for _, g := range s.Groups(c.Name, t) {
			switch {
			case c.DryRun:
				_, _ = fmt.Fprintf(env.out, "would go to %s\n", g)
			case slices.Contains(begun, g):
				_, _ = fmt.Fprintf(env.out, "goes to %s\n", g)
			default:
				_, _ = fmt.Fprintf(env.out, "was dealt with before for %s: nothing is posted again\n", g)
			}
		}
	}
	return nil
}

// plainText writes a body for a terminal.
func plainText(b bot.Body) string {
	if b.Card == nil {
		return b.Text + "\n"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "【%s】\n", b.Card.Title)
	for _, l := range b.Card.Lines {
		switch {
		case l.Kind == bot.LineRule:
			out.WriteString("  ──\n")
		case l.Kind == bot.LineFold:
			fmt.Fprintf(&out, "  ▸ %s\n", l.Text)
		case l.Label != "":
			fmt.Fprintf(&out, "  %s: %s\n", l.Label, l.Text)
		default:
			fmt.Fprintf(&out, "  %s\n", l.Text)
		}
	}
	for _, button := range b.Card.Buttons {
		fmt.Fprintf(&out, "  [%s]\n", button.Text)
	}
	if b.Card.Footer != "" {
		fmt.Fprintf(&out, "  %s\n", b.Card.Footer)
	}
	return out.String()
}
