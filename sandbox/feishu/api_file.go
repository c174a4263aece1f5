package feishu

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
)

// Limits of uploads (im-v1/image, im-v1/file).
const (
	maxImageBytes    = 10 << 20
	maxFileBytes     = 30 << 20
	maxResourceBytes = 100 << 20
)

// form reads a multipart body: its plain fields and the bytes of one file field.
func (c *call) form(name string) (fields map[string]string, data []byte, e *apiError) {
	bad := fail(234001, "Invalid request param.")
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, nil, bad
	}
	fields = map[string]string{}
	r := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	found := false
	for range 16 {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, bad
		}
		b, err := io.ReadAll(p) // the body is bounded already
		if err != nil {
			return nil, nil, bad
		}
		if p.FormName() == name {
			data, found = b, true
		} else {
			fields[p.FormName()] = string(b)
		}
	}
	if !found {
		return nil, nil, bad
	}
	if len(data) == 0 {
		return nil, nil, fail(234010, "File's size can't be 0.")
	}
	return fields, data, nil
}

func (s *Server) uploadImage(c *call) (any, *apiError) {
	fields, data, e := c.form("image")
	if e != nil {
		return nil, e
	}
	if t := fields["image_type"]; t != "message" && t != "avatar" {
		return nil, fail(234001, "Invalid request param.")
	}
	if len(data) > maxImageBytes {
		return nil, fail(234006, "The file size exceed the max value.")
	}
	if !isImage(data) {
		return nil, fail(234011, "Can't recognize the image format.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"image_key": s.keepBlob("image", "image"+extension(data), data, c.app).key}, nil
}

// isImage knows the formats Feishu takes: JPEG, PNG, WEBP, GIF, TIFF, BMP, ICO.
func isImage(data []byte) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/x-icon"}, http.DetectContentType(data)) ||
		bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

func (s *Server) uploadFile(c *call) (any, *apiError) {
	fields, data, e := c.form("file")
	if e != nil {
		return nil, e
	}
	if !slices.Contains([]string{"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"}, fields["file_type"]) || fields["file_name"] == "" {
		return nil, fail(234001, "Invalid request param.")
	}
	if len(data) > maxFileBytes {
		return nil, fail(234006, "The file size exceed the max value.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"file_key": s.keepBlob("file", fields["file_name"], data, c.app).key}, nil
}

func (s *Server) getImage(c *call) (any, *apiError) { return c.download("image") }
func (s *Server) getFile(c *call) (any, *apiError)  { return c.download("file") }

// download gives back what the app itself uploaded, and nothing else.
func (c *call) download(kind string) (any, *apiError) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.s.blobs[c.r.PathValue("key")]
	if b == nil || b.kind != kind {
		return nil, fail(234001, "Invalid request param.")
	}
	if b.app != c.app {
		return nil, fail(234008, "The app is not the resource sender.")
	}
	return file{b.name, b.contentType, b.data}, nil
}

// getResource gives an image or file of a message: the key must belong to that
// message and the bot be in its chat.
func (s *Server) getResource(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := c.r.URL.Query().Get("type")
	if kind != "image" && kind != "file" {
		return nil, fail(234001, "Invalid request param.")
	}
	m := s.messages[c.r.PathValue("id")]
	if m == nil || m.Deleted {
		return nil, fail(234003, "File not in msg.")
	}
	if ch := s.chats[m.ChatID]; !ch.hasApp(c.app) || ch.Dissolved {
		return nil, fail(234004, "App not in chat.")
	}
	if m.Type == "interactive" || m.Type == "merge_forward" || m.Type == "sticker" {
		return nil, fail(234043, "Unsupported message type.")
	}
	key := c.r.PathValue("key")
	b := s.blobs[key]
	if b == nil || b.kind != kind || !slices.Contains(m.blobs, key) {
		return nil, fail(234003, "File not in msg.")
	}
	if len(b.data) > maxResourceBytes {
		return nil, fail(234037, "The file size exceed the max value.")
	}
	return file{b.name, b.contentType, b.data}, nil
}
