package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type persons struct{ s *Store }

// seenDoc is a document as far as an erasure looks at it.
type seenDoc struct {
	ID       string `bson:"_id"`
	Chat     string `bson:"chat"`
	By       string `bson:"by"`
	Cause    string `bson:"cause"`
	UndoneBy string `bson:"undone_by"`
	State    string `bson:"state"`
	Held     bool   `bson:"held"`
	Payload  []byte `bson:"payload"`
	Body     []byte `bson:"body"`
	Data     []byte `bson:"data"`
}

// seenPage is how many documents are looked at at once: some hold files.
const seenPage = 50

// fate is what becomes of a document.
type fate int

const (
	stays fate = iota
	goes
	changes
)

// each looks at all documents of a collection by their keys.
func (p persons) each(ctx context.Context, in string, filter, change bson.D, decide func(seenDoc) fate) error {
	last := ""
	for {
		page, err := p.page(ctx, in, append(key(above(last)), filter...))
		if err != nil {
			return err
		}
		var gone, changed []string
		for _, d := range page {
			last = d.ID
			switch decide(d) {
			case goes:
				gone = append(gone, d.ID)
			case changes:
				changed = append(changed, d.ID)
			case stays:
			}
		}
		bound, cancel := bounded(ctx, longTimeout)
		if len(gone) > 0 {
			_, err = p.s.in(in).DeleteMany(bound, key(among(gone)))
		}
		if err == nil && len(changed) > 0 {
			_, err = p.s.in(in).UpdateMany(bound, append(key(among(changed)), filter...), change)
		}
		cancel()
		if err != nil || len(page) < seenPage {
			return err
		}
	}
}

func (p persons) page(ctx context.Context, in string, filter bson.D) ([]seenDoc, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return find[seenDoc](bound, p.s, in, filter, options.Find().SetSort(by("_id")).SetLimit(seenPage))
}

func (p persons) Erase(ctx context.Context, id string, f storage.Finder) (left int, err error) {
	const doing = "erasing a person"
	if err := p.own(ctx, id); err != nil {
		return 0, translate(ctx, doing, err)
	}
	set := func(field string, value any) bson.D {
		return bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}}
	}
	keyed := func(d seenDoc) fate {
		if f.Key(d.ID) || f.Event(d.Payload) {
			return goes
		}
		return stays
	}
	steps := []struct {
		in             string
		filter, change bson.D
		decide         func(seenDoc) fate
	}{
		{in: inboxName, decide: keyed},
		{in: outboxName, filter: bson.D{{Key: "state", Value: storage.PostPending}}, decide: func(d seenDoc) fate {
			if f.Key(d.Chat) {
				return goes
			}
			if f.Key(d.ID) || f.Payload(d.Body) {
				left++
			}
			return stays
		}},
		{
			in: outboxName, filter: bson.D{{Key: "state", Value: bson.D{{Key: "$ne", Value: storage.PostPending}}}}, change: set("body", []byte("{}")),
			decide: func(d seenDoc) fate {
				switch {
				case f.Key(d.Chat), f.Key(d.ID):
					return goes
				case f.Payload(d.Body):
					return changes
				}
				return stays
			},
		},
		{in: runsName, change: bson.D{{Key: "$unset", Value: bson.D{{Key: "body", Value: ""}}}}, decide: func(d seenDoc) fate {
			switch {
			case f.Key(d.ID):
				return goes
			case !f.Payload(d.Body):
				return stays
			case d.State == string(storage.RunRendered):
				left++
				return stays
			}
			return changes
		}},
		{in: importsName, decide: func(d seenDoc) fate {
			switch {
			case !f.Payload(d.Data):
				return stays
			case d.Held:
				return goes
			}
			left++
			return stays
		}},
		{in: undosName, decide: func(d seenDoc) fate {
			if f.Key(d.ID) || f.Key(d.By) || f.Key(d.Cause) || f.Key(d.UndoneBy) || f.Payload(d.Data) {
				return goes
			}
			return stays
		}},
		{in: leasesName, decide: keyed},
		{in: quotasName, decide: func(d seenDoc) fate {
			if f.Key(d.ID) {
				return goes
			}
			return stays
		}},
	}
	for _, s := range steps {
		if s.filter == nil {
			s.filter = bson.D{}
		}
		if err := p.each(ctx, s.in, s.filter, s.change, s.decide); err != nil {
			return 0, translate(ctx, doing, err)
		}
	}
	return left, translate(ctx, doing, p.complaints(ctx, f))
}

// complaints are others', whoever of them the person opened, saw to or closed.
func (p persons) complaints(ctx context.Context, f storage.Finder) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	all, err := find[complaintRecord](bound, p.s, complaintsName, key(above("")), options.Find())
	if err != nil {
		return err
	}
	for _, c := range all {
		named := c
		named.ID, named.ClosedBy = f.Renamed(c.ID), f.Renamed(c.ClosedBy)
		for _, by := range []*string{&named.By, &named.Handler} {
			if f.Key(*by) {
				*by = storage.Erased
			}
		}
		if named == c {
			continue
		}
		// The new one first: after a death in between there are both, and the way is taken again.
		if _, err := p.s.in(complaintsName).ReplaceOne(bound, key(named.ID), named, options.Replace().SetUpsert(true)); err != nil {
			return err
		}
		if named.ID == c.ID {
			continue
		}
		if _, err := p.s.in(complaintsName).DeleteOne(bound, key(c.ID)); err != nil {
			return err
		}
	}
	return nil
}

// own removes what is the person's by id, and their name from what is others'.
func (p persons) own(ctx context.Context, id string) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	// Keys that are documents begin with the rep, and are compared field by field.
	for in, theirs := range map[string]bson.D{
		plansName:    key(bson.D{{Key: "$gte", Value: planKey{Rep: id}}, {Key: "$lt", Value: planKey{Rep: id + "\x00"}}}),
		targetsName:  key(bson.D{{Key: "$gte", Value: targetKey{Rep: id}}, {Key: "$lt", Value: targetKey{Rep: id + "\x00"}}}),
		outcomesName: {{Key: "rep", Value: id}},
		routesName:   key(id),
		consentsName: {{Key: "rep", Value: id}},
		printsName:   append(key(above("")), bson.E{Key: "rep", Value: id}),
		fetchesName:  append(key(above("")), bson.E{Key: "rep", Value: id}),
	} {
		if _, err := p.s.in(in).DeleteMany(bound, theirs); err != nil {
			return err
		}
	}
	for _, named := range []struct {
		in, field string
		first     any
	}{{plansName, "by", planKey{}}} {
		_, err := p.s.in(named.in).UpdateMany(bound, append(key(above(named.first)), bson.E{Key: named.field, Value: id}),
			bson.D{{Key: "$set", Value: bson.D{{Key: named.field, Value: storage.Erased}}}})
		if err != nil {
			return err
		}
	}
	return nil
}
