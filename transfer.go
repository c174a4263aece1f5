package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"roundsman/catalog"
	"roundsman/digest/sheet"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

type importCmd struct {
	Kind   string `arg:"" help:"customers, reps, plans, targets, routes or holidays."`
	File   string `arg:"" help:"A .csv (UTF-8 or GB18030) or .xlsx file." type:"path"`
	DryRun bool   `help:"Only say what is wrong with the file."`
}

// errRefused says that a table was not imported; what is wrong was printed.
var errRefused = errors.New("nothing was imported")

// Run checks the whole table and then writes it, or says of each row what is wrong.
func (c importCmd) Run(env *runtimeEnv) (err error) {
	kind := sheet.Kind(c.Kind)
	if !slices.Contains(sheet.Kinds(), kind) {
		return fmt.Errorf("%w: there is no import of %q; there are %s", errUsage, c.Kind, names(sheet.Kinds()))
	}
	cfg, err := env.config()
	if err != nil {
		return err
	}
	say, err := catalog.New(cfg.Language)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open the table: %w", err)
	}
	defer f.Close()
	store, err := openStore(env.ctx, cfg.Storage.Reveal(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	table, err := sheet.Read(env.ctx, c.File, kind, f, store)
	if invalid := (*sheet.Invalid)(nil); errors.As(err, &invalid) {
		_, _ = fmt.Fprintln(env.out, invalid.Text(say))
		return errRefused
	}
	if err != nil {
		return err
	}
	if c.DryRun {
		_, _ = fmt.Fprintln(env.out, say.T("import.would", "Count", table.Rows()))
		return nil
	}
	if err := table.Apply(env.ctx, store, time.Now()); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(env.out, say.T("import.done", "Count", table.Rows()))
	return nil
}

type exportCmd struct {
	Kind            string `arg:"" help:"customers, reps, plans, checkins or reports."`
	From            string `help:"The first date, 2026-11-01. Plans, check-ins and reports need it." placeholder:"D"`
	To              string `help:"The last date." placeholder:"D"`
	Format          string `help:"csv, xlsx or jsonl." default:"csv" placeholder:"F"`
	Out             string `help:"The file to write; standard output without." type:"path" placeholder:"FILE"`
	WithCoordinates bool   `help:"With the coordinates of check-ins; needs --reason."`
	Reason          string `help:"Why the coordinates are needed." placeholder:"TEXT"`
}

// Run writes a table. Where a person was goes out only for a reason that is given.
func (c exportCmd) Run(env *runtimeEnv) (err error) {
	kind, format := sheet.Kind(c.Kind), sheet.Format(c.Format)
	switch {
	case !slices.Contains(sheet.Exports(), kind):
		return fmt.Errorf("%w: there is no export of %q; there are %s", errUsage, c.Kind, names(sheet.Exports()))
	case !slices.Contains(sheet.Formats(), format):
		return fmt.Errorf("%w: --format is one of %s", errUsage, names(sheet.Formats()))
	case c.WithCoordinates && strings.TrimSpace(c.Reason) == "":
		return fmt.Errorf("%w: --with-coordinates needs --reason", errUsage)
	}
	filter, err := c.filter(kind)
	if err != nil {
		return err
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
	if c.WithCoordinates {
		env.log.Warn("check-ins are exported with coordinates", "from", filter.From, "to", filter.To)
	}
	if kind == sheet.CheckIns || kind == sheet.Reports {
		shown, err := privacy.Concerned(env.ctx, store.Facts(), storage.FactFilter{From: filter.From, To: filter.To})
		if err != nil {
			return err
		}
		if err := noteLook(env, store, fmt.Sprintf("%s %s %s", privacy.LookExport, filter.From, filter.To), c.Reason, shown...); err != nil {
			return err
		}
	}
	var rows int
	write := func(w io.Writer) (err error) {
		rows, err = sheet.Write(env.ctx, w, kind, format, filter, store, policyOf(cfg), sheet.Options{
			Coordinates: c.WithCoordinates,
			Hashes: func(ctx context.Context, ids ...string) (map[string]string, error) {
				return notary.Hashes(ctx, store.Record(), ids...)
			},
		})
		return err
	}
	if c.Out == "" {
		return write(env.out)
	}
	if err := writeWhole(c.Out, write); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(env.out, "%d rows in %s\n", rows, c.Out)
	return nil
}

func (c exportCmd) filter(kind sheet.Kind) (f sheet.Filter, err error) {
	if !kind.Dated() {
		return f, nil
	}
	for _, d := range []struct {
		flag, value string
		into        *visit.Date
	}{{"--from", c.From, &f.From}, {"--to", c.To, &f.To}} {
		if *d.into, err = visit.ParseDate(d.value); err != nil {
			return f, fmt.Errorf("%w: %s: %w", errUsage, d.flag, err)
		}
	}
	if f.To < f.From {
		return f, fmt.Errorf("%w: --to is before --from", errUsage)
	}
	return f, nil
}

// writeWhole writes a file that is there whole or not at all, readable by its owner only.
func writeWhole(path string, write func(io.Writer) error) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	w := bufio.NewWriter(f)
	err = write(w)
	err = errors.Join(err, w.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// names lists words of a kind.
func names[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}
