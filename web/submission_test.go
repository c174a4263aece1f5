package web

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
)

// sent is the device's clock in the tests, milliseconds.
const sent = int64(1_790_000_000_000)

func fixJSON(lat, lng, accuracy string, ago time.Duration) string {
	return fmt.Sprintf(`{"lat": %s, "lng": %s, "accuracy": %s, "at": %d, "source": "browser"}`, lat, lng, accuracy, sent-ago.Milliseconds())
}

func formJSON(fixes ...string) string {
	return fmt.Sprintf(`{"nonce": "n", "sent": %d, "fixes": [%s]}`, sent, strings.Join(fixes, ","))
}

func TestForm(t *testing.T) {
	t.Parallel()
	good := fixJSON("31.2304", "121.4737", "12.5", 3*time.Second)
	tests := []struct {
		name, form string
		want       refusal
	}{
		{"good", formJSON(good), ""},
		{"thirty fixes", formJSON(slicesOf(good, 30)...), ""},
		{"accuracy at its worst", formJSON(fixJSON("31.2304", "121.4737", "10000", 0)), ""},
		{"a moment ahead", formJSON(fixJSON("31.2304", "121.4737", "12", -time.Minute)), ""},
		{"kept for a day", formJSON(fixJSON("31.2304", "121.4737", "12", 24*time.Hour)), ""},
		{"no fix", formJSON(), refusedNoFix},
		{"too many fixes", formJSON(slicesOf(good, 31)...), refusedTooMany},
		{"NaN", formJSON(fixJSON("NaN", "121.4737", "12", 0)), refusedMalformed},
		{"NaN in quotes", formJSON(fixJSON(`"NaN"`, "121.4737", "12", 0)), refusedMalformed},
		{"a number as words", formJSON(fixJSON(`"here"`, `"there"`, "12", 0)), refusedMalformed},
		{"a comma", formJSON(fixJSON(`"31,2304"`, `"121,4737"`, "12", 0)), refusedMalformed},
		{"a comma without quotes", formJSON(fixJSON("31,2304", "121.4737", "12", 0)), refusedMalformed},
		{"infinite in quotes", formJSON(fixJSON(`"1e999"`, "121.4737", "12", 0)), refusedPlace},
		{"a list", formJSON(fixJSON("[31.2304]", "121.4737", "12", 0)), refusedMalformed},
		{"accuracy in quotes", formJSON(fixJSON("31.2304", "121.4737", `"12"`, 0)), refusedMalformed},
		{"accuracy below what there is", formJSON(fixJSON("31.2304", "121.4737", "-1e999", 0)), refusedMalformed},
		{"infinite", formJSON(fixJSON("31.2304", "1e999", "12", 0)), refusedPlace},
		{"beyond the pole", formJSON(fixJSON("91.5", "181", "12", 0)), refusedPlace},
		{"nowhere", formJSON(fixJSON("0", "0", "12", 0)), refusedPlace},
		{"swapped", formJSON(fixJSON("121.4737", "31.2304", "12", 0)), refusedPlace},
		{"no latitude", formJSON(`{"lng": 121.4, "accuracy": 12, "at": 1790000000000, "source": "browser"}`), refusedPlace},
		{"accuracy 0", formJSON(fixJSON("31.2304", "121.4737", "0", 0)), refusedAccuracy},
		{"accuracy below 0", formJSON(fixJSON("31.2304", "121.4737", "-5", 0)), refusedAccuracy},
		{"accuracy 50 km", formJSON(fixJSON("31.2304", "121.4737", "50000", 0)), refusedAccuracy},
		{"accuracy infinite", formJSON(fixJSON("31.2304", "121.4737", "1e999", 0)), refusedMalformed},
		{"one bad among good", formJSON(good, fixJSON("31.2304", "121.4737", "0", 0)), refusedAccuracy},
		{"from the future", formJSON(fixJSON("31.2304", "121.4737", "12", -3*time.Minute)), refusedFuture},
		{"kept too long", formJSON(fixJSON("31.2304", "121.4737", "12", 25*time.Hour)), refusedTooOld},
		{"the clock's end", strings.Replace(formJSON(good), fmt.Sprint(sent-3000), "9223372036854775807", 1), refusedMalformed},
		{"no time", formJSON(`{"lat": 31.2, "lng": 121.4, "accuracy": 12, "source": "browser"}`), refusedMalformed},
		{"no source", formJSON(`{"lat": 31.2, "lng": 121.4, "accuracy": 12, "at": 1}`), refusedMalformed},
		{"not sent", `{"nonce": "n", "fixes": [` + good + `]}`, refusedMalformed},
		{"more than is known", strings.Replace(formJSON(good), `"nonce"`, `"verdict": "verified", "nonce"`, 1), refusedMalformed},
		{"two forms", formJSON(good) + formJSON(good), refusedMalformed},
		{"no JSON", "lat=31", refusedMalformed},
		{"nothing", "", refusedMalformed},
		{"too long", formJSON(good) + strings.Repeat(" ", maxForm), refusedTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := readBest(tt.form)
			got, _ := isRefusal(err)
			if got != tt.want || (err == nil) != (tt.want == "") {
				t.Fatalf("refused with %v, want %q", err, tt.want)
			}
			if err == nil && (!r.location.Device || r.location.Datum != geo.WGS84) {
				t.Errorf("read %+v", r)
			}
		})
	}
}

