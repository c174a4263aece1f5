package main

import (
	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// checkIns are consent, places that cannot be used, photos and taps out of turn.
func (g *gallery) checkIns() {
	g.service.Policy.ConsentRequired = true
	g.ok(g.store.Customers().Put(g.Context(), visit.Customer{ID: "C6", Name: "新城店", Owner: "R1"}))
	for i, c := range []string{"C6", "C4", "C5"} {
		g.ok(g.store.Plans().Put(g.Context(), visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: c, Order: 4 + i}))
	}
	g.at(9, 0)
	g.text("zhang", "签退", "checkout")
	g.pin("zhang", 0)
	agree := g.find("zhang", "button.agree")
	g.pin("zhang", 0)
	g.tap("zhang", agree)
	g.tap("zhang", agree)
	g.tap("li", agree)
	g.tap("zhang", bot.Button{Text: "?", Value: "forged"})

	g.at(9, 10)
	g.place("zhang", "0", "0")
	g.place("zhang", "121.4737", "31.2304")
	g.place("zhang", "95", "200")
	g.place("zhang", "north", "east")
	g.text("zhang", "老板不在", "the owner is out")
	photo := g.photo("zhang")
	g.pin("zhang", 0)
	g.pin("zhang", 0)
	g.lost(photo)
	deal := g.find("zhang", "result.deal")
	g.tap("zhang", deal)
	g.tap("zhang", deal)
	g.text("zhang", "客户意见：想要小包装 动态：新开了分店", "feedback: smaller packs news: a second shop")
	g.text("zhang", "签退", "checkout")

	g.at(9, 40)
	g.roughPin("zhang", 2000, 400)
	g.text("zhang", "在地下室", "in the basement")
	g.press("zhang", "delivery.delivered")
	g.text("wang", "今天", "today")
	g.at(10, 0)
	g.pin("zhang", 40_000)
	g.tap("zhang", g.button("zhang", "新城店"))
	g.at(11, 0)
	g.pin("zhang", 6005)
	g.at(11, 20)
	g.pin("zhang", 6005)
	g.tap("zhang", g.button("zhang", "罗森 "+g.say.Metres(5)))
	g.at(22, 30)
	g.pin("zhang", 0)
	g.now = g.now.AddDate(0, 0, 10)
	g.tap("zhang", deal)
	g.send("boss", func(m *bot.Message) { m.Location = &bot.Location{Lat: "31.2", Lng: "121.4", Datum: geo.GCJ02} })
	g.note("boss at some place")
}

// place sends a location as it was typed.
func (g *gallery) place(user, lat, lng string) {
	g.Helper()
	g.send(user, func(m *bot.Message) { m.Location = &bot.Location{Lat: lat, Lng: lng, Datum: geo.GCJ02} })
	g.note(user + " at " + lat + ", " + lng)
}

// lost says of a photo that its bytes cannot be had.
func (g *gallery) lost(photo string) {
	g.Helper()
	f := visit.Fact{
		ID: photo + "/missing", Kind: visit.KindPhotoMissing, Rep: "R1", Date: "2026-11-24", At: visit.Millis(g.now),
		Photo: &visit.Photo{Of: photo, Reason: "expired"},
	}
	g.ok(g.service.Handle(g.Context(), bot.Message{Key: "internal:" + f.ID, At: f.At, Fact: &f}))
	g.note("a photo cannot be had")
}
