package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"roundsman/config"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/record"
	"roundsman/storage"
	"roundsman/visit"
)

type verifyCmd struct {
	From    string   `help:"The first date whose records are compared, 2026-11-01; all without." placeholder:"D"`
	To      string   `help:"The last date." placeholder:"D"`
	Head    []string `help:"A head as it stands in a group: its number and its 64 digits. May be given several times." placeholder:"TEXT"`
	Witness string   `help:"A witness file to compare with; the configured one without." type:"path" placeholder:"FILE"`
	Journal []string `help:"A journal of erasures; the one beside the spool without. May be given several times, for several replicas." type:"path" placeholder:"FILE"`
	Keep    int      `help:"The fewest days that privacy.keep_coordinates ever was, if that is fewer than it is now." placeholder:"DAYS"`
	Proof   string   `help:"Verify the proof in this file instead, without a store." type:"path" placeholder:"FILE"`
}

// errBroken says that the record does not hold; what is wrong was printed.
var errBroken = errors.New("the record does not hold")

// Run recomputes the hash chain, compares everything kept with it, and names the
// first record that does not hold.
func (c verifyCmd) Run(env *runtimeEnv) (err error) {
	q := notary.Question{}
	for _, d := range []struct {
		text string
		to   *visit.Date
	}{{c.From, &q.From}, {c.To, &q.To}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = visit.ParseDate(d.text); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	for _, text := range c.Head {
		h, err := record.ParseHead(text)
		if err != nil {
			return fmt.Errorf("%w: --head %q: %w", errUsage, text, err)
		}
		q.Witnessed = append(q.Witnessed, h)
	}
	if c.Proof != "" {
		return c.proof(env, q.Witnessed)
	}
	cfg, err := env.config()
	if err != nil {
		return err
	}
	if c.Witness == "" && cfg.Witness != "" {
		if _, err := os.Stat(cfg.Witness); err == nil {
			c.Witness = cfg.Witness
		}
	}
	if c.Witness != "" {
		heads, err := readWitness(c.Witness)
		if err != nil {
			return err
		}
		q.Witnessed = append(q.Witnessed, heads...)
	}
	store, err := openStore(env.ctx, cfg.Storage.Reveal(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := c.excuses(cfg, &q); err != nil {
		return err
	}
	report, err := notary.Verify(env.ctx, store, q)
	if p := (*notary.Problem)(nil); errors.As(err, &p) {
		_, _ = fmt.Fprintf(env.out, "%v\n%d blocks before it hold.\n", p, report.Blocks)
		c.erasures(env, report, q)
		return errBroken
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(env.out, "%d records in %d blocks hold", report.Things, report.Blocks)
	if report.Redacted+report.Erased > 0 {
		_, _ = fmt.Fprintf(env.out, "; of %d the place is removed, %d more are erased", report.Redacted, report.Erased)
	}
	_, _ = fmt.Fprintln(env.out, ".")
	if report.Elsewhen > 0 {
		_, _ = fmt.Fprintf(env.out, "%d records of other dates were not compared, and one that was altered may say another date than it had: "+
			"only without --from and --to everything is shown to hold.\n", report.Elsewhen)
	}
	c.erasures(env, report, q)
	if report.Blocks > 0 {
		_, _ = fmt.Fprintf(env.out, "Head: %s\n", report.Head)
	}
	if len(q.Witnessed) > 0 {
		_, _ = fmt.Fprintf(env.out, "%d witnessed heads agree.\n", len(q.Witnessed))
	} else {
		_, _ = fmt.Fprintln(env.out, "Nobody's head was compared: give one from a group with --head, or a witness file with --witness.")
	}
	if report.Unsealed {
		_, _ = fmt.Fprintln(env.out, "What came in the last minutes is not sealed yet.")
	}
	return nil
}

// excuses says what is known outside of the store of what is gone from it.
func (c verifyCmd) excuses(cfg *config.Config, q *notary.Question) (err error) {
	q.KeepPlaces = cfg.Privacy.KeepCoordinates
	if c.Keep > 0 {
		q.KeepPlaces = time.Duration(c.Keep) * 24 * time.Hour
	}
	files := c.Journal
	if len(files) == 0 {
		files = []string{filepath.Join(cfg.Spool, journalName)}
	}
	var journals []*privacy.Journal
	for _, file := range files {
		if _, err := os.Stat(file); err != nil && len(c.Journal) > 0 {
			return fmt.Errorf("find the journal of erasures: %w", err)
		}
		journals = append(journals, privacy.NewJournal(file, []byte(cfg.SecretKey.Reveal())))
	}
	q.Known, err = privacy.Known(journals...)
	return err
}

// erasures prints the acts that say that something was erased: whether these
// people were to be erased is to be known elsewhere.
func (c verifyCmd) erasures(env *runtimeEnv, report notary.Report, q notary.Question) {
	for _, e := range report.Erasures {
		verb := "excuses"
		if !e.Known {
			verb = "is in no journal, and does not excuse"
		}
		_, _ = fmt.Fprintf(env.out, "%s of %s by %s %s %d erased records.\n",
			e.Act.ID, e.Act.At.Format("2006-01-02 15:04:05 MST"), cmp.Or(e.Act.By, "Roundsman"), verb, e.Things)
	}
	if len(report.Erasures) > 0 && q.Known == nil {
		_, _ = fmt.Fprintln(env.out, "There is no journal of erasures here: whoever can write the store may have made these up. Compare them with what was asked for, or give the journal with --journal.")
	}
}

// maxProof bounds the file of a proof, in bytes.
const maxProof = 64 << 20

// proof verifies a proof alone, and prints what it shows.
func (c verifyCmd) proof(env *runtimeEnv, witnessed []record.Head) error {
	f, err := os.Open(c.Proof)
	if err != nil {
		return fmt.Errorf("open the proof: %w", err)
	}
	defer f.Close()
	var p record.Proof
	if err := json.NewDecoder(io.LimitReader(f, maxProof)).Decode(&p); err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	if _, err := p.Verify(); err != nil {
		_, _ = fmt.Fprintf(env.out, "The proof does not hold: %v\n", err)
		return errBroken
	}
	for _, s := range p.Things {
		_, _ = fmt.Fprintf(env.out, "block %d, record %d: %s\n", s.Block, s.Index+1, s.Payload)
		if len(s.Place) > 0 {
			_, _ = fmt.Fprintf(env.out, "  place: %s\n", s.Place)
		}
	}
	for _, h := range witnessed {
		if !p.Holds(h) {
			_, _ = fmt.Fprintf(env.out, "The head %s is not in its chain.\n", h)
			return errBroken
		}
	}
	first, last := p.Chain[0], p.Chain[len(p.Chain)-1]
	_, _ = fmt.Fprintf(env.out, "It holds, from block %d of %s to %s.\n", first.Number, first.At.Format("2006-01-02 15:04:05 MST"), last.Head())
	if len(witnessed) == 0 {
		_, _ = fmt.Fprintln(env.out, "It is as good as a head of these blocks that you know from elsewhere: give one from a group with --head.")
	}
	return nil
}

type proofCmd struct {
	CheckIn         string `arg:"" help:"The id of a check-in, as exports have it."`
	Out             string `help:"The file to write; standard output without." type:"path" placeholder:"FILE"`
	WithCoordinates bool   `help:"Show where the person was; needs --reason."`
	Reason          string `help:"Why the coordinates are needed." placeholder:"TEXT"`
}

// Run writes the proof of a check-in, which anyone can verify without the store.
func (c proofCmd) Run(env *runtimeEnv) (err error) {
	if c.WithCoordinates && strings.TrimSpace(c.Reason) == "" {
		return fmt.Errorf("%w: --with-coordinates needs --reason", errUsage)
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
	p, err := notary.Prove(env.ctx, store, c.CheckIn, c.WithCoordinates)
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("there is no check-in with the id %q", c.CheckIn)
	}
	if err != nil {
		return err
	}
	fix, err := store.Facts().Get(env.ctx, c.CheckIn)
	if err != nil {
		return fmt.Errorf("find the check-in: %w", err)
	}
	if err := noteLook(env, store, privacy.LookProof+" "+string(fix.Date), c.Reason, fix.Rep); err != nil {
		return err
	}
	write := func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(p)
	}
	if c.Out == "" {
		return write(env.out)
	}
	return writeWhole(c.Out, write)
}

// noteLook records that whereabouts are about to be written out by this shell,
// with an act for each person whom it concerns.
func noteLook(env *runtimeEnv, store storage.Store, what, reason string, about ...string) error {
	now, err := clockOf(env.ctx, store)
	if err != nil {
		return err
	}
	return privacy.Note(env.ctx, store.Acts(), privacy.Look{
		Kind: visit.ActExport, Cause: visit.Shell + "/" + randomName(), At: now(), By: visit.Shell, What: what, Reason: reason,
	}, about...)
}
