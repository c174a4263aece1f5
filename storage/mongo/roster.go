package mongo

import (
	"context"
	"encoding/json"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

type repDoc struct {
	ID         string        `bson:"_id"`
	V          int32         `bson:"v"`
	Name       string        `bson:"name"`
	Team       string        `bson:"team"`
	Role       string        `bson:"role"`
	Identities []identityDoc `bson:"identities"`
	// Logins are the identities by which the person is found, see [login]. No two people share one.
	Logins []string `bson:"logins"`
}

type identityDoc struct {
	Platform string `bson:"platform"`
	User     string `bson:"user"`
}

// login returns an identity as one text, a JSON array: no user id, whatever is
// in it, is another platform's.
func login(platform, user string) string {
	b, _ := json.Marshal([2]string{platform, user}) // two strings always can be
	return string(b)
}

func newRep(r visit.Rep) repDoc {
	d := repDoc{ID: r.ID, V: form, Name: r.Name, Team: r.Team, Role: string(r.Role)}
	for platform, user := range r.Identities {
		d.Identities = append(d.Identities, identityDoc{platform, user})
		if user != "" {
			d.Logins = append(d.Logins, login(platform, user))
		}
	}
	return d
}

func (d repDoc) record() visit.Rep {
	r := visit.Rep{ID: d.ID, Name: d.Name, Team: d.Team, Role: visit.Role(d.Role)}
	for _, i := range d.Identities {
		if r.Identities == nil {
			r.Identities = make(map[string]string)
		}
		r.Identities[i.Platform] = i.User
	}
	return r
}

type teamDoc struct {
	Name     string            `bson:"_id"`
	V        int32             `bson:"v"`
	Timezone string            `bson:"timezone"`
	Groups   []string          `bson:"groups"`
	Settings map[string]string `bson:"settings,omitempty"`
}

func (d teamDoc) record() visit.Team {
	return visit.Team{Name: d.Name, Timezone: d.Timezone, Groups: d.Groups, Settings: d.Settings}
}

type roster struct{ s *Store }

// PutReps looks at everything first, then takes identities that move from those
// who had them, then writes person by person. Whoever takes an identity for
// somebody else in the same moment gets, or gives, [storage.ErrConflict] by the
// unique index, and then a part of the call may be kept. So it is after a crash
// in the middle: somebody may be without an identity that was to move, and
// nobody has another's. The same call again completes it.
func (r roster) PutReps(ctx context.Context, reps ...visit.Rep) error {
	const doing = "storing people"
	if len(reps) == 0 {
		return translate(ctx, doing, r.s.ready(ctx))
	}
	docs := make(map[string]repDoc, len(reps))
	for _, rep := range reps {
		docs[rep.ID] = newRep(rep)
	}
	var records []any
	owners := make(map[string]string) // of logins
	for id, doc := range docs {
		records = append(records, doc)
		for _, l := range doc.Logins {
			if _, taken := owners[l]; taken {
				return translate(ctx, doing, storage.ErrConflict)
			}
			owners[l] = id
		}
	}
	if err := r.release(ctx, doing, docs, owners); err != nil {
		return err
	}
	return r.s.put(ctx, doing, repsName, records...)
}

// release takes those logins from people of docs that become another's. It
// fails with [storage.ErrConflict] if somebody else has one of them.
func (r roster) release(ctx context.Context, doing string, docs map[string]repDoc, owners map[string]string) error {
	if len(owners) == 0 {
		return nil
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	var logins []string
	for l := range owners {
		logins = append(logins, l)
	}
	holders, err := find[repDoc](bound, r.s, repsName, bson.D{{Key: "logins", Value: among(logins)}},
		options.Find().SetProjection(bson.D{{Key: "logins", Value: 1}}))
	if err != nil {
		return translate(ctx, doing, err)
	}
	var writes []mongo.WriteModel
	for _, h := range holders {
		moving := slices.DeleteFunc(slices.Clone(h.Logins), func(l string) bool {
			owner, wanted := owners[l]
			return !wanted || owner == h.ID
		})
		if len(moving) == 0 {
			continue
		}
		if _, ours := docs[h.ID]; !ours {
			return translate(ctx, doing, storage.ErrConflict)
		}
		update := bson.D{{Key: "$pullAll", Value: bson.D{{Key: "logins", Value: moving}}}}
		if len(moving) == len(h.Logins) {
			// An empty list would be a value of the unique index, and two people could not have it.
			update = bson.D{{Key: "$unset", Value: bson.D{{Key: "logins", Value: ""}}}}
		}
		writes = append(writes, mongo.NewUpdateOneModel().SetFilter(key(h.ID)).SetUpdate(update))
	}
	if len(writes) > 0 {
		_, err = r.s.in(repsName).BulkWrite(bound, writes)
	}
	return translate(ctx, doing, err)
}

func (r roster) DeleteReps(ctx context.Context, ids ...string) error {
	return remove(ctx, r.s, "removing people", repsName, ids)
}

func (r roster) Rep(ctx context.Context, id string) (visit.Rep, error) {
	return one[repDoc](ctx, r.s, "reading a person", repsName, key(id), nil)
}

func (r roster) Reps(ctx context.Context) ([]visit.Rep, error) {
	return many[repDoc](ctx, r.s, "reading people", repsName, bson.D{}, options.Find().SetSort(by("_id")))
}

func (r roster) ByIdentity(ctx context.Context, platform, user string) (visit.Rep, error) {
	return one[repDoc](ctx, r.s, "looking up an identity", repsName, bson.D{{Key: "logins", Value: login(platform, user)}}, nil)
}

func (r roster) PutTeam(ctx context.Context, team visit.Team) error {
	return r.s.put(ctx, "storing a team", teamsName, teamDoc{team.Name, form, team.Timezone, team.Groups, team.Settings})
}

func (r roster) Team(ctx context.Context, name string) (visit.Team, error) {
	return one[teamDoc](ctx, r.s, "reading a team", teamsName, key(name), nil)
}

func (r roster) Teams(ctx context.Context) ([]visit.Team, error) {
	return many[teamDoc](ctx, r.s, "reading teams", teamsName, bson.D{}, options.Find().SetSort(by("_id")))
}
