package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/config"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// eraseEvery is how often erasures are looked at: what is on its way when one
	// begins is said by then.
	eraseEvery = time.Minute
	// journalName is the file beside the spool that remembers who was erased.
	journalName = "erasures.journal"
)

// newEraser makes what erases people.
func newEraser(cfg *config.Config, store storage.Store, n *notary.Notary, spool *bot.Spool, now func() time.Time) *privacy.Eraser {
	return &privacy.Eraser{
		Store: store, Notary: n, Now: now, Owner: randomName,
		Journal: privacy.NewJournal(filepath.Join(cfg.Spool, journalName), []byte(cfg.SecretKey.Reveal())),
		Spool:   spool,
	}
}

// erase does the erasures that are ready, and reminds the admins of those that
// nobody confirmed yet. What is on its way still is done the next time.
func (p *Program) erase(ctx context.Context) error {
	open, err := p.store.Erasures().Open(ctx)
	if err != nil {
		return fmt.Errorf("read the erasures: %w", err)
	}
	return p.eraseSome(ctx, open)
}

// eraseSome is erase of some erasures.
func (p *Program) eraseSome(ctx context.Context, open []storage.Erasure) error {
	var errs []error
	for _, e := range open {
		if e.State == storage.ErasureAsked {
			errs = append(errs, p.eraseAsked(ctx, e))
			continue
		}
		err := p.eraser.Run(ctx, e)
		switch {
		case errors.Is(err, privacy.ErrOnItsWay), errors.Is(err, notary.ErrBusy), errors.Is(err, storage.ErrConflict):
			p.log.Info("an erasure waits for what is on its way", "erasure", e.ID)
		case errors.Is(err, privacy.ErrHeld):
			errs = append(errs, p.eraseHeld(ctx, e))
		case err != nil:
			errs = append(errs, err)
		default:
			p.log.Info("somebody was erased", "erasure", e.ID)
			errs = append(errs, p.scheduler.EraseDone(ctx, e.ID))
		}
	}
	return errors.Join(errs...)
}

// eraseAsked reminds the admins of an erasure.
func (p *Program) eraseAsked(ctx context.Context, e storage.Erasure) error {
	rep, err := p.toErase(ctx, e)
	if err != nil {
		return err
	}
	return p.scheduler.EraseAsked(ctx, e.ID, rep.ID, rep.Name, e.Due)
}

// eraseHeld asks the admins for a second one.
func (p *Program) eraseHeld(ctx context.Context, e storage.Erasure) error {
	rep, err := p.toErase(ctx, e)
	if err != nil {
		return err
	}
	return p.scheduler.EraseHeld(ctx, e.ID, rep.ID, rep.Name)
}

// toErase is whom an erasure is about.
func (p *Program) toErase(ctx context.Context, e storage.Erasure) (visit.Rep, error) {
	rep, err := p.store.Roster().Rep(ctx, e.Rep)
	if errors.Is(err, storage.ErrNotFound) {
		return visit.Rep{ID: e.Rep, Name: e.Rep}, nil
	}
	if err != nil {
		return rep, fmt.Errorf("read whom to erase: %w", err)
	}
	return rep, nil
}

// eraseAgain erases whoever a backup brought back, and returns how many these are.
func eraseAgain(env *runtimeEnv, cfg *config.Config) (n int, err error) {
	store, err := openStore(env.ctx, cfg.Storage.Reveal(), false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	now, err := clockOf(env.ctx, store)
	if err != nil {
		return 0, err
	}
	spool, err := bot.OpenSpool(cfg.Spool)
	if err != nil {
		return 0, err
	}
	eraser := newEraser(cfg, store, notary.New(store, now, randomName), spool, now)
	if _, err := eraser.Replay(env.ctx); err != nil {
		return 0, err
	}
	open, err := store.Erasures().Open(env.ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range open {
		if e.State != storage.ErasureReady {
			continue
		}
		// What was on its way when the backup was made is said first, and then goes.
		err := eraser.Run(env.ctx, e)
		if errors.Is(err, privacy.ErrHeld) {
			continue // it had not begun, and another admin has to confirm
		}
		if err != nil && !errors.Is(err, privacy.ErrOnItsWay) {
			return n, err
		}
		n++
	}
	return n, nil
}

type eraseCmd struct {
	Rep    string `arg:"" help:"The id of whom to erase, as the roster has it."`
	Reason string `help:"Why." required:"" placeholder:"TEXT"`
}

// Help is what --help adds.
func (eraseCmd) Help() string {
	return "Everything that is kept of the person is removed for good, in the store, the spool and the record, which still verifies. " +
		"Backups and files that were written before are yours to delete; a backup that is restored later is erased again. " +
		"The bot may go on serving meanwhile. Where the person is on hold for a dispute, an admin has to confirm in the chat as well."
}

// eraseTries is how often the command tries again what is on its way, eraseGap apart.
const (
	eraseTries = 30
	eraseGap   = 2 * time.Second
)

// Run erases a person.
func (c eraseCmd) Run(env *runtimeEnv) (err error) {
	if strings.TrimSpace(c.Reason) == "" {
		return fmt.Errorf("%w: --reason says nothing", errUsage)
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
	now, err := clockOf(env.ctx, store)
	if err != nil {
		return err
	}
	spool, err := bot.OpenSpool(cfg.Spool)
	if err != nil {
		return err
	}
	if err := c.known(env.ctx, store); err != nil {
		return err
	}
	e, err := privacy.Ask(env.ctx, store.Erasures(), "shell/"+randomName(), c.Rep, now(), cfg.Privacy.EraseWithin, privacy.Request{})
	if err != nil {
		return err
	}
	if e, err = privacy.Confirm(env.ctx, store, e, visit.Shell, c.Reason); err != nil {
		return err
	}
	eraser := newEraser(cfg, store, notary.New(store, now, randomName), spool, now)
	return c.run(env, store, eraser, e)
}

// known fails if nothing is known of whom to erase.
func (c eraseCmd) known(ctx context.Context, store storage.Store) error {
	_, err := store.Roster().Rep(ctx, c.Rep)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	for _, err := range store.Facts().Range(ctx, storage.FactFilter{Rep: c.Rep}) {
		return err
	}
	_, err = privacy.OpenErasure(ctx, store.Erasures(), c.Rep)
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("nothing is kept of anybody with the id %q", c.Rep)
	}
	return err
}

// run goes on until it is done, or until what is on its way takes too long.
func (c eraseCmd) run(env *runtimeEnv, store storage.Store, eraser *privacy.Eraser, e storage.Erasure) error {
	tick := time.NewTicker(eraseGap)
	defer tick.Stop()
	for try := 1; ; try++ {
		err := eraser.Run(env.ctx, e)
		if err == nil {
			_, _ = fmt.Fprintln(env.out, "Erased. Delete the backups and the files that were written before, or let their time run out.")
			return nil
		}
		again := errors.Is(err, privacy.ErrOnItsWay) || errors.Is(err, notary.ErrBusy) || errors.Is(err, storage.ErrConflict)
		if !again || try == eraseTries {
			return fmt.Errorf("%w; it is recorded, and the bot goes on with it when it serves", err)
		}
		select {
		case <-env.ctx.Done():
			return env.ctx.Err()
		case <-tick.C:
		}
		if e, err = store.Erasures().Get(env.ctx, e.ID); err != nil {
			return fmt.Errorf("read the erasure: %w", err)
		}
		if e.State == storage.ErasureDone {
			_, _ = fmt.Fprintln(env.out, "Erased, by the bot that serves.")
			return nil
		}
	}
}
