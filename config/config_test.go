package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/config"
)

const secretKey = "0123456789abcdef0123456789abcdef"

func env(more ...string) []string {
	return append([]string{
		"ROUNDSMAN_KEY=" + secretKey, "FEISHU_APP_SECRET=fs", "WECOM_SECRET=ws", "WECOM_TOKEN=wt", "WECOM_AES_KEY=wk",
	}, more...)
}

func TestExampleIsComplete(t *testing.T) {
	t.Parallel()
	c, err := config.Parse(config.Example, t.TempDir(), env())
	if err != nil {
		t.Fatal(err)
	}
	if c.Schedule.MorningPlan.String() != "08:30" || c.Schedule.WorkHours.String() != "07:00-22:00" || !c.Schedule.China {
		t.Errorf("schedule %+v", c.Schedule)
	}
	want := config.CheckIn{Radius: 200, Near: 500, MaxAccuracy: 150, MinVisits: 4, MinStay: 5, MaxAge: 5}
	if diff := cmp.Diff(want, c.CheckIn); diff != "" {
		t.Errorf("check_in (-want +got):\n%s", diff)
	}
	if c.Privacy.KeepCoordinates != 90*24*time.Hour || c.Limits.PhotoBytes != 20<<20 || c.Limits.PhotoPixels != 40e6 {
		t.Errorf("privacy %+v, limits %+v", c.Privacy, c.Limits)
	}
	for _, v := range c.Explain() {
		if v.Source == "default" {
			t.Errorf("the example lacks %s", v.Key)
		}
	}
}

func TestDefaultsAreThoseOfTheExample(t *testing.T) {
	t.Parallel()
	example, err := config.Parse(config.Example, t.TempDir(), env())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := config.Parse(nil, t.TempDir(), []string{"ROUNDSMAN_SECRET_KEY=" + secretKey})
	if err != nil {
		t.Fatal(err)
	}
	defaults := make(map[string]string)
	for _, v := range plain.Explain() {
		defaults[v.Key] = v.Value
	}
	for _, v := range example.Explain() {
		if d, ok := defaults[v.Key]; ok && d != v.Value {
			t.Errorf("%s: the example says %q, the default is %q", v.Key, v.Value, d)
		}
	}
	if _, on := plain.Platform("feishu"); on {
		t.Error("a platform without a section is on")
	}
}

