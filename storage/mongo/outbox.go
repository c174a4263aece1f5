package mongo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type postDoc struct {
	ID          string        `bson:"_id"`
	Chat        string        `bson:"chat"`
	Body        []byte        `bson:"body"`
	Version     int64         `bson:"version"`
	NotBefore   bson.DateTime `bson:"not_before"`
	Created     bson.DateTime `bson:"created"`
	State       string        `bson:"state"`
	SentVersion int64         `bson:"sent_version"`
	TryVersion  int64         `bson:"try_version"`
	TryPart     int           `bson:"try_part"`
	TrySince    bson.DateTime `bson:"try_since"`
	Remote      []string      `bson:"remote"`
	Attempts    int           `bson:"attempts"`
	Next        bson.DateTime `bson:"next"`
	Error       string        `bson:"error"`
	// Until is when the claim of whoever holds the post ends.
	Until bson.DateTime `bson:"until"`
}

func (d postDoc) record() storage.Post {
	return storage.Post{
		ID: d.ID, Chat: d.Chat, Body: d.Body, Version: d.Version, NotBefore: instant(d.NotBefore), Created: instant(d.Created),
		Progress: storage.Progress{
			State: storage.PostState(d.State), SentVersion: d.SentVersion, TryVersion: d.TryVersion, TryPart: d.TryPart,
			TrySince: instant(d.TrySince), Remote: d.Remote, Attempts: d.Attempts, Next: instant(d.Next), Error: d.Error,
		},
	}
}

type outbox struct{ s *Store }

// never is the instant of what is not held back, not held and not tried.
var never = date(time.Time{})

// or returns the stored field, or what it begins with.
func or(field string, begin any) bson.D {
	return bson.D{{Key: "$ifNull", Value: bson.A{"$" + field, literal(begin)}}}
}

// Desire is one write, whether the post is new or not: a pipeline that keeps
// what is there and begins what is not.
func (o outbox) Desire(ctx context.Context, p storage.Post) (bool, error) {
	const doing = "desiring a post"
	unsent := bson.D{{Key: "$and", Value: bson.A{
		bson.D{{Key: "$eq", Value: bson.A{or("sent_version", 0), 0}}},
		bson.D{{Key: "$eq", Value: bson.A{or("remote", bson.A{}), bson.A{}}}},
	}}}
	update := mongo.Pipeline{{{Key: "$set", Value: bson.D{
		{Key: "v", Value: bson.D{{Key: "$max", Value: bson.A{"$v", int32(form)}}}},
		{Key: "chat", Value: or("chat", p.Chat)},
		{Key: "body", Value: literal(p.Body)},
		{Key: "version", Value: p.Version},
		{Key: "not_before", Value: bson.D{{Key: "$cond", Value: bson.A{unsent, date(p.NotBefore), "$not_before"}}}},
		{Key: "created", Value: or("created", date(p.Created))},
		{Key: "state", Value: storage.PostPending},
		{Key: "sent_version", Value: or("sent_version", int64(0))},
		{Key: "try_version", Value: or("try_version", int64(0))},
		{Key: "try_part", Value: or("try_part", 0)},
		{Key: "try_since", Value: or("try_since", never)},
		{Key: "remote", Value: or("remote", bson.A{})},
		{Key: "attempts", Value: 0},
		{Key: "next", Value: never},
		{Key: "error", Value: or("error", "")},
		{Key: "owner", Value: or("owner", "")},
		{Key: "until", Value: or("until", never)},
		{Key: "claimed", Value: or("claimed", int64(0))},
		{Key: idleSince, Value: "$$REMOVE"},
	}}}}
	filter := bson.D{{Key: "_id", Value: p.ID}, {Key: "version", Value: below(p.Version)}}
	changed, err := o.s.upsert(ctx, doing, outboxName, filter, update)
	if err != nil || changed {
		return changed, err
	}
	// It is there with this or a newer version; or it was made at this moment
	// with an older one.
	return o.s.update(ctx, doing, outboxName, filter, update)
}

func (o outbox) Again(ctx context.Context, id string, in ...storage.PostState) (bool, error) {
	const doing = "bringing a post back"
	states := slices.DeleteFunc(slices.Clone(in), func(s storage.PostState) bool { return s == storage.PostPending })
	if states == nil {
		states = []storage.PostState{}
	}
	changed, err := o.s.update(ctx, doing, outboxName, bson.D{{Key: "_id", Value: id}, {Key: "state", Value: among(states)}}, bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "state", Value: storage.PostPending},
			{Key: "attempts", Value: 0},
			{Key: "next", Value: never},
			{Key: "try_since", Value: never},
			{Key: "error", Value: ""},
		}},
		{Key: "$unset", Value: bson.D{{Key: idleSince, Value: ""}}},
	})
	if err != nil || changed {
		return changed, err
	}
	if err := o.s.exists(ctx, doing, outboxName, key(id)); !errors.Is(err, storage.ErrConflict) {
		return false, err
	}
	return false, nil
}

