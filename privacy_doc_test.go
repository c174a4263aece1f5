package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/catalog"
	"roundsman/config"
)

// What docs/PRIVACY.md says that people are told is what they are told.
func TestTheNoticeIsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("docs", "PRIVACY.md"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse([]byte("secret_key: "+strings.Repeat("k", 32)), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Privacy.EraseWithin != 15*24*time.Hour {
		t.Errorf("an erasure is due within %v", cfg.Privacy.EraseWithin)
	}
	for language, colon := range map[string]string{"zh": "：", "en": ": "} {
		say, err := catalog.New(language)
		if err != nil {
			t.Fatal(err)
		}
		lines := []string{"**" + say.T("consent.title") + "**", say.T("consent.footer")}
		for label, line := range map[string]string{
			"what":   say.T("consent.what_text", "Hours", cfg.Schedule.WorkHours.String()),
			"long":   say.T("consent.long_text", "Coordinates", say.Days(cfg.Privacy.KeepCoordinates), "Photos", say.Days(cfg.Privacy.KeepPhotos)),
			"who":    say.T("consent.who_text"),
			"rights": say.T("consent.rights_text"),
		} {
			lines = append(lines, say.T("consent."+label)+colon+line)
		}
		for _, line := range lines {
			if !strings.Contains(string(text), "> "+line+"\n") {
				t.Errorf("docs/PRIVACY.md lacks %q", line)
			}
		}
	}
	say, err := catalog.New("zh")
	if err != nil {
		t.Fatal(err)
	}
	if wide := say.T("consent.who_text_wide"); !strings.Contains(string(text), wide) {
		t.Errorf("docs/PRIVACY.md lacks %q", wide)
	}
}
