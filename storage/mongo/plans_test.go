package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/storage/storagetest"
	"roundsman/visit"
)

// plan is what a server says it would read.
type plan struct {
	// indexes are those it would use, in any order.
	indexes []string
	// scans says that it would read a whole collection.
	scans bool
}

// readPlan reads what explain answers: MongoDB's stages, or the plan of the
// PostgreSQL under DocumentDB.
func readPlan(explained bson.Raw) (plan, error) {
	var p plan
	if err := p.walk(explained); err != nil {
		return plan{}, err
	}
	slices.Sort(p.indexes)
	p.indexes = slices.Compact(p.indexes)
	if len(p.indexes) == 0 && !p.scans {
		return p, errors.New("the answer has no plan in it")
	}
	return p, nil
}

// notPlans are the parts of an answer that tell of something else: plans that
// were not taken, and the command itself.
var notPlans = []string{"rejectedPlans", "command", "parsedQuery", "serverParameters", "IndexCosts", "IndexDetails"}

func (p *plan) walk(doc bson.Raw) error {
	elements, err := doc.Elements()
	if err != nil {
		return err
	}
	text := func(key string) string {
		s, _ := doc.Lookup(key).StringValueOK()
		return s
	}
	switch stage := text("stage"); {
	case stage == "COLLSCAN":
		p.scans = true
	case stage == "IDHACK", stage == "EXPRESS_CLUSTERED_IXSCAN":
		p.indexes = append(p.indexes, "_id_")
	case stage == "EOF": // nothing would be read, as of a collection that is not there
		p.indexes = append(p.indexes, "none")
	case text("indexName") != "":
		p.indexes = append(p.indexes, text("indexName"))
	}
	switch node := text("Node Type"); {
	case node == "Seq Scan":
		p.scans = true
	// Every table of DocumentDB lies in one index by its shard; that alone finds nothing.
	case text("Index Name") == "_id_" && !strings.Contains(text("Index Cond"), "object_id"):
		p.scans = true
	case text("Index Name") != "":
		p.indexes = append(p.indexes, text("Index Name"))
	case node == "Result": // nothing would be read
		p.indexes = append(p.indexes, "none")
	}
	for _, e := range elements {
		if slices.Contains(notPlans, e.Key()) {
			continue
		}
		switch v := e.Value(); v.Type {
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if err := p.walk(bson.Raw(v.Value)); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestPlansAreRead(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		explained string
		want      plan
	}{
		"MongoDB 8: an index": {
			`{"explainVersion": "1", "queryPlanner": {"namespace": "roundsman.inbox", "parsedQuery": {"stage": {"$eq": "COLLSCAN"}}, "winningPlan": {
				"isCached": false, "stage": "LIMIT", "limitAmount": 10, "inputStage": {"stage": "FETCH", "inputStage": {
					"stage": "IXSCAN", "keyPattern": {"state": 1, "next": 1, "_id": 1}, "indexName": "waiting", "isPartial": true, "direction": "forward",
					"indexBounds": {"state": ["[\"waiting\", \"waiting\"]"], "next": ["[new Date(-9223372036854775808), new Date(5)]"], "_id": ["[MinKey, MaxKey]"]}}}},
				"rejectedPlans": [{"stage": "COLLSCAN"}]}, "command": {"find": "inbox"}, "ok": 1}`,
			plan{indexes: []string{"waiting"}},
		},
		"MongoDB 8: a scan": {
			`{"explainVersion": "1", "queryPlanner": {"namespace": "roundsman.inbox", "winningPlan": {
				"isCached": false, "stage": "SORT", "sortPattern": {"next": 1}, "inputStage": {"stage": "COLLSCAN", "filter": {"error": {"$eq": "x"}}, "direction": "forward"}},
				"rejectedPlans": []}, "ok": 1}`,
			plan{scans: true},
		},
		"MongoDB 8: a key": {
			`{"explainVersion": "1", "queryPlanner": {"winningPlan": {"isCached": false, "stage": "EXPRESS_IXSCAN", "keyPattern": "{ _id: 1 }", "indexName": "_id_"}, "rejectedPlans": []}, "ok": 1}`,
			plan{indexes: []string{"_id_"}},
		},
		"MongoDB 7: a key": {
			`{"explainVersion": "1", "queryPlanner": {"winningPlan": {"stage": "UPDATE", "inputStage": {"stage": "IDHACK"}}, "rejectedPlans": []}, "ok": 1}`,
			plan{indexes: []string{"_id_"}},
		},
		"MongoDB 8: an aggregation in the slot-based engine": {
			`{"explainVersion": "2", "queryPlanner": {"winningPlan": {"isCached": false,
				"queryPlan": {"stage": "GROUP", "planNodeId": 3, "inputStage": {"stage": "PROJECTION_COVERED", "inputStage": {"stage": "IXSCAN", "indexName": "pending"}}},
				"slotBasedPlan": {"slots": "$$RESULT=s9", "stages": "[3] project"}}, "rejectedPlans": []}, "ok": 1}`,
			plan{indexes: []string{"pending"}},
		},
		"MongoDB 8: an aggregation with a cursor that scans": {
			`{"explainVersion": "1", "stages": [{"$cursor": {"queryPlanner": {"winningPlan": {"stage": "PROJECTION_SIMPLE", "inputStage": {"stage": "COLLSCAN"}}, "rejectedPlans": []}}},
				{"$group": {"_id": "$chat"}}], "ok": 1}`,
			plan{scans: true},
		},
		"MongoDB 8: either of two": {
			`{"queryPlanner": {"winningPlan": {"stage": "SUBPLAN", "inputStage": {"stage": "FETCH", "inputStage": {"stage": "OR", "inputStages": [
				{"stage": "IXSCAN", "indexName": "at"}, {"stage": "COLLSCAN"}]}}}, "rejectedPlans": []}, "ok": 1}`,
			plan{indexes: []string{"at"}, scans: true},
		},
		"a sharded cluster": {
			`{"queryPlanner": {"winningPlan": {"stage": "SHARD_MERGE", "shards": [{"shardName": "a", "winningPlan": {"stage": "COUNT", "inputStage": {"stage": "COUNT_SCAN", "indexName": "dead"}}},
				{"shardName": "b", "winningPlan": {"stage": "EOF"}}]}}, "ok": 1}`,
			plan{indexes: []string{"dead", "none"}},
		},
		"DocumentDB: an index": {
			`{"queryPlanner": {"Plan": {"Node Type": "Sort", "Plans": [{"Node Type": "Custom Scan", "IndexDetails": [{"indexName": "waiting"}], "IndexCosts": [{"indexName": "_id_"}],
				"Plans": [{"Node Type": "Bitmap Heap Scan", "Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "waiting", "Index Cond": "(document ...)"}]}]}]}}, "ok": 1}`,
			plan{indexes: []string{"waiting"}},
		},
		"DocumentDB: a key": {
			`{"queryPlanner": {"Plan": {"Node Type": "Index Scan", "Index Name": "_id_", "Index Cond": "((shard_key_value = '3'::bigint) AND (object_id OPERATOR(documentdb_core.=) '...'::documentdb_core.bson))"}}, "ok": 1}`,
			plan{indexes: []string{"_id_"}},
		},
		"DocumentDB: a scan": {
			`{"queryPlanner": {"Plan": {"Node Type": "Custom Scan", "IndexDetails": [{"indexName": "_id_"}], "Plans": [{"Node Type": "Bitmap Heap Scan", "Filter": "...",
				"Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "_id_", "Index Cond": "(shard_key_value = '3'::bigint)"}]}]}}, "ok": 1}`,
			plan{scans: true},
		},
		"DocumentDB: a scan of a table": {
			`{"queryPlanner": {"Plan": {"Node Type": "Aggregate", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "documents_3"}]}}, "ok": 1}`,
			plan{scans: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var raw bson.Raw
			if err := bson.UnmarshalExtJSON([]byte(row.explained), false, &raw); err != nil {
				t.Fatal(err)
			}
			got, err := readPlan(raw)
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(plan{})); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	if p, err := readPlan(bson.Raw("\x05\x00\x00\x00\x00")); err == nil {
		t.Errorf("an answer without a plan is read as %v", p)
	}
}

// recorder keeps the commands that a client sends.
type recorder struct {
	mu       sync.Mutex
	commands []bson.Raw
}

func (r *recorder) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.commands = append(r.commands, slices.Clone(e.Command))
	}}
}

func (r *recorder) seen() []bson.Raw {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commands)
}

