package main

import (
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"roundsman/geo"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/visit"
	"roundsman/web"
)

// cameraPhoto is a picture as a camera might take it.
func cameraPhoto(t *testing.T) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 1200, 900))
	for y := range 900 {
		for x := range 1200 {
			m.Set(x, y, color.RGBA{uint8(x / 5), uint8(y / 4), 120, 255})
		}
	}
	path := filepath.Join(t.TempDir(), "camera.jpg")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, m, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a network between phones and the program that can be cut.
type line struct {
	net.Listener
	mu    sync.Mutex
	where string
	off   bool
	open  map[net.Conn]bool
	wg    sync.WaitGroup
}

func newLine(t *testing.T) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &line{Listener: l, open: make(map[net.Conn]bool)}
	n.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.wg.Go(func() { n.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		n.cut(true)
		n.wg.Wait()
	})
	return n
}

func (n *line) to(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.where = address
}

// cut ends what is open and takes nothing more, or carries again.
func (n *line) cut(off bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.off = off
	if off {
		for c := range n.open {
			_ = c.Close()
		}
	}
}

// keep notes a connection, unless the line is cut.
func (n *line) keep(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open[c] = !n.off
	return !n.off
}

func (n *line) carry(c net.Conn) {
	defer c.Close()
	n.mu.Lock()
	where := n.where
	n.mu.Unlock()
	if !n.keep(c) {
		return
	}
	s, err := net.Dial("tcp", where)
	if err != nil || !n.keep(s) {
		return
	}
	defer s.Close()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(s, c); _ = s.Close() })
	both.Go(func() { _, _ = io.Copy(c, s); _ = c.Close() })
	both.Wait()
}

func TestPageInABrowser(t *testing.T) {
	browser := startChromium(t)
	for _, lang := range []struct{ code, start, verified, offline, queued, denied, nobody string }{
		{"zh", "签到", "已核实", "没有网络", "待发送", "没有允许定位", "附近没有您的客户"},
		{"en", "Check in", "verified", "No network", "To be sent", "does not give its location", "None of your customers"},
	} {
		t.Run(lang.code, func(t *testing.T) {
			line := newLine(t)
			public := "http://" + line.Addr().String()
			c := newCompanyOn(t, "websocket", nil, "public_url: "+public+"\nlanguage: "+lang.code+"\n")
			line.to(c.program.Addr())
			browser.T = t
			for _, who := range []struct{ rep, on, open string }{
				{"l", "wecom", c.wecom.PhoneURL(member, web.Address(public, "wecom"))},
				{"z", "feishu", feishuURL + c.feishu.PhonePath(c.user, web.Address(public, "feishu"))},
			} {
				shot := lang.code + "-" + who.on + "-"
				here := geo.Offset(place, 20, 45).WGS84()
				p := browser.open(who.open)
				p.stand(here.Lat, here.Lng, 14)
				p.shows(map[string]string{"l": "李娜", "z": "张伟"}[who.rep])
				p.shot(shot + "1-open")
				p.file("#photo", cameraPhoto(t))
				p.tap("#go")
				p.shows("14")
				time.Sleep(2 * time.Second) // for the picture only
				p.shot(shot + "2-measuring")
				p.shows(lang.verified)
				p.shot(shot + "3-verified")
				c.settled()
				v := c.day(who.rep).Visits[0]
				if v.Fix.Evidence != visit.EvidenceDevice || v.Fix.Accuracy != 14 || len(v.Photos) != 1 || v.Photos[0].SHA256 == "" {
					t.Errorf("%s: the visit is %+v", who.on, v)
				}

				// Without a network it is kept, also over a new opening of the page.
				next := geo.Offset(place, 2020, 90).WGS84()
				p.stand(next.Lat, next.Lng, 9)
				line.cut(true)
				p.offline(true)
				p.shows(lang.offline)
				p.tap("#go")
				p.shows(lang.queued)
				p.shot(shot + "4-offline")
				p.reopenOffline()
				p.shows(lang.offline)
				p.shows(lang.queued)
				p.shot(shot + "5-opened-offline")
				line.cut(false)
				p.offline(false)
				c.eventually("what was kept is sent", func() bool { return len(c.day(who.rep).Visits) == 2 })
				p.shows(lang.verified)
				c.settled()
				if v := c.day(who.rep).Visits[1]; v.Fix.Evidence != visit.EvidenceDevice || v.Claim.Customer != "C2"+who.rep {
					t.Errorf("%s: the kept one is %+v", who.on, v)
				}

				// Far away.
				far := geo.Offset(place, 900, 0).WGS84()
				p.stand(far.Lat, far.Lng, 9)
				p.tap("#go")
				p.shows(lang.nobody)
				p.shot(shot + "6-nobody")

				// A phone that does not say where it is.
				p.deny()
				p.tap("#go")
				p.shows(lang.denied)
				p.shot(shot + "7-denied")
			}
		})
	}
}

