package mongo_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/geo"
	"roundsman/storage/mongo"
	"roundsman/visit"
)

func TestIndexesAreMadeOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var sent recorder
	again, err := mongo.OpenWith(t.Context(), s.uri, mongo.Options{}, nil, func(o *options.ClientOptions) { o.SetMonitor(sent.monitor()) })
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, command := range sent.seen() {
		elements, err := command.Elements()
		if err != nil {
			t.Fatal(err)
		}
		switch name := elements[0].Key(); name {
		case "createIndexes", "insert", "update", "delete":
			t.Errorf("a second start sends %s", command)
		}
	}
}

func TestManyProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	uri := database(t)
	const n = 4
	errs := make(chan error, n)
	for range n {
		go func() {
			s, err := mongo.Open(t.Context(), uri, mongo.Options{})
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	open(t, uri)
}

func TestAnIndexThatIsAnotherIsReported(t *testing.T) {
	t.Parallel()
	s := setup(t)
	db := mongo.Database(s.Store)
	for _, row := range []struct {
		collection, name, what string
		model                  driver.IndexModel
	}{
		{"facts", "rep", "key", driver.IndexModel{Keys: bson.D{{Key: "rep", Value: 1}}}},
		{"consents", "rep", "key", driver.IndexModel{Keys: bson.D{{Key: "rep", Value: 1}, {Key: "at", Value: -1}, {Key: "_id", Value: 1}}}},
		{
			"inbox", "dead", "condition",
			driver.IndexModel{Keys: bson.D{{Key: "state", Value: 1}, {Key: "_id", Value: 1}}},
		},
		{
			"runs", "rendered", "condition",
			driver.IndexModel{
				Keys:    bson.D{{Key: "state", Value: 1}, {Key: "_id", Value: 1}},
				Options: options.Index().SetPartialFilterExpression(bson.D{{Key: "state", Value: "posted"}}),
			},
		},
		{
			"reps", "logins", "uniqueness",
			driver.IndexModel{
				Keys:    bson.D{{Key: "logins", Value: 1}},
				Options: options.Index().SetPartialFilterExpression(bson.D{{Key: "logins", Value: bson.D{{Key: "$exists", Value: true}}}}),
			},
		},
		{
			"outbox", "leftover", "time to live",
			driver.IndexModel{Keys: bson.D{{Key: "idle_since", Value: 1}}, Options: options.Index().SetExpireAfterSeconds(60)},
		},
		{"inbox", "leftover", "time to live", driver.IndexModel{Keys: bson.D{{Key: "idle_since", Value: 1}}}},
	} {
		view := db.Collection(row.collection).Indexes()
		if err := view.DropOne(t.Context(), row.name); err != nil {
			t.Fatal(err)
		}
		if row.model.Options == nil {
			row.model.Options = options.Index()
		}
		row.model.Options.SetName(row.name)
		if _, err := view.CreateOne(t.Context(), row.model); err != nil {
			t.Fatal(err)
		}
		_, err := mongo.Open(t.Context(), s.uri, mongo.Options{})
		if !errors.Is(err, mongo.ErrIndex) {
			t.Fatalf("%s.%s: %v, want ErrIndex", row.collection, row.name, err)
		}
		for _, word := range []string{row.collection, row.name, row.what} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not say %s", err, word)
			}
		}
		// What it says to do helps.
		if err := view.DropOne(t.Context(), row.name); err != nil {
			t.Fatal(err)
		}
		open(t, s.uri)
	}
}

