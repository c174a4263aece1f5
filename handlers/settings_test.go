package handlers_test

import "testing"

func TestATeamHasItsOwnSettings(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "设置")
	if got := show(f.last("wang")); !contains(got, "华东一队 设置", "最少拜访 4 |", "计划截止 20:00 |", "群播报 完整") {
		t.Fatalf("the settings: %s", got)
	}
	for text, want := range map[string]string{
		"设置 最少拜访 3":       "最少拜访 3（本队设的）",
		"设置 计划截止 21:00":   "计划截止 21:00（本队设的）",
		"免打扰 11:00-12:00": "免打扰 11:00-12:00（本队设的）",
		"免打扰 无":           "免打扰 关（本队设的）",
		"群播报 精简":          "群播报 精简（本队设的）",
		"设置 最少拜访 -1":      "没有改：“-1”不能作为最少拜访",
		"设置 最少拜访 NaN":     "没有改",
		"设置 计划截止 15:00":   "没有改：“15:00”不能作为计划截止",
		"设置 计划截止 25:00":   "没有改",
		"设置 天气 晴":         "请写“设置 名称 值”",
		"设置 最少拜访":         "请写“设置 名称 值”",
		"设置 华南一队 最少拜访 9":  "只能看自己的团队",
		"群播报 什么都发":        "没有改",
	} {
		f.text("wang", text)
		if got := show(f.last("wang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	f.text("wang", "设置 最少拜访 2")
	f.text("wang", "设置 计划截止 21:00")
	f.text("zhang", "明天")
	if got := show(f.last("zhang")); !contains(got, "21:00 锁定", "共 2 家") {
		t.Errorf("the plan goes by them: %s", got)
	}
	f.text("zhang", "设置 最少拜访 0")
	if got := show(f.last("zhang")); !contains(got, "需要经理权限") {
		t.Errorf("a rep: %s", got)
	}
	f.text("boss", "设置 华南一队 最少拜访 6")
	if got := show(f.last("boss")); !contains(got, "华南一队 设置", "最少拜访 6（本队设的）") {
		t.Errorf("an admin: %s", got)
	}
}
