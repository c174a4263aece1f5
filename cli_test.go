package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

// shell runs a command line and returns its exit code and what it printed.
func shell(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, []string{"ROUNDSMAN_SECRET_KEY=0123456789abcdef0123456789abcdef"}, &out, &errs)
	return code, out.String(), errs.String()
}

// open opens an SQLite store beside whoever serves it, until the test ends.
func open(t *testing.T, path string) storage.Store {
	t.Helper()
	s, err := openStore(t.Context(), "sqlite:"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func writeConfig(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "roundsman.yaml")
	yaml += fmt.Sprintf("\nstorage: %q\nspool: %q\n", "sqlite:"+filepath.Join(dir, "r.db"), filepath.Join(dir, "spool"))
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	good := writeConfig(t, "language: zh")
	for name, tt := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		"version":           {[]string{"version"}, 0, "roundsman ", ""},
		"help":              {[]string{"--help"}, 0, "demo", ""},
		"command_help":      {[]string{"job", "--help"}, 0, "--dry-run", ""},
		"no_command":        {nil, 2, "", "expected one of"},
		"unknown_command":   {[]string{"fly"}, 2, "", "fly"},
		"unknown_flag":      {[]string{"serve", "--fast"}, 2, "", "--fast"},
		"missing_file":      {[]string{"--config", "/nowhere.yaml", "check"}, 2, "", "no such file"},
		"bad_configuration": {[]string{"--config", writeConfig(t, "lisen: x"), "check"}, 2, "", "did you mean listen?"},
		"platform_secret":   {[]string{"--config", writeConfig(t, "feishu: {app_id: cli_1}"), "check"}, 2, "", "feishu.app_secret"},
		"webhook_key":       {[]string{"--config", writeConfig(t, "feishu: {mode: webhook, app_id: cli_1, app_secret: x}"), "serve"}, 2, "", "feishu.encrypt_key"},
		"bad_date":          {[]string{"--config", good, "job", "morning_plan", "--date", "tomorrow"}, 2, "", "not a date"},
		"unknown_job":       {[]string{"--config", good, "job", "fly", "--date", "2026-11-24"}, 2, "", "morning_plan"},
		"nothing_is_right":  {[]string{"--config", good, "check"}, 1, "FAIL  platforms: none is configured", "not right"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := shell(t, tt.args...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s", code, stdout, stderr)
			}
		})
	}
}

func TestJobPreviewsAndHoldsToTheLedger(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "teams: [{name: 华东一队, groups: [\"feishu:oc_1\"]}]\nadmins: [\"feishu:ou_1\"]")
	_, cfgErr, _ := shell(t, "--config", path, "check") // makes the store
	store := open(t, filepath.Join(filepath.Dir(path), "r.db"))
	err := store.Roster().PutTeam(t.Context(), visit.Team{Name: testTeam, Groups: []string{"feishu:group/oc_1"}})
	if err == nil {
		err = store.Roster().PutReps(t.Context(), visit.Rep{ID: "z", Name: "张伟", Team: testTeam, Role: visit.RoleRep})
	}
	if err != nil {
		t.Fatal(err, cfgErr)
	}
	job := []string{"--config", path, "job", "morning_plan", "--date", "2026-11-24"}
	code, stdout, stderr := shell(t, append(job, "--dry-run")...)
	if code != 0 || !strings.Contains(stdout, "拜访计划") {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	if n, _, err := store.Outbox().Backlog(t.Context()); n != 0 || err != nil {
		t.Errorf("a preview made %d posts, %v", n, err)
	}
	for range 2 {
		if code, _, stderr := shell(t, job...); code != 0 {
			t.Fatal(stderr)
		}
	}
	if n, _, err := store.Outbox().Backlog(t.Context()); n != 1 || err != nil {
		t.Errorf("the job made %d posts, %v", n, err)
	}
	if err := store.Outcomes().Put(t.Context(), visit.Outcome{Rep: "z", Team: testTeam, Date: "2026-11-24", Facts: 1, Planned: []string{"C1"}}); err != nil {
		t.Fatal(err)
	}
	for name, date := range map[string]string{"weekly_digest": "2026-11-30", "monthly_digest": "2026-12-01"} {
		code, stdout, stderr := shell(t, "--config", path, "job", name, "--date", date, "--dry-run")
		if code != 0 || !strings.Contains(stdout, "计划达成率: 0/1 (0%)") || !strings.Contains(stdout, "would go to managers/") {
			t.Errorf("%s: exit %d, %s%s", name, code, stdout, stderr)
		}
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func TestImportAllOrNothingAndExport(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "language: zh")
	dir := filepath.Dir(path)
	file := func(name, text string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	reps := file("reps.csv", "工号,姓名,团队,角色,飞书\nz,张伟,华东一队,销售员,ou_1\n")
	customers := file("customers.csv", "编号,名称,经度,纬度,坐标系,负责人\nC1,华联超市,121.4737,31.2304,GCJ02,z\nC2,大润发,,,,z\n")
	bad := file("bad.csv", "编号,名称,经度,纬度,坐标系,负责人\nC1,好德,121.4737,31.2304,,z\nC2,罗森,31.23,121.47,GCJ02,谁\n")
	plans := file("plans.csv", "日期,工号,客户编号,时间,目的,回款目标\n2026-11-24,z,C2,10:00,收款,5000\n2026-11-24,z,C1,,,\n")
	targets := file("targets.csv", "月份,工号,订货目标\n2026-11,z,120000\n")
	routes := file("routes.csv", "工号,星期,客户编号,周次\nz,1,C1,\nz,3,C2,2\n")
	day := []string{"--from", "2026-11-24", "--to", "2026-11-24"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"import", "reps", reps}, 0, "已导入 1 行"},
		{[]string{"import", "customers", customers, "--dry-run"}, 0, "2 行都没有问题"},
		{[]string{"import", "customers", bad}, 1, "第 3 行"},
		{[]string{"export", "customers", "--format", "jsonl"}, 0, ""},
		{[]string{"import", "customers", customers}, 0, "已导入 2 行"},
		{[]string{"import", "plans", plans}, 0, "已导入 2 行"},
		{[]string{"import", "targets", targets}, 0, "已导入 1 行"},
		{[]string{"import", "routes", routes, "--dry-run"}, 0, "2 行都没有问题"},
		{[]string{"import", "routes", routes}, 0, "已导入 2 行"},
		{[]string{"import", "routes", targets}, 1, "第 1 行"},
		{[]string{"import", "weather", plans}, 2, ""},
		{[]string{"import", "reps", filepath.Join(dir, "nowhere.csv")}, 1, ""},
		{[]string{"export", "customers"}, 0, "C1,华联超市"},
		{append([]string{"export", "plans", "--format", "jsonl"}, day...), 0, `"C2"`},
		{append([]string{"export", "checkins", "--with-coordinates"}, day...), 2, ""},
		{[]string{"export", "checkins"}, 2, ""},
		{append([]string{"export", "checkins"}, day...), 0, "message_id"},
		{append([]string{"export", "reports"}, day...), 0, "华东一队,z,张伟"},
		{[]string{"export", "reports", "--from", "2026-11-24"}, 2, ""},
		{append([]string{"export", "checkins", "--format", "xlsx", "--out", filepath.Join(dir, "c.xlsx")}, day...), 0, "0 rows"},
	} {
		code, stdout, stderr := shell(t, append([]string{"--config", path}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout, tt.want) {
			t.Errorf("%v: exit %d\n%s%s", tt.args, code, stdout, stderr)
		}
	}
}
