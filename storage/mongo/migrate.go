package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

// migration brings the database forward by one version. Doing it twice, also
// after a crash in the middle and beside older processes, is doing it once.
type migration func(ctx context.Context, db *mongo.Database) error

// migrations in order. The first makes version 1 of an empty database, in which
// nothing has to be changed: collections come with their indexes.
var migrations = []migration{
	func(context.Context, *mongo.Database) error { return nil },
}

// program marks the database as Roundsman's.
const program = "roundsman"

// schemaDoc is the document of meta that says which version the database has.
type schemaDoc struct {
	ID      string `bson:"_id"`
	Program string `bson:"program"`
	Version int    `bson:"version"`
}

const (
	schemaKey = "schema"
	// startingKey is the lease of whoever prepares the database.
	startingKey = "starting"
	// startingTakes is how long the others wait for one that died.
	startingTakes = 30 * time.Second
	// startingTick is how often they look.
	startingTick = 50 * time.Millisecond
	// stepTakes bounds a migration, and the indexes of a collection. Whoever
	// waits for longer than startingTakes does the same beside it.
	stepTakes = 10 * time.Minute
)

// prepare brings the schema forward to the last step and makes the indexes, in
// one process at a time, and not at all where there is nothing to do.
func (s *Store) prepare(ctx context.Context, steps []migration) error {
	if err := s.client.Ping(ctx, nil); err != nil {
		return err
	}
	lease, owner := leases{s, metaName}, bson.NewObjectID().Hex()
	tick := time.NewTicker(startingTick) //nolint:forbidigo // waits for another process, not for the company's time
	defer tick.Stop()
	for {
		if ready, err := s.prepared(ctx, len(steps)); err != nil || ready {
			return err
		}
		now, err := s.Time(ctx)
		if err != nil {
			return err
		}
		err = lease.Take(ctx, startingKey, owner, now, now.Add(startingTakes))
		if err == nil {
			break
		}
		if !errors.Is(err, storage.ErrConflict) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return errors.Join(s.bringForward(ctx, steps), lease.Give(context.WithoutCancel(ctx), startingKey, owner))
}

// schema returns the version of the database, and whether it has one.
func (s *Store) schema(ctx context.Context, newest int) (version int, marked bool, err error) {
	var d schemaDoc
	err = s.in(metaName).FindOne(ctx, key(schemaKey)).Decode(&d)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	case d.Program != program:
		return 0, false, fmt.Errorf("%w: it belongs to another program", ErrForeign)
	case d.Version < 0 || d.Version > newest:
		return 0, false, fmt.Errorf("%w: its schema has version %d, the newest known here is %d", ErrForeign, d.Version, newest)
	}
	return d.Version, true, nil
}

// prepared reports whether nothing is to be done.
func (s *Store) prepared(ctx context.Context, newest int) (bool, error) {
	version, marked, err := s.schema(ctx, newest)
	if err == nil && !marked {
		err = s.unused(ctx, newest)
	}
	if err != nil || version < newest {
		return false, err
	}
	missing, err := s.missing(ctx)
	return err == nil && len(missing) == 0, err
}

// unused fails if the database, which has no mark, has documents where ours
// would lie. Empty collections are fine: that is how they are sharded beforehand.
func (s *Store) unused(ctx context.Context, newest int) error {
	for _, name := range collections {
		err := s.in(name).FindOne(ctx, bson.D{}, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return err
		}
		// Or they are ours, of a process that was faster.
		if _, marked, err := s.schema(ctx, newest); err != nil || marked {
			return err
		}
		return fmt.Errorf("%w: its collection %s is another program's", ErrForeign, name)
	}
	return nil
}

func (s *Store) bringForward(ctx context.Context, steps []migration) error {
	version, marked, err := s.schema(ctx, len(steps))
	if err != nil {
		return err
	}
	if !marked {
		// The mark comes before anything else that is written.
		if _, err := s.in(metaName).InsertOne(ctx, schemaDoc{schemaKey, program, 0}); err != nil && !duplicate(err) {
			return err
		}
	}
	for ; version < len(steps); version++ {
		if err := s.step(ctx, steps[version]); err != nil {
			return fmt.Errorf("migration %d: %w", version+1, withoutMessage(err))
		}
		_, err := s.in(metaName).UpdateOne(ctx, bson.D{{Key: "_id", Value: schemaKey}, {Key: "version", Value: version}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: version + 1}}}})
		if err != nil {
			return err
		}
	}
	missing, err := s.missing(ctx)
	if err != nil {
		return err
	}
	for collection, list := range missing {
		if err := s.makeIndexes(ctx, collection, list); err != nil {
			return err
		}
	}
	// An index takes some of what it is from its collection.
	_, err = s.missing(ctx)
	return err
}

func (s *Store) step(ctx context.Context, do migration) error {
	ctx, cancel := bounded(ctx, stepTakes)
	defer cancel()
	return do(ctx, s.db)
}
