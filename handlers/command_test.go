package handlers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// contains reports whether s has all the parts.
func contains(s string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(s, p) })
}

// inGroup is something said in a group.
func (f *fixture) inGroup(user, text string, mentioned bool) {
	f.Helper()
	f.handle(f.message(user, func(m *bot.Message) {
		m.Text, m.Mentioned = text, mentioned
		m.Chat = bot.Address{Platform: "blue", Place: bot.ToGroup, ID: "g1"}
	}))
}

func TestRolesAreCheckedForEveryCommand(t *testing.T) {
	t.Parallel()
	denied := "这个命令需要"
	for text, least := range map[string]visit.Role{
		"帮助": visit.RoleRep, "计划": visit.RoleRep, "明天": visit.RoleRep, "明天 -华": visit.RoleRep, "签退": visit.RoleRep, "团队": visit.RoleRep,
		"今天": visit.RoleManager, "today": visit.RoleManager,
		"绑定 " + team: visit.RoleAdmin, "建群 " + team: visit.RoleAdmin, "菜单": visit.RoleAdmin, "成员": visit.RoleAdmin, "客户 华": visit.RoleAdmin,
		"假期": visit.RoleAdmin, "死信": visit.RoleAdmin, "未确认": visit.RoleAdmin, "预览 早报": visit.RoleAdmin, "PREVIEW evening": visit.RoleAdmin,
	} {
		for user, role := range map[string]visit.Role{"zhang": visit.RoleRep, "wang": visit.RoleManager, "boss": visit.RoleAdmin} {
			t.Run(text+"/"+user, func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				f.text(user, text)
				got := show(f.last(user))
				if may := role.AtLeast(least); strings.HasPrefix(got, denied) == may {
					t.Errorf("a %s got %s", role, got)
				}
			})
		}
	}
}

func TestTheBoardHasEveryVisit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 2400, 90))
	f.at("li", geo.Offset(shop, 30000, 0))
	f.text("wang", "今天")
	got := show(f.last("wang"))
	for _, want := range []string{
		"计划达成 1/8 (13%)", "拜访 2 次拜访 · 已核实 1 · 附近 1", "09:00 ✅ 华联超市 已核实 0 米", "10:00 🟡 大润发 附近 400 米 · 未说明",
		"10:00 ▫️ 附近没有客户的位置", "还有 2 家：好德便利 → 罗森",
	} {
		if !contains(got, want) {
			t.Errorf("the board lacks %q: %s", want, got)
		}
	}
}

func TestGroupsHearNoWhereabouts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.inGroup("wang", "今天", true)
	f.inGroup("wang", "今天", false)
	f.inGroup("boss", "绑定 "+team, true)
	f.inGroup("zhang", "说句话", true)
	var group []string
	for _, p := range f.posts() {
		if p.Chat == "blue:group/g1" {
			group = append(group, show(f.body(p)))
		}
	}
	want := []string{"本群已绑定“华东一队”：工作日 08:30 发当天计划，19:30 发总结", "请与我单聊签到；发“帮助”看能做什么"}
	if strings.Join(group, "\n") != strings.Join(want, "\n") {
		t.Errorf("the group heard %q", group)
	}
	if got := show(f.last("wang")); !contains(got, "华联超市") {
		t.Errorf("the manager got %s", got)
	}
	teams, err := f.store.Roster().Teams(t.Context())
	f.ok(err)
	for _, tm := range teams {
		if tm.Name == team && (len(tm.Groups) != 1 || tm.Groups[0] != "blue:group/g1") {
			t.Errorf("groups %v", tm.Groups)
		}
	}
}

func TestStrangersHearOneLineADay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for range 3 {
		f.text("nobody", "今天")
		f.at("nobody", shop)
	}
	if said := f.said("nobody"); len(said) != 1 || contains(said[0], "华联") {
		t.Errorf("said %v", said)
	}
	f.pass(24 * time.Hour)
	f.text("nobody", "你好")
	if said := f.said("nobody"); len(said) != 2 {
		t.Errorf("the next day %v", said)
	}
}

func TestManagersSeeTheirOwnTeamOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "今天 华南一队")
	if got := show(f.last("wang")); got != "只能看自己的团队" {
		t.Errorf("got %s", got)
	}
}

func TestATeamIsNamedByWhatIsEnough(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct{ user, text, want string }{
		{"boss", "成员 hn", "华南一队"},
		{"boss", "成员 华南一队", "华南一队"},
		{"boss", "成员 华南", "华南一队"},
		{"boss", "成员 huadong", "华东一队"},
		{"boss", "成员 一队", "“一队”可能是华东一队、华南一队。请写全名"},
		{"boss", "成员 hb", "没有找到这个团队。现有：华东一队、华南一队"},
		{"boss", "成员 " + strings.Repeat("h", 500), "没有找到这个团队。现有：华东一队、华南一队"},
		{"wang", "今天 hd", "华东一队"},
		{"wang", "今天 一队", "华东一队"},
		{"wang", "今天 hn", "只能看自己的团队"},
	} {
		f.text(c.user, c.text)
		got := show(f.last(c.user))
		if first, _, _ := strings.Cut(got, "\n"); !contains(first, c.want) {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestASentenceThatBeginsLikeACommandIsANote(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "计划书已经送到")
	f.text("zhang", "今天缺货")
	if got := show(f.last("zhang")); !contains(got, "计划书已经送到\n今天缺货") {
		t.Errorf("got %s", got)
	}
}

func TestHelpListsWhatOneMaySay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "帮助")
	if got := show(f.last("zhang")); contains(got, "绑定") || !contains(got, "签退") {
		t.Errorf("a rep's help: %s", got)
	}
	f.text("boss", "help")
	if got := show(f.last("boss")); !contains(got, "绑定 <团队>") {
		t.Errorf("an admin's help: %s", got)
	}
}

func TestAGroupIsOneTeams(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.inGroup("boss", "绑定 "+team, true)
	f.inGroup("boss", "绑定 华南一队", true)
	teams, err := f.store.Roster().Teams(t.Context())
	f.ok(err)
	for _, tm := range teams {
		if bound := len(tm.Groups) == 1; bound != (tm.Name == "华南一队") {
			t.Errorf("%s has %v", tm.Name, tm.Groups)
		}
	}
}
