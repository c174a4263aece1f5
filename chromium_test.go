package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// browserEnv makes the tests run that need Chromium; its value is a directory for pictures.
const browserEnv = "ROUNDSMAN_BROWSER"

// chromium is a browser that is spoken to over a pipe, in its own protocol.
type chromium struct {
	*testing.T
	in      *os.File
	shots   string
	writing sync.Mutex

	mu      sync.Mutex
	last    int
	waiting map[int]chan cdpMessage
	// thrown are errors that pages did not catch, and what their policy blocked.
	thrown []string
	// workers are the sessions of service workers.
	workers []string
}

type cdpMessage struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

func startChromium(t *testing.T) *chromium {
	t.Helper()
	shots := os.Getenv(browserEnv)
	if shots == "" {
		t.Skip("no browser: set " + browserEnv + " to a directory for pictures")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	theirs, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{theirs, ours}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	_ = ours.Close()
	c := &chromium{T: t, in: in, shots: shots, waiting: make(map[int]chan cdpMessage)}
	read := make(chan struct{})
	go func() { defer close(read); c.read(out) }()
	t.Cleanup(func() {
		_, _ = c.send("", "Browser.close", nil)
		_ = in.Close()
		_ = cmd.Wait()
		<-read
		_ = out.Close()
		if thrown := c.errors(); len(thrown) > 0 {
			t.Errorf("the pages threw:\n%s", strings.Join(thrown, "\n"))
		}
	})
	return c
}

// read takes answers and events until the browser ends.
func (c *chromium) read(out *os.File) {
	r := bufio.NewReader(out)
	for {
		data, err := r.ReadBytes(0)
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			for id, w := range c.waiting {
				close(w)
				delete(c.waiting, id)
			}
			return
		}
		var m struct {
			cdpMessage
			Params json.RawMessage `json:"params"`
		}
		if json.Unmarshal(data[:len(data)-1], &m) != nil {
			continue
		}
		c.mu.Lock()
		w, ok := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		switch m.Method {
		case "Runtime.exceptionThrown":
			c.thrown = append(c.thrown, string(m.Params))
		case "Log.entryAdded":
			if text := string(m.Params); strings.Contains(text, `"source":"security"`) || strings.Contains(text, "Content Security Policy") {
				c.thrown = append(c.thrown, text)
			}
		case "Target.attachedToTarget":
			var p struct {
				Session string `json:"sessionId"`
				Info    struct {
					Type string `json:"type"`
				} `json:"targetInfo"`
			}
			if json.Unmarshal(m.Params, &p) == nil && p.Info.Type == "service_worker" {
				c.workers = append(c.workers, p.Session)
			}
		}
		c.mu.Unlock()
		if ok {
			w <- m.cdpMessage
		}
	}
}

func (c *chromium) errors() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.thrown
}

