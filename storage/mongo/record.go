package mongo

import (
	"context"
	"crypto/rand"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

// newSalt is a salt for one thing. It cannot fail: the process ends first.
func newSalt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return b
}

type record struct{ s *Store }

type blockDoc struct {
	Number int64         `bson:"_id"`
	V      int32         `bson:"v"`
	At     bson.DateTime `bson:"at"`
	Prev   []byte        `bson:"prev"`
	Root   []byte        `bson:"root"`
	Hash   []byte        `bson:"hash"`
	Leaves []leafDoc     `bson:"leaves"`
}

type leafDoc struct {
	Kind    string `bson:"kind"`
	Of      string `bson:"of,omitempty"`
	Payload []byte `bson:"payload"`
	Place   []byte `bson:"place,omitempty"`
}

func newBlockDoc(b storage.Block) blockDoc {
	d := blockDoc{Number: b.Number, V: form, At: date(b.At), Prev: b.Prev[:], Root: b.Root[:], Hash: b.Hash[:], Leaves: make([]leafDoc, len(b.Leaves))}
	for i, l := range b.Leaves {
		d.Leaves[i] = leafDoc{Kind: string(l.Kind), Of: l.Of, Payload: l.Payload[:]}
		if l.Place != [32]byte{} {
			d.Leaves[i].Place = l.Place[:]
		}
	}
	return d
}

func (d blockDoc) record() storage.Block {
	b := storage.Block{Number: d.Number, At: instant(d.At), Leaves: make([]storage.Leaf, len(d.Leaves))}
	copy(b.Prev[:], d.Prev)
	copy(b.Root[:], d.Root)
	copy(b.Hash[:], d.Hash)
	for i, l := range d.Leaves {
		b.Leaves[i] = storage.Leaf{Kind: storage.ThingKind(l.Kind), Of: l.Of}
		copy(b.Leaves[i].Payload[:], l.Payload)
		copy(b.Leaves[i].Place[:], l.Place)
	}
	return b
}

// thingDoc is a fact with what it takes to seal it.
type thingDoc factDoc

func (d thingDoc) record() storage.Thing {
	f := factDoc(d).record()
	return storage.Thing{Kind: storage.ThingFact, Fact: &f, Salt: d.Salt, PlaceSalt: d.PlaceSalt, Block: d.Block}
}

type actDoc struct {
	ID     string        `bson:"_id"`
	V      int32         `bson:"v"`
	Kind   string        `bson:"kind"`
	At     bson.DateTime `bson:"at"`
	By     string        `bson:"by,omitempty"`
	About  string        `bson:"about,omitempty"`
	Team   string        `bson:"team,omitempty"`
	What   string        `bson:"what,omitempty"`
	Reason string        `bson:"reason,omitempty"`
	Salt   []byte        `bson:"salt"`
	Block  int64         `bson:"block"`
}

func newAct(a visit.Act) actDoc {
	return actDoc{a.ID, form, string(a.Kind), date(a.At), a.By, a.About, a.Team, a.What, a.Reason, newSalt(), 0}
}

func (d actDoc) act() visit.Act {
	return visit.Act{
		ID: d.ID, Kind: visit.ActKind(d.Kind), At: instant(d.At), By: d.By, About: d.About, Team: d.Team, What: d.What, Reason: d.Reason,
	}
}

func (d actDoc) record() storage.Thing {
	a := d.act()
	return storage.Thing{Kind: storage.ThingAct, Act: &a, Salt: d.Salt, Block: d.Block}
}

// unsealed finds what no block holds. What a version wrote that knew of no
// record has neither block nor salt.
var unsealed = bson.D{{Key: "block", Value: among(bson.A{nil, int64(0)})}}

func (r record) Unsealed(ctx context.Context, limit int) ([]storage.Thing, error) {
	const doing = "reading what is not sealed"
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	sorted := options.Find().SetSort(by("at", "_id"))
	things, err := many[thingDoc](bound, r.s, doing, factsName, unsealed, sorted.SetLimit(int64(limit)))
	if err != nil {
		return nil, err
	}
	if err := r.salted(bound, things); err != nil {
		return nil, translate(ctx, doing, err)
	}
	if len(things) == limit {
		return things, nil
	}
	acts, err := many[actDoc](bound, r.s, doing, actsName, unsealed, options.Find().SetSort(by("at", "_id")).SetLimit(int64(limit-len(things))))
	return append(things, acts...), err
}

// salted gives salts to the facts that have none yet, for good.
func (r record) salted(ctx context.Context, things []storage.Thing) error {
	for i, t := range things {
		if t.Salt != nil {
			continue
		}
		set := bson.D{{Key: "salt", Value: newSalt()}}
		if t.Fact.Located() {
			set = append(set, bson.E{Key: "place_salt", Value: newSalt()})
		}
		_, err := r.s.in(factsName).UpdateOne(ctx, append(key(t.Fact.ID), bson.E{Key: "salt", Value: bson.D{{Key: "$exists", Value: false}}}), bson.D{{Key: "$set", Value: set}})
		if err != nil {
			return err
		}
		// Somebody else may have been faster.
		var d thingDoc
		if err := r.s.in(factsName).FindOne(ctx, key(t.Fact.ID)).Decode(&d); err != nil {
			return err
		}
		things[i] = d.record()
	}
	return nil
}

