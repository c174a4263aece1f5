package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

func fullCustomer() visit.Customer {
	fence, err := geo.ParseFence("121.4701234,31.2301234;121.4801,31.23;121.4801,31.2401", geo.GCJ02)
	if err != nil {
		panic(err)
	}
	return visit.Customer{
		ID: "客户-" + chinese, Name: chinese, Point: geo.Point{Lat: 31.230416123456789, Lng: -121.4, Datum: geo.BD09},
		Address: chinese, Radius: 1.0 / 3, Fence: fence, Owner: "rep-" + chinese, Grade: "A", Cadence: 7, Area: chinese,
		Contact: chinese, Phone: "+86 138-0000-0000",
	}.Located()
}

func testCustomers(t *testing.T, s suite) {
	setup := func(t *testing.T, customers ...visit.Customer) (context.Context, storage.Customers) {
		t.Helper()
		t.Parallel()
		c := s.open(t).Customers()
		if len(customers) > 0 {
			ok(t, c.Put(t.Context(), customers...))
		}
		return t.Context(), c
	}
	ids := func(customers []visit.Customer) []string {
		var out []string
		for _, c := range customers {
			out = append(out, c.ID)
		}
		return out
	}

	t.Run("every field comes back", func(t *testing.T) {
		full, zero := fullCustomer(), visit.Customer{}
		complete(t, full)
		ctx, c := setup(t, full, zero)
		want := []visit.Customer{zero, full}
		equal(t, val(c.Get(ctx, full.ID, ""))(t), want)
		equal(t, val(c.Search(ctx, "", 9))(t), want)
		equal(t, val(c.Owned(ctx, full.Owner))(t), []visit.Customer{full})
	})

	t.Run("the place is derived from the point whatever was given", func(t *testing.T) {
		full := fullCustomer()
		wrong := full
		wrong.Place = geo.Point{Lat: 1, Lng: 2, Datum: geo.WGS84}
		stale := visit.Customer{ID: "nowhere", Place: full.Place}
		ctx, c := setup(t, wrong, stale)
		equal(t, val(c.Get(ctx, "nowhere", full.ID))(t), []visit.Customer{{ID: "nowhere"}, full})
	})

	t.Run("get returns those that exist once each by id", func(t *testing.T) {
		ctx, c := setup(t, visit.Customer{ID: "b"}, visit.Customer{ID: "甲"}, visit.Customer{ID: "a"}, visit.Customer{ID: "乙"})
		equal(t, ids(val(c.Get(ctx, "甲", "a", "unknown", "乙", "a"))(t)), []string{"a", "乙", "甲"})
		equal(t, ids(val(c.Get(ctx))(t)), nil)
		equal(t, ids(val(c.Get(ctx, "unknown"))(t)), nil)
	})

	t.Run("many ids at once", func(t *testing.T) {
		var all []visit.Customer
		var want []string
		for i := range 3000 {
			all = append(all, visit.Customer{ID: fmt.Sprintf("%05d", i)})
			want = append(want, all[i].ID)
		}
		ctx, c := setup(t, all...)
		equal(t, ids(val(c.Get(ctx, want...))(t)), want)
		equal(t, val(c.Count(ctx))(t), 3000)
	})

	t.Run("a customer is replaced whole", func(t *testing.T) {
		full := fullCustomer()
		ctx, c := setup(t, full)
		replaced := visit.Customer{ID: full.ID, Name: "新", Owner: "2"}
		ok(t, c.Put(ctx, replaced))
		equal(t, val(c.Get(ctx, full.ID))(t), []visit.Customer{replaced})
		equal(t, ids(val(c.Owned(ctx, full.Owner))(t)), nil)
		equal(t, ids(val(c.Owned(ctx, "2"))(t)), []string{full.ID})
		equal(t, ids(val(c.Search(ctx, full.Name, 9))(t)), ids([]visit.Customer{replaced}))
		equal(t, val(c.Count(ctx))(t), 1)
	})

	t.Run("another owner changes nothing else, and nobody else's", func(t *testing.T) {
		full := fullCustomer()
		ctx, c := setup(t, full, visit.Customer{ID: "third's", Owner: "3"})
		ok(t, c.SetOwner(ctx, full.Owner, "2"))
		for range 2 {
			ok(t, c.SetOwner(ctx, full.Owner, "2", full.ID, "third's", "unknown"))
		}
		moved := full
		moved.Owner = "2"
		equal(t, val(c.Get(ctx, full.ID, "third's"))(t), []visit.Customer{{ID: "third's", Owner: "3"}, moved})
		equal(t, ids(val(c.Owned(ctx, "2"))(t)), []string{full.ID})
		ok(t, c.SetOwner(ctx, "2", "", full.ID))
		moved.Owner = ""
		equal(t, val(c.Get(ctx, full.ID))(t), []visit.Customer{moved})
		equal(t, ids(val(c.Owned(ctx, "2"))(t)), nil)
		ok(t, c.SetOwner(ctx, "", full.Owner, full.ID))
		equal(t, val(c.Get(ctx, full.ID))(t), []visit.Customer{full})
		equal(t, val(c.Count(ctx))(t), 2)
	})

	t.Run("another place changes nothing else, and only the one that was meant", func(t *testing.T) {
		full := fullCustomer()
		ctx, c := setup(t, full, visit.Customer{ID: "nowhere", Name: "n", Owner: "2"})
		first := geo.Point{Lat: 31.2304161234567, Lng: 121.47, Datum: geo.GCJ02}
		wants(t, c.SetPlace(ctx, "unknown", geo.Point{}, first), storage.ErrNotFound)
		ok(t, c.SetPlace(ctx, "nowhere", geo.Point{}, first))
		wants(t, c.SetPlace(ctx, "nowhere", geo.Point{}, full.Point), storage.ErrConflict)
		placed := visit.Customer{ID: "nowhere", Name: "n", Owner: "2", Point: first}.Located()
		equal(t, val(c.Get(ctx, "nowhere"))(t), []visit.Customer{placed})
		other := full.Point
		other.Datum = geo.WGS84
		wants(t, c.SetPlace(ctx, full.ID, other, first), storage.ErrConflict)
		ok(t, c.SetPlace(ctx, full.ID, full.Point, other))
		moved := full
		moved.Point = other
		equal(t, val(c.Get(ctx, full.ID))(t), []visit.Customer{moved.Located()})
		ok(t, c.SetPlace(ctx, "nowhere", first, geo.Point{}))
		equal(t, val(c.Get(ctx, "nowhere"))(t), []visit.Customer{{ID: "nowhere", Name: "n", Owner: "2"}})
	})

	t.Run("an owner and a place at once are both kept", func(t *testing.T) {
		ctx, c := setup(t, visit.Customer{ID: "c", Owner: "1"})
		at := geo.Point{Lat: 31, Lng: 121, Datum: geo.WGS84}
		for _, err := range race(t, func(ctx context.Context, i int) error {
			if i%2 == 0 {
				return c.SetOwner(ctx, "1", "2", "c")
			}
			err := c.SetPlace(ctx, "c", geo.Point{}, at)
			if errors.Is(err, storage.ErrConflict) {
				return nil
			}
			return err
		}) {
			ok(t, err)
		}
		equal(t, val(c.Get(ctx, "c"))(t), []visit.Customer{visit.Customer{ID: "c", Owner: "2", Point: at}.Located()})
	})

	t.Run("owned are a rep's by id", func(t *testing.T) {
		ctx, c := setup(t, visit.Customer{ID: "2", Owner: "r"}, visit.Customer{ID: "1", Owner: "r"}, visit.Customer{ID: "3", Owner: "R"}, visit.Customer{ID: "4"})
		equal(t, ids(val(c.Owned(ctx, "r"))(t)), []string{"1", "2"})
		equal(t, ids(val(c.Owned(ctx, "nobody"))(t)), nil)
	})

	t.Run("search finds text in name or id and takes it literally", func(t *testing.T) {
		ctx, c := setup(t,
			visit.Customer{ID: "C1", Name: "徐汇便利店"},
			visit.Customer{ID: "C2", Name: "便利蜂 100%"},
			visit.Customer{ID: "C3", Name: "a.b_c\\d"},
			visit.Customer{ID: "便利-4", Name: "(a+)+$"},
			visit.Customer{ID: "X5", Name: "axb"},
		)
		for text, want := range map[string][]string{
			"便利": {"C1", "C2", "便利-4"}, "": {"C1", "C2", "C3", "X5", "便利-4"}, "C": {"C1", "C2", "C3"},
			"%": {"C2"}, "_": {"C3"}, "a.b": {"C3"}, "\\": {"C3"}, "(a+)+$": {"便利-4"}, "*": nil, "无": nil, ".": {"C3"},
		} {
			got := val(c.Search(ctx, text, 99))(t)
			t.Log(text)
			equal(t, ids(got), want)
		}
		equal(t, ids(val(c.Search(ctx, "便利", 2))(t)), []string{"C1", "C2"})
		equal(t, ids(val(c.Search(ctx, "", 0))(t)), nil)
	})

	t.Run("numbers that are none are refused and nothing is kept", func(t *testing.T) {
		ctx, c := setup(t)
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, bad := range []visit.Customer{
				{ID: "bad", Radius: v},
				{ID: "bad", Point: geo.Point{Lat: v, Lng: 1, Datum: geo.WGS84}},
				{ID: "bad", Point: geo.Point{Lat: 1, Lng: v, Datum: geo.WGS84}},
			} {
				if err := c.Put(ctx, visit.Customer{ID: "good"}, bad); err == nil {
					t.Errorf("%v was stored", bad)
				}
			}
		}
		equal(t, val(c.Count(ctx))(t), 0)
	})
}
