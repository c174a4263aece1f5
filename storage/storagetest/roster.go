package storagetest

import (
	"context"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullRep() visit.Rep {
	return visit.Rep{
		ID: "工号-" + chinese, Name: chinese, Team: "华东一队", Role: visit.RoleManager,
		Identities: map[string]string{"feishu": "ou_" + chinese, "wecom": "zhang.wei$1"},
	}
}

func fullTeam() visit.Team {
	return visit.Team{Name: chinese, Timezone: "Asia/Shanghai", Groups: []string{"feishu:oc_1", "wecom:" + chinese}, Settings: map[string]string{"min_visits": chinese}}
}

func testRoster(t *testing.T, s suite) {
	setup := func(t *testing.T, reps ...visit.Rep) (context.Context, storage.Roster) {
		t.Helper()
		t.Parallel()
		r := s.open(t).Roster()
		if len(reps) > 0 {
			ok(t, r.PutReps(t.Context(), reps...))
		}
		return t.Context(), r
	}
	rep := func(id, feishu string) visit.Rep {
		return visit.Rep{ID: id, Name: id, Identities: map[string]string{"feishu": feishu}}
	}

	t.Run("every field of a person comes back", func(t *testing.T) {
		full, zero := fullRep(), visit.Rep{}
		complete(t, full)
		ctx, r := setup(t, full, zero)
		equal(t, val(r.Reps(ctx))(t), []visit.Rep{zero, full})
		equal(t, val(r.Rep(ctx, full.ID))(t), full)
		equal(t, val(r.Rep(ctx, ""))(t), zero)
		equal(t, val(r.ByIdentity(ctx, "feishu", full.Identities["feishu"]))(t), full)
		equal(t, val(r.ByIdentity(ctx, "wecom", "zhang.wei$1"))(t), full)
	})

	t.Run("every field of a team comes back", func(t *testing.T) {
		full, zero := fullTeam(), visit.Team{}
		complete(t, full)
		ctx, r := setup(t)
		ok(t, r.PutTeam(ctx, full))
		ok(t, r.PutTeam(ctx, zero))
		equal(t, val(r.Teams(ctx))(t), []visit.Team{zero, full})
		equal(t, val(r.Team(ctx, full.Name))(t), full)
		equal(t, val(r.Team(ctx, ""))(t), zero)
	})

	t.Run("an empty roster", func(t *testing.T) {
		ctx, r := setup(t)
		equal(t, val(r.Reps(ctx))(t), []visit.Rep(nil))
		equal(t, val(r.Teams(ctx))(t), []visit.Team(nil))
		_, err := r.ByIdentity(ctx, "feishu", "u")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("an unknown person or team is not found", func(t *testing.T) {
		ctx, r := setup(t, rep("1", "a"))
		ok(t, r.PutTeam(ctx, visit.Team{Name: "t"}))
		// Neither an identity nor another case is the id.
		for _, id := range []string{"", "a", "2"} {
			_, err := r.Rep(ctx, id)
			wants(t, err, storage.ErrNotFound)
		}
		for _, name := range []string{"", "T", "1"} {
			_, err := r.Team(ctx, name)
			wants(t, err, storage.ErrNotFound)
		}
	})

	t.Run("people and teams come in Go's order of text", func(t *testing.T) {
		ctx, r := setup(t, rep("乙", "1"), rep("b", "2"), rep("甲", "3"), rep("B", "4"))
		var ids []string
		for _, p := range val(r.Reps(ctx))(t) {
			ids = append(ids, p.ID)
		}
		equal(t, ids, []string{"B", "b", "乙", "甲"})
		for _, name := range []string{"华东二队", "b", "华东一队", "B"} {
			ok(t, r.PutTeam(ctx, visit.Team{Name: name}))
		}
		var names []string
		for _, team := range val(r.Teams(ctx))(t) {
			names = append(names, team.Name)
		}
		equal(t, names, []string{"B", "b", "华东一队", "华东二队"})
	})

	t.Run("a person is replaced whole", func(t *testing.T) {
		ctx, r := setup(t, visit.Rep{ID: "1", Name: "old", Team: "t", Role: visit.RoleRep, Identities: map[string]string{"feishu": "a", "wecom": "b"}})
		replaced := visit.Rep{ID: "1", Name: "new", Identities: map[string]string{"feishu": "c"}}
		ok(t, r.PutReps(ctx, replaced))
		equal(t, val(r.Reps(ctx))(t), []visit.Rep{replaced})
		equal(t, val(r.Rep(ctx, "1"))(t), replaced)
		equal(t, val(r.ByIdentity(ctx, "feishu", "c"))(t), replaced)
		for platform, user := range map[string]string{"feishu": "a", "wecom": "b"} {
			_, err := r.ByIdentity(ctx, platform, user)
			wants(t, err, storage.ErrNotFound)
		}
		// What was given up is free for others.
		ok(t, r.PutReps(ctx, rep("2", "a")))
	})

	t.Run("a team is replaced whole", func(t *testing.T) {
		ctx, r := setup(t)
		ok(t, r.PutTeam(ctx, visit.Team{Name: "t", Timezone: "Asia/Shanghai", Groups: []string{"a", "b"}}))
		ok(t, r.PutTeam(ctx, visit.Team{Name: "t", Groups: []string{"c"}}))
		equal(t, val(r.Teams(ctx))(t), []visit.Team{{Name: "t", Groups: []string{"c"}}})
		equal(t, val(r.Team(ctx, "t"))(t), visit.Team{Name: "t", Groups: []string{"c"}})
	})

	t.Run("an identity belongs to one person and a call that breaks this keeps nothing", func(t *testing.T) {
		one := rep("1", "a")
		ctx, r := setup(t, one)
		wants(t, r.PutReps(ctx, rep("0", "z"), rep("2", "a"), rep("3", "y")), storage.ErrConflict)
		wants(t, r.PutReps(ctx, rep("4", "x"), rep("5", "x")), storage.ErrConflict)
		equal(t, val(r.Reps(ctx))(t), []visit.Rep{one})
		equal(t, val(r.ByIdentity(ctx, "feishu", "a"))(t), one)
		for _, user := range []string{"x", "y", "z"} {
			_, err := r.ByIdentity(ctx, "feishu", user)
			wants(t, err, storage.ErrNotFound)
		}
	})

	t.Run("the same user id on two platforms is two identities", func(t *testing.T) {
		a := visit.Rep{ID: "1", Identities: map[string]string{"feishu": "same"}}
		b := visit.Rep{ID: "2", Identities: map[string]string{"wecom": "same"}}
		ctx, r := setup(t, a, b)
		equal(t, val(r.ByIdentity(ctx, "feishu", "same"))(t), a)
		equal(t, val(r.ByIdentity(ctx, "wecom", "same"))(t), b)
	})

	t.Run("within one call an identity may move", func(t *testing.T) {
		ctx, r := setup(t, rep("1", "a"), rep("2", "b"))
		ok(t, r.PutReps(ctx, rep("2", "a"), rep("1", "b")))
		equal(t, val(r.ByIdentity(ctx, "feishu", "a"))(t).ID, "2")
		equal(t, val(r.ByIdentity(ctx, "feishu", "b"))(t).ID, "1")
	})

	t.Run("an empty user is no identity", func(t *testing.T) {
		ctx, r := setup(t, rep("1", ""), rep("2", ""))
		equal(t, len(val(r.Reps(ctx))(t)), 2)
		_, err := r.ByIdentity(ctx, "feishu", "")
		wants(t, err, storage.ErrNotFound)
	})
}
