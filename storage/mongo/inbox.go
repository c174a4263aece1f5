package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

// The states of an event.
const (
	eventWaiting = "waiting"
	eventHandled = "handled"
	eventDead    = "dead"
)

type eventDoc struct {
	Key      string        `bson:"_id"`
	V        int32         `bson:"v"`
	At       bson.DateTime `bson:"at"`
	Received bson.DateTime `bson:"received"`
	Payload  []byte        `bson:"payload"`
	Attempts int           `bson:"attempts"`
	Next     bson.DateTime `bson:"next"`
	State    string        `bson:"state"`
	Error    string        `bson:"error"`
}

func (d eventDoc) record() storage.Event {
	return storage.Event{
		Key: d.Key, At: instant(d.At), Received: instant(d.Received), Payload: d.Payload,
		Attempts: d.Attempts, Next: instant(d.Next), Dead: d.State == eventDead, Error: d.Error,
	}
}

func eventState(dead bool) string {
	if dead {
		return eventDead
	}
	return eventWaiting
}

type inbox struct{ s *Store }

func (i inbox) Accept(ctx context.Context, e storage.Event) (bool, error) {
	return i.s.insert(ctx, "accepting an event", inboxName, eventDoc{
		Key: e.Key, V: form, At: date(e.At), Received: date(e.Received), Payload: e.Payload,
		Attempts: e.Attempts, Next: date(e.Next), State: eventState(e.Dead), Error: e.Error,
	})
}

func (i inbox) Pending(ctx context.Context, now time.Time, after storage.Cursor, limit int) ([]storage.Event, error) {
	const doing = "reading waiting events"
	if limit <= 0 {
		return nil, translate(ctx, doing, i.s.ready(ctx))
	}
	filter := bson.D{{Key: "state", Value: eventWaiting}, {Key: "next", Value: atMost(date(now))}}
	if after != (storage.Cursor{}) {
		// The lower bound of next alone is what the index is entered by.
		from := date(after.Next)
		filter = bson.D{
			{Key: "state", Value: eventWaiting},
			{Key: "next", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lte", Value: date(now)}}},
			{Key: "$or", Value: bson.A{
				bson.D{{Key: "next", Value: above(from)}},
				bson.D{{Key: "_id", Value: above(after.Key)}},
			}},
		}
	}
	return many[eventDoc](ctx, i.s, doing, inboxName, filter, options.Find().SetSort(by("next", "_id")).SetLimit(int64(limit)))
}

func (i inbox) Waiting(ctx context.Context, keys ...string) ([]storage.Event, error) {
	const doing = "reading events again"
	if len(keys) == 0 {
		return nil, translate(ctx, doing, i.s.ready(ctx))
	}
	return many[eventDoc](ctx, i.s, doing, inboxName,
		bson.D{{Key: "_id", Value: among(keys)}, {Key: "state", Value: eventWaiting}}, options.Find().SetSort(by("_id")))
}

// unhandled finds the event unless it is handled.
func unhandled(key string) bson.D {
	return bson.D{{Key: "_id", Value: key}, {Key: "state", Value: among([]string{eventWaiting, eventDead})}}
}

func (i inbox) Done(ctx context.Context, key string, now time.Time) error {
	_, err := i.s.update(ctx, "marking an event handled", inboxName, unhandled(key), bson.D{
		{Key: "$set", Value: bson.D{{Key: "state", Value: eventHandled}, {Key: "handled", Value: date(now)}}},
		{Key: "$unset", Value: bson.D{{Key: "payload", Value: ""}}},
		{Key: "$currentDate", Value: bson.D{{Key: idleSince, Value: true}}},
	})
	return err
}

func (i inbox) Defer(ctx context.Context, key string, attempts int, next time.Time, dead bool, reason string) error {
	const doing = "deferring an event"
	found, err := i.s.update(ctx, doing, inboxName, unhandled(key), bson.D{{Key: "$set", Value: bson.D{
		{Key: "attempts", Value: attempts}, {Key: "next", Value: date(next)}, {Key: "state", Value: eventState(dead)}, {Key: "error", Value: reason},
	}}})
	if err == nil && !found {
		err = translate(ctx, doing, storage.ErrNotFound)
	}
	return err
}

func (i inbox) Dead(ctx context.Context, limit int) ([]storage.Event, error) {
	const doing = "reading dead events"
	if limit <= 0 {
		return nil, translate(ctx, doing, i.s.ready(ctx))
	}
	return many[eventDoc](ctx, i.s, doing, inboxName,
		bson.D{{Key: "state", Value: eventDead}}, options.Find().SetSort(by("_id")).SetLimit(int64(limit)))
}

func (i inbox) Count(ctx context.Context, now time.Time) (waiting, dead int, err error) {
	const doing = "counting events"
	if waiting, err = i.s.count(ctx, doing, inboxName, bson.D{{Key: "state", Value: eventWaiting}}); err != nil {
		return 0, 0, err
	}
	later, err := i.s.count(ctx, doing, inboxName, bson.D{
		{Key: "state", Value: eventWaiting}, {Key: "next", Value: bson.D{{Key: "$gt", Value: date(now)}}}, {Key: "attempts", Value: 0},
	})
	if err != nil {
		return 0, 0, err
	}
	waiting = max(waiting-later, 0) // counted one after the other
	dead, err = i.s.count(ctx, doing, inboxName, bson.D{{Key: "state", Value: eventDead}})
	return waiting, dead, err
}

func (i inbox) Sweep(ctx context.Context, before time.Time) (int, error) {
	const doing = "sweeping the inbox"
	handled, err := i.s.sweep(ctx, doing, inboxName,
		bson.D{{Key: "state", Value: eventHandled}, {Key: "handled", Value: below(date(before))}})
	if err != nil {
		return handled, err
	}
	dead, err := i.s.sweep(ctx, doing, inboxName,
		bson.D{{Key: "state", Value: eventDead}, {Key: "received", Value: below(date(before))}})
	return handled + dead, err
}