// TestIndexesAreReadAsServersWriteThem has descriptions that the server of the tests does not give.
func TestIndexesAreReadAsServersWriteThem(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ collection, index, want string }{
		{"inbox", `{"v": 2, "key": {"state": 1, "next": 1, "_id": 1}, "name": "waiting", "partialFilterExpression": {"state": "waiting"}}`, ""},
		{"inbox", `{"v": 2, "key": {"state": 1.0, "next": {"$numberLong": "1"}, "_id": 1}, "name": "waiting", "partialFilterExpression": {"state": "waiting"}}`, ""},
		{"inbox", `{"v": 2, "key": {"next": 1, "state": 1, "_id": 1}, "name": "waiting", "partialFilterExpression": {"state": "waiting"}}`, "key"},
		{"inbox", `{"v": 2, "key": {"idle_since": 1}, "name": "leftover", "expireAfterSeconds": 5184000}`, ""},
		{"inbox", `{"v": 2, "key": {"idle_since": 1}, "name": "leftover", "expireAfterSeconds": {"$numberLong": "5184000"}}`, ""},
		{"inbox", `{"v": 2, "key": {"idle_since": 1}, "name": "leftover", "expireAfterSeconds": 60.0}`, "time to live"},
		{"reps", `{"v": 2, "unique": true, "key": {"logins": 1}, "name": "logins", "partialFilterExpression": {"logins": {"$exists": true}}}`, ""},
		{"reps", `{"v": 2, "unique": true, "sparse": true, "key": {"logins": 1}, "name": "logins"}`, "condition"},
		{"customers", `{"v": 2, "key": {"place": "2dsphere"}, "name": "place", "2dsphereIndexVersion": 3}`, ""},
		{"customers", `{"v": 2, "key": {"place": "2d"}, "name": "place"}`, "key"},
		{"facts", `{"v": 2, "key": {"rep": 1, "date": 1, "at": 1, "_id": 1}, "name": "rep", "hidden": true}`, "kind"},
		{"facts", `{"v": 2, "key": {"rep": 1, "date": 1, "at": 1, "_id": 1}, "name": "rep", "collation": {"locale": "zh"}}`, "collation, which its collection was made with"},
	} {
		var raw bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(row.index), false, &raw); err != nil {
			t.Fatal(err)
		}
		if got, err := mongo.IndexDiffers(row.collection, raw); err != nil || got != row.want {
			t.Errorf("%s: %q, %v, want %q", row.index, got, err, row.want)
		}
	}
}

func TestAnIndexOfTheOperatorIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	view := mongo.Database(s.Store).Collection("facts").Indexes()
	if _, err := view.CreateOne(t.Context(), driver.IndexModel{Keys: bson.D{{Key: "kind", Value: 1}}, Options: options.Index().SetName("theirs")}); err != nil {
		t.Fatal(err)
	}
	open(t, s.uri)
	if err := view.DropOne(t.Context(), "theirs"); err != nil {
		t.Error(err)
	}
}

// TestCustomersCanBeFoundByPlace asks the server itself: nothing here does yet.
func TestCustomersCanBeFoundByPlace(t *testing.T) {
	t.Parallel()
	s := setup(t)
	near := visit.Customer{ID: "near", Point: geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}}
	far := visit.Customer{ID: "far", Point: geo.Point{Lat: 39.9042, Lng: 116.4074, Datum: geo.WGS84}}
	nowhere := visit.Customer{ID: "nowhere"}
	// What the index would refuse is kept as it was given.
	beyond := visit.Customer{ID: "beyond", Point: geo.Point{Lat: 95, Lng: 400, Datum: geo.WGS84}}
	if err := s.Customers().Put(t.Context(), near, far, nowhere, beyond); err != nil {
		t.Fatal(err)
	}
	place := near.Located().Place
	col := mongo.Database(s.Store).Collection("customers")
	var stored struct {
		Place struct {
			Type        string    `bson:"type"`
			Coordinates []float64 `bson:"coordinates"`
		} `bson:"place"`
	}
	if err := col.FindOne(t.Context(), bson.D{{Key: "_id", Value: "near"}}).Decode(&stored); err != nil {
		t.Fatal(err)
	}
	if c := stored.Place.Coordinates; stored.Place.Type != "Point" || len(c) != 2 || c[0] != place.Lng || c[1] != place.Lat {
		t.Errorf("the place is %v, want the longitude and the latitude of %v", stored.Place, place)
	}
	cursor, err := col.Find(t.Context(), bson.D{{Key: "place", Value: bson.D{{Key: "$near", Value: bson.D{
		{Key: "$geometry", Value: bson.D{{Key: "type", Value: "Point"}, {Key: "coordinates", Value: []float64{place.Lng, place.Lat}}}},
		{Key: "$maxDistance", Value: 1000},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(t.Context(), &found); err != nil || len(found) != 1 || found[0].ID != "near" {
		t.Errorf("found %v, %v", found, err)
	}
	got, err := s.Customers().Get(t.Context(), "beyond")
	if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], beyond.Located()) {
		t.Errorf("got %v, %v, want %v", got, err, beyond.Located())
	}
}