// send makes a call and waits for its answer.
func (c *chromium) send(session, method string, params any) (json.RawMessage, error) {
	w := make(chan cdpMessage, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = w
	c.mu.Unlock()
	data, err := json.Marshal(cdpMessage{ID: id, Method: method, Session: session, Params: params})
	if err != nil {
		return nil, err
	}
	c.writing.Lock()
	_, err = c.in.Write(append(data, 0))
	c.writing.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m, ok := <-w:
		if !ok {
			return nil, errors.New("the browser ended")
		}
		if m.Error != nil {
			return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		return m.Result, nil
	case <-time.After(30 * time.Second):
		return nil, fmt.Errorf("%s: no answer", method)
	}
}

// tab is a page on a phone's screen.
type tab struct {
	*chromium
	session, context string
}

// dict is a JSON object.
type dict = map[string]any

// open makes a tab of a context of its own: a phone of its own.
func (c *chromium) open(address string) *tab {
	c.Helper()
	var made struct {
		Context string `json:"browserContextId"`
	}
	data, err := c.send("", "Target.createBrowserContext", dict{})
	if err == nil {
		err = json.Unmarshal(data, &made)
	}
	if err != nil {
		c.Fatal(err)
	}
	return c.window(made.Context, address)
}

// window opens another window of a phone.
func (c *chromium) window(phone, address string) *tab {
	c.Helper()
	var made struct {
		Target  string `json:"targetId"`
		Session string `json:"sessionId"`
	}
	call := func(method string, params dict) {
		c.Helper()
		data, err := c.send("", method, params)
		if err == nil {
			err = json.Unmarshal(data, &made)
		}
		if err != nil {
			c.Fatal(err)
		}
	}
	call("Target.createTarget", dict{"url": "about:blank", "browserContextId": phone})
	call("Target.attachToTarget", dict{"targetId": made.Target, "flatten": true})
	t := &tab{c, made.Session, phone}
	t.do("Runtime.enable", nil)
	t.do("Page.enable", nil)
	t.do("Log.enable", nil)
	t.do("Network.enable", nil)
	t.do("Target.setAutoAttach", dict{"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true})
	t.do("Emulation.setDeviceMetricsOverride", dict{"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true})
	t.do("Emulation.setTouchEmulationEnabled", dict{"enabled": true})
	if _, err := c.send("", "Browser.grantPermissions", dict{"permissions": []string{"geolocation"}, "browserContextId": phone}); err != nil {
		c.Fatal(err)
	}
	t.goTo(address)
	return t
}

func (t *tab) do(method string, params any) json.RawMessage {
	t.Helper()
	data, err := t.send(t.session, method, params)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (t *tab) goTo(address string) {
	t.Helper()
	t.do("Page.navigate", dict{"url": address})
}

// eval returns the value of an expression; a promise is waited for.
func (t *tab) eval(expression string) string {
	t.Helper()
	var out struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	data, err := t.send(t.session, "Runtime.evaluate", dict{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return "" // between two pages
	}
	return fmt.Sprint(out.Result.Value)
}

// text is what the page shows.
func (t *tab) text() string { return t.eval("document.body ? document.body.innerText : ''") }

// shows waits until the page shows a text.
func (t *tab) shows(want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(t.text(), want) {
		select {
		case <-ctx.Done():
			t.shot("failed")
			t.Fatalf("the page does not show %q:\n%s\n%s", want, t.text(), strings.Join(t.errors(), "\n"))
		case <-tick.C:
		}
	}
}

// tap taps what the selector finds, where a finger would.
func (t *tab) tap(selector string) {
	t.Helper()
	var at struct{ X, Y float64 }
	where := t.eval(`(() => { const r = document.querySelector(` + fmt.Sprintf("%q", selector) + `).getBoundingClientRect(); return JSON.stringify({ X: r.x + r.width / 2, Y: r.y + r.height / 2 }); })()`)
	if err := json.Unmarshal([]byte(where), &at); err != nil {
		t.Fatalf("%s: %v", selector, err)
	}
	t.do("Input.dispatchTouchEvent", dict{"type": "touchStart", "touchPoints": []dict{{"x": at.X, "y": at.Y}}})
	t.do("Input.dispatchTouchEvent", dict{"type": "touchEnd", "touchPoints": []dict{}})
}

// file gives a file input a file, as the camera does.
func (t *tab) file(selector, path string) {
	t.Helper()
	var root struct {
		Root struct {
			ID int `json:"nodeId"`
		} `json:"root"`
		ID int `json:"nodeId"`
	}
	if err := json.Unmarshal(t.do("DOM.getDocument", dict{}), &root); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(t.do("DOM.querySelector", dict{"nodeId": root.Root.ID, "selector": selector}), &root); err != nil {
		t.Fatal(err)
	}
	t.do("DOM.setFileInputFiles", dict{"nodeId": root.ID, "files": []string{path}})
}

// stand puts the device somewhere.
func (t *tab) stand(lat, lng, accuracy float64) {
	t.Helper()
	t.do("Emulation.setGeolocationOverride", dict{"latitude": lat, "longitude": lng, "accuracy": accuracy})
}

// deny takes the device's position away from the page.
func (t *tab) deny() {
	t.Helper()
	_, err := t.send("", "Browser.setPermission", dict{"permission": dict{"name": "geolocation"}, "setting": "denied", "browserContextId": t.context})
	if err != nil {
		t.Fatal(err)
	}
}

// offline cuts the page and its service worker off, or connects them again.
func (t *tab) offline(on bool) {
	t.Helper()
	t.mu.Lock()
	sessions := append([]string{t.session}, t.workers...)
	t.mu.Unlock()
	for i, s := range sessions {
		if i > 0 {
			_, _ = t.send(s, "Network.enable", nil)
		}
		_, err := t.send(s, "Network.emulateNetworkConditions", dict{"offline": on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
		if err != nil && i == 0 {
			t.Fatal(err)
		}
	}
}

// reopenOffline loads the page again without a network. With a load the browser
// forgets that it has none, and would not tell the page of its return.
func (t *tab) reopenOffline() {
	t.Helper()
	t.eval("window.before = true")
	t.do("Page.reload", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for t.eval("String(window.before)") != "undefined" {
		select {
		case <-ctx.Done():
			t.Fatal("the page is not opened again")
		case <-tick.C:
		}
	}
	t.offline(true)
}

// shot takes a picture.
func (t *tab) shot(name string) {
	t.Helper()
	if wide := t.eval("String(Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('body *')].map((e) => e.getBoundingClientRect().right)) <= innerWidth)"); wide != "true" {
		t.Errorf("%s: the page is wider than the screen", name)
	}
	var out struct {
		Data string `json:"data"`
	}
	if err := json.Unmarshal(t.do("Page.captureScreenshot", dict{"format": "png"}), &out); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(out.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.shots, "page-"+name+".png"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
