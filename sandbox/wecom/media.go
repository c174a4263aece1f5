package wecom

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
	"time"
)

// mediaLife is the life of temporary media (document path 90253).
const mediaLife = 3 * 24 * time.Hour

// media is one temporary file of a corp; all its apps may use it.
type media struct {
	id      string
	kind    string // image, voice, video, file
	name    string
	mime    string
	data    []byte
	created time.Time
}

// addMedia files data. The lock must be held.
func (s *Server) addMedia(c *Corp, kind, name string, data []byte) *media {
	m := &media{id: s.random(65), kind: kind, name: name, data: bytes.Clone(data), created: s.now()}
	m.mime = http.DetectContentType(data)
	if m.mime == "application/octet-stream" || m.mime == "text/plain; charset=utf-8" {
		m.mime = cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
	}
	if kind == "voice" {
		m.mime = "audio/amr"
	}
	c.media[m.id] = m
	return m
}

// mediaOf finds media that is not too old.
func (c *Corp) mediaOf(id string, now time.Time) *media {
	m := c.media[id]
	if m == nil || now.Sub(m.created) >= mediaLife {
		return nil
	}
	return m
}

// Media returns a file of the corp by its media_id, as long as it lives.
func (c *Corp) Media(id string) (name string, data []byte, found bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	m := c.mediaOf(id, c.s.now())
	if m == nil {
		return "", nil, false
	}
	return m.name, bytes.Clone(m.data), true
}

// AddMedia files data as if it had been uploaded and returns its media_id. kind
// is image, voice, video or file.
func (c *Corp) AddMedia(kind, name string, data []byte) string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.addMedia(c, kind, name, data).id
}

func (s *Server) mediaUpload(c *apiCall) answer {
	switch kind := c.q.Get("type"); kind {
	case "image", "voice", "video", "file":
		return s.upload(c, kind)
	default:
		return refuse(40005, "invalid type")
	}
}

// upload checks size and form (document path 90253) and stores.
func (s *Server) upload(c *apiCall, kind string) answer {
	if c.file == nil {
		return refuse(44001, "empty media data")
	}
	data := c.file.data
	limit, code := map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}[kind], 40006
	switch kind {
	case "image":
		code = 40009
	case "video":
		code = 40011
	}
	if len(data) <= 5 || len(data) > limit {
		return refuse(code, "invalid %s size", kind)
	}
	switch form := http.DetectContentType(data); kind {
	case "image":
		if form != "image/jpeg" && form != "image/png" {
			return refuse(40123, "invalid image format")
		}
	case "voice":
		if !bytes.HasPrefix(data, []byte("#!AMR")) {
			return refuse(40004, "invalid media type")
		}
	case "video":
		if form != "video/mp4" {
			return refuse(40004, "invalid media type")
		}
	}
	m := s.addMedia(c.app.corp, kind, cmp.Or(c.file.name, "file"), data)
	return ok("type", kind, "media_id", m.id, "created_at", strconv.FormatInt(m.created.Unix(), 10))
}

func (s *Server) mediaGet(c *apiCall) answer {
	id := c.q.Get("media_id")
	if id == "" {
		return refuse(41006, "missing media_id")
	}
	m := c.app.corp.mediaOf(id, s.now())
	if m == nil {
		return refuse(40007, "invalid media_id")
	}
	a := ok()
	a.file = m
	return a
}

// servePicture serves the PicUrl of an image message, which needs no token.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m := s.pictures[r.PathValue("id")]
	s.mu.Unlock()
	if m == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.mime)
	http.ServeContent(w, r, "", m.created, bytes.NewReader(m.data))
}

// picURL makes an image reachable and returns its address.
func (s *Server) picURL(m *media) (string, error) {
	if s.baseURL == "" {
		return "", fmt.Errorf("wecom sandbox: an image needs a PicUrl: call Listen or SetBaseURL first")
	}
	id := s.random(40)
	s.pictures[id] = m
	return s.baseURL + "/wwpic/" + id, nil
}
