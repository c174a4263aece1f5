package photo_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bep/imagemeta"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/geo"
	"roundsman/photo"
)

var (
	east     = time.FixedZone("", 8*3600)
	whatSaid = photo.Exif{
		Taken: time.Date(2026, 11, 23, 17, 5, 12, 0, east),
		Place: geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.WGS84},
	}
	// A hundredth of a second of arc divided by a hundred is 3 mm.
	closely = cmpopts.EquateApprox(0, 1e-7)
)

func TestExifOfEachType(t *testing.T) {
	t.Parallel()
	r := photo.NewReader(limits, 1)
	jpeg := jpegOf(t, scene(90, 60, 1), 90)
	for name, file := range map[string][]byte{
		"jpeg":                  shanghai().into(jpeg),
		"jpeg behind a comment": concat(jpeg[:2], []byte{0xff, 0xfe, 0, 4, 'h', 'i'}, shanghai().into(jpeg)[2:]),
		"png":                   afterHeader(pngOf(t, scene(90, 60, 1)), chunk("eXIf", shanghai().block())),
	} {
		p, err := r.Read(t.Context(), file, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(whatSaid, p.Exif, closely); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExifThatIsNone(t *testing.T) {
	t.Parallel()
	jpeg := jpegOf(t, scene(90, 60, 1), 90)
	change := func(f func(*exif)) photo.Exif {
		e := shanghai()
		f(&e)
		p, err := photo.NewReader(limits, 1).Read(t.Context(), e.into(jpeg), east)
		if err != nil {
			t.Fatal(err)
		}
		return p.Exif
	}
	clock := func(s ...string) func(*exif) {
		return func(e *exif) {
			e.photo = []entry{ascii(0x9003, s[0])}
			if len(s) > 1 {
				e.photo = append(e.photo, ascii(0x9010, s[1]))
			}
		}
	}
	for name, c := range map[string]struct {
		clock []string
		want  time.Time
	}{
		"a wall clock":            {[]string{"2026:11:23 17:05:12"}, whatSaid.Taken},
		"with an offset":          {[]string{"2026:11:23 10:05:12", "+01:00"}, whatSaid.Taken},
		"with Z":                  {[]string{"2026:11:23 09:05:12", "Z"}, whatSaid.Taken},
		"with an offset of none":  {[]string{"2026:11:23 17:05:12", "hello"}, whatSaid.Taken},
		"an offset out of range":  {[]string{"2026:11:23 17:05:12", "+99:00"}, whatSaid.Taken},
		"zeros":                   {[]string{"0000:00:00 00:00:00"}, time.Time{}},
		"a camera never set":      {[]string{"1980:01:01 00:00:00"}, time.Time{}},
		"the end of time":         {[]string{"9999:12:31 23:59:59", "-12:00"}, time.Time{}},
		"a month of 13":           {[]string{"2026:13:01 00:00:00"}, time.Time{}},
		"the 31st of November":    {[]string{"2026:11:31 00:00:00"}, time.Time{}},
		"another way of writing":  {[]string{"2026-11-23T17:05:12"}, time.Time{}},
		"much more than a moment": {[]string{strings.Repeat("2026:11:23 17:05:12", 6)}, time.Time{}},
	} {
		if got := change(clock(c.clock...)).Taken; !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for name, gps := range map[string][]entry{
		"null island":           {ascii(1, "N"), degrees(2, 0), ascii(3, "E"), degrees(4, 0)},
		"no hemisphere":         {degrees(2, 31), degrees(4, 121)},
		"one hemisphere":        {ascii(1, "N"), degrees(2, 31), degrees(4, 121)},
		"another hemisphere":    {ascii(1, "Q"), degrees(2, 31), ascii(3, "E"), degrees(4, 121)},
		"half a place":          {ascii(1, "N"), degrees(2, 31)},
		"swapped":               {ascii(1, "N"), degrees(2, 121), ascii(3, "E"), degrees(4, 31)},
		"beyond the pole":       {ascii(1, "N"), degrees(2, 97), ascii(3, "E"), degrees(4, 221)},
		"divided by zero":       {ascii(1, "N"), rationals(2, 31, 0, 0, 0, 0, 0), ascii(3, "E"), degrees(4, 121)},
		"two numbers":           {ascii(1, "N"), rationals(2, 31, 1, 13, 1), ascii(3, "E"), degrees(4, 121)},
		"letters":               {ascii(1, "N"), ascii(2, "31.2"), ascii(3, "E"), ascii(4, "121.4")},
		"not a number, written": {ascii(1, "N"), ascii(2, "NaN,0,0"), ascii(3, "E"), degrees(4, 121)},
		"less than nothing":     {ascii(1, "N"), ascii(2, "-31,0,0"), ascii(3, "E"), ascii(4, "-121,0,0")},
		"hemispheres as numbers": {
			short(1, 'N'), degrees(2, 31), short(3, 'E'), degrees(4, 121),
		},
	} {
		if got := change(func(e *exif) { e.gps = gps }).Place; !got.IsZero() {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := change(func(e *exif) { e.gps = []entry{ascii(1, "S"), degrees(2, 33.8568), ascii(3, "W"), degrees(4, 70.5)} }).Place; math.Abs(got.Lat+33.8568) > 1e-6 || math.Abs(got.Lng+70.5) > 1e-6 {
		t.Errorf("south and west: %v", got)
	}
}

// Numbers mean one thing in one directory and another in the next.
func TestTagsOfOtherDirectoriesAreNotTaken(t *testing.T) {
	t.Parallel()
	e := shanghai()
	e.main, e.gps = append(e.main, e.gps...), nil
	if p := read(t, e.into(jpegOf(t, scene(90, 60, 1), 90))); !p.Exif.Place.IsZero() {
		t.Errorf("a place outside of its directory: %v", p.Exif.Place)
	}
}

func TestViewHoldsNoMetadata(t *testing.T) {
	t.Parallel()
	file := shanghai().into(jpegOf(t, scene(90, 60, 1), 90))
	view := read(t, file).View
	marked, err := photo.Mark(view, []string{"张伟"})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"view": view, "marked": marked} {
		tags := 0
		_, err := imagemeta.Decode(imagemeta.Options{
			R: bytes.NewReader(b), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF | imagemeta.XMP | imagemeta.IPTC,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			HandleTag:       func(imagemeta.TagInfo) error { tags++; return nil },
		})
		if err != nil || tags > 0 {
			t.Errorf("%s: %d tags, %v", name, tags, err)
		}
		for _, word := range []string{"Exif", "HUAWEI", "ALN-AL00", "2026"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s: it holds %s", name, word)
			}
		}
	}
}

// Each of these would have imagemeta go around for seconds or minutes.
func TestHostileMetadataTakesNoTime(t *testing.T) {
	t.Parallel()
	// A HEIF file's table of 200,000 items with 65,535 empty parts each.
	item := []byte{0, 1, 0, 0, 0, 0, 0xff, 0xff}
	table := concat([]byte{1, 0, 0, 0, 0, 0, 0xff, 0xff}, slices.Repeat(item, 200_000))
	box := func(name string, b []byte) []byte {
		n := uint32(8 + len(b))
		return concat([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, []byte(name), b)
	}
	heif := concat(box("ftyp", []byte("heic\x00\x00\x00\x00heic")), box("meta", concat(make([]byte, 4), box("iloc", table))))
	// Directories on directories, each of as many entries as it can claim.
	var offsets []byte
	for range 32 {
		offsets = order.AppendUint32(offsets, 8)
	}
	dirs := exif{main: []entry{{0x014a, 4, 32, offsets}, {0x8769, 4, 1, []byte{8, 0, 0, 0}}, {0x8825, 4, 1, []byte{8, 0, 0, 0}}}}.block()
	dirs = concat(dirs, bytes.Repeat([]byte{1, 0, 2, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 800_000))
	dirs[8], dirs[9] = 0xff, 0xff
	png := pngOf(t, scene(90, 60, 1))
	for name, file := range map[string][]byte{
		"heif":        heif,
		"directories": afterHeader(png, chunk("eXIf", dirs)),
		"empty parts": concat(webpLossy, slices.Repeat([]byte("JUNK\x00\x00\x00\x00"), 2_000_000)),
		"in a heif":   concat([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heicExif\x00\x00"), dirs),
		"zeros":       concat([]byte{0xff, 0xd8, 0xff}, make([]byte, 4<<20)),
	} {
		began := time.Now()
		_, err := photo.NewReader(limits, 1).Read(t.Context(), file, nil)
		// Two orders of magnitude above what it takes, and below what it would take.
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: %v, %v", name, took, err)
		}
		t.Logf("%s: %v, %v", name, time.Since(began), err)
	}
}
