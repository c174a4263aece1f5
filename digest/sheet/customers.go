package sheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// The bounds of what a customer may be given: radius in metres, cadence in days.
const (
	minRadius, maxRadius = 50, 5000
	maxCadence           = 365
)

// batch is how many records are read or written in one call.
const batch = 500

// customerRow is a customer with the three cells of its place on their way to a point.
type customerRow struct {
	visit.Customer
	lat, lng float64
	datum    geo.Datum
	// filled counts the three, unread says that one could not be read.
	filled int
	unread bool
	// fence is the text of the fence, whose datum is the one of the place.
	fence string
}

// place reads one of the three cells of a place.
func (c *customerRow) place(bad *fault) *fault {
	c.filled++
	c.unread = c.unread || bad != nil
	return bad
}

var customers = table[customerRow]{
	key:      func(c *customerRow) string { return c.ID },
	keys:     []string{"id"},
	together: []string{"longitude", "latitude", "datum"},
	finish:   located,
	columns: []column[customerRow]{
		{
			name: "id", chinese: "编号", required: true,
			set: func(c *customerRow, s string) (bad *fault) { c.ID, bad = digits(s); return },
			get: func(c *customerRow) any { return c.ID },
		},
		{
			name: "name", chinese: "名称", required: true,
			set: func(c *customerRow, s string) (bad *fault) { c.Name, bad = text(s, maxName); return },
			get: func(c *customerRow) any { return c.Name },
		},
		{
			name: "longitude", chinese: "经度", excel: excelNumber,
			set:  func(c *customerRow, s string) (bad *fault) { c.lng, bad = number(s); return c.place(bad) },
			get:  func(c *customerRow) any { return unlessZero(c.Point, c.Point.Lng) },
			keep: func(c, old *customerRow) { c.Point = old.Point },
		},
		{
			name: "latitude", chinese: "纬度", excel: excelNumber,
			set: func(c *customerRow, s string) (bad *fault) { c.lat, bad = number(s); return c.place(bad) },
			get: func(c *customerRow) any { return unlessZero(c.Point, c.Point.Lat) },
		},
		{
			name: "datum", chinese: "坐标系",
			set: func(c *customerRow, s string) *fault {
				var err error
				if c.datum, err = geo.ParseDatum(s); err != nil {
					return c.place(wrong("datum", "Value", cut(s)))
				}
				return c.place(nil)
			},
			get: func(c *customerRow) any { return strings.ToUpper(string(c.Point.Datum)) },
		},
		{
			name: "address", chinese: "地址",
			set:  func(c *customerRow, s string) (bad *fault) { c.Address, bad = text(s, maxText); return },
			get:  func(c *customerRow) any { return c.Address },
			keep: func(c, old *customerRow) { c.Address = old.Address },
		},
		{
			name: "radius", chinese: "半径", excel: excelNumber,
			set:  func(c *customerRow, s string) (bad *fault) { c.Radius, bad = within(s, minRadius, maxRadius); return },
			get:  func(c *customerRow) any { return orNone(c.Radius) },
			keep: func(c, old *customerRow) { c.Radius = old.Radius },
		},
		{
			name: "fence", chinese: "围栏",
			set:  func(c *customerRow, s string) *fault { c.fence = s; return nil },
			get:  func(c *customerRow) any { return c.Fence.String() },
			keep: func(c, old *customerRow) { c.Fence = old.Fence },
		},
		{
			name: "owner", chinese: "负责人",
			set:  func(c *customerRow, s string) (bad *fault) { c.Owner, bad = digits(s); return },
			get:  func(c *customerRow) any { return c.Owner },
			keep: func(c, old *customerRow) { c.Owner = old.Owner },
		},
		{
			name: "grade", chinese: "级别",
			set: func(c *customerRow, s string) *fault {
				c.Grade = strings.ToUpper(s)
				if !slices.Contains([]string{"A", "B", "C"}, c.Grade) {
					return wrong("grade", "Value", cut(s))
				}
				return nil
			},
			get:  func(c *customerRow) any { return c.Grade },
			keep: func(c, old *customerRow) { c.Grade = old.Grade },
		},
		{
			name: "cadence", chinese: "拜访周期", excel: excelNumber,
			set:  func(c *customerRow, s string) (bad *fault) { c.Cadence, bad = count(s, 1, maxCadence); return },
			get:  func(c *customerRow) any { return orNone(c.Cadence) },
			keep: func(c, old *customerRow) { c.Cadence = old.Cadence },
		},
		{
			name: "area", chinese: "区域",
			set:  func(c *customerRow, s string) (bad *fault) { c.Area, bad = text(s, maxName); return },
			get:  func(c *customerRow) any { return c.Area },
			keep: func(c, old *customerRow) { c.Area = old.Area },
		},
		{
			name: "contact", chinese: "联系人",
			set:  func(c *customerRow, s string) (bad *fault) { c.Contact, bad = text(s, maxName); return },
			get:  func(c *customerRow) any { return c.Contact },
			keep: func(c, old *customerRow) { c.Contact = old.Contact },
		},
		{
			name: "phone", chinese: "电话",
			set:  func(c *customerRow, s string) (bad *fault) { c.Phone, bad = digits(s); return },
			get:  func(c *customerRow) any { return c.Phone },
			keep: func(c, old *customerRow) { c.Phone = old.Phone },
		},
	},
}

