package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

type complaintRecord struct {
	ID       string        `bson:"_id"`
	V        int32         `bson:"v"`
	Open     bool          `bson:"open"`
	Team     string        `bson:"team"`
	Customer string        `bson:"customer"`
	Text     string        `bson:"text"`
	By       string        `bson:"by"`
	Handler  string        `bson:"handler"`
	Opened   bson.DateTime `bson:"opened"`
	Due      bson.DateTime `bson:"due"`
	ClosedBy string        `bson:"closed_by"`
	Done     string        `bson:"done"`
}

func (d complaintRecord) record() visit.ComplaintCase {
	return visit.ComplaintCase{
		ID: d.ID, Team: d.Team, Customer: d.Customer, Text: d.Text, By: d.By, Handler: d.Handler,
		Opened: instant(d.Opened), Due: instant(d.Due), ClosedBy: d.ClosedBy, Done: d.Done,
	}
}

type complaints struct{ s *Store }

func (c complaints) Put(ctx context.Context, put visit.ComplaintCase) error {
	const doing = "storing a complaint"
	r, err := replace(complaintRecord{
		put.ID, form, put.Open(), put.Team, put.Customer, put.Text, put.By, put.Handler, date(put.Opened), date(put.Due), put.ClosedBy, put.Done,
	})
	if err != nil {
		return translate(ctx, doing, err)
	}
	filter := append(r.filter, bson.E{Key: "open", Value: true})
	done, err := c.s.upsert(ctx, doing, complaintsName, filter, r.update)
	if err != nil || done {
		return err
	}
	// It is there and closed; or it was made at this moment, and is open.
	_, err = c.s.update(ctx, doing, complaintsName, filter, r.update)
	return err
}

func (c complaints) Get(ctx context.Context, id string) (visit.ComplaintCase, error) {
	return one[complaintRecord](ctx, c.s, "reading a complaint", complaintsName, key(id), options.FindOne())
}

func (c complaints) Open(ctx context.Context, team string) ([]visit.ComplaintCase, error) {
	return many[complaintRecord](ctx, c.s, "reading the open complaints", complaintsName,
		bson.D{{Key: "open", Value: true}, {Key: "team", Value: team}}, options.Find().SetSort(by("due", "_id")))
}