// A code at the counter, scanned in the client of either platform.
func TestACodeInABrowser(t *testing.T) {
	browser := startChromium(t)
	line := newLine(t)
	public := "http://" + line.Addr().String()
	c := newCompanyOn(t, "websocket", nil, "public_url: "+public+"\n")
	line.to(c.program.Addr())
	code := func(customer string) string {
		t.Helper()
		address, _, err := c.program.customerCode(customer)
		c.ok(err)
		return address
	}
	for _, who := range []struct {
		rep, on string
		open    func(page string) string
	}{
		{"l", "wecom", func(page string) string { return c.wecom.PhoneURL(member, page) }},
		{"z", "feishu", func(page string) string { return feishuURL + c.feishu.PhonePath(c.user, page) }},
	} {
		first, second := "C1"+who.rep, "C2"+who.rep
		here, next := geo.Offset(place, 60, 45).WGS84(), geo.Offset(place, 2020, 90).WGS84()
		shot := "code-" + who.on + "-"
		p := browser.open("about:blank")
		p.do("Network.setUserAgentOverride", dict{"userAgent": clientAgents[who.on]})
		p.stand(here.Lat, here.Lng, 300)
		p.goTo(who.open(code(first)))
		p.shows("已扫“客户" + first + "”的客户码")
		p.shot(shot + "1-scanned")
		p.tap("#go")
		p.shows("已核实")
		p.shows("客户码")
		p.shot(shot + "2-verified")
		c.settled()
		v := c.day(who.rep).Visits[0]
		if v.Customer != first || v.Verdict() != visit.Verified || v.Evidence() != visit.EvidenceQR || v.Claim.Reasons[0] != visit.ReasonCode {
			t.Errorf("%s: the visit is %+v", who.on, v)
		}
		// It is for one check-in, also when the page is opened again.
		used := func(when string) {
			t.Helper()
			if where, banner := p.eval("location.search"), p.eval("document.getElementById('code').hidden"); strings.Contains(where, "c=") || banner != "true" {
				t.Errorf("%s: %s the page is at %s, without its banner: %s", who.on, when, where, banner)
			}
		}
		used("after the check-in")

		// Without a network it waits with what was measured, and goes with it.
		p.stand(next.Lat, next.Lng, 12)
		p.goTo(code(second))
		p.shows("已扫“客户" + second + "”的客户码")
		line.cut(true)
		p.offline(true)
		p.shows("没有网络")
		p.tap("#go")
		p.shows("待发送")
		used("while it waits")
		p.reopenOffline()
		p.shows("没有网络")
		p.shows("待发送")
		used("opened again")
		line.cut(false)
		p.offline(false)
		c.eventually("what was kept is sent", func() bool { return len(c.day(who.rep).Visits) == 2 })
		p.shows("已核实")
		c.settled()
		if v := c.day(who.rep).Visits[1]; v.Customer != second || v.Evidence() != visit.EvidenceQR {
			t.Errorf("%s: the kept one is %+v", who.on, v)
		}

		// Back at the first customer, without its code.
		p.stand(here.Lat, here.Lng, 12)
		p.tap("#go")
		c.eventually("the third is there", func() bool { return len(c.day(who.rep).Visits) == 3 })
		p.shows("已核实")
		if v := c.day(who.rep).Visits[2]; v.Customer != first || v.Evidence() != visit.EvidenceDevice || v.Fix.Code != "" {
			t.Errorf("%s: the third is %+v", who.on, v)
		}

		// One that is not ours is told of at once, and does not keep anybody from checking in.
		p.goTo(public + web.CheckInPath + "?c=AAAA")
		p.shows("扫的不是本公司的客户码")
		p.shot(shot + "3-foreign")
	}
}

