package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// weeksOfHistory is how long the company has used the bot.
const weeksOfHistory = 4

// rules and policy are those of a configuration that says nothing of them.
var (
	rules  = visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150, MinStay: 5}
	policy = visit.Policy{Zone: zone, ReportDeadline: visit.Clock{Hour: 19}, MinVisits: 4}
)

var remarks = []string{
	"陈列到位，补货两箱", "店长不在，下周再约", "新品试销，反馈不错", "竞品在做买二赠一", "货款已对账，周五付清",
	"冰柜门坏了，已报修", "订货 12 件", "端架位置谈妥", "临期品已调换", "客户想要小包装",
}

// album is the photos of the past.
func album() []storage.Blob {
	var out []storage.Blob
	for i := range 3 {
		for _, s := range []shot{shotFront, shotBefore, shotAfter} {
			data := picture(s, fmt.Sprint("album ", i))
			sum := sha256.Sum256(data)
			out = append(out, storage.Blob{SHA256: hex.EncodeToString(sum[:]), Type: "image/jpeg", Data: data})
		}
	}
	return out
}

// pastDay makes the facts of a rep's past day, the same every time: most of the
// plan is met, now and then somebody is near only, or elsewhere.
func pastDay(p person, plan []visit.PlannedVisit, customers []visit.Customer, date visit.Date, photos []storage.Blob) []visit.Fact {
	r := random("past " + p.ID + string(date))
	byID := make(map[string]visit.Customer, len(customers))
	for _, c := range customers {
		byID[c.ID] = c
	}
	var out []visit.Fact
	at := date.At(visit.Clock{Hour: 9}, zone).Add(time.Duration(r.IntN(1500)) * time.Second)
	add := func(id string, kind visit.Kind, at time.Time, fill func(*visit.Fact)) {
		f := visit.Fact{
			ID:   fmt.Sprintf("seed/%s/%s/%s", strings.ReplaceAll(string(date), "-", ""), p.ID, id),
			Kind: kind, Rep: p.ID, Team: p.Team, Date: date,
			At: visit.Millis(at), Received: visit.Millis(at.Add(time.Second)), Platform: p.platforms()[0],
		}
		fill(&f)
		out = append(out, f)
	}
	for i, stop := range plan {
		c := byID[stop.Customer]
		luck, off := r.Float64(), 5+60*r.Float64()
		if c.ID == forgottenBy(customers).ID {
			luck = 1 // they were there
		}
		if luck < 0.07 {
			continue // dropped
		}
		switch {
		case luck < 0.13:
			off = 400
		case luck < 0.17:
			off = 1300
		}
		point := geo.Offset(c.Point, off, r.Float64()*360)
		fix := visit.Fix{Point: point, Address: c.Address, Evidence: visit.EvidencePin, Support: -1, Rule: visit.RuleVersion}
		fix.Claims = rules.Claims(fix, plan, customers)
		n := fmt.Sprint(i + 1)
		add(n+"/fix", visit.KindFix, at, func(f *visit.Fact) { f.Fix = &fix })
		if r.IntN(3) > 0 {
			photo := photos[r.IntN(len(photos))]
			taken := at.Add(3 * time.Minute)
			add(n+"/photo/0", visit.KindPhoto, taken, func(f *visit.Fact) { f.Photo = &visit.Photo{} })
			of := out[len(out)-1].ID
			add(n+"/photo/0/photo_kept", visit.KindPhotoKept, taken.Add(2*time.Second), func(f *visit.Fact) {
				f.Platform, f.Photo = "", &visit.Photo{Of: of, SHA256: photo.SHA256, Bytes: int64(len(photo.Data))}
			})
		}
		if off > 300 || r.IntN(2) == 0 {
			add(n+"/note", visit.KindNote, at.Add(5*time.Minute), func(f *visit.Fact) { f.Note = remarks[r.IntN(len(remarks))] })
		}
		stay := time.Duration(14+r.IntN(25)) * time.Minute
		if r.IntN(2) == 0 {
			add(n+"/check_out", visit.KindCheckOut, at.Add(stay), func(*visit.Fact) {})
		}
		at = at.Add(stay + time.Duration(20+r.IntN(40))*time.Minute)
	}
	return out
}
