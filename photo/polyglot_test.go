package photo_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
	"testing"

	"roundsman/photo"
)

// payload is what a polyglot carries besides its picture.
const payload = "<html><script>alert('polyglot')</script><?php system('id'); ?></html>"

// segment is a part of a JPEG, behind its first two bytes.
func segment(marker byte, data []byte) []byte {
	return concat(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data)
}

// archived returns a ZIP archive with the payload in it, as it stands.
func archived(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "index.html", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file may be a picture and a page, an archive or a program at once. What is kept
// is the view, which is a picture and nothing else.
func TestOnlyThePictureOfAPolyglotIsKept(t *testing.T) {
	t.Parallel()
	img := scene(90, 60, 1)
	jpeg, png, gif := jpegOf(t, img, 90), pngOf(t, img), gifOf(t, 1)
	behind := func(file, part []byte) []byte { return concat(file[:2], part, file[2:]) }
	for name, file := range map[string][]byte{
		"a page behind a jpeg":       concat(jpeg, []byte(payload)),
		"an archive behind a jpeg":   concat(jpeg, archived(t)),
		"a comment of a jpeg":        behind(jpeg, segment(0xfe, []byte(payload))),
		"xmp of a jpeg":              behind(jpeg, segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+payload))),
		"a profile of a jpeg":        behind(jpeg, segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01"+payload))),
		"the camera of a jpeg":       exif{main: []entry{ascii(0x010f, payload)}}.into(jpeg),
		"a text of a png":            afterHeader(png, chunk("tEXt", []byte("Comment\x00"+payload))),
		"a page behind a png":        concat(png, []byte(payload)),
		"an archive behind a png":    concat(png, archived(t)),
		"a page behind a gif":        concat(gif, []byte(payload)),
		"an archive behind a bmp":    concat(bmpOf(t, img), archived(t)),
		"a page behind a webp":       concat(webpLossy, []byte(payload)),
		"a jpeg behind a jpeg's end": concat(jpeg, behind(jpeg, segment(0xfe, []byte(payload)))),
	} {
		if !bytes.Contains(file, []byte("polyglot")) {
			t.Fatalf("%s: the test's file has no payload", name)
		}
		p := read(t, file)
		for _, word := range []string{"<html", "alert", "polyglot", "<?php", "index.html"} {
			if bytes.Contains(p.View, []byte(word)) {
				t.Errorf("%s: %q is kept", name, word)
			}
		}
		decode(t, p.View)
		if kind := http.DetectContentType(p.View); kind != "image/jpeg" {
			t.Errorf("%s: the view is %s", name, kind)
		}
		if _, err := zip.NewReader(bytes.NewReader(p.View), int64(len(p.View))); !errors.Is(err, zip.ErrFormat) {
			t.Errorf("%s: the view is an archive, too: %v", name, err)
		}
	}
}

// Profiles, EXIF and texts as large as a file may hold are passed over.
func TestLargeMetadataIsPassedOver(t *testing.T) {
	t.Parallel()
	img := scene(90, 60, 1)
	jpeg := jpegOf(t, img, 90)
	// 250 segments of 65,533 bytes: 16 MB, as profiles are written.
	profile := bytes.Repeat(segment(0xe2, concat([]byte("ICC_PROFILE\x00\x01\xff"), make([]byte, 65_533-14))), 250)
	exifs := bytes.Repeat(segment(0xe1, concat([]byte("Exif\x00\x00"), make([]byte, 65_533-6))), 250)
	for name, file := range map[string][]byte{
		"a profile of 16 MB":     concat(jpeg[:2], profile, jpeg[2:]),
		"250 times EXIF":         concat(jpeg[:2], exifs, jpeg[2:]),
		"a png's profile":        afterHeader(pngOf(t, img), chunk("iCCP", concat([]byte("x\x00\x00"), make([]byte, 10<<20)))),
		"a text that unpacks":    afterHeader(pngOf(t, img), chunk("zTXt", concat([]byte("x\x00\x00"), make([]byte, 10<<20)))),
		"a png's EXIF":           afterHeader(pngOf(t, img), chunk("eXIf", make([]byte, 10<<20))),
		"a large tail of a jpeg": concat(jpeg, make([]byte, 15<<20)),
	} {
		p, err := photo.NewReader(limits, 1).Read(t.Context(), file, nil)
		if err != nil || len(p.View) > 10_000 || p.Exif != (photo.Exif{}) {
			t.Errorf("%s: %v, a view of %d bytes, %+v", name, err, len(p.View), p.Exif)
		}
	}
	if _, err := photo.NewReader(limits, 1).Read(t.Context(), gifOf(t, 3000), nil); !errors.Is(err, photo.ErrAnimated) {
		t.Errorf("a film of 3,000 pictures: %v", err)
	}
}
