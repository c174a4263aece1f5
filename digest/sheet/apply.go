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
	return i.complete(ctx, store, job)
}

// Resume completes the imports that were interrupted, in the order in which they began.
func Resume(ctx context.Context, store Target) error {
	jobs, err := store.Imports().Pending(ctx)
	if err != nil {
		return fmt.Errorf("read the pending imports: %w", err)
	}
	for _, job := range jobs {
		i, err := imported(job)
		if err != nil {
			return err
		}
		if err := i.complete(ctx, store, job); err != nil {
			return err
		}
	}
	return nil
}

// Hold keeps the import as a job under the id that waits for somebody's word:
// once it is released ([storage.Imports]), [Resume] applies it.
func (i *Import) Hold(ctx context.Context, store Target, id string, now time.Time) error {
	job, err := i.job(now)
	if err != nil {
		return err
	}
	job.ID = id
	if err := store.Imports().Hold(ctx, job); err != nil {
		return fmt.Errorf("hold the import: %w", err)
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
	packed, sum, err := pack(i)
	if err != nil {
		return storage.Import{}, err
	}
	return storage.Import{ID: string(i.Kind) + "-" + sum, Kind: string(i.Kind), At: visit.Millis(now), Rows: i.Rows(), Data: packed}, nil
}

// pack returns v as compressed JSON, with the digest of what was compressed.
func pack(v any) (packed []byte, sum string, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, "", fmt.Errorf("encode the import: %w", err)
	}
	digest := sha256.Sum256(data)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(data)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, "", fmt.Errorf("compress the import: %w", err)
	}
	if b.Len() > maxPacked {
		return nil, "", ErrTooMuch
	}
	return b.Bytes(), hex.EncodeToString(digest[:]), nil
}

// unpack reads what was packed.
func unpack[T any](packed []byte) (v T, err error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return v, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(data, &v)
}

// imported reads a stored import.
func imported(job storage.Import) (*Import, error) {
	i, err := unpack[Import](job.Data)
	if err == nil {
		err = oneOf("table to import", i.Kind, Kinds())
	}
	if err != nil {
		return nil, fmt.Errorf("read the import %s: %w", job.ID, err)
	}
	return &i, nil
}

// complete writes everything, once what was there before is kept, and marks the job done.
func (i *Import) complete(ctx context.Context, store Target, job storage.Import) error {
	if err := i.keepBefore(ctx, store, job); err != nil {
		return fmt.Errorf("keep what the import replaces: %w", err)
	}
	if err := i.write(ctx, store); err != nil {
		return fmt.Errorf("import %s: %w", i.Kind, err)
	}
	if err := store.Imports().Done(ctx, job.ID); err != nil {
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
