package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/notary"
	"roundsman/record"
	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// sealedCompany keeps a few weeks of facts and acts, sealed day by day.
func sealedCompany(t *testing.T, store storage.Store, facts int) record.Head {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	owner := 0
	n := notary.New(store, func() time.Time { return now }, func() string { owner++; return fmt.Sprint(owner) })
	var all []visit.Fact
	flush := func() {
		t.Helper()
		if err := store.Facts().Append(ctx, all...); err != nil {
			t.Fatal(err)
		}
		act := visit.Act{ID: fmt.Sprint("act-", now.Unix()), Kind: visit.ActLook, At: now, By: "M01", About: "R01", What: "map"}
		if err := store.Acts().Append(ctx, act); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Seal(ctx); err != nil {
			t.Fatal(err)
		}
		all, now = all[:0], now.Add(24*time.Hour)
	}
	for i := range facts {
		f := visit.Fact{
			ID: fmt.Sprintf("wecom:m:%d/fix", 7_000_000_000+i), Kind: visit.KindFix, Rep: fmt.Sprintf("R%02d", i%8), Team: "华东一队",
			Date: visit.DateOf(now), At: now.Add(time.Duration(i) * time.Second), Received: now.Add(time.Duration(i+1) * time.Second),
			Platform: "wecom", Message: fmt.Sprint(7_000_000_000 + i),
			Fix: &visit.Fix{
				Point: geo.Point{Lat: 31.23 + float64(i)/1e5, Lng: 121.47, Datum: geo.GCJ02}, Address: "南京东路", Support: -1,
				Evidence: visit.EvidencePin, Rule: visit.RuleVersion, MaxAccuracy: 150,
				Claims: []visit.Claim{{Customer: fmt.Sprint("C", i%40), Verdict: visit.Verified, Distance: 23.5, Radius: 200, Near: 500}},
			},
		}
		switch i % 4 {
		case 1:
			f.Kind, f.Fix, f.Note = visit.KindNote, nil, "补货两箱"
		case 2:
			f.Kind, f.Fix, f.Decision, f.By = visit.KindDecision, nil, &visit.Decision{Visit: "v", Verdict: visit.Verified}, "M01"
		case 3:
			f.Kind, f.Fix, f.Result = visit.KindResult, nil, &visit.Result{Order: new(int64(1_200_000))}
		}
		if all = append(all, f); len(all) == 60 {
			flush()
		}
	}
	flush()
	head, err := n.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// mutation is one change of a store behind its back, and how it is taken back.
type mutation struct {
	what string
	undo func() error
	// block and index are where it is found; index −1 is the block itself, block 0 outside of all.
	block uint64
	index int
}

// tamperer changes a store behind its back.
type tamperer interface {
	// mutate makes a change that r draws.
	mutate(r *rand.Rand) (mutation, error)
}

// mutations are how many single changes of a store are all found.
const mutations = 1000

// findAll makes many changes, one at a time, and has each found where it was made.
func findAll(t *testing.T, store storage.Store, head record.Head, by tamperer) {
	t.Helper()
	if report, err := notary.Verify(t.Context(), store, notary.Question{Witnessed: []record.Head{head}}); err != nil || report.Unsealed {
		t.Fatalf("before anything is changed: %+v, %v", report, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	n := mutations
	if testing.Short() {
		n /= 10
	}
	kinds := make(map[string]int)
	for range n {
		m, err := by.mutate(r)
		if err != nil {
			t.Fatalf("%s: %v", m.what, err)
		}
		kinds[strings.Fields(m.what)[0]]++
		_, err = notary.Verify(t.Context(), store, notary.Question{Witnessed: []record.Head{head}})
		var p *notary.Problem
		switch {
		case !errors.As(err, &p):
			t.Errorf("%s: it is not found: %v", m.what, err)
		case p.Block != m.block || p.Index != m.index:
			t.Errorf("%s: found at block %d, record %d, want %d, %d: %v", m.what, p.Block, p.Index+1, m.block, m.index+1, err)
		}
		if err := m.undo(); err != nil {
			t.Fatalf("%s: take it back: %v", m.what, err)
		}
	}
	if _, err := notary.Verify(t.Context(), store, notary.Question{Witnessed: []record.Head{head}}); err != nil {
		t.Errorf("after everything was taken back: %v", err)
	}
	t.Logf("%d changes: %v", n, kinds)
}

func TestEveryChangeOfSQLiteIsFound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	head := sealedCompany(t, store, 240)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	findAll(t, store, head, newSQLTamperer(t, db))
}

// sqlTamperer changes an SQLite database by its own statements.
type sqlTamperer struct {
	ctx context.Context
	db  *sql.DB
	// leaves are where each thing is, by table and id.
	leaves map[[2]string][2]int
	ids    map[string][]string
	blocks int
}

func newSQLTamperer(t *testing.T, db *sql.DB) *sqlTamperer {
	t.Helper()
	s := &sqlTamperer{ctx: t.Context(), db: db, leaves: make(map[[2]string][2]int), ids: make(map[string][]string)}
	rows, err := db.QueryContext(t.Context(), "SELECT number, doc FROM blocks ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int
		var doc []byte
		if err := rows.Scan(&number, &doc); err != nil {
			t.Fatal(err)
		}
		var b struct {
			Leaves []struct{ Kind, Of string }
		}
		if err := json.Unmarshal(doc, &b); err != nil {
			t.Fatal(err)
		}
		for i, l := range b.Leaves {
			s.leaves[[2]string{l.Kind + "s", l.Of}] = [2]int{number, i}
			s.ids[l.Kind+"s"] = append(s.ids[l.Kind+"s"], l.Of)
		}
		s.blocks = number
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// columns are those of the tables by which something may be altered.
var columns = map[string][]string{
	"facts":  {"id", "rep", "team", "date", "at", "doc", "salt", "block"},
	"acts":   {"id", "about", "at", "doc", "salt", "block"},
	"blocks": {"number", "doc"},
}

func (s *sqlTamperer) mutate(r *rand.Rand) (mutation, error) {
	table := []string{"facts", "facts", "facts", "acts", "blocks"}[r.IntN(5)]
	if table == "blocks" {
		number := 1 + r.IntN(s.blocks)
		if r.IntN(4) == 0 {
			return s.cut(number)
		}
		return s.block(r, number)
	}
	id := s.ids[table][r.IntN(len(s.ids[table]))]
	switch r.IntN(6) {
	case 0:
		return s.remove(table, id)
	case 1:
		return s.swap(r, table, id)
	case 2:
		return s.add(r, table, id)
	}
	return s.alter(r, table, id)
}

// row reads a whole row, to put it back.
func (s *sqlTamperer) row(table, key string, id any) (map[string]any, error) {
	rows, err := s.db.QueryContext(s.ctx, "SELECT * FROM "+table+" WHERE "+key+" = ?", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(names))
	to := make([]any, len(names))
	for i := range values {
		to[i] = &values[i]
	}
	if !rows.Next() {
		return nil, errors.Join(fmt.Errorf("%s has no %v", table, id), rows.Err())
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(names))
	for i, n := range names {
		out[n] = values[i]
	}
	return out, nil
}

func (s *sqlTamperer) exec(query string, args ...any) error {
	_, err := s.db.ExecContext(s.ctx, query, args...)
	return err
}

// insert puts a row back.
func (s *sqlTamperer) insert(table string, row map[string]any) error {
	var names []string
	var args []any
	for n, v := range row {
		names, args = append(names, n), append(args, v)
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	return s.exec("INSERT OR REPLACE INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+marks+")", args...)
}

func (s *sqlTamperer) at(m mutation, table, id string) mutation {
	at := s.leaves[[2]string{table, id}]
	m.block, m.index = uint64(at[0]), at[1]
	return m
}

func (s *sqlTamperer) remove(table, id string) (mutation, error) {
	row, err := s.row(table, "id", id)
	m := s.at(mutation{what: "remove " + table + " " + id, undo: func() error { return s.insert(table, row) }}, table, id)
	return m, errors.Join(err, s.exec("DELETE FROM "+table+" WHERE id = ?", id))
}

// swap gives two rows each other's documents.
func (s *sqlTamperer) swap(r *rand.Rand, table, id string) (mutation, error) {
	other := id
	for other == id {
		other = s.ids[table][r.IntN(len(s.ids[table]))]
	}
	a, errA := s.row(table, "id", id)
	b, errB := s.row(table, "id", other)
	m := mutation{what: "swap " + id + " " + other, undo: func() error { return errors.Join(s.insert(table, a), s.insert(table, b)) }}
	if err := errors.Join(errA, errB); err != nil {
		return m, err
	}
	x, y := s.leaves[[2]string{table, id}], s.leaves[[2]string{table, other}]
	if slices.Compare(x[:], y[:]) < 0 {
		m = s.at(m, table, id)
	} else {
		m = s.at(m, table, other)
	}
	return m, errors.Join(
		s.exec("UPDATE "+table+" SET doc = ? WHERE id = ?", b["doc"], id),
		s.exec("UPDATE "+table+" SET doc = ? WHERE id = ?", a["doc"], other))
}

// add puts in a copy of a row that claims to be sealed.
func (s *sqlTamperer) add(r *rand.Rand, table, id string) (mutation, error) {
	row, err := s.row(table, "id", id)
	if err != nil {
		return mutation{}, err
	}
	row["id"] = fmt.Sprint("added-", r.Int64())
	m := mutation{what: "add " + table, undo: func() error { return s.exec("DELETE FROM "+table+" WHERE id = ?", row["id"]) }, index: -1}
	return m, s.insert(table, row)
}

// alter changes one column, or one value in the document.
func (s *sqlTamperer) alter(r *rand.Rand, table, id string) (mutation, error) {
	row, err := s.row(table, "id", id)
	column := columns[table][r.IntN(len(columns[table]))]
	m := s.at(mutation{what: "alter " + table + "." + column + " of " + id}, table, id)
	if err != nil {
		return m, err
	}
	value := row[column]
	switch v := value.(type) {
	case int64:
		value = v + 1
	case []byte:
		b := bytes.Clone(v)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		value = b
	case string:
		value = v + "x"
		if column == "doc" {
			var changed string
			value, changed, err = altered(r, v)
			m.what += ", " + changed
		}
	}
	now := any(id)
	if column == "id" {
		now = value
	}
	m.undo = func() error { return s.exec("UPDATE "+table+" SET "+column+" = ? WHERE id = ?", row[column], now) }
	return m, errors.Join(err, s.exec("UPDATE "+table+" SET "+column+" = ? WHERE id = ?", value, id))
}

// altered changes one value of a JSON document, and says which. What the columns
// hold as well is altered there.
func altered(r *rand.Rand, doc string) (string, string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", "", err
	}
	type place struct {
		name string
		set  func(any)
		is   any
	}
	var places []place
	var walk func(name string, v any, set func(any))
	walk = func(name string, v any, set func(any)) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				if name == "" && slices.Contains([]string{"id", "rep", "team", "date", "at", "about"}, k) {
					continue
				}
				walk(name+"."+k, e, func(x any) { v[k] = x })
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprint(name, i), e, func(x any) { v[i] = x })
			}
		default:
			places = append(places, place{name, set, v})
		}
	}
	walk("", v, nil)
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.name, b.name) })
	p := places[r.IntN(len(places))]
	switch is := p.is.(type) {
	case string:
		if strings.HasSuffix(p.name, "received") {
			p.set("2026-01-01T00:00:00Z")
		} else {
			p.set(is + "x")
		}
	case json.Number:
		p.set(json.Number(is.String() + "1"))
		if !strings.Contains(is.String(), ".") {
			p.set(json.Number("7" + strings.TrimPrefix(is.String(), "-")))
		}
	case bool:
		p.set(!is)
	}
	out, err := json.Marshal(v)
	return string(out), p.name, err
}

