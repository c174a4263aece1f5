package main

import (
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"roundsman/geo"
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
				p.do("Page.reload", nil)
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
