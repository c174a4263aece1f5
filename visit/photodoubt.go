package visit

import (
	"math"
	"time"

	"roundsman/geo"
)

// The kinds of signals of a photo, with the unit of their value.
const (
	// SignalPhotoSame: the very file, or the same picture, of another visit; days since.
	SignalPhotoSame SignalKind = "photo_same"
	// SignalPhotoOld: taken long before it was sent, by the camera's clock; minutes.
	SignalPhotoOld SignalKind = "photo_old"
	// SignalPhotoPlace: taken elsewhere, by the camera's own place; metres.
	SignalPhotoPlace SignalKind = "photo_place"
)

// Look is what a photo's bytes say of it. Its camera's words can be written by anybody.
type Look struct {
	// D and P are hashes of what it looks like; zero if there is none.
	D uint64 `json:"d,omitempty"`
	P uint64 `json:"p,omitempty"`
	// Taken is when the camera took it, zero if it does not say; UTC milliseconds.
	Taken time.Time `json:"taken,omitzero"`
	// Place is where, in WGS-84; zero if it does not say.
	Place geo.Point `json:"place,omitzero"`
}

// Twin is a photo of another visit that is the same picture.
type Twin struct {
	// Photo is the id of its fact, Rep who sent it, At when.
	Photo string
	Rep   string
	At    time.Time
	// File says that it is the same file, to the last byte.
	File bool
}

const (
	// A photo may be taken on the way in and sent when there is time; a camera's clock
	// without its zone may be off by that of the other end of the country, or by half a day.
	photoFresh, photoOld = 10 * time.Minute, 16 * time.Hour
	// A camera that has just woken gives the last place it knew: across the town, but
	// not in another one.
	photoNear, photoFar = 1_000, 30_000
	// together is how close in time two people's same picture is one that they share
	// at a visit.
	together = 30 * time.Minute
)

// PhotoSignals says what speaks against a photo that a rep sent at an instant. fix
// is the one of its visit, nil if there is none yet; twins are photos of other visits.
func PhotoSignals(rep string, at time.Time, look Look, fix *Fix, twins []Twin) []Signal {
	var out []Signal
	add := func(kind SignalKind, hard bool, value float64, with string) {
		out = append(out, Signal{kind, hard, math.Round(value*10) / 10, with})
	}
	var worst *Twin
	hard := func(t Twin) bool { return t.File || t.Rep != rep }
	for i, t := range twins {
		if t.Rep != rep && at.Sub(t.At).Abs() <= together {
			continue
		}
		if worst == nil || hard(t) && !hard(*worst) {
			worst = &twins[i]
		}
	}
	if worst != nil {
		add(SignalPhotoSame, hard(*worst), at.Sub(worst.At).Abs().Hours()/24, worst.Photo)
	}
	if !look.Taken.IsZero() {
		if age := at.Sub(look.Taken).Abs(); age > photoFresh {
			add(SignalPhotoOld, age > photoOld, age.Minutes(), "")
		}
	}
	if !look.Place.IsZero() && fix != nil && !fix.Point.IsZero() {
		d := geo.Distance(look.Place, fix.Point)
		if d > photoNear+fix.effective() {
			add(SignalPhotoPlace, d > photoFar, d, "")
		}
	}
	return out
}
