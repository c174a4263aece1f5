package main

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/png" // what a code is drawn as
	"net/url"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// A manager asks for a customer's code in the chat; a rep scans it at the counter,
// with the client of either platform, and the login on the way does not lose it.
func TestACustomersCode(t *testing.T) {
	c, public := newPageCompany(t, "")
	c.ok(c.store.Roster().PutReps(t.Context(), visit.Rep{ID: "l", Name: "李娜", Team: testTeam, Role: visit.RoleManager, Identities: map[string]string{"wecom": member}}))
	if _, err := c.wecom.SendText(member, "客户码 C1l"); err != nil {
		t.Fatal(err)
	}
	c.settled()
	sent := c.wecom.Messages(member)
	last := sent[len(sent)-1]
	var content struct {
		ID string `json:"media_id"`
	}
	c.ok(json.Unmarshal(last.Content, &content))
	_, data, ok := c.wecom.Corp().Media(content.ID)
	img, format, err := image.Decode(bytes.NewReader(data))
	if !ok || err != nil || format != "png" || img.Bounds().Dx() != 800 {
		t.Fatalf("the code came as %+v: %v", last, err)
	}
	for _, who := range []struct {
		rep, on string
		open    func(page string) string
		bubbles func() []string
	}{
		{"l", "wecom", func(page string) string { return c.wecom.PhoneURL(member, page) }, c.wecomBubbles},
		{"z", "feishu", func(page string) string { return feishuURL + c.feishu.PhonePath(c.user, page) }, c.feishuBubbles},
	} {
		t.Run(who.on, func(t *testing.T) {
			address, until, err := c.program.customerCode("C1" + who.rep)
			if err != nil || time.Until(until) < 700*24*time.Hour || !strings.HasPrefix(address, public+"/m/check-in?c=") {
				t.Fatalf("the code is %s until %v, %v", address, until, err)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			p := newClient(t, public, who.open(address), agent(clientAgents[who.on]))
			if q := p.page.Query(); q.Get("on") != who.on || q.Get("c") != u.Query().Get("c") {
				t.Fatalf("the login ends at %s", p.page)
			}
			var me struct{ Code struct{ Name string } }
			if status := p.get("/m/me?c="+u.Query().Get("c"), &me); status != 200 || me.Code.Name != "客户C1"+who.rep {
				t.Errorf("the page is told %d %+v", status, me)
			}
			if status, text := p.checkIn(p.nonce(), geo.Offset(place, 20, 45).WGS84(), time.Second); status != 200 {
				t.Fatalf("the check-in is answered with %d %s", status, text)
			}
			c.settled()
			v := c.day(who.rep).Visits[0]
			if v.Customer != "C1"+who.rep || v.Verdict() != visit.Verified || v.Evidence() != visit.EvidenceQR || v.Fix.Code != v.Customer {
				t.Errorf("the visit is %+v", v)
			}
			if b := who.bubbles(); !strings.Contains(b[len(b)-1], "客户码") {
				t.Errorf("the chat says %q", b)
			}
		})
	}
}
