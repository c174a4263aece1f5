package wecom_test

import (
	"testing"

	"roundsman/bot"
)

func TestMakeMenu(t *testing.T) {
	t.Parallel()
	f := setup(t)
	menu := []bot.MenuItem{
		{Text: "签到", Link: "https://bot.example.com/m/check-in?on=wecom"},
		{Text: "更多", Items: []bot.MenuItem{{Text: "日报", Say: "日报"}, {Text: "帮助", Say: "帮助"}}},
	}
	for range 2 {
		if err := f.MakeMenu(t.Context(), menu); err != nil {
			t.Fatal(err)
		}
	}
	for _, item := range []string{menu[0].Link, "日报", "帮助"} {
		if _, err := f.app.PressMenu("zhangsan", item); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.app.PressMenu("zhangsan", "更多"); err == nil {
		t.Error("an item that holds others says something")
	}
	for name, bad := range map[string][]bot.MenuItem{
		"40018": {{Text: "一二三四五六", Say: "帮助"}},
		"40016": nil,
	} {
		if err := sendError(t, f.MakeMenu(t.Context(), bad)); err.Code != name || err.Retry {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An expired token is no obstacle.
	f.app.ExpireToken()
	if err := f.MakeMenu(t.Context(), menu); err != nil {
		t.Error(err)
	}
}
