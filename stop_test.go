package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage"
)

// Whoever stops the program in the middle of its work waits a moment, and
// nothing is left uncertain by it.
func TestAStopFinishesWhatWasBegun(t *testing.T) {
	eachStore(t, func(t *testing.T, url string) {
		const people = 8
		c := newApps(t, url)
		feishuPeople, wecomPeople := c.seedPeople(people)
		listen := freeAddress(t)
		yaml := c.yaml("webhook", t.TempDir(), listen)
		child := c.startChild(yaml, listen, ahead())
		c.ok(c.feishu.SetCallback(child.url + "/feishu/events"))
		c.ok(c.wecom.SetCallback(child.url + "/wecom/callback"))
		// Every send takes a while: the stop comes in the middle of some.
		liftFeishu := c.feishu.Delay("/open-apis/im/v1/messages", time.Second)
		liftWeCom := c.wecom.Delay("/cgi-bin/message/send", time.Second)
		far := geo.Offset(place, 30000, 0)
		for i := range people {
			_, err := c.feishu.SendLocation(feishuPeople[i], "", "", far.Lat, far.Lng)
			c.ok(err)
			_, err = c.wecom.SendLocation(wecomPeople[i], "", far.Lat, far.Lng)
			c.ok(err)
		}
		store := c.open()
		c.eventually("something is being sent", func() bool {
			posts, err := store.Outbox().List(t.Context(), storage.PostPending, 100)
			c.ok(err)
			for _, p := range posts {
				if !p.TrySince.IsZero() {
					return true
				}
			}
			return false
		})
		began := time.Now()
		if err := child.stop(t); err != nil {
			t.Fatalf("it did not end well: %v\n%s", err, child.log)
		}
		if took := time.Since(began); took > stopWithin {
			t.Errorf("it took %s to stop", took)
		}
		posts, err := store.Outbox().List(t.Context(), storage.PostPending, 100)
		c.ok(err)
		for _, p := range posts {
			if !p.TrySince.IsZero() {
				t.Errorf("%s was left in the middle of a try", p.ID)
			}
		}
		liftFeishu()
		liftWeCom()
		c.startChild(yaml, listen, ahead())
		feishuSide.Tick()
		c.eventually("the rest is done", func() bool { return c.quiet(store) })
		c.checkNothingLostOrDoubled(store, feishuPeople, wecomPeople, 2*people)
		uncertain, err := store.Outbox().List(t.Context(), storage.PostUncertain, 100)
		if err != nil || len(uncertain) > 0 {
			t.Errorf("%d posts are uncertain, %v", len(uncertain), err)
		}
	})
}

// Clients that send a byte now and then keep nobody else waiting, and are hung up on.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	c := newCompany(t, "websocket")
	const slow = 500
	ended := make(chan error, slow)
	for range slow {
		conn, err := net.Dial("tcp", c.program.Addr())
		c.ok(err)
		defer conn.Close()
		_, err = fmt.Fprint(conn, "POST /wecom/callback HTTP/1.1\r\nHost: x\r\n")
		c.ok(err)
		go func() {
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			_, err := io.ReadAll(conn)
			ended <- err
		}()
	}
	quick := &http.Client{Timeout: 2 * time.Second}
	for range 20 {
		resp, err := quick.Get("http://" + c.program.Addr() + "/healthz")
		c.ok(err)
		c.ok(resp.Body.Close())
	}
	for range slow {
		c.ok(<-ended) // hung up by the server: a deadline would be an error
	}
}