// unlessZero returns one coordinate of a point that is a place.
func unlessZero(p geo.Point, degrees float64) any {
	if p.IsZero() {
		return nil
	}
	return degrees
}

// orNone returns nil for the zero that means none.
func orNone[N float64 | int](n N) any {
	if n == 0 {
		return nil
	}
	return n
}

// located makes a point of the three cells.
func located(c *customerRow) (string, *fault) {
	switch {
	case c.unread:
		return "", nil
	case c.filled == 0 && c.fence != "":
		return "fence", wrong("fence_datum")
	case c.filled == 0:
		return "", nil
	case c.filled < 3:
		return "longitude", wrong("point_partial")
	}
	var err error
	c.Point, err = geo.New(c.lat, c.lng, c.datum)
	switch {
	case err == nil:
		return fenced(c)
	case errors.Is(err, geo.ErrSwapped):
		return "longitude", wrong("swapped")
	case errors.Is(err, geo.ErrNullIsland):
		return "longitude", wrong("null_island")
	case c.lng < -180 || c.lng > 180:
		return "longitude", wrong("range", "Value", shortest(c.lng), "Min", "-180", "Max", "180")
	default:
		return "latitude", wrong("range", "Value", shortest(c.lat), "Min", "-90", "Max", "90")
	}
}

// maxFence bounds the text of a fence, in bytes: two hundred corners.
const maxFence = 8000

// fenced makes a fence of its cell, in the datum of the place.
func fenced(c *customerRow) (string, *fault) {
	if c.fence == "" {
		return "", nil
	}
	if len(c.fence) > maxFence {
		return "fence", wrong("too_long", "Max", strconv.Itoa(maxFence))
	}
	var err error
	if c.Fence, err = geo.ParseFence(c.fence, c.datum); err != nil {
		corner := ""
		if v := (*geo.VertexError)(nil); errors.As(err, &v) {
			corner = strconv.Itoa(v.Vertex)
		}
		return "fence", wrong("fence", "Corner", corner)
	}
	return "", nil
}

func readCustomers(ctx context.Context, src *source, known Known) (*Import, error) {
	r, err := customers.read(ctx, src)
	if err != nil {
		return nil, err
	}
	people, err := roster(ctx, known)
	if err != nil {
		return nil, err
	}
	r.next()
	for _, e := range r.entries {
		if _, ok := people[e.row.Owner]; e.row.Owner != "" && !ok {
			r.report(e.line, "owner", wrong("unknown_rep", "Value", e.row.Owner))
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	if len(r.missing) > 0 {
		ids := make([]string, len(r.entries))
		for i, e := range r.entries {
			ids[i] = e.row.ID
		}
		stored, err := customersByID(ctx, known.Customers(), ids)
		if err != nil {
			return nil, err
		}
		rows := make(map[string]customerRow, len(stored))
		for id, c := range stored {
			rows[id] = customerRow{Customer: c}
		}
		r.keep(rows)
	}
	out := &Import{Kind: Customers, Customers: make([]visit.Customer, len(r.entries))}
	for i, e := range r.entries {
		out.Customers[i] = e.row.Customer
	}
	return out, nil
}

// customersByID reads the customers with the ids that exist.
func customersByID(ctx context.Context, store storage.Customers, ids []string) (map[string]visit.Customer, error) {
	slices.Sort(ids)
	out := make(map[string]visit.Customer, len(ids))
	for part := range slices.Chunk(slices.Compact(ids), batch) {
		found, err := store.Get(ctx, part...)
		if err != nil {
			return nil, fmt.Errorf("read the customers: %w", err)
		}
		for _, c := range found {
			out[c.ID] = c
		}
	}
	return out, nil
}
