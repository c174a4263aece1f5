package main

import (
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// Coordinates and photos go when the time that people were told is over.
func TestWhatWasPromisedIsForgotten(t *testing.T) {
	c := newCompany(t, "websocket")
	now := testClock.Now()
	fix := func(id string, days int) visit.Fact {
		at := visit.Millis(now.AddDate(0, 0, -days))
		return visit.Fact{ID: id, Kind: visit.KindFix, Rep: "z", Team: testTeam, Date: visit.DateOf(at), At: at, Received: at, Fix: &visit.Fix{
			Point: place, Address: "世纪大道", Evidence: visit.EvidencePin, Support: -1,
			Claims: []visit.Claim{{Customer: "C1z", Verdict: visit.Verified, Distance: 12, Radius: 200, Near: 500}},
		}}
	}
	c.ok(c.store.Facts().Append(t.Context(), fix("old", 92), fix("young", 80)))
	for sha, days := range map[string]int{"oldphoto": 181, "youngphoto": 170} {
		c.ok(c.store.Media().PutBlob(t.Context(), storage.Blob{SHA256: sha, Type: "image/png", Data: png, At: visit.Millis(now.Add(-time.Duration(days) * 24 * time.Hour))}))
	}
	for range 2 {
		c.ok(c.program.forget(t.Context()))
	}
	for id, gone := range map[string]bool{"old": true, "young": false} {
		f, err := c.store.Facts().Get(t.Context(), id)
		c.ok(err)
		if f.Fix.Point.IsZero() != gone || (f.Fix.Address == "") != gone || len(f.Fix.Claims) != 1 {
			t.Errorf("%s: %+v", id, f.Fix)
		}
	}
	for sha, gone := range map[string]bool{"oldphoto": true, "youngphoto": false} {
		if _, err := c.store.Media().Blob(t.Context(), sha); (err != nil) != gone {
			t.Errorf("%s: %v", sha, err)
		}
	}
}
