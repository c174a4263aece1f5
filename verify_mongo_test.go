package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage/mongo"
	"roundsman/storage/storagetest/fresh"
)

func TestEveryChangeOfMongoDBIsFound(t *testing.T) {
	t.Parallel()
	uri := fresh.MongoDB(t)
	store, err := mongo.Open(t.Context(), uri, mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	head := sealedCompany(t, store, 240)
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	name := uri[strings.LastIndex(uri, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	findAll(t, store, head, newMongoTamperer(t, client.Database(name)))
}

// mongoTamperer changes a MongoDB database behind the store's back.
type mongoTamperer struct {
	ctx    context.Context
	db     *driver.Database
	leaves map[[2]string][2]int
	ids    map[string][]string
	blocks int
}

func newMongoTamperer(t *testing.T, db *driver.Database) *mongoTamperer {
	t.Helper()
	m := &mongoTamperer{ctx: t.Context(), db: db, leaves: make(map[[2]string][2]int), ids: make(map[string][]string)}
	var all []struct {
		Number int `bson:"_id"`
		Leaves []struct{ Kind, Of string }
	}
	c, err := db.Collection("blocks").Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = c.All(t.Context(), &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		for i, l := range b.Leaves {
			m.leaves[[2]string{l.Kind + "s", l.Of}] = [2]int{b.Number, i}
			m.ids[l.Kind+"s"] = append(m.ids[l.Kind+"s"], l.Of)
		}
		m.blocks = b.Number
	}
	return m
}

func (m *mongoTamperer) get(in string, id any) (doc bson.D, err error) {
	err = m.db.Collection(in).FindOne(m.ctx, bson.D{{Key: "_id", Value: id}}).Decode(&doc)
	return doc, err
}

// put writes a document whole, whether one of its key is there or not.
func (m *mongoTamperer) put(in string, doc bson.D) error {
	_, err := m.db.Collection(in).ReplaceOne(m.ctx, bson.D{doc[0]}, doc, options.Replace().SetUpsert(true))
	return err
}

func (m *mongoTamperer) drop(in string, filter bson.D) error {
	_, err := m.db.Collection(in).DeleteMany(m.ctx, filter)
	return err
}

func (m *mongoTamperer) at(x mutation, in, id string) mutation {
	at := m.leaves[[2]string{in, id}]
	x.block, x.index = uint64(at[0]), at[1]
	return x
}

func (m *mongoTamperer) mutate(r *rand.Rand) (mutation, error) {
	in := []string{"facts", "facts", "facts", "acts", "blocks"}[r.IntN(5)]
	if in == "blocks" {
		number := 1 + r.IntN(m.blocks)
		if r.IntN(4) == 0 {
			return m.cut(number)
		}
		return m.block(r, number)
	}
	id := m.ids[in][r.IntN(len(m.ids[in]))]
	doc, err := m.get(in, id)
	if err != nil {
		return mutation{what: in + " " + id}, err
	}
	switch r.IntN(6) {
	case 0:
		x := m.at(mutation{what: "remove " + in + " " + id, undo: func() error { return m.put(in, doc) }}, in, id)
		return x, m.drop(in, bson.D{{Key: "_id", Value: id}})
	case 1:
		return m.swap(r, in, id, doc)
	case 2:
		added := append(bson.D{{Key: "_id", Value: fmt.Sprint("added-", r.Int64())}}, doc[1:]...)
		return mutation{what: "add " + in, index: -1, undo: func() error { return m.drop(in, bson.D{added[0]}) }}, m.put(in, added)
	}
	changed, name := alteredDoc(r, doc)
	x := m.at(mutation{what: "alter " + in + " " + id + " " + name, undo: func() error { return m.put(in, doc) }}, in, id)
	return x, m.put(in, changed)
}

// swap gives two documents each other's content.
func (m *mongoTamperer) swap(r *rand.Rand, in, id string, doc bson.D) (mutation, error) {
	other := id
	for other == id {
		other = m.ids[in][r.IntN(len(m.ids[in]))]
	}
	second, err := m.get(in, other)
	if err != nil {
		return mutation{what: "swap"}, err
	}
	x := mutation{what: "swap " + id + " " + other, undo: func() error { return errors.Join(m.put(in, doc), m.put(in, second)) }}
	a, b := m.leaves[[2]string{in, id}], m.leaves[[2]string{in, other}]
	first := id
	if slices.Compare(b[:], a[:]) < 0 {
		first = other
	}
	return m.at(x, in, first), errors.Join(
		m.put(in, append(bson.D{doc[0]}, second[1:]...)), m.put(in, append(bson.D{second[0]}, doc[1:]...)))
}

// notSealed are the fields of a document that say nothing of what it is about.
var notSealed = []string{"_id", "v", "located"}

// alteredDoc changes one value of a document, and says which.
func alteredDoc(r *rand.Rand, doc bson.D) (bson.D, string) {
	i := r.IntN(len(doc))
	for slices.Contains(notSealed, doc[i].Key) {
		i = r.IntN(len(doc))
	}
	out := slices.Clone(doc)
	value, name := alteredValue(r, out[i].Value)
	out[i].Value = value
	return out, out[i].Key + name
}

func alteredValue(r *rand.Rand, v any) (any, string) {
	switch v := v.(type) {
	case bson.D:
		out := slices.Clone(v)
		i := r.IntN(len(out))
		value, name := alteredValue(r, out[i].Value)
		key := out[i].Key
		out[i].Value = value
		return out, "." + key + name
	case bson.A:
		out := slices.Clone(v)
		i := r.IntN(len(out))
		value, name := alteredValue(r, out[i])
		out[i] = value
		return out, fmt.Sprint("[", i, "]", name)
	case string:
		return v + "x", ""
	case int64:
		return v + 1, ""
	case int32:
		return v + 1, ""
	case float64:
		return v + 0.5, ""
	case bool:
		return !v, ""
	case bson.DateTime:
		return v + 1, ""
	case bson.Binary:
		data := slices.Clone(v.Data)
		data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		return bson.Binary{Subtype: v.Subtype, Data: data}, ""
	}
	return "another", fmt.Sprintf(" (%T)", v)
}

// block changes a block.
func (m *mongoTamperer) block(r *rand.Rand, number int) (mutation, error) {
	doc, err := m.get("blocks", int64(number))
	x := mutation{what: fmt.Sprint("block ", number), block: uint64(number), index: -1, undo: func() error { return m.put("blocks", doc) }}
	if err != nil {
		return x, err
	}
	changed := slices.Clone(doc)
	i := slices.IndexFunc(changed, func(e bson.E) bool { return e.Key == "leaves" })
	leaves := slices.Clone(changed[i].Value.(bson.A))
	leaf := r.IntN(len(leaves))
	switch r.IntN(4) {
	case 0:
		leaves = slices.Delete(leaves, leaf, leaf+1)
	case 1:
		l := slices.Clone(leaves[leaf].(bson.D))
		for j := range l {
			if l[j].Key == "of" {
				l[j].Value, x.index = "another", leaf
			}
		}
		leaves[leaf] = l
	default:
		changed, _ = alteredDoc(r, doc)
		for changed[i].Key != "leaves" || fmt.Sprint(changed[i].Value) != fmt.Sprint(doc[i].Value) {
			changed, _ = alteredDoc(r, doc)
		}
		return x, m.put("blocks", changed)
	}
	changed[i].Value = leaves
	return x, m.put("blocks", changed)
}

// cut removes a block and all after it, with what they hold.
func (m *mongoTamperer) cut(number int) (mutation, error) {
	x := mutation{what: fmt.Sprint("cut from ", number), block: uint64(number), index: -1}
	kept := make(map[string][]bson.D)
	for in, field := range map[string]string{"blocks": "_id", "facts": "block", "acts": "block"} {
		from := bson.D{{Key: field, Value: bson.D{{Key: "$gte", Value: int64(number)}}}}
		c, err := m.db.Collection(in).Find(m.ctx, from)
		if err != nil {
			return x, err
		}
		var docs []bson.D
		if err := c.All(m.ctx, &docs); err != nil {
			return x, err
		}
		kept[in] = docs
		if err := m.drop(in, from); err != nil {
			return x, err
		}
	}
	x.undo = func() error {
		var errs []error
		for in, docs := range kept {
			if len(docs) == 0 {
				continue
			}
			_, err := m.db.Collection(in).InsertMany(m.ctx, docs)
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}
	return x, nil
}
