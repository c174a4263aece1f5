package handlers_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// A pin that is no place is answered with what to do, and nothing of it is kept.
func TestLocationsThatAreNoPlaces(t *testing.T) {
	t.Parallel()
	zh, err := catalog.New("zh")
	if err != nil {
		t.Fatal(err)
	}
	en, err := catalog.New("en")
	if err != nil {
		t.Fatal(err)
	}
	const noNumber, zero, swapped, outOfRange = "location.not_a_number", "location.zero", "location.swapped", "location.out_of_range"
	for name, tt := range map[string]struct{ lat, lng, want string }{
		"words":                 {"here", "there", noNumber},
		"nothing":               {"", "", noNumber},
		"nan":                   {"NaN", "121", noNumber},
		"nan_longitude":         {"31", "nan", noNumber},
		"infinite":              {"-Inf", "+inf", noNumber},
		"comma_decimals":        {"31,2304", "121,4737", noNumber},
		"full_width":            {"３１.２３", "１２１.４７", noNumber},
		"hexadecimal":           {"0x1Fp0", "121", noNumber},
		"a_sentence":            {strings.Repeat("31.2304 ", 1000), "121.4737", noNumber},
		"more_than_a_float":     {"1e999", "121", outOfRange},
		"less_than_a_float":     {"31.23", "-1e999", outOfRange},
		"zero":                  {"0", "0.0", zero},
		"zero_below":            {"-0", "0", zero},
		"zero_with_an_exponent": {"0e999", "0", zero},
		"swapped":               {"121.47", "31.23", swapped},
		"swapped_in_the_west":   {"87.6168", "43.8256", swapped},
		"beyond_the_pole":       {"91", "181", outOfRange},
		"micro_degrees":         {"31230400", "121473700", outOfRange},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.handle(f.message("zhang", func(m *bot.Message) {
				m.Location = &bot.Location{Lat: tt.lat, Lng: tt.lng, Datum: geo.GCJ02}
			}))
			if got := show(f.last("zhang")); got != zh.T(tt.want) || got == tt.want {
				t.Errorf("got %s", got)
			}
			if english := en.T(tt.want); english == tt.want || english == zh.T(tt.want) {
				t.Errorf("in English it is %s", english)
			}
			if n, posts := f.facts(), len(f.posts()); n != 0 || posts != 1 {
				t.Errorf("%d facts and %d posts are kept", n, posts)
			}
		})
	}
}

// facts counts those of everybody.
func (f *fixture) facts() (n int) {
	f.Helper()
	for _, err := range f.store.Facts().Range(f.Context(), storage.FactFilter{}) {
		f.ok(err)
		n++
	}
	return n
}

// What may be a place, and is none that anybody can have sent from here, is kept
// as it came and counts for no customer.
func TestPlacesThatAreElsewhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ lat, lng string }{
		"the_latitude_twice":  {"31.2304", "31.2304"},
		"the_longitude_twice": {"73.4737", "73.4737"},
		"the_other_side":      {"-31.2304", "-121.4737"},
		"the_gulf_of_guinea":  {"0.0001", "0.0001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.handle(f.message("zhang", func(m *bot.Message) {
				m.Location = &bot.Location{Lat: tt.lat, Lng: tt.lng, Datum: geo.GCJ02}
			}))
			day := f.day("zhang")
			for _, v := range day.Visits {
				t.Errorf("a visit of %s: %s", v.Customer, v.Verdict())
			}
			if len(day.Unplaced) != 1 || !contains(show(f.last("zhang")), "附近没有") {
				t.Errorf("unplaced %+v, said %s", day.Unplaced, show(f.last("zhang")))
			}
		})
	}
}

// A fix that is only good to kilometres is never verified, however near its middle is.
func TestAVagueFixIsNotVerified(t *testing.T) {
	t.Parallel()
	for accuracy, want := range map[float64]visit.Verdict{12: visit.Verified, 150: visit.Verified, 151: visit.Near, 5000: visit.Near, 10_000: visit.Near} {
		f := setup(t)
		f.onPage("zhang", shop, accuracy, time.Second)
		v := f.day("zhang").Visits[0]
		if v.Verdict() != want {
			t.Errorf("±%v m: %s, want %s", accuracy, v.Verdict(), want)
		}
	}
}