// What was measured at a door is sent whatever is wrong with the rest of it, and
// to nobody else's account.
func TestNothingIsLostInABrowser(t *testing.T) {
	browser := startChromium(t)
	c, public := newPageCompany(t, "")
	c.wecom.AddUser(sandboxwecom.User{UserID: "fang", Name: "王芳"})
	c.ok(c.store.Roster().PutReps(t.Context(), visit.Rep{ID: "f", Name: "王芳", Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{"wecom": "fang"}}))
	c.ok(c.store.Consents().Put(t.Context(), visit.Consent{Rep: "f", Version: "1", At: time.Now().UTC().Truncate(time.Millisecond), Source: "seedf"}))
	login := web.LoginAddress(public, "wecom")
	here := geo.Offset(place, 20, 45).WGS84()
	p := browser.open(c.wecom.PhoneURL(member, login))
	p.stand(here.Lat, here.Lng, 14)
	p.shows("李娜")

	// A photo that no server reads, and one that it does.
	heic := filepath.Join(t.TempDir(), "photo.heic")
	c.ok(os.WriteFile(heic, []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1"), 0o600))
	p.file("#photo", cameraPhoto(t))
	p.shows("再拍一张")
	p.file("#photo", heic)
	p.tap("#go")
	p.shows("照片打不开")
	p.shows("已核实")
	p.shot("lost-1-photo")
	c.settled()
	if v := c.day("l").Visits; len(v) != 1 || v[0].Fix.Evidence != visit.EvidenceDevice || len(v[0].Photos) != 1 || v[0].Photos[0].SHA256 == "" {
		t.Fatalf("the visits are %+v", v)
	}

	// Kept without a nonce, while somebody else logs in on the same phone.
	p.offline(true)
	p.shows("没有网络")
	p.eval(`new Promise((done) => { const o = indexedDB.open('roundsman', 1); o.onsuccess = () => {
		const x = o.result.transaction('kept', 'readwrite'); x.objectStore('kept').delete('wecom/nonces'); x.oncomplete = () => { o.result.close(); done(); }; }; })`)
	next := geo.Offset(place, 2020, 90).WGS84()
	p.stand(next.Lat, next.Lng, 9)
	p.tap("#go")
	p.shows("待发送")
	q := browser.window(p.context, c.wecom.PhoneURL("fang", login))
	q.shows("王芳")
	p.offline(false)
	p.shows("王芳")
	c.settled()
	if mine, theirs := c.day("l").Visits, c.facts("f"); len(mine) != 1 || len(theirs) != 0 {
		t.Errorf("the visits are %+v, somebody else's facts %+v", mine, theirs)
	}
	p.do("Page.bringToFront", nil)
	p.goTo(c.wecom.PhoneURL(member, login))
	p.shows("李娜")
	c.eventually("what was kept is sent", func() bool { return len(c.day("l").Visits) == 2 })
	p.shows("已核实")
	if v := c.day("l").Visits[1]; v.Customer != "C2l" || v.Fix.Evidence != visit.EvidenceDevice {
		t.Errorf("the kept one is %+v", v)
	}

	// Its nonce was sealed with a key that is no more.
	p.offline(true)
	p.shows("没有网络")
	p.tap("#go")
	p.shows("待发送")
	p.eval(`new Promise((done) => { const o = indexedDB.open('roundsman', 1); o.onsuccess = () => {
		const x = o.result.transaction('waiting', 'readwrite'), s = x.objectStore('waiting');
		s.getAll().onsuccess = (e) => { for (const i of e.target.result) { i.nonce = 'AAAA'; s.put(i); } }; x.oncomplete = () => { o.result.close(); done(); }; }; })`)
	before := len(c.facts("l"))
	p.offline(false)
	c.eventually("it is sent with another", func() bool { return len(c.facts("l")) > before })
	if theirs := c.facts("f"); len(theirs) != 0 {
		t.Errorf("somebody else's facts are %+v", theirs)
	}
}
