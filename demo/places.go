package demo

import (
	"fmt"
	"math"
	"math/rand/v2"

	"roundsman/geo"
	"roundsman/visit"
)

const (
	// perRep is how many customers a rep has.
	perRep = 15
	// apart is the least distance in metres between two of a rep's customers,
	// but for the two in a mall, which are mallApart away from each other.
	apart     = 450
	mallApart = 16
)

var shops = []string{
	"惠民超市", "鲜丰便利", "好邻居便利店", "万佳生鲜", "益民烟酒", "联盛超市", "百味副食", "家家乐超市",
	"大润食品行", "金叶烟酒", "晨光水果", "春天母婴", "同福饭店", "老街粮油", "康宁药房",
}

var contacts = []string{"王店长", "李老板", "陈经理", "赵姐", "刘师傅", "黄老板", "吴店长", "周经理"}

// random is a source of repeatable chance, of its own for every subject.
func random(subject string) *rand.Rand {
	var h uint64 = 14695981039346656037
	for i := range len(subject) {
		h = (h ^ uint64(subject[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(h, 20))
}

// customersOf makes a rep's customers, the same every time.
func customersOf(p person) []visit.Customer {
	r := random("customers " + p.ID)
	names := r.Perm(len(shops))
	var out []visit.Customer
	for len(out) < perRep {
		i := len(out)
		c := visit.Customer{
			ID: fmt.Sprintf("C%s%02d", p.ID[1:], i+1), Owner: p.ID, Area: p.turf.district,
			Grade: []string{"A", "B", "B", "C", "C"}[r.IntN(5)], Contact: contacts[r.IntN(len(contacts))],
		}
		if i == 0 {
			c.Grade = "A" // the one that is avoided matters
		}
		c.Cadence = map[string]int{"A": 7, "B": 14, "C": 30}[c.Grade]
		street := p.turf.streets[i%len(p.turf.streets)]
		c.Name = street + shops[names[i%len(names)]]
		c.Address = fmt.Sprintf("%s%s%s%d号", p.turf.city, p.turf.district, street, 10+r.IntN(880))
		inMall := p.turf.mall != "" && i >= perRep-2
		switch {
		case inMall && i == perRep-1:
			first := out[i-1]
			c.Point = geo.Offset(first.Point, mallApart, 90)
			c.Name, c.Address = p.turf.mall+"春天母婴", first.Address
		case inMall:
			c.Name = p.turf.mall + "鲜丰便利"
			c.Point = place(r, p.turf, out)
		default:
			c.Point = place(r, p.turf, out)
		}
		if i%6 == 2 {
			c.Radius = []float64{120, 300, 350}[i/6%3]
		}
		out = append(out, c.Located())
	}
	return out
}

// place finds a spot for a shop that is apart from the others.
func place(r *rand.Rand, t turf, others []visit.Customer) geo.Point {
	for {
		p := geo.Offset(t.center, t.reach*math.Sqrt(r.Float64()), r.Float64()*360)
		p.Lat, p.Lng = math.Round(p.Lat*1e6)/1e6, math.Round(p.Lng*1e6)/1e6
		if nearest(p, others) >= apart {
			return p
		}
	}
}

// nearest returns the metres from p to the nearest customer.
func nearest(p geo.Point, customers []visit.Customer) float64 {
	d := math.Inf(1)
	for _, c := range customers {
		d = min(d, geo.Distance(p, c.Point))
	}
	return d
}
