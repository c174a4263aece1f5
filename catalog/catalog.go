// Package catalog holds every sentence that a user reads, in Chinese and in
// English. It must not know what they are about.
package catalog

import (
	"embed"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed zh.yaml en.yaml
var files embed.FS

// Languages are the languages that there is a catalogue for.
var Languages = []string{"zh", "en"}

// Catalog says things in one language. It is safe for concurrent use.
type Catalog struct {
	lang      string
	localizer *i18n.Localizer
}

// New returns the catalogue of a language: zh or en.
func New(lang string) (*Catalog, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	bundle := i18n.NewBundle(tag)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	if _, err := bundle.LoadMessageFileFS(files, lang+".yaml"); err != nil {
		return nil, fmt.Errorf("catalogue %q: %w", lang, err)
	}
	return &Catalog{lang, i18n.NewLocalizer(bundle, lang)}, nil
}

// T returns the sentence of the key, with the values of pairs (name, value,
// name, value, …) put in. A pair named Count chooses the plural form. A key that is missing is returned
// itself; a test sees to it that none is.
func (c *Catalog) T(key string, pairs ...any) string {
	data := make(map[string]any, len(pairs)/2)
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := pairs[i].(string)
		data[name] = pairs[i+1]
		if name == "Count" {
			config.PluralCount = pairs[i+1]
		}
	}
	s, err := c.localizer.Localize(config)
	if err != nil && config.PluralCount != nil {
		// It has one form for every count.
		config.PluralCount = nil
		s, err = c.localizer.Localize(config)
	}
	if err != nil {
		return key
	}
	return s
}

// Language returns "zh" or "en".
func (c *Catalog) Language() string { return c.lang }

// Metres writes a distance: "42 米", "1.2 公里".
func (c *Catalog) Metres(m float64) string {
	switch {
	case m < 0:
		return c.T("unit.unknown")
	case m < 1000:
		return c.T("unit.metres", "N", strconv.FormatFloat(m, 'f', 0, 64))
	default:
		return c.T("unit.kilometres", "N", strconv.FormatFloat(m/1000, 'f', 1, 64))
	}
}

// Duration writes a length of time in hours and minutes: "35 分钟", "1 小时 5 分".
func (c *Catalog) Duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	if minutes < 60 {
		return c.T("unit.minutes", "N", minutes)
	}
	return c.T("unit.hours", "H", minutes/60, "M", minutes%60)
}

// Days writes a number of days.
func (c *Catalog) Days(d time.Duration) string {
	return c.T("unit.days", "Count", int(d/(24*time.Hour)))
}

// Money writes an amount of fen in yuan: "12,000 元", "0.50 元".
func (c *Catalog) Money(fen int64) string {
	n := strconv.FormatInt(fen/100, 10)
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	if rest := fen % 100; rest != 0 {
		n += fmt.Sprintf(".%02d", rest)
	}
	return c.T("unit.money", "N", n)
}

// Date writes a calendar date with its weekday, from a time in its zone: "11月24日 周二".
func (c *Catalog) Date(t time.Time) string {
	weekday := c.T("weekday." + strconv.Itoa(int(t.Weekday())))
	if c.lang == "zh" {
		return fmt.Sprintf("%d月%d日 %s", t.Month(), t.Day(), weekday)
	}
	return weekday + " " + t.Format("2 Jan")
}

// Clock writes a wall time: "09:12".
func (c *Catalog) Clock(t time.Time) string { return t.Format("15:04") }

// Share writes "5/6 (83%)", or a dash when there is nothing to share.
func (c *Catalog) Share(n, of int) string {
	if of == 0 {
		return c.T("unit.none")
	}
	return fmt.Sprintf("%d/%d (%d%%)", n, of, (200*n+of)/(2*of))
}

// Percent writes "83%", rounded; "—" where there is nothing to share.
func (c *Catalog) Percent(n, of int64) string {
	if of == 0 {
		return c.T("unit.none")
	}
	return fmt.Sprintf("%.0f%%", math.Round(100*float64(n)/float64(of)))
}
