package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"roundsman/storage"
)

// The collections.
const (
	inboxName      = "inbox"
	outboxName     = "outbox"
	factsName      = "facts"
	outcomesName   = "outcomes"
	actsName       = "acts"
	blocksName     = "blocks"
	complaintsName = "complaints"
	repsName       = "reps"
	teamsName      = "teams"
	customersName  = "customers"
	plansName      = "plans"
	targetsName    = "targets"
	routesName     = "routes"
	holidaysName   = "holidays"
	consentsName   = "consents"
	runsName       = "runs"
	fetchesName    = "fetches"
	blobsName      = "blobs"
	printsName     = "prints"
	chunksName     = "blob_chunks"
	importsName    = "imports"
	undosName      = "undos"
	erasuresName   = "erasures"
	leasesName     = "leases"
	quotasName     = "quotas"
	metaName       = "meta"
)

// collections are those that hold records.
var collections = []string{
	inboxName, outboxName, factsName, outcomesName, actsName, blocksName, complaintsName, repsName, teamsName, customersName, plansName, targetsName, routesName, holidaysName,
	consentsName, runsName, fetchesName, blobsName, chunksName, printsName, importsName, undosName, erasuresName, leasesName, quotasName,
}

// Options say how a store is opened.
type Options struct {
	// Timeout bounds a call on one record whose context has no deadline, and
	// the search for a server; 0 means 2 s, which fits into the 3 s that a
	// platform waits for its acknowledgement.
	Timeout time.Duration
}

// Store is everything kept in one MongoDB database.
type Store struct {
	client *mongo.Client
	db     *mongo.Database
	closed atomic.Bool
	close  func() error
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Clock = (*Store)(nil)
)

// Open connects to the database that the URI names in its path, brings an older
// schema forward, and makes and checks the indexes. It fails with [ErrForeign]
// if the database is another program's or a newer version's, and with
// [ErrIndex] if an index is not as it should be. No error of this package has
// the URI or its password in it. What the URI says about write concern, read
// concern, read preference and retries does not count.
func Open(ctx context.Context, uri string, opts Options) (*Store, error) {
	return open(ctx, uri, opts, migrations, nil)
}

// open is Open with the migrations to bring the schema forward by, and with a
// last word on the client's options.
func open(ctx context.Context, uri string, opts Options, steps []migration, adjust func(*options.ClientOptions)) (*Store, error) {
	const doing = "opening the database"
	name, err := databaseName(uri)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	client, err := connect(uri, opts, adjust)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	s := &Store{client: client, db: client.Database(name)}
	s.close = sync.OnceValue(s.shut)
	if err := s.prepare(ctx, steps); err != nil {
		return nil, errors.Join(translate(ctx, doing, err), s.Close())
	}
	return s, nil
}

// example is what a URI looks like.
const example = "mongodb://user:password@host1,host2,host3/roundsman?replicaSet=rs0&authSource=admin"

