package sheet

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"roundsman/storage"
	"roundsman/visit"
)

// before is what an import finds: the records that it replaces, whole, and the
// keys of those that are new.
type before struct {
	Was Import `json:"was"`
	New Import `json:"new"`
}

// Changes says what an import would do, in records: a route counts as one.
type Changes struct{ New, Changed, Same int }

// UndoID is the id under which what an import replaced is kept.
func UndoID(job storage.Import) string {
	return job.ID + "@" + strconv.FormatInt(job.At.UnixMilli(), 10)
}

// Compare says what the import would do to what is stored now.
func (i *Import) Compare(ctx context.Context, store Target) (Changes, error) {
	_, changes, err := i.before(ctx, store)
	return changes, err
}

// keepBefore keeps what the import replaces, once: a job that is completed
// after a crash finds it kept. Of too much nothing is kept but that it was done.
func (i *Import) keepBefore(ctx context.Context, store Target, job storage.Import) error {
	u := storage.Undo{ID: UndoID(job), Kind: job.Kind, At: job.At}
	_, err := store.Undos().Get(ctx, u.ID)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	was, _, err := i.before(ctx, store)
	if err != nil {
		return err
	}
	if u.Data, _, err = pack(was); err != nil && !errors.Is(err, ErrTooMuch) {
		return err
	}
	return store.Undos().Put(ctx, u)
}

// Undo writes back what an import replaced and removes what was new, and returns
// how many of each there were. Teams that came with their people stay. It may be
// repeated.
func Undo(ctx context.Context, store Target, u storage.Undo) (restored, removed int, err error) {
	b, err := unpack[before](u.Data)
	if err == nil {
		err = errors.Join(b.New.remove(ctx, store), b.Was.restore(ctx, store))
	}
	if err != nil {
		return 0, 0, fmt.Errorf("undo the import %s: %w", u.ID, err)
	}
	return b.Was.records(), b.New.records(), nil
}

// Visits are the planned visits, by their keys, that an import wrote.
func Visits(u storage.Undo) ([]visit.PlannedVisit, error) {
	b, err := unpack[before](u.Data)
	if err != nil {
		return nil, fmt.Errorf("read the import %s: %w", u.ID, err)
	}
	return append(b.Was.Plans, b.New.Plans...), nil
}

// restore writes records as they were.
func (i *Import) restore(ctx context.Context, store Target) error {
	if i.Kind == Targets {
		// What is put is merged with what is there.
		if err := i.remove(ctx, store); err != nil {
			return err
		}
	}
	return i.write(ctx, store)
}

// records is how many records there are.
func (i *Import) records() int {
	return len(i.Customers) + len(i.Reps) + len(i.Plans) + len(i.Targets) + len(i.Routes) + len(i.Holidays)
}

// remove removes the records with the keys of these.
func (i *Import) remove(ctx context.Context, store Target) error {
	switch i.Kind {
	case Customers:
		return store.Customers().Delete(ctx, keysOf(i.Customers, func(c visit.Customer) string { return c.ID })...)
	case Reps:
		return store.Roster().DeleteReps(ctx, keysOf(i.Reps, func(r visit.Rep) string { return r.ID })...)
	case Plans:
		return inBatches(ctx, i.Plans, store.Plans().Delete)
	case Targets:
		return inBatches(ctx, i.Targets, store.Targets().Delete)
	case Routes:
		return store.Routes().Delete(ctx, keysOf(i.Routes, func(r visit.Route) string { return r.Rep })...)
	default:
		return store.Calendar().Delete(ctx, keysOf(i.Holidays, func(h visit.Holiday) visit.Date { return h.Date })...)
	}
}

func keysOf[T any, K comparable](records []T, key func(T) K) []K {
	out := make([]K, len(records))
	for i, r := range records {
		out[i] = key(r)
	}
	return out
}

// before reads what is there now of what the import writes.
func (i *Import) before(ctx context.Context, store Target) (b before, n Changes, err error) {
	b.Was.Kind, b.New.Kind = i.Kind, i.Kind
	switch i.Kind {
	case Customers:
		stored, err := customersByID(ctx, store.Customers(), keysOf(i.Customers, func(c visit.Customer) string { return c.ID }))
		if err != nil {
			return b, n, err
		}
		b.Was.Customers, b.New.Customers = divide(&n, i.Customers, stored,
			func(c visit.Customer) string { return c.ID },
			func(c visit.Customer) visit.Customer { return visit.Customer{ID: c.ID} },
			func(put, _ visit.Customer) visit.Customer { return put.Located() })
	case Reps:
		err = i.beforeReps(ctx, store, &b, &n)
	case Plans:
		err = i.beforePlans(ctx, store, &b, &n)
	case Targets:
		err = i.beforeTargets(ctx, store, &b, &n)
	case Routes:
		stored, err := store.Routes().Get(ctx, keysOf(i.Routes, func(r visit.Route) string { return r.Rep })...)
		if err != nil {
			return b, n, err
		}
		key := func(r visit.Route) string { return r.Rep }
		b.Was.Routes, b.New.Routes = divide(&n, i.Routes, byKey(stored, key), key,
			func(r visit.Route) visit.Route { return visit.Route{Rep: r.Rep} }, nil)
	default:
		stored, err := store.Calendar().All(ctx)
		if err != nil {
			return b, n, err
		}
		key := func(h visit.Holiday) visit.Date { return h.Date }
		b.Was.Holidays, b.New.Holidays = divide(&n, i.Holidays, byKey(stored, key), key,
			func(h visit.Holiday) visit.Holiday { return visit.Holiday{Date: h.Date} }, nil)
	}
	return b, n, err
}

