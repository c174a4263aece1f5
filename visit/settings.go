package visit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A setting is something of a policy that a team may have of its own. Kept is
// the text that was set, by the setting's name.
type setting struct {
	name  string
	words []string
	set   func(p *Policy, text string) error
	get   func(p Policy) string
}

// MaxMinVisits bounds the least number of customers of a day.
const MaxMinVisits = 50

// MaxMinStay bounds the least stay of a visit, in minutes.
const MaxMinStay = 120

// MaxMaxAge bounds the age of a device's fix that is as good as new, in minutes.
const MaxMaxAge = 60

// MaxSpotChecks bounds of how many of a hundred visits a photo is asked for.
const MaxSpotChecks = 100

var settings = []setting{
	{"min_visits", []string{"最少拜访", "最低拜访", "minvisits"}, func(p *Policy, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > MaxMinVisits {
			return fmt.Errorf("%q is not a number from 0 to %d", text, MaxMinVisits)
		}
		p.MinVisits = n
		return nil
	}, func(p Policy) string { return strconv.Itoa(p.MinVisits) }},
	clockSetting("plan_proposal", func(p *Policy) *Clock { return &p.PlanProposal }, "计划建议", "proposal"),
	clockSetting("plan_deadline", func(p *Policy) *Clock { return &p.PlanDeadline }, "计划截止", "deadline"),
	clockSetting("morning_plan", func(p *Policy) *Clock { return &p.MorningPlan }, "早报", "morning"),
	clockSetting("report_deadline", func(p *Policy) *Clock { return &p.ReportDeadline }, "日报截止", "reports"),
	clockSetting("evening_summary", func(p *Policy) *Clock { return &p.EveningSummary }, "晚报", "evening"),
	{"quiet_hours", []string{"免打扰", "quiet"}, func(p *Policy, text string) (err error) {
		if isOff(text) {
			p.QuietHours = Span{}
			return nil
		}
		p.QuietHours, err = ParseSpan(text)
		return err
	}, func(p Policy) string {
		if p.QuietHours == (Span{}) {
			return "off"
		}
		return p.QuietHours.String()
	}},
	metresSetting("radius", 50, 5000, func(p *Policy) *float64 { return &p.Rules.Radius }, "签到半径"),
	metresSetting("near", 100, 10_000, func(p *Policy) *float64 { return &p.Rules.Near }, "附近范围"),
	metresSetting("max_accuracy", 20, 1000, func(p *Policy) *float64 { return &p.Rules.MaxAccuracy }, "定位精度", "accuracy"),
	switchSetting("drift", func(p *Policy, on bool) { p.Rules.NoDrift = !on }, func(p Policy) bool { return !p.Rules.NoDrift }, "漂移容差"),
	minutesSetting("max_age", 1, MaxMaxAge, func(p *Policy, n int) { p.MaxAge = time.Duration(n) * time.Minute }, func(p Policy) int { return int(p.MaxAge / time.Minute) }, "定位时效"),
	minutesSetting("min_stay", 0, MaxMinStay, func(p *Policy, n int) { p.Rules.MinStay = n }, func(p Policy) int { return p.Rules.MinStay }, "最短停留", "minstay"),
	{"spot_checks", []string{"抽查", "spotchecks"}, func(p *Policy, text string) error {
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(text, "%"), "％"))
		if err != nil || n < 0 || n > MaxSpotChecks {
			return fmt.Errorf("%q is not a number of visits of a hundred, from 0 to %d", text, MaxSpotChecks)
		}
		p.SpotChecks = n
		return nil
	}, func(p Policy) string { return strconv.Itoa(p.SpotChecks) }},
	switchSetting("plan_approval", func(p *Policy, on bool) { p.ApprovePlans = on }, func(p Policy) bool { return p.ApprovePlans }, "计划审批", "approval"),
	{"group", []string{"群播报"}, func(p *Policy, text string) error {
		switch strings.ToLower(text) {
		case "精简", "brief":
			p.Group = GroupBrief
		case "完整", "full":
			p.Group = GroupFull
		case "明细", "wide":
			p.Group = GroupWide
		default:
			return fmt.Errorf("%q is neither 精简 (brief), nor 完整 (full), nor 明细 (wide)", text)
		}
		return nil
	}, func(p Policy) string { return cmp.Or(string(p.Group), "full") }},
	{"evidence", []string{"签到方式", "checkins"}, func(p *Policy, text string) error {
		switch strings.ToLower(text) {
		case "定位页", "device":
			p.Rules.DeviceOnly = true
		case "不限", "any":
			p.Rules.DeviceOnly = false
		default:
			return fmt.Errorf("%q is neither 不限 (any) nor 定位页 (device)", text)
		}
		return nil
	}, func(p Policy) string {
		if p.Rules.DeviceOnly {
			return "device"
		}
		return "any"
	}},
}

