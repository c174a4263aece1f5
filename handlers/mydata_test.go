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
	f.ok(f.store.Facts().Append(t.Context(), visit.Fact{
		ID: "r", Kind: visit.KindPhotoKept, Rep: "zhang", Team: team, Date: "2026-11-24", At: f.now, Received: f.now, Photo: &visit.Photo{Of: "s", SHA256: "bb", Bytes: 5},
	}))
	order := int64(900_000)
	f.ok(f.store.Targets().Put(t.Context(), visit.MonthTarget{Rep: "zhang", Month: "2026-11", Order: &order}, visit.MonthTarget{Rep: "li", Month: "2026-11", Order: &order}))
	f.ok(f.store.Routes().Put(t.Context(), visit.Route{Rep: "zhang", Stops: []visit.RouteStop{{Weekday: 2, Customer: "C7"}}}))
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
		"plans.jsonl":    {`"customer":"C1"`},
		"targets.jsonl":  {`900000`, `"month":"2026-11"`},
		"routes.jsonl":   {`"customer":"C7"`},
		"outcomes.jsonl": {`"date":"2026-11-24"`},
		"acts.jsonl":     {`"by":"wang"`, `"what":"map 2026-11-24"`},
		"photos.jsonl":   {`"sha256":"aa","bytes":5,"kept":true`, `"sha256":"bb","bytes":5,"kept":false`},
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

// A month's acts are those of the team's days, which begin at four on its wall.
func TestAMonthsActsGoByTheTeamsDays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for what, at := range map[string]string{
		"the last of September": "2026-10-01T03:59:00+08:00", "the first of October": "2026-10-01T04:00:00+08:00",
		"the last of October": "2026-11-01T03:59:00+08:00", "the first of November": "2026-11-01T04:00:00+08:00",
	} {
		when, err := time.Parse(time.RFC3339, at)
		f.ok(err)
		f.ok(f.store.Acts().Append(t.Context(), visit.Act{ID: "look/" + what, Kind: visit.ActLook, By: "wang", About: "zhang", At: when.UTC(), What: what}))
	}
	f.text("zhang", "我的数据 2026-10")
	acts := f.unzip(f.last("zhang").File.Data)["acts.jsonl"]
	for what, want := range map[string]bool{
		"the last of September": false, "the first of October": true, "the last of October": true, "the first of November": false,
	} {
		if strings.Contains(acts, what) != want {
			t.Errorf("%s: %v, in %s", what, !want, acts)
		}
	}
}
