package handlers_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// A day's photos are shown with what is written on them, to whoever may see them.
func TestTheAlbumOfADay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	img.SetGray(3, 3, color.Gray{10})
	var b bytes.Buffer
	f.ok(jpeg.Encode(&b, img, nil))
	f.ok(f.store.Media().PutBlob(f.Context(), storage.Blob{SHA256: "ab", Type: "image/jpeg", Data: b.Bytes(), At: f.now}))
	f.at("zhang", geo.Offset(shop, 20, 0))
	f.kept(f.photo("zhang"), "ab", visit.Look{})
	f.photo("zhang") // on its way
	shown := func(user, text string) (alts []string) {
		t.Helper()
		before := len(f.posts())
		f.text(user, text)
		for _, p := range f.posts()[before:] {
			body := f.body(p)
			if body.Image == nil {
				alts = append(alts, show(body))
				continue
			}
			if p.Chat != platformOf(user)+":user/"+user {
				t.Errorf("a photo went to %s", p.Chat)
			}
			out, err := jpeg.Decode(bytes.NewReader(body.Image.Data))
			if err != nil || out.Bounds().Dx() != 640 {
				t.Errorf("the picture: %v", err)
			}
			if _, _, dark, _ := out.At(320, 470).RGBA(); dark > 0xb000 {
				t.Error("nothing is written on it")
			}
			alts = append(alts, body.Image.Alt)
		}
		return alts
	}
	for user, text := range map[string]string{"wang": "照片 张伟", "zhang": "照片"} {
		got := shown(user, text)
		if len(got) != 1 || !strings.HasPrefix(got[0], "张伟 · 华联超市 · 2026-11-24 09:00:00") || !contains(got[0], "已核实 · 距客户 20 米") {
			t.Errorf("%s sees %q", user, got)
		}
	}
	for _, row := range [][3]string{
		{"wang", "照片", "请写“照片 姓名 日期”"},
		{"wang", "照片 张伟 昨天", "没有存下的照片"},
		{"wang", "照片 张伟 某天", "某天"},
		{"li", "照片 张伟", "张伟"}, // a rep has only their own: it is no date
	} {
		if got := shown(row[0], row[1]); len(got) != 1 || !contains(got[0], row[2]) {
			t.Errorf("%s %s: %q", row[0], row[1], got)
		}
	}
}
