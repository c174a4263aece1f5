package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg" // what cameras make
	_ "image/png"  // what screens make
	"io"
	"math"
	"time"

	_ "golang.org/x/image/webp" // what some phones make

	"roundsman/bot"
	"roundsman/geo"
)

const (
	// maxForm bounds the part with the fixes, in bytes; maxFixes their number.
	maxForm  = 16 << 10
	maxFixes = 30
	// maxAccuracy is the worst accuracy that still says something, in metres.
	maxAccuracy = 10_000
	// aheadBy is by how much a fix may be after the device's own clock, which
	// says when it was sent; keptFor how old it may be.
	aheadBy = 2 * time.Minute
	keptFor = 24 * time.Hour
	// maxPhotos bounds the photos of a submission.
	maxPhotos = 3
)

// refusal is why a submission is not taken: a word for the count, and of the catalogue under "web.refused.".
type refusal string

func (r refusal) Error() string { return "refused: " + string(r) }

// photoRefusal is why one photo of a submission is not taken.
type photoRefusal struct {
	refusal
	// at is which of them, from 0.
	at int
}

func (r photoRefusal) Unwrap() error { return r.refusal }

// The refusals.
const (
	refusedMalformed refusal = "malformed"
	refusedForged    refusal = "forged"
	refusedForeign   refusal = "foreign"
	refusedExpired   refusal = "expired"
	refusedNoFix     refusal = "no_fix"
	refusedTooMany   refusal = "too_many"
	refusedPlace     refusal = "place"
	refusedAccuracy  refusal = "accuracy"
	refusedFuture    refusal = "future"
	refusedTooOld    refusal = "too_old"
	refusedPhoto     refusal = "photo"
	refusedPhotoSize refusal = "photo_large"
	refusedPhotos    refusal = "photos"
	refusedTooLarge  refusal = "too_large"

	refusedCodeForged  refusal = "code_forged"
	refusedCodeExpired refusal = "code_expired"
)

// sources of fixes.
const (
	fromClient  = "client"
	fromBrowser = "browser"
)

// form is what the page says of a check-in.
type form struct {
	Nonce string `json:"nonce"`
	// Sent is the device's clock when it was sent, milliseconds.
	Sent  *int64 `json:"sent"`
	Fixes []fix  `json:"fixes"`
	// Code is the customer's code that was scanned, sealed; empty if none was.
	Code string `json:"code"`
}

// fix is one measurement of the device: degrees as it wrote them, metres, and its clock in milliseconds.
type fix struct {
	Lat      json.Number `json:"lat"`
	Lng      json.Number `json:"lng"`
	Accuracy *float64    `json:"accuracy"`
	At       *int64      `json:"at"`
	// Source says who measured: the platform's client, or the browser, which is in WGS-84.
	Source string `json:"source"`
}

// reading is the fix that counts.
type reading struct {
	location bot.Location
	// age is how long before it was sent the device measured it; at least 0.
	age time.Duration
}

// readForm reads the part with the fixes. It fails with a [refusal].
func readForm(r io.Reader) (form, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxForm+1))
	if err != nil {
		return form{}, err
	}
	if len(data) > maxForm {
		return form{}, refusedTooLarge
	}
	var f form
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode(&f) != nil || d.Decode(new(any)) != io.EOF {
		return form{}, refusedMalformed
	}
	return f, nil
}

// best returns the most accurate of the fixes, all of which have to be sound.
// The client's are in its datum. It fails with a [refusal].
func (f form) best(client geo.Datum) (reading, error) {
	switch {
	case f.Sent == nil:
		return reading{}, refusedMalformed
	case len(f.Fixes) == 0:
		return reading{}, refusedNoFix
	case len(f.Fixes) > maxFixes:
		return reading{}, refusedTooMany
	}
	var best reading
	for _, x := range f.Fixes {
		r, err := x.read(*f.Sent, client)
		if err != nil {
			return reading{}, err
		}
		if best.location.Accuracy == 0 || r.location.Accuracy < best.location.Accuracy {
			best = r
		}
	}
	best.location.Device = true
	return best, nil
}

func (x fix) read(sent int64, client geo.Datum) (reading, error) {
	if x.Accuracy == nil || x.At == nil {
		return reading{}, refusedMalformed
	}
	datum := client
	switch x.Source {
	case fromClient:
	case fromBrowser:
		datum = geo.WGS84
	default:
		return reading{}, refusedMalformed
	}
	if _, err := geo.Parse(x.Lat.String(), x.Lng.String(), datum); err != nil {
		return reading{}, refusedPlace
	}
	// Written so that a NaN is refused.
	if a := *x.Accuracy; !(a > 0 && a <= maxAccuracy) {
		return reading{}, refusedAccuracy
	}
	age, err := ageOf(*x.At, sent)
	if err != nil {
		return reading{}, err
	}
	return reading{bot.Location{Lat: x.Lat.String(), Lng: x.Lng.String(), Datum: datum, Accuracy: *x.Accuracy}, age}, nil
}

// ageOf is how long before sent a fix was made, both by the device's clock in milliseconds.
func ageOf(at, sent int64) (time.Duration, error) {
	ms := float64(sent) - float64(at)
	switch {
	case math.Abs(float64(sent)) > 1<<53 || math.Abs(float64(at)) > 1<<53:
		return 0, refusedMalformed
	case ms < -float64(aheadBy/time.Millisecond):
		return 0, refusedFuture
	case ms > float64(keptFor/time.Millisecond):
		return 0, refusedTooOld
	}
	return max(0, time.Duration(sent-at)*time.Millisecond), nil
}

// readPhoto reads one picture of at most limit bytes and so many pixels: a JPEG, PNG or WebP,
// which is what cameras and browsers make. It fails with a [refusal].
func readPhoto(r io.Reader, limit, pixels int64) (data []byte, kind string, err error) {
	data, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, "", err
	}
	if int64(len(data)) > limit {
		return nil, "", refusedPhotoSize
	}
	// Its head, and not only its first bytes: what is no picture behind them is no picture.
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return nil, "", refusedPhoto
	}
	// Divided, since what a header claims may multiply to anything.
	if int64(c.Width) > pixels/int64(c.Height) {
		return nil, "", refusedPhotoSize
	}
	return data, "image/" + format, nil
}

// isRefusal returns the refusal that err is.
func isRefusal(err error) (refusal, bool) {
	var r refusal
	ok := errors.As(err, &r)
	return r, ok
}
