package sheet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roundsman/visit"
)

// Each platform with a column in the roster, by the column's name, with its Chinese name.
var platforms = []struct{ name, chinese string }{{"feishu", "飞书"}, {"wecom", "企业微信"}}

var reps = table[visit.Rep]{
	key:     func(r *visit.Rep) string { return r.ID },
	keys:    []string{"id"},
	columns: repColumns(),
}

func repColumns() []column[visit.Rep] {
	out := []column[visit.Rep]{
		{
			name: "id", chinese: "工号", required: true,
			set: func(r *visit.Rep, s string) (bad *fault) { r.ID, bad = digits(s); return },
			get: func(r *visit.Rep) any { return r.ID },
		},
		{
			name: "name", chinese: "姓名", required: true,
			set: func(r *visit.Rep, s string) (bad *fault) { r.Name, bad = text(s, maxID); return },
			get: func(r *visit.Rep) any { return r.Name },
		},
		{
			name: "team", chinese: "团队", required: true,
			set: func(r *visit.Rep, s string) (bad *fault) { r.Team, bad = text(s, maxID); return },
			get: func(r *visit.Rep) any { return r.Team },
		},
		{
			name: "role", chinese: "角色", required: true,
			set: func(r *visit.Rep, s string) *fault {
				var err error
				if r.Role, err = visit.ParseRole(strings.ToLower(s)); err != nil {
					return wrong("role", "Value", cut(s))
				}
				return nil
			},
			get: func(r *visit.Rep) any { return string(r.Role) },
		},
	}
	for _, p := range platforms {
		out = append(out, column[visit.Rep]{
			name: p.name, chinese: p.chinese,
			set: func(r *visit.Rep, s string) *fault {
				user, bad := digits(s)
				if bad == nil {
					identify(r, p.name, user)
				}
				return bad
			},
			get:  func(r *visit.Rep) any { return r.Identities[p.name] },
			keep: func(r, old *visit.Rep) { identify(r, p.name, old.Identities[p.name]) },
		})
	}
	return out
}

// identify notes the person's user id on a platform; an empty one is none.
func identify(r *visit.Rep, platform, user string) {
	if user == "" {
		return
	}
	if r.Identities == nil {
		r.Identities = make(map[string]string, len(platforms))
	}
	r.Identities[platform] = user
}

// identity is a user id on a platform.
type identity struct{ platform, user string }

func readReps(ctx context.Context, src *source, known Known) (*Import, error) {
	r, err := reps.read(ctx, src)
	if err != nil {
		return nil, err
	}
	stored, err := roster(ctx, known)
	if err != nil {
		return nil, err
	}
	// Whose each identity is once the file is in: those it names, and of those
	// it does not name, the ones they have.
	taken := make(map[identity]string)
	for id, rep := range stored {
		if _, replaced := r.lines[id]; replaced {
			continue
		}
		for platform, user := range rep.Identities {
			taken[identity{platform, user}] = id
		}
	}
	lines := make(map[identity]int)
	r.next()
	for _, e := range r.entries {
		for _, platform := range slices.Sorted(maps.Keys(e.row.Identities)) {
			i := identity{platform, e.row.Identities[platform]}
			if first, twice := lines[i]; twice {
				r.report(e.line, platform, wrong("duplicate", "Line", first))
			} else if owner, other := taken[i]; other && owner != e.row.ID {
				r.report(e.line, platform, wrong("identity_taken", "Value", cut(i.user), "Rep", owner))
			}
			lines[i] = e.line
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	r.keep(stored)
	out := &Import{Kind: Reps, Reps: make([]visit.Rep, len(r.entries))}
	for i, e := range r.entries {
		// Platforms that have no column here are none of the file's business.
		for platform, user := range stored[e.row.ID].Identities {
			if !slices.ContainsFunc(reps.columns, func(c column[visit.Rep]) bool { return c.name == platform }) {
				identify(&e.row, platform, user)
			}
		}
		out.Reps[i] = e.row
	}
	return out, nil
}

// roster reads everybody, by id.
func roster(ctx context.Context, known Known) (map[string]visit.Rep, error) {
	all, err := known.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	out := make(map[string]visit.Rep, len(all))
	for _, r := range all {
		out[r.ID] = r
	}
	return out, nil
}
