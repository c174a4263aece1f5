package mongo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/storage/mongo"
)

func TestDegraded(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		hello string
		want  []string
	}{
		"alone":               {`{"isWritablePrimary": true, "maxWireVersion": 21}`, []string{"not a member of a replica set", "does not repeat"}},
		"three members":       {`{"setName": "rs0", "hosts": ["a:1", "b:1", "c:1"]}`, nil},
		"one member":          {`{"setName": "rs0", "hosts": ["a:1"]}`, []string{"one member"}},
		"two and an arbiter":  {`{"setName": "rs0", "hosts": ["a:1", "b:1"], "arbiters": ["c:1"]}`, []string{"an arbiter"}},
		"a cluster's router":  {`{"msg": "isdbgrid"}`, nil},
		"four and an arbiter": {`{"setName": "rs0", "hosts": ["a:1", "b:1", "c:1", "d:1"], "arbiters": ["e:1"]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var raw bson.Raw
			if err := bson.UnmarshalExtJSON([]byte(row.hello), false, &raw); err != nil {
				t.Fatal(err)
			}
			got, err := mongo.Lacks(raw)
			if err != nil || len(got) != len(row.want) {
				t.Fatalf("got %q, %v", got, err)
			}
			for i, word := range row.want {
				if !strings.Contains(got[i], word) {
					t.Errorf("%q does not say %q", got[i], word)
				}
			}
		})
	}
}

// TestDegradedOfTheServer compares what the store says with what the server says of itself.
func TestDegradedOfTheServer(t *testing.T) {
	t.Parallel()
	s := setup(t)
	got, err := s.Degraded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var raw bson.Raw
	if err := mongo.Database(s.Store).RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.LookupErr("setName"); err != nil && len(got) == 0 {
		t.Errorf("%s lacks nothing", raw)
	}
	t.Log(got)
}

// canary stands in URIs where secrets are.
const canary = "s3cr3t-canary"

func TestNoErrorHasTheURI(t *testing.T) {
	t.Parallel()
	for name, uri := range map[string]string{
		"no database":        "mongodb://user:" + canary + "@127.0.0.1:1",
		"no database either": "mongodb://user:" + canary + "@127.0.0.1:1/?replicaSet=rs0",
		"another scheme":     "http://user:" + canary + "@127.0.0.1:1/roundsman",
		"no scheme":          "user:" + canary + "@127.0.0.1/roundsman",
		"a slash":            "mongodb://user:" + canary + "/x@127.0.0.1:1/roundsman",
		"an at sign":         "mongodb://user:" + canary + "@x@127.0.0.1:1/roundsman",
		"a percent sign":     "mongodb://user:" + canary + "%zz@127.0.0.1:1/roundsman",
		"a port":             "mongodb://user:" + canary + "@127.0.0.1:" + canary + "/roundsman",
		"an option":          "mongodb://user:" + canary + "@127.0.0.1:1/roundsman?authMechanism=" + canary,
		"a mechanism":        "mongodb://user:" + canary + "@127.0.0.1:1/roundsman?authMechanism=GSSAPI&authMechanismProperties=" + canary,
		"nobody there":       "mongodb://user:" + canary + "@127.0.0.1:1/roundsman",
		"empty":              "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := mongo.Open(t.Context(), uri, mongo.Options{Timeout: 100 * time.Millisecond})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error has the secret: %s", strings.ReplaceAll(err.Error(), canary, "<canary>"))
			}
			t.Log(strings.ReplaceAll(err.Error(), canary, "<canary>"))
			if strings.HasPrefix(name, "no database") && !strings.Contains(err.Error(), "mongodb://user:password@") {
				t.Errorf("%q has no example", err)
			}
		})
	}
}

// TestARefusedPasswordIsNotTold logs in at a server that knows nobody.
func TestARefusedPasswordIsNotTold(t *testing.T) {
	t.Parallel()
	uri := strings.Replace(database(t), "mongodb://", "mongodb://user:"+canary+"@", 1)
	if strings.Count(uri, "@") > 1 {
		t.Skip("the server of the tests wants a login of its own")
	}
	s, err := mongo.Open(t.Context(), uri, mongo.Options{})
	if err == nil {
		_ = s.Close()
		t.Skip("the server takes anybody")
	}
	if strings.Contains(err.Error(), canary) {
		t.Error("the error has the password")
	}
	t.Log(err)
}

// TestNoErrorHasTheRecord has the server refuse a record that it quotes.
func TestNoErrorHasTheRecord(t *testing.T) {
	t.Parallel()
	s := setup(t)
	cmd := driver.CommandError{Code: 13, Name: "Unauthorized", Message: "not authorized to execute command { insert: \"" + canary + "\" }"}
	write := driver.WriteException{WriteErrors: driver.WriteErrors{{Code: 16755, Message: "Can't extract geo keys: { name: \"" + canary + "\" }"}}}
	bulk := driver.BulkWriteException{WriteErrors: []driver.BulkWriteError{{WriteError: write.WriteErrors[0]}}}
	for _, err := range []error{cmd, write, bulk} {
		got := mongo.Translate(t.Context(), "storing", err)
		if strings.Contains(got.Error(), canary) || !strings.Contains(got.Error(), "code 1") {
			t.Errorf("the error reads %q", strings.ReplaceAll(got.Error(), canary, "<canary>"))
		}
	}
	_, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "k", Payload: []byte(strings.Repeat(canary, 17<<20/len(canary)))})
	if err == nil || strings.Contains(err.Error(), canary) || len(err.Error()) > 500 {
		t.Errorf("a record that is too large: %.500v", err)
	}
	t.Log(err)
}

// TestADuplicateIsOneOnlyWithTheMajority: what is there may be an earlier try
// of the same write, which a majority does not have yet.
func TestADuplicateIsOneOnlyWithTheMajority(t *testing.T) {
	t.Parallel()
	duplicate := driver.WriteErrors{{Code: 11000}}
	late := &driver.WriteConcernError{Code: 64, Name: "WriteConcernTimeout"}
	for _, row := range []struct {
		err  error
		want bool
	}{
		{driver.WriteException{WriteErrors: duplicate}, true},
		{driver.WriteException{WriteErrors: duplicate, WriteConcernError: late}, false},
		{driver.WriteException{WriteConcernError: late}, false},
		{driver.WriteException{WriteErrors: driver.WriteErrors{{Code: 11000}, {Code: 1}}}, false},
		{driver.BulkWriteException{WriteErrors: []driver.BulkWriteError{{WriteError: duplicate[0]}}}, true},
		{driver.BulkWriteException{WriteErrors: []driver.BulkWriteError{{WriteError: duplicate[0]}}, WriteConcernError: late}, false},
		{driver.CommandError{Code: 11000}, true},
		{driver.CommandError{Code: 1}, false},
	} {
		if got := errors.Is(mongo.Translate(t.Context(), "storing", row.err), storage.ErrConflict); got != row.want {
			t.Errorf("%#v is a duplicate: %v", row.err, got)
		}
	}
}

// TestTheURICannotWeakenWrites looks at what is sent for a URI that asks for less.
func TestTheURICannotWeakenWrites(t *testing.T) {
	t.Parallel()
	uri := database(t)
	separator := "?"
	if strings.Contains(uri, "?") {
		separator = "&"
	}
	var sent recorder
	s, err := mongo.OpenWith(t.Context(), uri+separator+"w=1&journal=false&readConcernLevel=local&readPreference=secondaryPreferred", mongo.Options{}, nil,
		func(o *options.ClientOptions) { o.SetMonitor(sent.monitor()) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Inbox().Waiting(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	seen := sent.seen()
	insert, find := seen[len(seen)-2], seen[len(seen)-1]
	if w, _ := insert.Lookup("writeConcern", "w").StringValueOK(); w != "majority" {
		t.Errorf("the write is sent with %s", insert)
	}
	if j, _ := insert.Lookup("writeConcern", "j").BooleanOK(); !j {
		t.Errorf("the write is sent with %s", insert)
	}
	if level, _ := find.Lookup("readConcern", "level").StringValueOK(); level != "majority" {
		t.Errorf("the read is sent with %s", find)
	}
	if _, err := insert.LookupErr("maxTimeMS"); err != nil {
		t.Errorf("the write has no end: %s", insert)
	}
}
