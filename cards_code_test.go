package main

import (
	"fmt"
	"time"

	"roundsman/bot"
	"roundsman/geo"
)

// codes are customers' codes: how one gets one, and what is said of a check-in with one.
func (g *gallery) codes() {
	g.at(8, 50)
	g.text("wang", "客户码 华联超市", "code 华联超市")
	on := g.platforms[0].Name()
	g.service.Page = func(string) string { return "https://bot.example.com/m/check-in?on=" + on }
	g.service.CustomerCode = func(customer string) (string, time.Time, error) {
		return "https://bot.example.com/m/check-in?c=" + customer, g.now.AddDate(2, 0, 0), nil
	}
	g.text("wang", "客户码", "code")
	g.text("wang", "客户码 没有这家", "code nowhere")
	g.text("wang", "客户码 C1", "code C1")
	g.text("zhang", "客户码 C1", "code C1")

	g.at(9, 0)
	g.scan("zhang", "C1", 60, 300)
	g.text("zhang", "为什么", "why")
	g.text("zhang", "签退", "checkout")
	g.at(10, 0)
	g.scan("zhang", "C1", 9000, 12)
	g.text("zhang", "为什么", "why")
	g.at(10, 11)
}

// scan is a check-in on the page with a customer's code, from so many metres east of the first customer.
func (g *gallery) scan(user, customer string, metres, accuracy float64) {
	g.Helper()
	p := geo.Offset(galleryPlace, metres, 90)
	g.send(user, func(m *bot.Message) {
		m.ID = ""
		m.Location = &bot.Location{
			Lat: fmt.Sprintf("%.6f", p.Lat), Lng: fmt.Sprintf("%.6f", p.Lng), Datum: p.Datum, Accuracy: accuracy, Device: true, Customer: customer,
		}
	})
	g.note(fmt.Sprintf("%s at %.0f m with the code of %s", user, metres, customer))
}
