package sqlite

import (
	"context"

	"roundsman/visit"
)

type roster struct{ s *Store }

var mergedRep, mergedTeam = merged[visit.Rep](), merged[visit.Team]()

func (r roster) PutReps(ctx context.Context, reps ...visit.Rep) error {
	const doing = "storing people"
	docs := make(map[string]string, len(reps))
	type identity struct{ platform, user, rep string }
	latest := make(map[string]visit.Rep, len(reps))
	for _, rep := range reps {
		doc, err := encode(rep)
		if err != nil {
			return translate(ctx, doing, err)
		}
		docs[rep.ID], latest[rep.ID] = doc, rep
	}
	var identities []identity
	for _, rep := range latest {
		for platform, user := range rep.Identities {
			if user != "" {
				identities = append(identities, identity{platform, user, rep.ID})
			}
		}
	}
	return r.s.write(ctx, doing, func(t *tx) error {
		// All old identities go before the first new one comes: within one
		// call an identity may move from one person to another.
		for id, doc := range docs {
			if _, err := t.exec("DELETE FROM identities WHERE rep = ?", id); err != nil {
				return err
			}
			if _, err := t.exec("INSERT INTO reps (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = "+mergedRep, id, doc); err != nil {
				return err
			}
		}
		for _, i := range identities {
			if _, err := t.exec("INSERT INTO identities (platform, user, rep) VALUES (?, ?, ?)", i.platform, i.user, i.rep); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r roster) DeleteReps(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	return r.s.write(ctx, "removing people", func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec("DELETE FROM identities WHERE rep = ?", id); err != nil {
				return err
			}
			if _, err := t.exec("DELETE FROM reps WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r roster) Rep(ctx context.Context, id string) (visit.Rep, error) {
	return one(ctx, r.s, "reading a person", scanDoc[visit.Rep], "SELECT doc FROM reps WHERE id = ?", id)
}

func (r roster) Reps(ctx context.Context) ([]visit.Rep, error) {
	return many(ctx, r.s, "reading people", scanDoc[visit.Rep], "SELECT doc FROM reps ORDER BY id")
}

func (r roster) ByIdentity(ctx context.Context, platform, user string) (visit.Rep, error) {
	return one(ctx, r.s, "looking up an identity", scanDoc[visit.Rep], `
		SELECT doc FROM reps WHERE id = (SELECT rep FROM identities WHERE platform = ? AND user = ?)`, platform, user)
}

func (r roster) PutTeam(ctx context.Context, team visit.Team) error {
	const doing = "storing a team"
	doc, err := encode(team)
	if err != nil {
		return translate(ctx, doing, err)
	}
	_, err = r.s.exec(ctx, doing,
		"INSERT INTO teams (name, doc) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET doc = "+mergedTeam, team.Name, doc)
	return err
}

func (r roster) Team(ctx context.Context, name string) (visit.Team, error) {
	return one(ctx, r.s, "reading a team", scanDoc[visit.Team], "SELECT doc FROM teams WHERE name = ?", name)
}

func (r roster) Teams(ctx context.Context) ([]visit.Team, error) {
	return many(ctx, r.s, "reading teams", scanDoc[visit.Team], "SELECT doc FROM teams ORDER BY name")
}
