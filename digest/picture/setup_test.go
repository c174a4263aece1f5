package picture_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"roundsman/digest/picture"
	"roundsman/geo"
)

type drawer interface{ PNG() ([]byte, error) }

// draw returns the picture and its file.
func draw(t *testing.T, d drawer) (*image.Paletted, []byte) {
	t.Helper()
	file, err := d.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.Paletted), file
}

// count returns how many pixels are of a colour.
func count(img *image.Paletted, want color.RGBA) int {
	return bytes.Count(img.Pix, []byte{byte(slices.Index(img.Palette, color.Color(want)))})
}

var (
	blue   = color.RGBA{0, 114, 178, 255}
	grey   = color.RGBA{207, 213, 219, 255}
	orange = color.RGBA{230, 159, 0, 255}
)

var people = []string{"张伟", "欧阳建国", "阿不都热合曼·买买提江·艾则孜", "Jean-Baptiste Emmanuel Zorg", "赵鑫"}

// team returns a team's day with so many reps.
func team(reps int) picture.Bars {
	b := picture.Bars{
		Title: "华东一队 · 2026年11月26日 星期四", Totals: "计划达成率 71.4%(150/210)· 计划外 12",
		Verified: "已核实", Open: "未完成", Extra: "计划外",
	}
	for i := range reps {
		b.Rows = append(b.Rows, picture.Row{Name: people[i%len(people)], Planned: i % 9, Verified: i % 9 * 2 / 3, Extra: i % 4 / 3})
	}
	return b
}

var shanghai = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.WGS84}

var shops = []string{"联华超市(南京东路店)", "全家便利店", "华润万家·世纪大道购物中心店二楼东侧", "罗森", "Walmart Pudong Supercentre"}

// day returns a rep's day with so many customers, scattered over so many metres, and so many of them visited.
func day(customers, visits int, metres float64) picture.DayMap {
	m := picture.DayMap{Title: "张伟 · 11月26日", Totals: "计划 8 · 已核实 5", Reached: "已到访", Open: "未到访", Visit: "到访顺序", North: "北"}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range customers {
		at := geo.Offset(shanghai, metres*r.Float64(), 360*r.Float64())
		m.Customers = append(m.Customers, picture.Customer{
			Name: fmt.Sprint(shops[i%len(shops)], i), At: at, Radius: 200, Reached: i < visits,
		})
		if i < visits {
			m.Visits = append(m.Visits, geo.Offset(at, 100*r.Float64(), 360*r.Float64()))
		}
	}
	return m
}
