package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage/storagetest/fresh"
)

// forward sends a request on to a replica and returns what it answered.
func forward(r *http.Request, to string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}

// inFront is one address in front of several replicas. To all it sends each
// request to every replica at the same time, as a platform that tries again
// does at worst; else to the next one that answers.
func inFront(t *testing.T, toAll bool, replicas ...*child) string {
	t.Helper()
	var turn atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if toAll {
			var others sync.WaitGroup
			for _, other := range replicas[1:] {
				others.Go(func() { _, _, _ = forward(r, other.url, body) })
			}
			defer others.Wait()
		}
		first := 0
		if !toAll {
			first = int(turn.Add(1))
		}
		for i := range replicas {
			resp, answer, err := forward(r, replicas[(first+i)%len(replicas)].url, body)
			if err != nil {
				continue
			}
			for k, v := range resp.Header {
				w.Header()[k] = v
			}
			w.WriteHeader(resp.StatusCode)
			_, _ = w.Write(answer)
			return
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// twoReplicas starts two with one address in front of them.
func (c *company) twoReplicas(toAll bool) []*child {
	c.Helper()
	clock := serveTime(c.T, testClock.Now)
	var replicas []*child
	for range 2 {
		listen := freeAddress(c.T)
		replicas = append(replicas, c.startChild(c.yaml("webhook", c.TempDir(), listen), listen, clock))
	}
	front := inFront(c.T, toAll, replicas...)
	c.ok(c.feishu.SetCallback(front + "/feishu/events"))
	c.ok(c.wecom.SetCallback(front + "/wecom/callback"))
	return replicas
}

// Every event comes to both replicas at once, and is one check-in with one answer.
func TestTwoReplicasAreOneBot(t *testing.T) {
	const rounds = 100
	c := newApps(t, fresh.MongoDB(t))
	feishuPeople, wecomPeople := c.seedPeople(rounds)
	replicas := c.twoReplicas(true)
	far := geo.Offset(place, 30000, 0)
	for i := range rounds {
		_, err := c.feishu.SendLocation(feishuPeople[i], "", "", far.Lat, far.Lng)
		c.ok(err)
		_, err = c.wecom.SendLocation(wecomPeople[i], "", far.Lat, far.Lng)
		c.ok(err)
	}
	store := c.open()
	c.eventually("everything was delivered and answered", func() bool { return c.quiet(store) })
	c.checkNothingLostOrDoubled(store, feishuPeople, wecomPeople, 2*rounds)
	for i, r := range replicas {
		if err := r.stop(t); err != nil {
			t.Errorf("replica %d did not end well: %v\n%s", i, err, r.log)
		}
	}
}

// One of two replicas dies in the middle; the other goes on with what it held.
func TestADeadReplicasWorkIsTakenOver(t *testing.T) {
	const people = 40
	c := newApps(t, fresh.MongoDB(t))
	feishuPeople, wecomPeople := c.seedPeople(people)
	replicas := c.twoReplicas(false)
	far := geo.Offset(place, 30000, 0)
	for i := range people {
		_, err := c.feishu.SendLocation(feishuPeople[i], "", "", far.Lat, far.Lng)
		c.ok(err)
		_, err = c.wecom.SendLocation(wecomPeople[i], "", far.Lat, far.Lng)
		c.ok(err)
		if i == people/2 {
			replicas[0].kill(t)
		}
	}
	feishuSide.Tick()
	c.eventually("all events are acknowledged", func() bool { return c.feishu.Pending() == 0 && c.wecom.Pending() == 0 })
	// What the dead one held is free within a minute.
	testClock.move(46 * time.Second)
	store := c.open()
	c.eventually("everything was delivered and answered", func() bool { return c.quiet(store) })
	c.checkNothingLostOrDoubled(store, feishuPeople, wecomPeople, 2*people)
}

// A bot that starts while the store is away takes what arrives all the same.
func TestAStartWithoutTheStore(t *testing.T) {
	const people = 5
	c := newApps(t, fresh.MongoDB(t))
	feishuPeople, wecomPeople := c.seedPeople(people)
	store, err := url.Parse(c.url)
	c.ok(err)
	server, behind := store.Host, freeAddress(t)
	store.Host = behind
	reached := c.url
	c.url = store.String()
	listen := freeAddress(t)
	child := c.startChild(c.yaml("webhook", t.TempDir(), listen), listen, ahead())
	c.url = reached
	c.ok(c.feishu.SetCallback(child.url + "/feishu/events"))
	c.ok(c.wecom.SetCallback(child.url + "/wecom/callback"))
	resp, err := http.Get(child.url + "/readyz")
	c.ok(err)
	c.ok(resp.Body.Close())
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without its store it says that it is ready: %d", resp.StatusCode)
	}
	far := geo.Offset(place, 30000, 0)
	for i := range people {
		_, err := c.feishu.SendLocation(feishuPeople[i], "", "", far.Lat, far.Lng)
		c.ok(err)
		_, err = c.wecom.SendLocation(wecomPeople[i], "", far.Lat, far.Lng)
		c.ok(err)
	}
	c.eventually("WeCom's events are acknowledged", func() bool { return c.wecom.Pending() == 0 })
	if n := c.feishu.Pending(); n != people {
		t.Errorf("Feishu, which comes again, was told so for %d of %d events", n, people)
	}
	passOn(t, behind, server)
	c.eventually("the store is found", func() bool {
		resp, err := http.Get(child.url + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	kept := c.open()
	c.eventually("everything was delivered and answered", func() bool { feishuSide.Tick(); return c.quiet(kept) })
	c.checkNothingLostOrDoubled(kept, feishuPeople, wecomPeople, 2*people)
}

// passOn listens and passes what comes on to another address, until the test ends.
func passOn(t *testing.T, from, to string) {
	t.Helper()
	l, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
}