func slicesOf(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func readBest(form string) (reading, error) {
	f, err := readForm(strings.NewReader(form))
	if err != nil {
		return reading{}, err
	}
	return f.best(geo.GCJ02)
}

func TestTheMostAccurateFixCounts(t *testing.T) {
	t.Parallel()
	r, err := readBest(formJSON(
		fixJSON("31.2304", "121.4737", "40", 9*time.Second),
		fixJSON("31.230412345678901", "121.47371", "9.5", 6*time.Minute),
		strings.Replace(fixJSON("31.2", "121.4", "20", 0), "browser", "client", 1),
	))
	if err != nil {
		t.Fatal(err)
	}
	l := r.location
	if l.Lat != "31.230412345678901" || l.Accuracy != 9.5 || r.age != 6*time.Minute {
		t.Errorf("the fix that counts is %+v", r)
	}
	r, err = readBest(formJSON(strings.Replace(fixJSON("31.2", "121.4", "20", -time.Minute), "browser", "client", 1)))
	if err != nil || r.location.Datum != geo.GCJ02 || r.age != 0 {
		t.Errorf("a client's fix is %+v, %v", r, err)
	}
}

func TestPhotoAtTheDoor(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	// A handful of bytes that claim 576 megapixels, and more than there are.
	bomb := "\x89PNG\r\n\x1a\n" + chunk("IHDR", "\x00\x00\x5d\xc0\x00\x00\x5d\xc0\x08\x02\x00\x00\x00")
	most := "\x89PNG\r\n\x1a\n" + chunk("IHDR", "\x7f\xff\xff\xff\x00\x00\x00\x01\x08\x02\x00\x00\x00")
	heic := "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
	tests := []struct {
		name, data string
		kind       string
		want       refusal
	}{
		{"png", b.String(), "image/png", ""},
		{"heic, which nothing here reads", heic, "", refusedPhoto},
		{"page behind a picture's first bytes", "\xff\xd8\xff\xe0<html><script>alert(1)</script></html>", "", refusedPhoto},
		{"no camera's", "GIF89a<script>alert(1)</script>", "", refusedPhoto},
		{"page", "<!doctype html><p>hello", "", refusedPhoto},
		{"drawing", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "", refusedPhoto},
		{"nothing", "", "", refusedPhoto},
		{"too large", b.String() + strings.Repeat("x", 4096), "", refusedPhotoSize},
		{"a bomb", bomb, "", refusedPhotoSize},
		{"a line of all pixels there are", most, "", refusedPhotoSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, kind, err := readPhoto(strings.NewReader(tt.data), 4096, 40_000_000)
			got, _ := isRefusal(err)
			if kind != tt.kind || got != tt.want {
				t.Errorf("read as %q, %v; want %q, %q", kind, err, tt.kind, tt.want)
			}
		})
	}
	if _, _, err := readPhoto(io.MultiReader(strings.NewReader("x"), broke{}), 10, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken upload is %v", err)
	}
}

// chunk is a part of a PNG.
func chunk(name, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

// broke is an upload that breaks off.
type broke struct{}

func (broke) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzForm(f *testing.F) {
	f.Add(formJSON(fixJSON("31.2304", "121.4737", "12.5", 0)))
	f.Add(formJSON(fixJSON(`"0x1p5"`, "1_0", "1e4", time.Hour)))
	f.Add(formJSON(fixJSON("-90", "180", "1e-300", -2*time.Minute)))
	f.Add(`{"sent":9007199254740993,"fixes":[{"lat":1,"lng":1,"accuracy":1,"at":-9007199254740993,"source":"client"}]}`)
	f.Fuzz(func(t *testing.T, form string) {
		r, err := readBest(form)
		if err != nil {
			if _, ok := isRefusal(err); !ok {
				t.Fatalf("an error that is no refusal: %v", err)
			}
			return
		}
		l := r.location
		p, err := geo.Parse(l.Lat, l.Lng, l.Datum)
		if err != nil || !p.Valid() || !(l.Accuracy > 0 && l.Accuracy <= maxAccuracy) || r.age < 0 || r.age > keptFor {
			t.Fatalf("taken: %+v, %v", r, err)
		}
	})
}