func (r record) Seal(ctx context.Context, b storage.Block) error {
	const doing = "sealing a block"
	doc, err := encode(newBlockDoc(b))
	if err != nil {
		return translate(ctx, doing, err)
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	fresh, err := r.s.insert(bound, doing, blocksName, doc)
	if err != nil {
		return err
	}
	if !fresh {
		return translate(ctx, doing, storage.ErrConflict)
	}
	return r.Settle(ctx, b)
}

func (r record) Settle(ctx context.Context, b storage.Block) error {
	const doing = "marking what is sealed"
	ids, salts := make(map[storage.ThingKind][]string), make(map[storage.ThingKind][][]byte)
	for _, l := range b.Leaves {
		if l.Salt != nil {
			ids[l.Kind], salts[l.Kind] = append(ids[l.Kind], l.Of), append(salts[l.Kind], l.Salt)
		}
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	for kind, in := range map[storage.ThingKind]string{storage.ThingFact: factsName, storage.ThingAct: actsName} {
		if len(ids[kind]) == 0 {
			continue
		}
		// No two things have one salt.
		filter := append(append(key(among(ids[kind])), unsealed...), bson.E{Key: "salt", Value: among(salts[kind])})
		_, err := r.s.in(in).UpdateMany(bound, filter, bson.D{{Key: "$set", Value: bson.D{{Key: "block", Value: b.Number}}}})
		if err != nil {
			return translate(ctx, doing, err)
		}
	}
	return nil
}

func (r record) Head(ctx context.Context) (storage.Block, error) {
	return one[blockDoc](ctx, r.s, "reading the head of the record", blocksName, key(above(int64(0))), options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}))
}

// blockPage is how many blocks are read at once.
const blockPage = 16

func (r record) Blocks(ctx context.Context, from int64) iter.Seq2[storage.Block, error] {
	return func(yield func(storage.Block, error) bool) {
		for {
			bound, cancel := bounded(ctx, listTimeout)
			page, err := many[blockDoc](bound, r.s, "reading the record", blocksName,
				key(bson.D{{Key: "$gte", Value: from}}), options.Find().SetSort(by("_id")).SetLimit(blockPage))
			cancel()
			if err != nil {
				yield(storage.Block{}, err)
				return
			}
			for _, b := range page {
				if !yield(b, nil) {
					return
				}
				from = b.Number + 1
			}
			if len(page) < blockPage {
				return
			}
		}
	}
}

func (r record) Things(ctx context.Context, kind storage.ThingKind, ids ...string) ([]storage.Thing, error) {
	const doing = "reading what is sealed"
	if len(ids) == 0 {
		return nil, translate(ctx, doing, r.s.ready(ctx))
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	if kind == storage.ThingAct {
		return many[actDoc](bound, r.s, doing, actsName, key(among(ids)), options.Find())
	}
	return many[thingDoc](bound, r.s, doing, factsName, key(among(ids)), options.Find())
}

func (r record) Sealed(ctx context.Context) (int, error) {
	const doing = "counting what is sealed"
	n := 0
	for _, in := range []string{factsName, actsName} {
		some, err := r.s.count(ctx, doing, in, bson.D{{Key: "block", Value: above(int64(0))}})
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

type acts struct{ s *Store }

func (a acts) Append(ctx context.Context, add ...visit.Act) error {
	const doing = "appending acts"
	if len(add) == 0 {
		return translate(ctx, doing, a.s.ready(ctx))
	}
	docs := make([]actDoc, 0, len(add))
	seen := make(map[string]bool, len(add))
	for _, act := range add {
		// The first of an id counts; the server need not keep to an order.
		if seen[act.ID] {
			continue
		}
		seen[act.ID] = true
		docs = append(docs, newAct(act))
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	_, err := a.s.in(actsName).InsertMany(bound, docs, options.InsertMany().SetOrdered(false))
	if duplicate(err) {
		return nil
	}
	return translate(ctx, doing, err)
}

func (a acts) About(ctx context.Context, person string, from time.Time, limit int) ([]visit.Act, error) {
	things, err := many[actDoc](ctx, a.s, "reading acts", actsName,
		bson.D{{Key: "about", Value: person}, {Key: "at", Value: bson.D{{Key: "$gte", Value: date(from)}}}},
		options.Find().SetSort(newestFirst).SetLimit(int64(limit)))
	var out []visit.Act
	for _, t := range things {
		out = append(out, *t.Act)
	}
	return out, err
}
