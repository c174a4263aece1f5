package mongo

import (
	"bytes"
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
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
	// Those of events and fetches.
	Attempts int           `bson:"attempts"`
	Next     bson.DateTime `bson:"next"`
	Created  bson.DateTime `bson:"created"`
	Message  string        `bson:"message"`
	Resource string        `bson:"resource"`
	Owner    string        `bson:"owner"`
	Until    bson.DateTime `bson:"until"`
	Finished bool          `bson:"finished"`
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

// waiting finds the posts that are not delivered.
var waiting = bson.D{{Key: "state", Value: storage.PostPending}}

// waits reports whether a post that is not delivered yet, and not to the person,
// is waited for: it names them, or has a file that was made while something of
// them was in the record.
func waits(l storage.Leaver, d seenDoc) bool {
	return l.Key(d.ID) || l.Payload(d.Body) || l.File(d.Body) && d.Created < date(l.Recorded)
}

// later reports whether an event is one whose time has not come.
func later(l storage.Leaver, d seenDoc) bool {
	return d.State == eventWaiting && d.Attempts == 0 && d.Next > date(l.Now)
}

// fetches looks at the person's fetches; whether each is at work.
func (p persons) fetches(ctx context.Context, l storage.Leaver, do func(d seenDoc, atWork bool) fate) error {
	return p.each(ctx, fetchesName, bson.D{{Key: "rep", Value: l.ID}}, nil, func(d seenDoc) fate {
		return do(d, !d.Finished && d.Owner != "" && d.Until > date(l.Now))
	})
}

func (p persons) OnItsWay(ctx context.Context, l storage.Leaver) (way storage.OnItsWay, err error) {
	const doing = "finding what is on its way"
	err = p.fetches(ctx, l, func(d seenDoc, atWork bool) fate {
		if atWork {
			way.Events++
		}
		if d.Message == "" {
			way.Blobs = append(way.Blobs, l.Blobs([]byte(d.Resource))...)
		}
		return stays
	})
	if err != nil {
		return way, translate(ctx, doing, err)
	}
	post := func(waits bool) fate {
		if waits {
			way.Posts++
		}
		return stays
	}
	for _, s := range []struct {
		in     string
		filter bson.D
		look   func(seenDoc) fate
	}{
		{inboxName, bson.D{{Key: "state", Value: among([]string{eventWaiting, eventDead})}}, func(d seenDoc) fate {
			switch l.Event(d.ID, d.Payload) {
			case storage.Theirs:
				way.Blobs = append(way.Blobs, l.Blobs(d.Payload)...)
			case storage.NamesThem:
				if d.State == eventWaiting && !later(l, d) {
					way.Events++
				}
			case storage.NamesNobody:
			}
			return stays
		}},
		{outboxName, waiting, func(d seenDoc) fate { return post(!l.Key(d.Chat) && waits(l, d)) }},
		{runsName, bson.D{{Key: "state", Value: storage.RunRendered}}, func(d seenDoc) fate { return post(!l.Key(d.ID) && l.Payload(d.Body)) }},
		{importsName, bson.D{}, func(d seenDoc) fate { return post(!d.Held && l.Payload(d.Data)) }},
	} {
		if err := p.each(ctx, s.in, s.filter, nil, s.look); err != nil {
			return way, translate(ctx, doing, err)
		}
	}
	return way, nil
}

func (p persons) Erase(ctx context.Context, l storage.Leaver) (left storage.OnItsWay, err error) {
	const doing = "erasing a person"
	if err := p.own(ctx, l); err != nil {
		return left, translate(ctx, doing, err)
	}
	err = p.fetches(ctx, l, func(_ seenDoc, atWork bool) fate {
		if atWork {
			left.Events++
			return stays
		}
		return goes
	})
	if err != nil {
		return left, translate(ctx, doing, err)
	}
	set := func(field string, value any) bson.D {
		return bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}}
	}
	keyed := func(d seenDoc) fate {
		if l.Key(d.ID) {
			return goes
		}
		return stays
	}
	var renamed []seenDoc
	steps := []struct {
		in             string
		filter, change bson.D
		decide         func(seenDoc) fate
	}{
		{in: inboxName, decide: func(d seenDoc) fate {
			naming := l.Event(d.ID, d.Payload)
			switch {
			case naming == storage.Theirs, naming == storage.NamesThem && d.State == eventHandled:
				return goes
			case naming == storage.NamesNobody:
			case d.State == eventDead, later(l, d):
				renamed = append(renamed, d)
			default:
				left.Events++
			}
			return stays
		}},
		{in: outboxName, filter: waiting, decide: func(d seenDoc) fate {
			if l.Key(d.Chat) {
				return goes
			}
			if waits(l, d) {
				left.Posts++
			}
			return stays
		}},
		{
			in: outboxName, filter: bson.D{{Key: "state", Value: bson.D{{Key: "$ne", Value: storage.PostPending}}}}, change: set("body", []byte("{}")),
			decide: func(d seenDoc) fate {
				switch {
				case l.Key(d.Chat), l.Key(d.ID):
					return goes
				case l.Payload(d.Body) || l.File(d.Body):
					return changes
				}
				return stays
			},
		},
		{in: runsName, change: bson.D{{Key: "$unset", Value: bson.D{{Key: "body", Value: ""}}}}, decide: func(d seenDoc) fate {
			switch {
			case l.Key(d.ID):
				return goes
			case d.State == string(storage.RunRendered):
				if l.Payload(d.Body) {
					left.Posts++
				}
			case l.Payload(d.Body) || l.File(d.Body):
				return changes
			}
			return stays
		}},
		{in: importsName, decide: func(d seenDoc) fate {
			switch {
			case !l.Payload(d.Data):
				return stays
			case d.Held:
				return goes
			}
			left.Posts++
			return stays
		}},
		{in: undosName, decide: func(d seenDoc) fate {
			if l.Key(d.ID) || l.Key(d.By) || l.Key(d.Cause) || l.Key(d.UndoneBy) || l.Payload(d.Data) {
				return goes
			}
			return stays
		}},
		{in: leasesName, decide: keyed},
		{in: quotasName, decide: keyed},
	}
	for _, s := range steps {
		if s.filter == nil {
			s.filter = bson.D{}
		}
		if err := p.each(ctx, s.in, s.filter, s.change, s.decide); err != nil {
			return left, translate(ctx, doing, err)
		}
	}
	for _, d := range renamed {
		if err := p.rewrite(ctx, l, d); err != nil {
			return left, translate(ctx, doing, err)
		}
	}
	return left, translate(ctx, doing, p.complaints(ctx, l))
}