// block changes a block or removes it.
func (s *sqlTamperer) block(r *rand.Rand, number int) (mutation, error) {
	row, err := s.row("blocks", "number", number)
	m := mutation{what: fmt.Sprint("block ", number), block: uint64(number), index: -1, undo: func() error { return s.insert("blocks", row) }}
	if err != nil {
		return m, err
	}
	var d struct {
		At     int64            `json:"at"`
		Prev   []byte           `json:"prev"`
		Root   []byte           `json:"root"`
		Hash   []byte           `json:"hash"`
		Leaves []map[string]any `json:"leaves"`
	}
	if err := json.Unmarshal([]byte(row["doc"].(string)), &d); err != nil {
		return m, err
	}
	leaf := r.IntN(len(d.Leaves))
	flip := func(b []byte) { b[r.IntN(len(b))] ^= 1 << r.IntN(8) }
	switch r.IntN(8) {
	case 0:
		d.At++
	case 1:
		flip(d.Prev)
	case 2:
		flip(d.Root)
	case 3:
		flip(d.Hash)
	case 4:
		d.Leaves = slices.Delete(d.Leaves, leaf, leaf+1)
	case 5:
		d.Leaves[leaf]["payload"] = make([]byte, 32)
	case 6:
		m.index = leaf
		d.Leaves[leaf]["of"] = "another"
	case 7:
		m.index = leaf
		delete(d.Leaves[leaf], "of")
	}
	doc, err := json.Marshal(d)
	return m, errors.Join(err, s.exec("UPDATE blocks SET doc = ? WHERE number = ?", string(doc), number))
}

// cut removes a block and all after it, with what they hold.
func (s *sqlTamperer) cut(number int) (mutation, error) {
	m := mutation{what: fmt.Sprint("cut from ", number), block: uint64(number), index: -1}
	type kept struct {
		table string
		row   map[string]any
	}
	var rows []kept
	for n := number; n <= s.blocks; n++ {
		row, err := s.row("blocks", "number", n)
		if err != nil {
			return m, err
		}
		rows = append(rows, kept{"blocks", row})
	}
	for at, leaf := range s.leaves {
		if leaf[0] < number {
			continue
		}
		row, err := s.row(at[0], "id", at[1])
		if err != nil {
			return m, err
		}
		rows = append(rows, kept{at[0], row})
	}
	m.undo = func() error {
		var errs []error
		for _, k := range rows {
			errs = append(errs, s.insert(k.table, k.row))
		}
		return errors.Join(errs...)
	}
	return m, errors.Join(s.exec("DELETE FROM blocks WHERE number >= ?", number),
		s.exec("DELETE FROM facts WHERE block >= ?", number), s.exec("DELETE FROM acts WHERE block >= ?", number))
}