func TestSourcesInOrder(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte("listen: ':1'\nlanguage: en\nfeishu: {app_id: a}\n"), t.TempDir(),
		[]string{"ROUNDSMAN_SECRET_KEY=" + secretKey, "ROUNDSMAN_LISTEN=:2", "ROUNDSMAN_FEISHU__APP_SECRET=shh", "ROUNDSMAN_ADMINS=feishu:ou_1, wecom:li"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":2" || c.Language != "en" || !cmp.Equal(c.Admins, []string{"feishu:ou_1", "wecom:li"}) {
		t.Errorf("listen %q, language %q, admins %q", c.Listen, c.Language, c.Admins)
	}
	var section struct {
		ID     string `koanf:"app_id"`
		Secret string `koanf:"app_secret"`
	}
	s, ok := c.Platform("feishu")
	if !ok {
		t.Fatal("feishu is off")
	}
	if err := s.Decode(&section); err != nil {
		t.Fatal(err)
	}
	if section.ID != "a" || section.Secret != "shh" {
		t.Errorf("section %+v", section)
	}
	for _, v := range c.Explain() {
		if strings.Contains(v.Value, "shh") || strings.Contains(v.Value, secretKey) {
			t.Errorf("%s shows a secret", v.Key)
		}
		if v.Key == "listen" && v.Source != "env" || v.Key == "language" && v.Source != "file" || v.Key == "spool" && v.Source != "default" {
			t.Errorf("%s comes from %s", v.Key, v.Source)
		}
	}
}

func TestFilesAndVariablesInValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "robot.key"), []byte("k-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse([]byte(`
teams:
  - name: 华东一队
    timezone: Asia/Urumqi
    groups: ["feishu:oc_1", "wecom-robot:file:robot.key", "wecom:${CHAT}"]
`), dir, env("ROUNDSMAN_SECRET_KEY="+secretKey, "CHAT=c9"))
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for _, g := range c.Teams[0].Groups {
		groups = append(groups, g.Reveal())
	}
	if diff := cmp.Diff([]string{"feishu:oc_1", "wecom-robot:k-1", "wecom:c9"}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if c.Teams[0].Zone.String() != "Asia/Urumqi" {
		t.Errorf("zone %v", c.Teams[0].Zone)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ yaml, want string }{
		"unknown_key":        {"lisen: ':1'", "lisen: there is no such key; did you mean listen?"},
		"unknown_nested_key": {"check_in: {radios: 5}", "check_in.radios: there is no such key; did you mean check_in.radius?"},
		"deadline_too_early": {"schedule: {plan_deadline: \"15:00\"}", `schedule.plan_deadline: "15:00" is not after schedule.plan_proposal, 16:00 (for example plan_deadline: "20:00")`},
		"bad_time":           {"schedule: {morning_plan: 8.30}", `schedule.morning_plan: "8.3" is not a time like 08:30 (for example morning_plan: "08:30")`},
		"bad_span":           {"schedule: {work_hours: all day}", `schedule.work_hours: "all day" is not a span like 07:00-22:00 (for example work_hours: "07:00-22:00")`},
		"nan":                {"check_in: {radius: .nan}", `check_in.radius: "NaN" is not a number from 50 to 5000 (for example radius: 200)`},
		"zone":               {"timezone: Mars/Olympus", `timezone: "Mars/Olympus" is not a time zone (for example timezone: Asia/Shanghai)`},
		"storage":            {"storage: postgres://x", "storage: must begin with sqlite: or mongodb:// (for example storage: sqlite:roundsman.db)"},
		"size":               {"limits: {photo_bytes: 20 MB}", `limits.photo_bytes: "20 MB" is not an amount like 20MB, at most 104857600 (for example photo_bytes: 20MB)`},
		"huge_size":          {"limits: {photo_bytes: 99999999999999MB}", `limits.photo_bytes: "99999999999999MB" is not an amount like 20MB, at most 104857600 (for example photo_bytes: 20MB)`},
		"missing_variable":   {"public_url: ${NOPE}", "public_url: the variable NOPE is not set (for example public_url: https://bot.example.com)"},
		"list_for_a_value":   {"listen: [1]", "listen: is not a single value (for example listen: \":8080\")"},
		"admin":              {"admins: [zhangsan]", `admins: "zhangsan" is not PLATFORM:USER (for example admins: ["feishu:ou_…", "wecom:zhangsan"])`},
		"team_twice":         {"teams: [{name: a}, {name: a}]", "teams[1].name: must be there and be different for each team (for example name: 华东一队)"},
		"team_key":           {"teams: [{name: a, zone: x}]", "teams[0].zone: there is no such key; did you mean name?"},
		"whole_number":       {"check_in: {min_visits: 2.7}", `check_in.min_visits: "2.7" is not a whole number from 0 to 50 (for example min_visits: 4)`},
		"key_twice":          {"listen: ':1'\nlisten: ':2'", `the file: is not YAML: line 2: mapping key "listen" already defined at line 1`},
		"only_a_value":       {"hunter2hunter2", "the file: is not YAML: the top level is not keys with values"},
		"value_for_section":  {"schedule: 5", "schedule: is not a section"},
		"key_in_group":       {"teams: [{name: a, groups: [hunter2]}]", `teams[0].groups: an entry is not PLATFORM:CHAT (for example groups: ["feishu:oc_…"])`},
		"login_in_address":   {"public_url: https://u:hunter2@h", "public_url: is not a web address (for example public_url: https://bot.example.com)"},
		"no_work_hours":      {"schedule: {work_hours: '00:00-00:00'}", `schedule.work_hours: "00:00-00:00" is empty`},
		"not_yaml":           {"a: [", "the file: is not YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse([]byte(tt.yaml), t.TempDir(), []string{"ROUNDSMAN_SECRET_KEY=" + secretKey})
			var ce *config.Error
			if !errors.As(err, &ce) {
				t.Fatalf("error %v", err)
			}
			if !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("shows what may be a secret: %s", err)
			}
		})
	}
}

func TestSecretKeyIsDemanded(t *testing.T) {
	t.Parallel()
	_, err := config.Parse(nil, t.TempDir(), []string{"ROUNDSMAN_SECRET_KEY=short"})
	if err == nil || !strings.Contains(err.Error(), "openssl rand") || strings.Contains(err.Error(), "short") {
		t.Errorf("error %v", err)
	}
}

func TestSlipsInVariablesAreSaid(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]byte("language: en"), t.TempDir(), []string{
		"ROUNDSMAN_SECRET_KEY=" + secretKey, "ROUNDSMAN_LISEN=:1", "ROUNDSMAN_CHECK_IN__RADIOS=5", "ROUNDSMAN_LANGUAGE=fr", "ROUNDSMAN_TEST_DATABASE=x",
	})
	want := `ROUNDSMAN_CHECK_IN__RADIOS: there is no such key; did you mean check_in.radius?
ROUNDSMAN_LISEN: there is no such key; did you mean listen?
language: "fr" is not one of zh, en (for example language: zh), set by ROUNDSMAN_LANGUAGE`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var ce *config.Error
	if !errors.As(err, &ce) || ce.Problems[2].Source != "env" {
		t.Errorf("problems %+v", ce)
	}
}

func TestSectionsWithoutKeys(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte("check_in:\nschedule: {}\nfeishu:\nteams:\n"), t.TempDir(), []string{"ROUNDSMAN_SECRET_KEY=" + secretKey})
	if err != nil {
		t.Fatal(err)
	}
	if _, on := c.Platform("feishu"); on || c.CheckIn.Radius != 200 {
		t.Errorf("feishu on: %v, radius %v", on, c.CheckIn.Radius)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"roundsman.yaml": "secret_key: file:key\n", "key": secretKey + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "roundsman.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.SecretKey.Reveal() != secretKey {
		t.Error("the key beside the file was not read")
	}
	_, err = config.Load(filepath.Join(dir, "other.yaml"), nil)
	if err == nil || err.Error() != filepath.Join(dir, "other.yaml")+": cannot be read: there is no such file" {
		t.Errorf("error %v", err)
	}
}

func TestSectionRefusesUnknownKeys(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte("wecom: {corpid: x, agent_id: abc}"), t.TempDir(), []string{"ROUNDSMAN_SECRET_KEY=" + secretKey})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.Platform("wecom")
	var dst struct {
		Corp  string `koanf:"corp_id"`
		Agent int    `koanf:"agent_id"`
	}
	if err := s.Decode(&dst); err == nil || err.Error() != "wecom.agent_id: is not a whole number\nwecom.corpid: there is no such key; did you mean corp_id?" {
		t.Errorf("error %v", err)
	}
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte("feishu: {app_secret: hunter2}\nteams: [{name: a, groups: ['wecom-robot:hunter2']}]"), t.TempDir(),
		[]string{"ROUNDSMAN_SECRET_KEY=" + secretKey, "ROUNDSMAN_STORAGE=mongodb://u:hunter2@h/db"})
	if err != nil {
		t.Fatal(err)
	}
	section, _ := c.Platform("feishu")
	var printed []string
	for _, v := range []any{c.SecretKey, c.Storage, c, *c, section, &section, c.Teams} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed = append(printed, fmt.Sprintf(format, v))
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("loaded", "value", v)
		printed = append(printed, string(data), log.String())
	}
	for _, s := range printed {
		for _, secret := range []string{"hunter2", secretKey, fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%x", secretKey)} {
			if strings.Contains(s, secret) {
				t.Errorf("a secret shows in %s", s)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(config.Example)
	f.Add([]byte("teams: [1, {groups: 3}]\nadmins: {a: b}\nfeishu: 3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse(data, t.TempDir(), env("ROUNDSMAN_SECRET_KEY="+secretKey))
		if err == nil && (c.Zone == nil || c.CheckIn.Radius < 50) {
			t.Error("an unusable configuration was accepted")
		}
	})
}
