package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"roundsman/bot"
)

const (
	// maxEarly and maxLate are how far an event's own time is believed.
	maxEarly = 5 * time.Minute
	maxLate  = 8 * 24 * time.Hour
	// maxUser bounds a user id, maxResource other ids and keys, in bytes.
	maxUser     = 64
	maxResource = 1024
)

// message reads a decrypted callback (document paths 90239, 90240 and 96468).
// What the bot has no use for gives neither a message nor a refusal.
func (c *callback) message(inner []byte) (*bot.Message, *refusal) {
	f, err := fields(inner, "FromUserName", "CreateTime", "MsgType", "MsgId", "AgentID", "Event", "EventKey", "Content",
		"Location_X", "Location_Y", "Label", "MediaId", "Latitude", "Longitude", "Precision", "TaskId", "ResponseCode")
	if err != nil {
		return nil, errMalformed
	}
	if app := f["AgentID"]; app != "" && app != strconv.Itoa(c.cfg.AgentID) {
		return nil, errApp
	}
	received := c.now().UTC()
	m := bot.Message{
		Platform: Name, From: f["FromUserName"], Chat: bot.Address{Platform: Name, Place: bot.ToUser, ID: f["FromUserName"]},
		At: eventTime(f["CreateTime"], received), Received: received,
	}
	kind := f["MsgType"]
	if kind == "event" {
		kind = "event " + f["Event"]
	}
	switch kind {
	case "text":
		m.Text = f["Content"]
	case "location":
		// Location_X is the latitude.
		m.Location = &bot.Location{Lat: f["Location_X"], Lng: f["Location_Y"], Datum: c.cfg.MessageDatum, Name: f["Label"]}
	case "image":
		// PicUrl is an address from outside and is left alone.
		if f["MediaId"] == "" || len(f["MediaId"]) > maxResource {
			return nil, errMalformed
		}
		m.Media = []bot.Media{{Resource: f["MediaId"]}}
	case "event LOCATION":
		m.Location = &bot.Location{
			Lat: f["Latitude"], Lng: f["Longitude"], Datum: c.cfg.EventDatum, Accuracy: metres(f["Precision"]), Passive: true,
		}
	case "event enter_agent":
		m.Notice = bot.NoticeEntered
	case "event click":
		// An item of the app's menu says what a person would have written.
		m.Text = f["EventKey"]
	case "event template_card_event":
		if f["EventKey"] == "" || max(len(f["EventKey"]), len(f["TaskId"]), len(f["ResponseCode"])) > maxResource {
			return nil, errMalformed
		}
		m.Press = &bot.Press{Value: f["EventKey"], Message: f["TaskId"], Response: f["ResponseCode"]}
	default:
		return nil, nil
	}
	if m.From == "" || len(m.From) > maxUser {
		return nil, errMalformed
	}
	if f["MsgType"] == "event" {
		m.Key = "wecom:e:" + m.From + ":" + short(f["CreateTime"]) + ":" + f["Event"]
		if what := f["EventKey"] + f["TaskId"]; what != "" {
			m.Key += ":" + digest(f["EventKey"]+"\x00"+f["TaskId"])
		}
		return &m, nil
	}
	if _, err := strconv.ParseUint(f["MsgId"], 10, 64); err != nil {
		// Every delivery of it is the same text.
		m.Key = "wecom:x:" + digest(string(inner))
		return &m, nil
	}
	m.ID = f["MsgId"]
	m.Key = "wecom:m:" + m.ID
	return &m, nil
}

// eventTime reads WeCom's time, which is in seconds. One that is missing or
// cannot be true gives way to the time of arrival.
func eventTime(s string, received time.Time) time.Time {
	seconds, ok := digits(s)
	at := time.Unix(seconds, 0).UTC()
	if !ok || seconds == 0 || at.Sub(received) > maxEarly || received.Sub(at) > maxLate {
		return received
	}
	return at
}

// metres reads a radius; 0 stands for none.
func metres(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}

// digest shortens what may be long, in keys.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}

// short bounds what stands in a key as it came.
func short(s string) string { return s[:min(len(s), 16)] }
