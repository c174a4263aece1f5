package wecom

import (
	"crypto/md5" //nolint:gosec // the interface asks for MD5
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of a group robot (document path 91770). That an image may have 2 MB is
// from the document's older copies.
const (
	robotMinute = 20
	robotImgMax = 2 << 20
)

type robot struct {
	key   string
	app   *App
	chat  *Chat
	sends window
}

// AddRobot makes a group of members with a robot in it and returns the key of its
// webhook. The group lies in the app's corp and faults of the app hit the robot's
// calls too; otherwise a robot has nothing to do with an app.
func (a *App) AddRobot(group string, members ...string) (key string) {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	hexa := func(n int) string { return s.randomOf("0123456789abcdef", n) }
	key = strings.Join([]string{hexa(8), hexa(4), hexa(4), hexa(4), hexa(12)}, "-")
	ch := &Chat{ID: "wr" + s.random(30), Name: group, Members: slices.Clone(members)}
	if len(members) > 0 {
		ch.Owner = members[0]
	}
	a.corp.chats[ch.ID] = ch
	s.robots[key] = &robot{key: key, app: a, chat: ch}
	return key
}

// RemoveRobot takes a robot out of its group: its key answers 93000.
func (s *Server) RemoveRobot(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.robots, key)
}

// RobotMessages returns what a robot wrote into its group, oldest first.
func (s *Server) RobotMessages(key string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.robots[key]
	if r == nil {
		return nil
	}
	return slices.DeleteFunc(copied(s.thread[threadKey(r.app.corp.id, r.chat.ID, 0, "")]), func(m Message) bool { return m.Robot != key })
}

// RobotChat returns the group of a robot.
func (s *Server) RobotChat(key string) (Chat, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.robots[key]
	if r == nil {
		return Chat{}, false
	}
	ch := *r.chat
	ch.Members = slices.Clone(ch.Members)
	return ch, true
}

func (s *Server) robotSend(c *apiCall) answer {
	r := s.robots[c.q.Get("key")]
	var kind string
	if refused := c.field("msgtype", &kind); refused != nil {
		return *refused
	}
	content, refused := s.content(c, kind, robotKinds)
	if refused != nil {
		return *refused
	}
	now := s.now()
	if r.sends.within(now, time.Minute) >= robotMinute {
		return refuse(45009, "api freq out of limit")
	}
	r.sends.add(now, time.Minute)
	s.keep(&Message{
		ID: s.random(43), CorpID: r.app.corp.id, Chat: r.chat.ID, Robot: r.key, Time: now, Type: kind,
		Content: content.json, Warnings: content.warnings, TaskID: content.taskID,
	})
	return ok()
}

// robotImage checks an image that is sent inside the message, and files it so
// that it can be looked at: Content becomes {"md5","media_id"}.
func (s *Server) robotImage(a *App, raw json.RawMessage) (shown, *answer) {
	fail := func(r answer) (shown, *answer) { return shown{}, &r }
	var v struct {
		Base64 string `json:"base64"`
		MD5    string `json:"md5"`
	}
	if json.Unmarshal(raw, &v) != nil || v.Base64 == "" || v.MD5 == "" {
		return fail(badParameter("image.base64 or image.md5 missing"))
	}
	data, err := base64.StdEncoding.DecodeString(v.Base64)
	if err != nil {
		return fail(badParameter("image.base64 is not base64"))
	}
	if len(data) > robotImgMax {
		return fail(refuse(40009, "invalid image size"))
	}
	if kind := http.DetectContentType(data); kind != "image/jpeg" && kind != "image/png" {
		return fail(refuse(40123, "invalid image format"))
	}
	sum := md5.Sum(data) //nolint:gosec // see above
	if !strings.EqualFold(hex.EncodeToString(sum[:]), v.MD5) {
		return fail(refuse(301019, "media md5 not match"))
	}
	m := s.addMedia(a.corp, "image", "image", data)
	b, err := json.Marshal(map[string]string{"md5": v.MD5, "media_id": m.id})
	if err != nil {
		return fail(badParameter("image.md5 is not text"))
	}
	return shown{json: b}, nil
}

// robotUpload stores a file for the corp's robots: file up to 20 MB, voice up to
// 2 MB (document path 91770).
func (s *Server) robotUpload(c *apiCall) answer {
	kind := c.q.Get("type")
	if kind != "file" && kind != "voice" {
		return refuse(40005, "invalid type")
	}
	return s.upload(c, kind)
}
