package mongo_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"roundsman/storage/mongo"
)

// proxy stands between a store and its server, and fails when it is told to.
type proxy struct {
	t        testing.TB
	upstream string
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	// mark is what a request holds whose connection is cut: before the server
	// has it, or once the server has answered.
	mark    []byte
	answers bool
	cuts    int
	// mute swallows everything that a client sends.
	mute bool
}

// through opens the store's database behind a new proxy.
func through(t *testing.T, uri string) (*proxy, opened) {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, upstream: u.Host, listener: listener, conns: make(map[net.Conn]bool)}
	p.wg.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.closeAll()
		p.wg.Wait()
	})
	u.Host = listener.Addr().String()
	q := u.Query()
	q.Set("directConnection", "true") // a member of a replica set would name its own address
	u.RawQuery = q.Encode()
	s, err := mongo.Open(t.Context(), u.String(), mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return p, opened{s, u.String()}
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.upstream)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		cut := make(chan struct{})
		p.wg.Go(func() { p.requests(client, server, cut) })
		p.wg.Go(func() { p.replies(client, server, cut) })
	}
}

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// requests copies from the client to the server, and closes cut when a marked request has gone to it.
func (p *proxy) requests(client, server net.Conn, cut chan struct{}) {
	defer server.Close()
	buf := make([]byte, 1<<20)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		hit, answers, mute := len(p.mark) > 0 && bytes.Contains(buf[:n], p.mark), p.answers, p.mute
		if hit {
			p.mark = nil
			p.cuts++
		}
		p.mu.Unlock()
		switch {
		case mute:
			continue
		case hit && !answers:
			_ = client.Close()
			return
		case hit:
			close(cut)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// replies copies from the server to the client until the cut: then the server's
// answer, by which the request has had its effect, is the end.
func (p *proxy) replies(client, server net.Conn, cut chan struct{}) {
	defer client.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-cut:
			return
		default:
		}
		if _, err := io.Copy(client, bytes.NewReader(buf[:n])); err != nil {
			return
		}
	}
}

// cut ends the connection of the next request that holds the mark.
func (p *proxy) cut(mark string, answers bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mark, p.answers = []byte(mark), answers
}

// hasCut returns how many connections were cut.
func (p *proxy) hasCut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// silence makes the server one that takes everything and answers nothing.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = true
}