// A platform's own position with an accuracy that says nothing supports nothing, and
// speaks against nothing.
func TestAVaguePositionSaysNothing(t *testing.T) {
	t.Parallel()
	for accuracy, doubted := range map[float64]bool{30: true, 0: false, 50_000: false} {
		f := setup(t)
		f.handle(f.message("zhang", func(m *bot.Message) {
			m.ID = ""
			m.Location = location(geo.Offset(shop, 80_000, 0))
			m.Location.Passive, m.Location.Accuracy = true, accuracy
		}))
		f.pass(time.Second)
		f.at("zhang", shop)
		v := f.day("zhang").Visits[0]
		if got := v.Verdict() == visit.Suspicious; got != doubted || (v.Fix.Support < 0) == doubted {
			t.Errorf("±%v m: %s, support %v", accuracy, v.Verdict(), v.Fix.Support)
		}
	}
}

// What people write reaches the store through the door as text that can be kept and
// shown, whatever bytes it had; nothing that they sent is lost for it.
func TestTextsAreCleanedAtTheDoorAndKept(t *testing.T) {
	t.Parallel()
	const long = "长"
	for name, tt := range map[string]struct{ sent, want string }{
		"bytes that are no text": {"补\xff货\xc3(", "补\uFFFD货\uFFFD("},
		"half a surrogate":       {"a\xed\xa0\x80b", "a\uFFFDb"},
		"NUL and controls":       {"补\x00货\x07\x1b[31m两箱", "补货[31m两箱"},
		"bidirectional":          {"付\u202e001\u2066款\u2069", "付001款"},
		"zero width":             {"\u200b补\ufeff货\u2060\u00ad", "补货"},
		"emoji":                  {"👨\u200d👩\u200d👧 🚚 🇨🇳", "👨\u200d👩\u200d👧 🚚 🇨🇳"},
		"beyond the plane":       {"𠮷野家", "𠮷野家"},
		"lines":                  {"一\r\n二\u2028三\t四", "一 \n二三 四"},
		"operators":              {`{"$ne":null} $where a.b`, `{"$ne":null} $where a.b`},
		"100 KB":                 {strings.Repeat(long, 100<<10/len(long)), strings.Repeat(long, 2000)},
		"100 KB of nothing":      {"补" + strings.Repeat("\u200b", 100<<10/3) + "货", "补货"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			log := slog.New(slog.NewTextHandler(t.Output(), nil))
			intake := bot.NewIntake(f.store.Inbox(), nil, bot.NewMetrics(prometheus.NewRegistry()), log, func(storage.Event) {})
			f.ok(intake.Accept(t.Context(), f.message("zhang", func(m *bot.Message) {
				m.Location = location(shop)
				m.Location.Name = tt.sent
			})))
			f.pass(time.Minute)
			f.ok(intake.Accept(t.Context(), f.message("zhang", func(m *bot.Message) { m.Text = tt.sent })))
			events, err := f.store.Inbox().Pending(t.Context(), f.now.Add(time.Hour), storage.Cursor{}, 10)
			f.ok(err)
			if len(events) != 2 {
				t.Fatalf("%d events are kept", len(events))
			}
			for _, e := range events {
				m, err := bot.ReadEvent(e)
				f.ok(err)
				f.handle(m)
			}
			facts, err := f.store.Facts().Day(t.Context(), "zhang", "2026-11-24")
			f.ok(err)
			var note, address string
			for _, fact := range facts {
				switch fact.Kind {
				case visit.KindNote:
					note = fact.Note
				case visit.KindFix:
					address = fact.Fix.Address
				}
			}
			if note != tt.want {
				t.Errorf("the note is %.60q, want %.60q", note, tt.want)
			}
			if want := string([]rune(tt.want)[:min(len([]rune(tt.want)), 120)]); address != want {
				t.Errorf("the address is %.60q, want %.60q", address, want)
			}
			for _, text := range append(f.said("zhang"), note, address) {
				if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }) {
					t.Errorf("%.200q is kept", text)
				}
			}
		})
	}
}