// question is a command that looks for documents.
type question struct {
	collection string
	// command is what explain takes, lookup a find for the same, for servers that explain no writes.
	command, lookup bson.D
}

func (q question) String() string {
	b, _ := bson.MarshalExtJSON(q.command, false, false)
	return string(b)
}

// session holds the fields of a command that explain does not take.
var session = []string{"lsid", "$db", "$clusterTime", "txnNumber", "writeConcern", "readConcern", "maxTimeMS", "$readPreference"}

// questions returns what is asked in a command.
func questions(t *testing.T, command bson.Raw) []question {
	t.Helper()
	var all bson.D
	if err := bson.Unmarshal(command, &all); err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(e bson.E) bool { return slices.Contains(session, e.Key) })
	collection, _ := all[0].Value.(string)
	lookup := func(filter any) bson.D {
		return bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}}
	}
	field := func(d bson.D, key string) any {
		for _, e := range d {
			if e.Key == key {
				return e.Value
			}
		}
		return nil
	}
	switch all[0].Key {
	case "find", "aggregate", "count":
		return []question{{collection, all, all}}
	case "findAndModify":
		return []question{{collection, all, lookup(field(all, "query"))}}
	case "update", "delete":
		var out []question
		list := all[0].Key + "s"
		for _, one := range field(all, list).(bson.A) {
			out = append(out, question{
				collection, bson.D{all[0], {Key: list, Value: bson.A{one}}}, lookup(field(one.(bson.D), "q")),
			})
		}
		return out
	}
	return nil
}