// databaseName returns the database that a URI names. In a URI the first slash
// after the scheme ends the hosts: in a user's name or a password it is written %2F.
func databaseName(uri string) (string, error) {
	_, rest, ok := strings.Cut(uri, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	name, err := url.PathUnescape(path)
	if !ok || err != nil || name == "" {
		return "", fmt.Errorf("the URI names no database; it should look like %s", example)
	}
	return name, nil
}

func connect(uri string, opts Options, adjust func(*options.ClientOptions)) (*mongo.Client, error) {
	timeout := cmp.Or(opts.Timeout, callTimeout)
	journal := true
	o := options.Client().ApplyURI(uri)
	// Set after the URI, which cannot weaken it.
	o.SetAppName("roundsman").
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryWrites(true).
		SetRetryReads(true).
		SetTimeout(timeout).
		SetServerSelectionTimeout(timeout).
		SetConnectTimeout(timeout).
		SetMinPoolSize(5).
		SetMaxPoolSize(100).
		SetMaxConnIdleTime(5 * time.Minute)
	if adjust != nil {
		adjust(o)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		// The driver quotes what it cannot read.
		var dns *net.DNSError
		if errors.As(err, &dns) {
			return nil, dns
		}
		return nil, fmt.Errorf("the URI cannot be read; it should look like %s, with :/?#[]@ of a password written as %%3A and so on", example)
	}
	return client, nil
}

// in returns a collection.
func (s *Store) in(collection string) *mongo.Collection { return s.db.Collection(collection) }

// ready fails if ctx ended or the store is closed, for calls that need not ask the server.
func (s *Store) ready(ctx context.Context) error {
	if s.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// Ping reports whether the primary answers.
func (s *Store) Ping(ctx context.Context) error {
	return translate(ctx, "asking the server", s.client.Ping(ctx, readpref.Primary()))
}

// Time returns the server's time, in milliseconds. In a sharded cluster it is
// that of the router asked; their clocks agree as far as they are synchronised.
func (s *Store) Time(ctx context.Context) (time.Time, error) {
	h, err := s.hello(ctx)
	if err != nil {
		return time.Time{}, translate(ctx, "asking the server for its time", err)
	}
	return instant(h.LocalTime), nil
}

// closeTimeout is how long Close waits for calls that are under way; each has
// an end of its own.
const closeTimeout = 5 * time.Second

// Close waits for calls under way and releases the connections. It may be called twice.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	s.closed.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return translate(context.Background(), "closing the database", s.client.Disconnect(ctx))
}

// hello is what a server says about itself.
type hello struct {
	LocalTime bson.DateTime `bson:"localTime"`
	// SetName is the replica set's name, Msg "isdbgrid" of a sharded cluster's router.
	SetName  string   `bson:"setName"`
	Msg      string   `bson:"msg"`
	Hosts    []string `bson:"hosts"`
	Arbiters []string `bson:"arbiters"`
}

func (s *Store) hello(ctx context.Context) (hello, error) {
	var h hello
	err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&h)
	return h, err
}

// Inbox returns the inbox.
func (s *Store) Inbox() storage.Inbox { return inbox{s} }

// Outbox returns the outbox.
func (s *Store) Outbox() storage.Outbox { return outbox{s} }

// Deliveries returns the outbox as the sender sees it.
func (s *Store) Deliveries() storage.Deliveries { return outbox{s} }

// Facts returns the facts.
func (s *Store) Facts() storage.Facts { return facts{s} }

// Outcomes returns what reps' days came to.
func (s *Store) Outcomes() storage.Outcomes { return outcomes{s} }

// Acts returns what admins, managers and Roundsman itself did.
func (s *Store) Acts() storage.Acts { return acts{s} }

// Record returns the hash chain.
func (s *Store) Record() storage.Record { return record{s} }

// Complaints returns the customers' complaints.
func (s *Store) Complaints() storage.Complaints { return complaints{s} }

// Roster returns people and teams.
func (s *Store) Roster() storage.Roster { return roster{s} }

// Customers returns the customers.
func (s *Store) Customers() storage.Customers { return customers{s} }

// Plans returns the planned visits.
func (s *Store) Plans() storage.Plans { return plans{s} }

// Targets returns the months' targets.
func (s *Store) Targets() storage.Targets { return targets{s} }

// Routes returns the fixed routes.
func (s *Store) Routes() storage.Routes { return routes{s} }

// Calendar returns the imported holidays.
func (s *Store) Calendar() storage.Calendar { return calendar{s} }

// Consents returns who agreed to what.
func (s *Store) Consents() storage.Consents { return consents{s} }

// Runs returns the ledger of scheduled jobs.
func (s *Store) Runs() storage.Runs { return runs{s} }

// Media returns photos and those still to be fetched.
func (s *Store) Media() storage.Media { return media{s} }

// Imports returns the import jobs.
func (s *Store) Imports() storage.Imports { return imports{s} }

// Undos returns what can be undone.
func (s *Store) Undos() storage.Undos { return undos{s} }

// Erasures returns what is to be erased.
func (s *Store) Erasures() storage.Erasures { return erasures{s} }

// Persons returns what removes people.
func (s *Store) Persons() storage.Persons { return persons{s} }

// Leases returns the leases.
func (s *Store) Leases() storage.Leases { return leases{s, leasesName} }

// Quotas returns what was used of shared limits.
func (s *Store) Quotas() storage.Quotas { return quotas{s} }