// Due reads the bodies of those posts alone that are due: the heads of all
// chats come from the index of what is pending.
func (o outbox) Due(ctx context.Context, now time.Time, of storage.Chats, limit int) ([]storage.Post, error) {
	const doing = "reading due posts"
	if limit <= 0 {
		return nil, translate(ctx, doing, o.s.ready(ctx))
	}
	at := date(now)
	if of.Chat != "" {
		return o.dueIn(ctx, doing, at, of.Chat)
	}
	ids, err := o.heads(ctx, at, of.Platform, limit)
	if err != nil || len(ids) == 0 {
		return nil, translate(ctx, doing, err)
	}
	// One that was sent meanwhile is not due any more. The server is not asked
	// to sort the bodies: there may be more of them than it has memory for.
	posts, err := many[postDoc](ctx, o.s, doing, outboxName,
		bson.D{{Key: "_id", Value: among(ids)}, {Key: "state", Value: storage.PostPending}}, nil)
	slices.SortFunc(posts, func(a, b storage.Post) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return posts, err
}

// heads returns the ids of the posts that are due, one a chat at most.
func (o outbox) heads(ctx context.Context, at bson.DateTime, platform string, limit int) ([]string, error) {
	ctx, cancel := bounded(ctx, listTimeout)
	defer cancel()
	pending := bson.D{{Key: "state", Value: storage.PostPending}}
	if platform != "" {
		// Addresses begin with the platform and a colon; a semicolon is the sign after it.
		pending = append(pending, bson.E{Key: "chat", Value: bson.D{{Key: "$gte", Value: platform + ":"}, {Key: "$lt", Value: platform + ";"}}})
	}
	pending = append(pending, bson.E{Key: "not_before", Value: atMost(at)})
	first := func(field string) bson.D { return bson.D{{Key: "$first", Value: "$" + field}} }
	cursor, err := o.s.in(outboxName).Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: pending}},
		{{Key: "$sort", Value: by("state", "chat", "created", "_id")}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: "$chat"},
			{Key: "post", Value: first("_id")},
			{Key: "created", Value: first("created")},
			{Key: "next", Value: first("next")},
			{Key: "until", Value: first("until")},
		}}},
		{{Key: "$match", Value: bson.D{{Key: "next", Value: atMost(at)}, {Key: "until", Value: atMost(at)}}}},
		{{Key: "$sort", Value: by("created", "post")}},
		{{Key: "$limit", Value: int64(limit)}},
		{{Key: "$project", Value: bson.D{{Key: "_id", Value: 0}, {Key: "post", Value: 1}}}},
	}, options.Aggregate().SetHint(pendingIndex))
	if err != nil {
		return nil, err
	}
	var heads []struct {
		Post string `bson:"post"`
	}
	if err := cursor.All(ctx, &heads); err != nil {
		return nil, err
	}
	ids := make([]string, len(heads))
	for i, h := range heads {
		ids[i] = h.Post
	}
	return ids, nil
}

// dueIn returns the chat's head, if it is due.
func (o outbox) dueIn(ctx context.Context, doing string, at bson.DateTime, chat string) ([]storage.Post, error) {
	var head postDoc
	err := o.s.in(outboxName).FindOne(ctx,
		bson.D{{Key: "state", Value: storage.PostPending}, {Key: "chat", Value: chat}, {Key: "not_before", Value: atMost(at)}},
		options.FindOne().SetSort(by("created", "_id")).SetHint(pendingIndex)).Decode(&head)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, nil
	case err != nil:
		return nil, translate(ctx, doing, err)
	case head.Next > at || head.Until > at:
		return nil, nil
	}
	return []storage.Post{head.record()}, nil
}