// notImplemented are the codes by which a server says that it explains no such command.
var notImplemented = []int32{59, 238}

// explain asks the server how it would answer.
func explain(t *testing.T, db *driver.Database, q question) plan {
	t.Helper()
	ask := func(command bson.D) (raw bson.Raw, err error) {
		err = db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "queryPlanner"}}).Decode(&raw)
		return raw, err
	}
	raw, err := ask(q.command)
	var refused driver.CommandError
	if errors.As(err, &refused) && slices.Contains(notImplemented, refused.Code) {
		raw, err = ask(q.lookup)
	}
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	p, err := readPlan(raw)
	if err != nil {
		t.Fatalf("%s: %v: %s", q, err, raw)
	}
	return p
}

// small collections are read whole on purpose: there are as many reps, teams
// and holidays as a company has, and no index finds the middle of a customer's name.
var small = []string{"reps", "teams", "holidays", "customers"}

// whole are questions for everything there is.
var whole = []string{`{"find":"facts","filter":{},`, `{"find":"outcomes","filter":{},`, `{"find":"acts","filter":{},`}

// TestEveryCommandUsesAnIndex looks at every command that the methods of the
// store send, not at a list that somebody has to remember.
func TestEveryCommandUsesAnIndex(t *testing.T) {
	t.Parallel()
	uri := database(t)
	var sent recorder
	s, err := mongo.OpenWith(t.Context(), uri, mongo.Options{}, nil, func(o *options.ClientOptions) { o.SetMonitor(sent.monitor()) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begin := len(sent.seen())
	storagetest.Exercise(t, s)
	readOn(t, s)
	asked := make(map[string]question)
	for _, command := range sent.seen()[begin:] {
		for _, q := range questions(t, command) {
			asked[fmt.Sprint(q)] = q
		}
	}
	used := make(map[string]bool)
	for text, q := range asked {
		p := explain(t, mongo.Database(s), q)
		for _, i := range p.indexes {
			used[q.collection+"."+i] = true
		}
		if p.scans && !slices.Contains(small, q.collection) && !slices.ContainsFunc(whole, func(w string) bool { return strings.HasPrefix(text, w) }) {
			t.Errorf("reads all of %s: %s", q.collection, q)
		}
	}
	if len(asked) < 60 {
		t.Errorf("only %d commands were seen", len(asked))
	}
	for _, i := range []string{
		"inbox.waiting", "inbox.handled", "outbox.state", "outbox.pending", "facts.rep", "facts.team", "facts.date", "facts.located", "facts.latest", "facts.place", "facts.unsealed", "acts.about", "acts.unsealed",
		"outcomes._id_", "outcomes.rep", "outcomes.team", "outcomes.date", "outcomes.verified", "outcomes.customer", "complaints._id_", "complaints.open",
		"reps.logins", "customers.owner", "plans.date", "targets._id_", "routes._id_", "consents.rep", "runs.rendered", "fetches.open", "fetches.finished",
		"blobs.at", "blob_chunks.at", "prints.at", "prints.sha256", "prints.quarters", "imports.pending", "leases.until", "quotas.expires",
	} {
		if !used[i] {
			t.Errorf("the index %s is of no use", i)
		}
	}
}

// readOn calls what goes on where a page or a batch ended.
func readOn(t *testing.T, s storage.Store) {
	t.Helper()
	var facts []visit.Fact
	for i := range 501 {
		facts = append(facts, visit.Fact{ID: fmt.Sprint("page-", i), Rep: "r", Team: "t", Date: "2026-11-24"})
	}
	if err := s.Facts().Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	for _, f := range []storage.FactFilter{{}, {Rep: "r"}, {Team: "t"}, {Rep: "r", Team: "t", From: "2026-11-24", To: "2026-11-24"}} {
		for _, err := range s.Facts().Range(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 501 {
		o := visit.Outcome{Rep: "r", Team: "t", Date: visit.Date("2026-11-24").Add(i)}
		if err := s.Outcomes().Put(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []storage.FactFilter{{}, {Rep: "r"}, {Team: "t"}, {Rep: "r", Team: "t", From: "2026-11-24", To: "2099-12-31"}} {
		for _, err := range s.Outcomes().Range(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Inbox().Pending(t.Context(), noon, storage.Cursor{Next: noon, Key: "k"}, 1); err != nil {
		t.Fatal(err)
	}
	for i := range 21 {
		if err := s.Media().PutBlob(t.Context(), storage.Blob{SHA256: fmt.Sprint(i), Data: []byte{1}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Media().Sweep(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
}