// beforeReps also has the people who lose an identity to somebody of the import.
func (i *Import) beforeReps(ctx context.Context, store Target, b *before, n *Changes) error {
	stored, err := roster(ctx, store)
	if err != nil {
		return err
	}
	key := func(r visit.Rep) string { return r.ID }
	b.Was.Reps, b.New.Reps = divide(n, i.Reps, stored, key, func(r visit.Rep) visit.Rep { return visit.Rep{ID: r.ID} }, nil)
	ours := byKey(i.Reps, key)
	taken := make(map[identity]bool)
	for _, r := range i.Reps {
		for platform, user := range r.Identities {
			taken[identity{platform, user}] = true
		}
	}
	for id, r := range stored {
		if _, in := ours[id]; in {
			continue
		}
		for platform, user := range r.Identities {
			if taken[identity{platform, user}] {
				b.Was.Reps = append(b.Was.Reps, r)
				break
			}
		}
	}
	return nil
}

func (i *Import) beforePlans(ctx context.Context, store Target, b *before, n *Changes) error {
	stored := make(map[string]visit.PlannedVisit)
	key := func(p visit.PlannedVisit) string { return plans.key(&p) }
	dates := make(map[visit.Date]bool)
	for _, p := range i.Plans {
		if dates[p.Date] {
			continue
		}
		dates[p.Date] = true
		lines, err := store.Plans().Date(ctx, p.Date)
		if err != nil {
			return fmt.Errorf("read the plans: %w", err)
		}
		for _, l := range lines {
			stored[key(l)] = l
		}
	}
	b.Was.Plans, b.New.Plans = divide(n, i.Plans, stored, key,
		func(p visit.PlannedVisit) visit.PlannedVisit {
			return visit.PlannedVisit{Rep: p.Rep, Date: p.Date, Customer: p.Customer}
		}, nil)
	return nil
}

func (i *Import) beforeTargets(ctx context.Context, store Target, b *before, n *Changes) error {
	reps := make(map[visit.Month][]string)
	for _, t := range i.Targets {
		reps[t.Month] = append(reps[t.Month], t.Rep)
	}
	stored := make(map[string]visit.MonthTarget)
	key := func(t visit.MonthTarget) string { return string(t.Month) + "\x00" + t.Rep }
	for month, of := range reps {
		found, err := store.Targets().Get(ctx, month, of...)
		if err != nil {
			return fmt.Errorf("read the targets: %w", err)
		}
		for _, t := range found {
			stored[key(t)] = t
		}
	}
	b.Was.Targets, b.New.Targets = divide(n, i.Targets, stored, key,
		func(t visit.MonthTarget) visit.MonthTarget { return visit.MonthTarget{Rep: t.Rep, Month: t.Month} },
		func(put, old visit.MonthTarget) visit.MonthTarget {
			if put.Order == nil {
				put.Order = old.Order
			}
			if put.Collection == nil {
				put.Collection = old.Collection
			}
			return put
		})
	return nil
}

func byKey[T any, K comparable](records []T, key func(T) K) map[K]T {
	out := make(map[K]T, len(records))
	for _, r := range records {
		out[key(r)] = r
	}
	return out
}

// divide divides what an import puts into what is stored, as it is stored, and what
// is new, as its key alone, and counts. Becomes is what the store makes of a
// record and the one before it; nil for the record itself.
func divide[T any, K comparable](n *Changes, puts []T, stored map[K]T, key func(T) K, only func(T) T, becomes func(put, old T) T) (was, added []T) {
	for _, put := range puts {
		old, ok := stored[key(put)]
		if !ok {
			n.New++
			added = append(added, only(put))
			continue
		}
		was = append(was, old)
		if becomes != nil {
			put = becomes(put, old)
		}
		if reflect.DeepEqual(put, old) {
			n.Same++
		} else {
			n.Changed++
		}
	}
	return was, added
}