// rewrite puts an event in the place of one that names the person.
func (p persons) rewrite(ctx context.Context, l storage.Leaver, seen seenDoc) error {
	id, payload := l.Rewritten(seen.ID, seen.Payload)
	if id == seen.ID && bytes.Equal(payload, seen.Payload) {
		return nil
	}
	return p.become(ctx, inboxName, seen.ID, id, bson.D{{Key: "payload", Value: payload}})
}

// become gives a document another key and other fields, and keeps the rest. Under
// another key the new one comes first: after a death in between there are both,
// and the way is taken again.
func (p persons) become(ctx context.Context, in, old, id string, fields bson.D) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	if id == old {
		_, err := p.s.in(in).UpdateOne(bound, key(id), bson.D{{Key: "$set", Value: fields}})
		return err
	}
	var d bson.M
	err := p.s.in(in).FindOne(bound, key(old)).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range append(fields, bson.E{Key: "_id", Value: id}) {
		d[f.Key] = f.Value
	}
	if _, err := p.s.in(in).ReplaceOne(bound, key(id), d, options.Replace().SetUpsert(true)); err != nil {
		return err
	}
	_, err = p.s.in(in).DeleteOne(bound, key(old))
	return err
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
		err := p.become(ctx, complaintsName, c.ID, named.ID, bson.D{
			{Key: "by", Value: named.By}, {Key: "handler", Value: named.Handler}, {Key: "closed_by", Value: named.ClosedBy},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// own removes what is the person's by id, and their name from what is others'.
func (p persons) own(ctx context.Context, l storage.Leaver) error {
	id := l.ID
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
	} {
		if _, err := p.s.in(in).DeleteMany(bound, theirs); err != nil {
			return err
		}
	}
	_, err := p.s.in(plansName).UpdateMany(bound, append(key(above(planKey{})), bson.E{Key: "by", Value: among(l.As)}),
		bson.D{{Key: "$set", Value: bson.D{{Key: "by", Value: storage.Erased}}}})
	return err
}
