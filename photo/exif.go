package photo

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/bep/imagemeta"

	"roundsman/geo"
)

// Exif is what the camera wrote, or whoever changed it afterwards. What is not there
// or makes no sense is zero.
type Exif struct {
	// Taken is when the shutter was released, to the second.
	Taken time.Time
	// Place is where, in WGS-84.
	Place geo.Point
}

const (
	// maxTag bounds a value in bytes. It also bounds how many directories an array of
	// them can name.
	maxTag = 128
	// maxTags bounds the entries that are looked at; a phone writes about a hundred.
	maxTags = 1000
	// maxMeta bounds the bytes that are read while looking for EXIF: imagemeta reads 4
	// KB for each part of a file that it passes over, and a hostile file has a million.
	maxMeta = 8 << 20
)

// tag is a name in a directory. Numbers mean one thing in one directory and another
// in the next: 1 is a hemisphere in GPSInfoIFD, a version elsewhere.
type tag struct{ directory, name string }

var (
	tagOrientation = tag{"IFD0", "Orientation"}
	tagTaken       = tag{"IFD0/ExifIFDP", "DateTimeOriginal"}
	tagOffsetTaken = tag{"IFD0/ExifIFDP", "OffsetTimeOriginal"}
	tagOffset      = tag{"IFD0/ExifIFDP", "OffsetTime"}
	tagLat         = tag{"IFD0/GPSInfoIFD", "GPSLatitude"}
	tagLatRef      = tag{"IFD0/GPSInfoIFD", "GPSLatitudeRef"}
	tagLng         = tag{"IFD0/GPSInfoIFD", "GPSLongitude"}
	tagLngRef      = tag{"IFD0/GPSInfoIFD", "GPSLongitudeRef"}
)

var wanted = map[tag]bool{
	tagOrientation: true, tagTaken: true, tagOffsetTaken: true, tagOffset: true,
	tagLat: true, tagLatRef: true, tagLng: true, tagLngRef: true,
}

// readExif reads what a file says of itself. Whatever is wrong with it counts as not
// there.
//
// imagemeta's own GetDateTime and GetLatLong are not used: they panic on a tag of an
// unexpected type, and take a wall clock for the server's. Its Timeout is not set: it
// leaves the work running, with buffers that have gone back to a pool.
func readExif(k *kind, data []byte, zone *time.Location) (Exif, orientation) {
	if k.meta == 0 {
		return Exif{}, 0
	}
	tags := make(map[tag]any, len(wanted))
	// What was read before an error counts.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:            &meter{bytes.NewReader(data), maxMeta},
		ImageFormat:  k.meta,
		Sources:      imagemeta.EXIF,
		LimitNumTags: maxTags,
		LimitTagSize: maxTag,
		ShouldHandleTag: func(i imagemeta.TagInfo) bool {
			return wanted[tag{i.Namespace, i.Tag}]
		},
		HandleTag: func(i imagemeta.TagInfo) error {
			tags[tag{i.Namespace, i.Tag}] = i.Value
			return nil
		},
	})
	text := func(t tag) string {
		s, _ := tags[t].(string)
		return s
	}
	way, _ := tags[tagOrientation].(uint16)
	return Exif{
		Taken: taken(text(tagTaken), text(tagOffsetTaken), text(tagOffset), zone),
		Place: place(tags[tagLat], text(tagLatRef), tags[tagLng], text(tagLngRef)),
	}, orientation(way)
}

// taken reads a wall clock and, if there is one, its offset from UTC.
func taken(clock, offset, other string, zone *time.Location) time.Time {
	const layout = "2006:01:02 15:04:05"
	if offset == "" {
		offset = other
	}
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.Parse(layout+"Z07:00", clock+strings.TrimSpace(offset))
	if err != nil {
		t, err = time.ParseInLocation(layout, clock, zone)
	}
	// A dead battery writes the beginning of its maker's time.
	if t = t.In(zone); err != nil || t.Year() < 1995 || t.Year() > 2100 {
		return time.Time{}
	}
	return t
}

// place needs both hemispheres: without them a place may be any of four. Exactly 0°
// is what imagemeta makes of degrees that are none.
func place(lat any, latRef string, lng any, lngRef string) geo.Point {
	la, ok := lat.(float64)
	lo, also := lng.(float64)
	if !ok || !also || la <= 0 || lo <= 0 {
		return geo.Point{}
	}
	switch latRef {
	case "N":
	case "S":
		la = -la
	default:
		return geo.Point{}
	}
	switch lngRef {
	case "E":
	case "W":
		lo = -lo
	default:
		return geo.Point{}
	}
	p, err := geo.New(la, lo, geo.WGS84)
	if err != nil {
		return geo.Point{}
	}
	return p
}

// meter reads so many bytes at most.
type meter struct {
	*bytes.Reader
	left int
}

var errRead = errors.New("enough was read")

func (m *meter) Read(b []byte) (int, error) {
	if m.left <= 0 {
		return 0, errRead
	}
	n, err := m.Reader.Read(b)
	m.left -= n
	return n, err
}

// WriteTo would pass the meter by.
func (m *meter) WriteTo(io.Writer) (int64, error) { return 0, errRead }
