package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/geo"
	"roundsman/visit"
)

type customerDoc struct {
	ID      string    `bson:"_id"`
	V       int32     `bson:"v"`
	Name    string    `bson:"name"`
	Point   *pointDoc `bson:"point"`
	Place   *placeDoc `bson:"place"`
	Address string    `bson:"address"`
	Radius  float64   `bson:"radius"`
	Fence   *fenceDoc `bson:"fence"`
	Owner   string    `bson:"owner"`
	Grade   string    `bson:"grade"`
	Cadence int       `bson:"cadence"`
	Area    string    `bson:"area"`
	Contact string    `bson:"contact"`
	Phone   string    `bson:"phone"`
}

// fenceDoc is a fence as its vertices were given, in their datum.
type fenceDoc struct {
	Vertices string `bson:"vertices"`
	Datum    string `bson:"datum"`
}

func newFence(f geo.Fence) *fenceDoc {
	if f.IsZero() {
		return nil
	}
	return &fenceDoc{f.String(), string(f.Vertices()[0].Datum)}
}

// fence is none where what is stored is none: it was one when it was stored.
func (d *fenceDoc) fence() geo.Fence {
	if d == nil {
		return geo.Fence{}
	}
	f, _ := geo.ParseFence(d.Vertices, geo.Datum(d.Datum))
	return f
}

// placeDoc is a point in WGS-84 as GeoJSON has it, for the 2dsphere index:
// longitude first.
type placeDoc struct {
	Type        string     `bson:"type"`
	Coordinates [2]float64 `bson:"coordinates"`
}

// newPlace returns nil for what is no place on Earth, which the index refuses.
func newPlace(p geo.Point) *placeDoc {
	if p.Datum != geo.WGS84 || !(p.Lat >= -90 && p.Lat <= 90 && p.Lng >= -180 && p.Lng <= 180) {
		return nil
	}
	return &placeDoc{"Point", [2]float64{p.Lng, p.Lat}}
}

func newCustomer(c visit.Customer) customerDoc {
	c = c.Located()
	return customerDoc{
		ID: c.ID, V: form, Name: c.Name, Point: newPoint(c.Point), Place: newPlace(c.Place), Address: c.Address, Radius: c.Radius, Fence: newFence(c.Fence),
		Owner: c.Owner, Grade: c.Grade, Cadence: c.Cadence, Area: c.Area, Contact: c.Contact, Phone: c.Phone,
	}
}

func (d customerDoc) record() visit.Customer {
	c := visit.Customer{
		ID: d.ID, Name: d.Name, Point: d.Point.point(), Address: d.Address, Radius: d.Radius, Fence: d.Fence.fence(),
		Owner: d.Owner, Grade: d.Grade, Cadence: d.Cadence, Area: d.Area, Contact: d.Contact, Phone: d.Phone,
	}
	if d.Place == nil {
		return c.Located()
	}
	c.Place = geo.Point{Lat: d.Place.Coordinates[1], Lng: d.Place.Coordinates[0], Datum: geo.WGS84}
	return c
}

type customers struct{ s *Store }

func (c customers) Put(ctx context.Context, put ...visit.Customer) error {
	docs := make([]any, len(put))
	for i, customer := range put {
		docs[i] = newCustomer(customer)
	}
	return c.s.put(ctx, "storing customers", customersName, docs...)
}

func (c customers) SetOwner(ctx context.Context, from, to string, ids ...string) error {
	const doing = "giving customers to another"
	if len(ids) == 0 {
		return translate(ctx, doing, c.s.ready(ctx))
	}
	for some := range slices.Chunk(ids, idsAtOnce) {
		bound, cancel := bounded(ctx, listTimeout)
		_, err := c.s.in(customersName).UpdateMany(bound, append(key(among(some)), bson.E{Key: "owner", Value: from}),
			bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: to}}}})
		cancel()
		if err != nil {
			return translate(ctx, doing, err)
		}
	}
	return nil
}

func (c customers) SetPlace(ctx context.Context, id string, was, is geo.Point) error {
	const doing = "placing a customer"
	filter := append(key(id), bson.E{Key: "point", Value: nil})
	if p := newPoint(was); p != nil {
		filter = append(key(id), bson.E{Key: "point.lat", Value: p.Lat}, bson.E{Key: "point.lng", Value: p.Lng}, bson.E{Key: "point.datum", Value: p.Datum})
	}
	placed := visit.Customer{Point: is}.Located()
	var set, unset bson.D
	if p := newPoint(placed.Point); p != nil {
		set = append(set, bson.E{Key: "point", Value: p})
	} else {
		unset = append(unset, bson.E{Key: "point", Value: ""})
	}
	if p := newPlace(placed.Place); p != nil {
		set = append(set, bson.E{Key: "place", Value: p})
	} else {
		unset = append(unset, bson.E{Key: "place", Value: ""})
	}
	var change bson.D
	if len(set) > 0 {
		change = append(change, bson.E{Key: "$set", Value: set})
	}
	if len(unset) > 0 {
		change = append(change, bson.E{Key: "$unset", Value: unset})
	}
	found, err := c.s.update(ctx, doing, customersName, filter, change)
	if err == nil && !found {
		err = c.s.exists(ctx, doing, customersName, key(id))
	}
	return err
}

func (c customers) Delete(ctx context.Context, ids ...string) error {
	return remove(ctx, c.s, "removing customers", customersName, ids)
}

// idsAtOnce bounds the ids of one question.
const idsAtOnce = 1000

func (c customers) Get(ctx context.Context, ids ...string) ([]visit.Customer, error) {
	const doing = "reading customers"
	if len(ids) == 0 {
		return nil, translate(ctx, doing, c.s.ready(ctx))
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var out []visit.Customer
	for some := range slices.Chunk(ids, idsAtOnce) {
		found, err := many[customerDoc](ctx, c.s, doing, customersName,
			bson.D{{Key: "_id", Value: among(some)}}, options.Find().SetSort(by("_id")))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (c customers) Owned(ctx context.Context, rep string) ([]visit.Customer, error) {
	return many[customerDoc](ctx, c.s, "reading a rep's customers", customersName,
		bson.D{{Key: "owner", Value: rep}}, options.Find().SetSort(by("_id")))
}

// Search walks the customers by id: no index finds the middle of a word. The
// text is compared and never a pattern, which somebody could make costly.
func (c customers) Search(ctx context.Context, text string, limit int) ([]visit.Customer, error) {
	const doing = "searching customers"
	if limit <= 0 {
		return nil, translate(ctx, doing, c.s.ready(ctx))
	}
	contains := func(field string) bson.D {
		return bson.D{{Key: "$gte", Value: bson.A{bson.D{{Key: "$indexOfBytes", Value: bson.A{"$" + field, literal(text)}}}, 0}}}
	}
	filter := bson.D{}
	if text != "" {
		filter = bson.D{{Key: "$expr", Value: bson.D{{Key: "$or", Value: bson.A{contains("name"), contains("_id")}}}}}
	}
	return many[customerDoc](ctx, c.s, doing, customersName, filter, options.Find().SetSort(by("_id")).SetLimit(int64(limit)))
}

func (c customers) Count(ctx context.Context) (int, error) {
	return c.s.count(ctx, "counting customers", customersName, bson.D{})
}
