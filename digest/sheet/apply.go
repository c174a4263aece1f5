package sheet

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// Apply writes the import: first as a stored job, then by writes that may be
// repeated. If it fails or the process dies in between, [Resume] completes it.
// An import that was interrupted before is completed first, so that the newer
// one has the last word.
func (i *Import) Apply(ctx context.Context, store Target, now time.Time) error {
	job, err := i.job(now)
	if err != nil {
		return err
	}
	if err := Resume(ctx, store); err != nil {
		return fmt.Errorf("complete an earlier import: %w", err)
	}
	if err := store.Imports().Put(ctx, job); err != nil {
		return fmt.Errorf("store the import: %w", err)
	}
	return i.complete(ctx, store, job.ID)
}

// Resume completes the imports that were interrupted, in the order in which they began.
func Resume(ctx context.Context, store Target) error {
	jobs, err := store.Imports().Pending(ctx)
	if err != nil {
		return fmt.Errorf("read the pending imports: %w", err)
	}
	for _, job := range jobs {
		i, err := unpack(job)
		if err != nil {
			return err
		}
		if err := i.complete(ctx, store, job.ID); err != nil {
			return err
		}
	}
	return nil
}

// maxPacked bounds a stored import: MongoDB's records have at most 16 MB.
const maxPacked = 15 << 20

// ErrTooMuch says that the table is too large to be kept as one import.
var ErrTooMuch = errors.New("the table is too large for one import; split the file")

// job returns the import as it is stored: compressed JSON, under an id that
// derives from kind and content.
func (i *Import) job(now time.Time) (storage.Import, error) {
	data, err := json.Marshal(i)
	if err != nil {
		return storage.Import{}, fmt.Errorf("encode the import: %w", err)
	}
	sum := sha256.Sum256(data)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(data)
	if err := errors.Join(err, z.Close()); err != nil {
		return storage.Import{}, fmt.Errorf("compress the import: %w", err)
	}
	if packed.Len() > maxPacked {
		return storage.Import{}, ErrTooMuch
	}
	return storage.Import{
		ID: string(i.Kind) + "-" + hex.EncodeToString(sum[:]), Kind: string(i.Kind),
		At: visit.Millis(now), Rows: i.Rows(), Data: packed.Bytes(),
	}, nil
}

func unpack(job storage.Import) (*Import, error) {
	fail := func(err error) (*Import, error) { return nil, fmt.Errorf("read the import %s: %w", job.ID, err) }
	z, err := gzip.NewReader(bytes.NewReader(job.Data))
	if err != nil {
		return fail(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return fail(err)
	}
	var i Import
	if err := json.Unmarshal(data, &i); err != nil {
		return fail(err)
	}
	if err := oneOf("table to import", i.Kind, Kinds()); err != nil {
		return fail(err)
	}
	return &i, nil
}

// complete writes everything and marks the job done.
func (i *Import) complete(ctx context.Context, store Target, id string) error {
	if err := i.write(ctx, store); err != nil {
		return fmt.Errorf("import %s: %w", i.Kind, err)
	}
	if err := store.Imports().Done(ctx, id); err != nil {
		return fmt.Errorf("finish the import: %w", err)
	}
	return nil
}

func (i *Import) write(ctx context.Context, store Target) error {
	switch i.Kind {
	case Customers:
		return inBatches(ctx, i.Customers, store.Customers().Put)
	case Plans:
		return inBatches(ctx, i.Plans, store.Plans().Put)
	case Targets:
		return inBatches(ctx, i.Targets, store.Targets().Put)
	case Routes:
		return inBatches(ctx, i.Routes, store.Routes().Put)
	case Holidays:
		return inBatches(ctx, i.Holidays, store.Calendar().Put)
	}
	if err := i.putTeams(ctx, store.Roster()); err != nil {
		return err
	}
	if err := i.freeIdentities(ctx, store.Roster()); err != nil {
		return err
	}
	return inBatches(ctx, i.Reps, store.Roster().PutReps)
}

func inBatches[T any](ctx context.Context, all []T, put func(context.Context, ...T) error) error {
	for part := range slices.Chunk(all, batch) {
		if err := put(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// putTeams adds the teams that are new. One that exists keeps its groups and zone.
func (i *Import) putTeams(ctx context.Context, roster storage.Roster) error {
	stored, err := roster.Teams(ctx)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(stored))
	for _, t := range stored {
		known[t.Name] = true
	}
	for _, r := range i.Reps {
		if known[r.Team] {
			continue
		}
		known[r.Team] = true
		if err := roster.PutTeam(ctx, visit.Team{Name: r.Team}); err != nil {
			return err
		}
	}
	return nil
}

// freeIdentities takes from people the identities that the import gives to
// somebody else. An identity is one person's only, also between two batches,
// of which the first may hold the new owner and the second the old.
func (i *Import) freeIdentities(ctx context.Context, roster storage.Roster) error {
	owner := make(map[identity]string)
	for _, r := range i.Reps {
		for platform, user := range r.Identities {
			owner[identity{platform, user}] = r.ID
		}
	}
	stored, err := roster.Reps(ctx)
	if err != nil {
		return err
	}
	var freed []visit.Rep
	for _, r := range stored {
		kept := make(map[string]string, len(r.Identities))
		for platform, user := range r.Identities {
			if to, ok := owner[identity{platform, user}]; !ok || to == r.ID {
				kept[platform] = user
			}
		}
		if len(kept) < len(r.Identities) {
			r.Identities = kept
			freed = append(freed, r)
		}
	}
	return inBatches(ctx, freed, roster.PutReps)
}
