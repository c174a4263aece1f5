package privacy

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// ErrTooLarge says that a person's data are more than fit into the file.
var ErrTooLarge = errors.New("more than fits into one file")

// Own asks for a person's own data.
type Own struct {
	Rep visit.Rep
	// From and To are inclusive dates; empty for all.
	From, To visit.Date
	// DateIn is the date of an instant for the person: their days begin when their
	// team's do, on its wall.
	DateIn func(time.Time) visit.Date
	// Most bounds the file, in bytes.
	Most int
	// At is when it is made.
	At time.Time
}

// actsKept bounds the acts about a person that are given out.
const actsKept = 100_000

// photoLine is a photo in the list of those that a person sent.
type photoLine struct {
	Fact   string     `json:"fact"`
	Date   visit.Date `json:"date"`
	SHA256 string     `json:"sha256"`
	Bytes  int64      `json:"bytes"`
	// Kept says that its bytes are there still.
	Kept bool `json:"kept"`
}

// OwnData makes a ZIP of everything that is kept of a person, as it is kept, as
// JSON, a record a line: who they are, what they agreed to, their plans, route and
// targets, their facts with the places that are there still, what their days came to, their photos as a list,
// and the acts that are about them, such as who looked. It fails with
// [ErrTooLarge] if that is more than fits.
func OwnData(ctx context.Context, store storage.Store, o Own) ([]byte, error) {
	out := &bounded{most: o.Most}
	z := zip.NewWriter(out)
	filter := storage.FactFilter{Rep: o.Rep.ID, From: o.From, To: o.To}
	var photos []photoLine
	facts := func(yield func(visit.Fact, error) bool) {
		for f, err := range store.Facts().Range(ctx, filter) {
			if err == nil && f.Kind == visit.KindPhotoKept && f.Photo != nil {
				photos = append(photos, photoLine{Fact: f.Photo.Of, Date: f.Date, SHA256: f.Photo.SHA256, Bytes: f.Photo.Bytes})
			}
			if !yield(f, err) {
				return
			}
		}
	}
	consents, err := store.Consents().Of(ctx, o.Rep.ID)
	if err != nil {
		return nil, fmt.Errorf("read a person's consents: %w", err)
	}
	acts, err := store.Acts().About(ctx, o.Rep.ID, o.since(), actsKept)
	if err != nil {
		return nil, fmt.Errorf("read what was done about a person: %w", err)
	}
	acts = slices.DeleteFunc(acts, func(a visit.Act) bool {
		date := o.DateIn(a.At)
		return date < o.From || o.To != "" && date > o.To
	})
	plans, err := store.Plans().Span(ctx, o.Rep.ID, cmp.Or(o.From, firstDate), cmp.Or(o.To, lastDate))
	if err != nil {
		return nil, fmt.Errorf("read a person's plans: %w", err)
	}
	routes, err := store.Routes().Get(ctx, o.Rep.ID)
	if err != nil {
		return nil, fmt.Errorf("read a person's route: %w", err)
	}
	targets, err := o.targets(ctx, store)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		lines(z, o.At, "person.jsonl", each(slices.Values([]visit.Rep{o.Rep}))),
		lines(z, o.At, "consents.jsonl", each(slices.Values(consents))),
		lines(z, o.At, "plans.jsonl", each(slices.Values(plans))),
		lines(z, o.At, "routes.jsonl", each(slices.Values(routes))),
		lines(z, o.At, "targets.jsonl", each(slices.Values(targets))),
		lines(z, o.At, "facts.jsonl", facts),
		lines(z, o.At, "outcomes.jsonl", store.Outcomes().Range(ctx, filter)),
		lines(z, o.At, "acts.jsonl", each(slices.Values(acts))),
	)
	if err != nil {
		return nil, fmt.Errorf("write a person's data: %w", err)
	}
	if err := markKept(ctx, store.Media(), photos); err != nil {
		return nil, err
	}
	if err := errors.Join(lines(z, o.At, "photos.jsonl", each(slices.Values(photos))), z.Close()); err != nil {
		return nil, fmt.Errorf("write a person's data: %w", err)
	}
	return out.Bytes(), nil
}

// firstDate and lastDate are before and after all dates.
const firstDate, lastDate = visit.Date("0001-01-01"), visit.Date("9999-12-31")

// monthsBack and monthsAhead are for which months targets are looked for, where no
// dates are given: nobody sets them for longer.
const monthsBack, monthsAhead = 120, 24

// targets are the person's monthly targets of the dates.
func (o Own) targets(ctx context.Context, store storage.Store) ([]visit.MonthTarget, error) {
	today := o.DateIn(o.At).Month()
	from, to := today.Add(-monthsBack), today.Add(monthsAhead)
	if o.From != "" {
		from = max(from, o.From.Month())
	}
	if o.To != "" {
		to = min(to, o.To.Month())
	}
	var out []visit.MonthTarget
	for m := from; m <= to; m = m.Add(1) {
		found, err := store.Targets().Get(ctx, m, o.Rep.ID)
		if err != nil {
			return nil, fmt.Errorf("read a person's targets: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// since is an instant before which no act is of the dates: no zone's day begins as
// much earlier.
func (o Own) since() time.Time {
	if o.From == "" {
		return time.UnixMilli(0).UTC()
	}
	return o.From.Time().Add(-24 * time.Hour)
}

// markKept says of each photo whether its bytes are there.
func markKept(ctx context.Context, media storage.Media, photos []photoLine) error {
	for some := range slices.Chunk(photos, perStep) {
		var asked []string
		for _, p := range some {
			asked = append(asked, p.SHA256)
		}
		kept, err := media.Kept(ctx, asked...)
		if err != nil {
			return fmt.Errorf("look for a person's photos: %w", err)
		}
		for i, p := range some {
			_, some[i].Kept = slices.BinarySearch(kept, p.SHA256)
		}
	}
	return nil
}

// each yields what cannot fail.
func each[T any](all iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// lines writes a file of the ZIP, a record a line.
func lines[T any](z *zip.Writer, at time.Time, name string, all iter.Seq2[T, error]) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for v, err := range all {
		if err != nil {
			return err
		}
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// bounded is a buffer that takes no more than so many bytes.
type bounded struct {
	bytes.Buffer
	most int
}

var _ io.Writer = (*bounded)(nil)

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, ErrTooLarge
	}
	return b.Buffer.Write(p)
}