func clockSetting(name string, field func(*Policy) *Clock, words ...string) setting {
	return setting{name, words, func(p *Policy, text string) (err error) {
		*field(p), err = ParseClock(strings.ReplaceAll(text, "：", ":"))
		return err
	}, func(p Policy) string { return field(&p).String() }}
}

// metresSetting is a setting of whole metres from least to most.
func metresSetting(name string, least, most int, field func(*Policy) *float64, words ...string) setting {
	return setting{name, words, func(p *Policy, text string) error {
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "米"), "m")))
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a number of metres from %d to %d", text, least, most)
		}
		*field(p) = float64(n)
		return nil
	}, func(p Policy) string { return strconv.FormatFloat(*field(&p), 'f', -1, 64) }}
}

// minutesSetting is a setting of whole minutes from least to most.
func minutesSetting(name string, least, most int, set func(*Policy, int), get func(Policy) int, words ...string) setting {
	return setting{name, words, func(p *Policy, text string) error {
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "分钟"), "m")))
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a number of minutes from %d to %d", text, least, most)
		}
		set(p, n)
		return nil
	}, func(p Policy) string { return strconv.Itoa(get(p)) }}
}

// switchSetting is a setting that is on or off.
func switchSetting(name string, set func(*Policy, bool), get func(Policy) bool, words ...string) setting {
	return setting{name, words, func(p *Policy, text string) error {
		on := slices.Contains([]string{"on", "开", "开启"}, strings.ToLower(text))
		if !on && !isOff(text) {
			return fmt.Errorf("%q is neither 开 (on) nor 关 (off)", text)
		}
		set(p, on)
		return nil
	}, func(p Policy) string {
		if get(p) {
			return "on"
		}
		return "off"
	}}
}

// isOff reads the ways to say that something is not to be.
func isOff(text string) bool {
	return slices.Contains([]string{"off", "关", "关闭", "无"}, strings.ToLower(text))
}

// SettingNames are the names of all settings, in the order in which they are listed.
func SettingNames() []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.name
	}
	return names
}

// SettingNamed finds a setting by its name or a word for it.
func SettingNamed(word string) (name string, ok bool) {
	for _, s := range settings {
		if s.name == word || slices.ContainsFunc(s.words, func(w string) bool { return strings.EqualFold(w, word) }) {
			return s.name, true
		}
	}
	return "", false
}

// Setting is the value of a setting, as text that [Policy.With] reads.
func (p Policy) Setting(name string) string {
	for _, s := range settings {
		if s.name == name {
			return s.get(p)
		}
	}
	return ""
}

// errSetting says that there is no such setting.
var errSetting = errors.New("no such setting")

// With returns the policy with one setting changed. It fails for a name that is
// none, a text that cannot be read, and a deadline that is not after the proposal.
func (p Policy) With(name, text string) (Policy, error) {
	for _, s := range settings {
		if s.name != name {
			continue
		}
		if err := s.set(&p, text); err != nil {
			return p, err
		}
		if !p.ordered() {
			return p, fmt.Errorf("the plan's deadline, %s, is not after its proposal, %s", p.PlanDeadline, p.PlanProposal)
		}
		return p, nil
	}
	return p, fmt.Errorf("%w: %q", errSetting, name)
}

// ordered reports whether the plan's deadline is after its proposal.
func (p Policy) ordered() bool { return p.PlanDeadline.Sub(p.PlanProposal) > 0 }

// Of returns the policy of a team: the company's, with the team's zone and what
// was set for it. What cannot be read, or does not go together any more since the
// company's was changed, is left as the company has it.
func (p Policy) Of(t Team) Policy {
	p.Zone = p.ZoneOf(t)
	own := p
	for _, s := range settings {
		text, ok := t.Settings[s.name]
		if !ok {
			continue
		}
		changed := own
		if s.set(&changed, text) == nil {
			own = changed
		}
	}
	if !own.ordered() {
		own.PlanProposal, own.PlanDeadline = p.PlanProposal, p.PlanDeadline
	}
	return own
}

// reminderNotice is how long before the plan's deadline its rep is reminded.
const reminderNotice = time.Hour

// PlanReminder is when a rep is reminded of a plan that they have not confirmed;
// false if the proposal itself is so late that it is the reminder.
func (p Policy) PlanReminder() (Clock, bool) {
	return p.PlanDeadline.Add(-reminderNotice), p.PlanDeadline.Sub(p.PlanProposal) > reminderNotice
}
