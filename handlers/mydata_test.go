package handlers_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// files are what a ZIP holds, by name.
func (f *fixture) unzip(data []byte) map[string]string {
	f.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	f.ok(err)
	out := make(map[string]string)
	for _, file := range z.File {
		r, err := file.Open()
		f.ok(err)
		b, err := io.ReadAll(r)
		f.ok(err)
		out[file.Name] = string(b)
	}
	return out
}

func TestPeopleGetTheirOwnData(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.at("li", shop)
	f.text("zhang", "订货 12000")
	f.text("wang", "地图 张伟")
	f.ok(f.store.Facts().Append(t.Context(), visit.Fact{
		ID: "p", Kind: visit.KindPhotoKept, Rep: "zhang", Team: team, Date: "2026-11-24", At: f.now, Received: f.now, Photo: &visit.Photo{Of: "q", SHA256: "aa", Bytes: 5},
	}))
	f.ok(f.store.Media().PutBlob(t.Context(), storage.Blob{SHA256: "aa", Type: "image/png", Data: []byte("bytes"), At: f.now}))
	f.pass(time.Minute)
	f.text("zhang", "我的数据")
	got := f.last("zhang")
	if got.File == nil || got.File.Name != "我的数据 2026-11-24.zip" {
		t.Fatalf("sent: %s", show(got))
	}
	files := f.unzip(got.File.Data)
	for name, want := range map[string][]string{
		"person.jsonl":   {`"name":"张伟"`, `"blue":"zhang"`},
		"consents.jsonl": {`"version":"1"`, `"source":"seed-zhang"`},
		"facts.jsonl":    {`"lat":31.2304`, `"order":1200000`},
		"outcomes.jsonl": {`"date":"2026-11-24"`},
		"acts.jsonl":     {`"by":"wang"`, `"what":"map 2026-11-24"`},
		"photos.jsonl":   {`"sha256":"aa"`, `"kept":true`},
	} {
		for _, w := range want {
			if !strings.Contains(files[name], w) {
				t.Errorf("%s lacks %s: %s", name, w, files[name])
			}
		}
		if strings.Contains(files[name], "李娜") || strings.Contains(files[name], `"rep":"li"`) {
			t.Errorf("%s has somebody else: %s", name, files[name])
		}
	}
	f.text("zhang", "我的数据 2026-10")
	got = f.last("zhang")
	if files := f.unzip(got.File.Data); got.File.Name != "我的数据 2026-10.zip" || files["facts.jsonl"] != "" || files["person.jsonl"] == "" {
		t.Errorf("October: %s %v", got.File.Name, files)
	}
	f.text("zhang", "我的数据 全部")
	if got := show(f.last("zhang")); !contains(got, "看不懂“全部”") {
		t.Errorf("a word: %s", got)
	}
}
