package visit

import (
	"bytes"
	"encoding/json"
	"fmt"

	"roundsman/geo"
)

// What is sealed of a fact is in two parts: what stays, and where a person was,
// which is removed when its time is over. Their bytes are fixed: docs/RECORD.md
// gives them. A field that is added later must be absent when it is empty.

// placed is where a person was, as it is sealed.
type placed struct {
	Point    geo.Point `json:"point,omitzero"`
	Accuracy float64   `json:"accuracy,omitempty"`
	Address  string    `json:"address,omitempty"`
	Support  float64   `json:"support"`
	// Photo is where a photo was taken, by its camera.
	Photo geo.Point `json:"photo,omitzero"`
}

// noSupport is the distance to a device's own position where there was none.
const noSupport = -1

// Redacted returns the fact as it is when where a person was has been removed.
func (f Fact) Redacted() Fact {
	if f.Fix != nil {
		fix := *f.Fix
		fix.Point, fix.Accuracy, fix.Address, fix.Support = geo.Point{}, 0, "", noSupport
		f.Fix = &fix
	}
	if f.Photo != nil && f.Photo.Look != nil {
		photo, look := *f.Photo, *f.Photo.Look
		look.Place = geo.Point{}
		photo.Look = &look
		f.Photo = &photo
	}
	return f
}

// Rounded returns the fact with its instants as they are kept, in milliseconds.
func (f Fact) Rounded() Fact {
	f.At, f.Received = Millis(f.At), Millis(f.Received)
	if f.Complaint != nil {
		complaint := *f.Complaint
		complaint.Due = Millis(complaint.Due)
		f.Complaint = &complaint
	}
	if f.Photo != nil && f.Photo.Look != nil {
		photo, look := *f.Photo, *f.Photo.Look
		look.Taken = Millis(look.Taken)
		photo.Look = &look
		f.Photo = &photo
	}
	return f
}

// Located reports whether the fact says where a person was.
func (f Fact) Located() bool {
	if f.Photo != nil && f.Photo.Look != nil && !f.Photo.Look.Place.IsZero() {
		return true
	}
	return f.Fix != nil && (!f.Fix.Point.IsZero() || f.Fix.Address != "" || f.Fix.Accuracy != 0 || f.Fix.Support != noSupport)
}

// Payload is what stays of the fact, as it is sealed.
func (f Fact) Payload() ([]byte, error) { return sealedForm(f.Redacted()) }

// Place is where a person was, as it is sealed; nil if the fact does not say.
func (f Fact) Place() ([]byte, error) {
	if !f.Located() {
		return nil, nil
	}
	p := placed{Support: noSupport}
	if f.Fix != nil {
		p = placed{f.Fix.Point, f.Fix.Accuracy, f.Fix.Address, f.Fix.Support, geo.Point{}}
	}
	if f.Photo != nil && f.Photo.Look != nil {
		p.Photo = f.Photo.Look.Place
	}
	return sealedForm(p)
}

// Payload is the act as it is sealed.
func (a Act) Payload() ([]byte, error) { return sealedForm(a) }

// sealedForm writes JSON without white space: fields in the order of their type,
// absent when empty, text as it is, numbers in the shortest form that reads back.
func sealedForm(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write what is sealed: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
