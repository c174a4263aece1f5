package sheet_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"roundsman/digest/sheet"
	"roundsman/geo"
	"roundsman/visit"
)

// word draws a text as the importer leaves them: with Chinese, emoji, quotes,
// what looks like formulas, and what looks like Excel's escapes.
func word(least, most int) *rapid.Generator[string] {
	runes := []rune("a7,;\"'=+-@<&>%_xX0041 \\`　张店𠮷🚚＝－＠")
	return rapid.Custom(func(t *rapid.T) string {
		s := string(rapid.SliceOfN(rapid.SampledFrom(runes), least, most).Draw(t, "runes"))
		if !visible(s) {
			return "张" + s + "伟"
		}
		return s
	})
}

// visible reports whether a text begins and ends with what is not a space.
func visible(s string) bool {
	rs := []rune(s)
	space := func(r rune) bool { return r == ' ' || r == '　' }
	return len(rs) == 0 || !space(rs[0]) && !space(rs[len(rs)-1])
}

func maybe(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), g)
}

func drawCustomers(t *rapid.T) []visit.Customer {
	out := make([]visit.Customer, rapid.IntRange(1, 12).Draw(t, "n"))
	for i := range out {
		c := visit.Customer{
			ID: fmt.Sprintf("%s%d", word(1, 20).Draw(t, "id"), i), Name: word(1, 40).Draw(t, "name"),
			Address: maybe(word(1, 60)).Draw(t, "address"), Area: maybe(word(1, 9)).Draw(t, "area"),
			Contact: maybe(word(1, 9)).Draw(t, "contact"), Phone: maybe(rapid.StringMatching(`\+?[0-9]{3,11}( ext 1)?`)).Draw(t, "phone"),
			Owner: maybe(rapid.SampledFrom([]string{"R1", "R2"})).Draw(t, "owner"), Grade: maybe(rapid.SampledFrom([]string{"A", "B", "C"})).Draw(t, "grade"),
			Cadence: rapid.IntRange(0, 365).Draw(t, "cadence"),
		}
		if rapid.Bool().Draw(t, "fenced") {
			c.Radius = rapid.Float64Range(50, 5000).Draw(t, "radius")
		}
		if rapid.Bool().Draw(t, "placed") {
			c.Point = rapid.Custom(func(t *rapid.T) geo.Point {
				return geo.Point{
					Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lng: rapid.Float64Range(-180, 180).Draw(t, "lng"),
					Datum: rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.GCJ02Always, geo.BD09}).Draw(t, "datum"),
				}
			}).Filter(func(p geo.Point) bool {
				// Beyond 32 bytes nothing is taken for a number; no place needs 1e-20 of a degree.
				return p.Valid() && (p.Lat == 0 || p.Lat*p.Lat > 1e-12) && (p.Lng == 0 || p.Lng*p.Lng > 1e-12)
			}).Draw(t, "point")
		}
		out[i] = c
	}
	return out
}

func drawReps(t *rapid.T) []visit.Rep {
	out := make([]visit.Rep, rapid.IntRange(1, 12).Draw(t, "n"))
	for i := range out {
		out[i] = visit.Rep{
			ID: fmt.Sprintf("%s%d", word(1, 20).Draw(t, "id"), i), Name: word(1, 20).Draw(t, "name"), Team: word(1, 20).Draw(t, "team"),
			Role: rapid.SampledFrom([]visit.Role{visit.RoleRep, visit.RoleManager, visit.RoleAdmin}).Draw(t, "role"),
		}
		for _, platform := range []string{"feishu", "wecom"} {
			if rapid.Bool().Draw(t, platform) {
				if out[i].Identities == nil {
					out[i].Identities = make(map[string]string)
				}
				out[i].Identities[platform] = fmt.Sprintf("%s%d", word(1, 9).Draw(t, "user"), i)
			}
		}
	}
	return out
}

func drawPlans(t *rapid.T) []visit.PlannedVisit {
	clock := rapid.Custom(func(t *rapid.T) visit.Clock {
		return visit.Clock{Hour: rapid.IntRange(1, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}
	})
	var out []visit.PlannedVisit
	for d := range rapid.IntRange(1, 4).Draw(t, "dates") {
		for _, rep := range []string{"R1", "R2"} {
			for i, customer := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"C1", "C2", "C3", "=C4"}), 0, 4, rapid.ID).Draw(t, "customers") {
				p := visit.PlannedVisit{
					Rep: rep, Date: days.From.Add(d), Customer: customer, Order: i + 1,
					Purpose:   rapid.SampledFrom([]visit.Purpose{"", visit.NewCustomer, visit.Delivery, visit.Other}).Draw(t, "purpose"),
					Reference: maybe(word(1, 12)).Draw(t, "reference"), Note: maybe(word(1, 30)).Draw(t, "note"),
					CollectionTarget: rapid.Int64Range(0, 1e12).Draw(t, "collection"), OrderTarget: rapid.Int64Range(0, 999).Draw(t, "order"),
				}
				if rapid.Bool().Draw(t, "timed") {
					p.Window.From = clock.Draw(t, "from")
					p.Window.To = p.Window.From
					if rapid.Bool().Draw(t, "long") {
						p.Window.To = clock.Draw(t, "to")
					}
				}
				out = append(out, p)
			}
		}
	}
	return append(out, visit.PlannedVisit{Rep: "R1", Date: days.From.Add(9), Customer: "C1", Order: 1})
}

// What was exported is imported as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	period := sheet.Filter{From: days.From, To: days.From.Add(30)}
	// export writes and reads again; nothing but the references is known to the reader.
	export := func(rt *rapid.T, kind sheet.Kind, m memory) *sheet.Import {
		format := rapid.SampledFrom([]sheet.Format{sheet.CSV, sheet.XLSX}).Draw(rt, "format")
		var out bytes.Buffer
		rows, err := sheet.Write(t.Context(), &out, kind, format, period, m, policy(t), sheet.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		known := company()
		known.reps = append(known.reps[:0:0], visit.Rep{ID: "R1"}, visit.Rep{ID: "R2"})
		known.customers = []visit.Customer{{ID: "C1"}, {ID: "C2"}, {ID: "C3"}, {ID: "=C4"}}
		got, err := sheet.Read(t.Context(), "t."+string(format), kind, &out, known)
		if err != nil {
			rt.Fatal(refused(t, err).Text(speak(t, "en")))
		}
		if got.Rows() != rows {
			rt.Fatalf("%d rows of %d", got.Rows(), rows)
		}
		return got
	}
	check := func(rt *rapid.T, got, want any) {
		// A workbook keeps 15 digits of a number: of a coordinate, less than a micrometre.
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-14, 0)); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	}
	t.Run("customers", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			want := drawCustomers(rt)
			check(rt, export(rt, sheet.Customers, memory{customers: want}).Customers, want)
		})
	})
	t.Run("reps", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			want := drawReps(rt)
			check(rt, export(rt, sheet.Reps, memory{reps: want}).Reps, want)
		})
	})
	t.Run("plans", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			want := drawPlans(rt)
			check(rt, export(rt, sheet.Plans, memory{plans: want}).Plans, want)
		})
	})
}