func (o outbox) Claim(ctx context.Context, id string, now time.Time, c storage.Claim) (storage.Post, error) {
	const doing = "claiming a post"
	pending := bson.D{{Key: "_id", Value: id}, {Key: "state", Value: storage.PostPending}}
	free := bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "owner", Value: c.Owner}},
		bson.D{{Key: "until", Value: atMost(date(now))}},
	}}
	var claimed postDoc
	err := o.s.in(outboxName).FindOneAndUpdate(ctx, append(slices.Clone(pending), free), mongo.Pipeline{{{Key: "$set", Value: bson.D{
		{Key: "owner", Value: literal(c.Owner)}, {Key: "until", Value: date(c.Until)}, {Key: "claimed", Value: "$version"},
	}}}}, options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&claimed)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return storage.Post{}, o.s.exists(ctx, doing, outboxName, pending)
	case err != nil:
		return storage.Post{}, translate(ctx, doing, err)
	}
	return claimed.record(), nil
}

func (o outbox) Report(ctx context.Context, id, owner string, p storage.Progress, release bool) error {
	const doing = "reporting a post"
	if owner == "" {
		return o.s.exists(ctx, doing, outboxName, key(id))
	}
	// What stands in the chat stays there, whatever is reported later. A
	// failure is that of the version that was claimed.
	sent := bson.D{{Key: "$max", Value: bson.A{"$sent_version", p.SentVersion}}}
	again := any(false)
	switch p.State {
	case storage.PostSent:
		again = bson.D{{Key: "$gt", Value: bson.A{"$version", sent}}}
	case storage.PostFailed:
		again = bson.D{{Key: "$gt", Value: bson.A{"$version", "$claimed"}}}
	}
	unless := func(then, otherwise any) bson.D { return bson.D{{Key: "$cond", Value: bson.A{again, then, otherwise}}} }
	left := any("$$NOW")
	if p.State == storage.PostPending {
		left = "$$REMOVE"
	}
	remote := p.Remote
	if remote == nil {
		remote = []string{}
	}
	set := bson.D{
		{Key: "sent_version", Value: sent},
		{Key: "try_version", Value: p.TryVersion},
		{Key: "try_part", Value: p.TryPart},
		{Key: "try_since", Value: date(p.TrySince)},
		{Key: "remote", Value: literal(remote)},
		{Key: "error", Value: literal(p.Error)},
		{Key: "state", Value: unless(storage.PostPending, literal(p.State))},
		{Key: "attempts", Value: unless(0, p.Attempts)},
		{Key: "next", Value: unless(never, date(p.Next))},
		{Key: idleSince, Value: unless("$$REMOVE", left)},
	}
	if release {
		set = append(set, bson.E{Key: "owner", Value: ""}, bson.E{Key: "until", Value: never})
	}
	found, err := o.s.update(ctx, doing, outboxName,
		bson.D{{Key: "_id", Value: id}, {Key: "owner", Value: owner}}, mongo.Pipeline{{{Key: "$set", Value: set}}})
	if err == nil && !found {
		err = o.s.exists(ctx, doing, outboxName, key(id))
	}
	return err
}

func (o outbox) Get(ctx context.Context, id string) (storage.Post, error) {
	return one[postDoc](ctx, o.s, "reading a post", outboxName, key(id), nil)
}

func (o outbox) List(ctx context.Context, state storage.PostState, limit int) ([]storage.Post, error) {
	const doing = "listing posts"
	if limit <= 0 {
		return nil, translate(ctx, doing, o.s.ready(ctx))
	}
	return many[postDoc](ctx, o.s, doing, outboxName,
		bson.D{{Key: "state", Value: state}}, options.Find().SetSort(by("created", "_id")).SetLimit(int64(limit)))
}

func (o outbox) Backlog(ctx context.Context) (int, time.Time, error) {
	const doing = "measuring the outbox"
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	cursor, err := o.s.in(outboxName).Aggregate(bound, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "state", Value: storage.PostPending}}}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}, {Key: "since", Value: bson.D{{Key: "$min", Value: bson.D{{Key: "$max", Value: bson.A{"$created", "$not_before"}}}}}},
		}}},
	})
	var backlog []struct {
		N     int           `bson:"n"`
		Since bson.DateTime `bson:"since"`
	}
	if err == nil {
		err = cursor.All(bound, &backlog)
	}
	if err != nil || len(backlog) == 0 {
		return 0, time.Time{}, translate(ctx, doing, err)
	}
	return backlog[0].N, instant(backlog[0].Since), nil
}

func (o outbox) Sweep(ctx context.Context, before time.Time) (int, error) {
	settled := []storage.PostState{storage.PostSent, storage.PostFailed, storage.PostUncertain}
	return o.s.sweep(ctx, "sweeping the outbox", outboxName,
		bson.D{{Key: "state", Value: among(settled)}, {Key: "created", Value: below(date(before))}})
}
