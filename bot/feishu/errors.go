package feishu

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"roundsman/bot"
)

// verdict is what a code means for a send.
type verdict struct {
	retry, unknown, gone bool
	after                time.Duration
}

// codes are those of im-v1 and of the gateway that are worth a decision; any
// other is final.
var codes = map[int]verdict{
	// The rate limits of the gateway, of one chat and of the tenant.
	99991400: {retry: true, after: time.Second},
	230020:   {retry: true, after: time.Second},
	11232:    {retry: true, after: 5 * time.Second},
	11233:    {retry: true, after: 5 * time.Second},
	// Still invalid after a new token: as after a reset of the secret.
	99991661: {retry: true}, 99991663: {retry: true}, 99991664: {retry: true}, 99991671: {retry: true},
	// The credentials themselves; somebody will repair them.
	10003: {retry: true, after: time.Minute}, 10014: {retry: true, after: time.Minute},
	// A permission or the bot's ability is missing, the address is not allowed:
	// an administrator repairs that, and what was due is still to be said.
	99991672: {retry: true, after: 5 * time.Minute}, 99991401: {retry: true, after: 5 * time.Minute},
	230006: {retry: true, after: 5 * time.Minute}, 230027: {retry: true, after: 5 * time.Minute},
	// The same uuid is being sent right now.
	230049: {retry: true, unknown: true, after: time.Second},

	230002: {gone: true}, // the bot is not in the group
	230013: {gone: true}, // the user is outside the app's availability, or has left
	232009: {gone: true}, // the group is dissolved
	230018: {gone: true}, // the group's settings forbid it
	230035: {gone: true}, // muted or blocked
}

// sendError says what a failed call means for a post. Feishu promises to say
// nothing twice for the same uuid, so what is unknown may be tried again.
func sendError(err error) error {
	if err == nil {
		return nil
	}
	var ce *callError
	if !errors.As(err, &ce) {
		return &bot.SendError{Code: "internal", Err: err}
	}
	out := &bot.SendError{After: ce.after, Err: ce}
	v, known := codes[ce.code]
	switch {
	case known:
		out.Code = strconv.Itoa(ce.code)
		out.Retry, out.Unknown, out.Gone = v.retry, v.unknown, v.gone
		out.After = max(ce.after, v.after)
	case ce.status == http.StatusTooManyRequests:
		out.Code, out.Retry = "rate", true
		out.After = max(ce.after, time.Second)
	case ce.status >= 500:
		out.Code, out.Retry, out.Unknown = "http_"+strconv.Itoa(ce.status), true, true
	case ce.code != 0:
		out.Code = strconv.Itoa(ce.code)
	case ce.status >= 300 && ce.status < 500:
		// A redirect or a proxy's refusal: it was not Feishu that answered.
		out.Code, out.Retry = "http_"+strconv.Itoa(ce.status), true
	case ce.status != 0:
		out.Code, out.Retry, out.Unknown = "unreadable", true, true
	default:
		out.Code, out.Retry, out.Unknown = "network", true, ce.sent
		if errors.Is(ce, context.Canceled) {
			out.Code = "canceled"
		}
		if errors.Is(ce, context.DeadlineExceeded) {
			out.Code = "timeout"
		}
	}
	if ce.op == opToken {
		out.Unknown = false
	}
	return out
}

// notSent is sendError for a call before the one that says something.
func notSent(err error) error {
	err = sendError(err)
	var se *bot.SendError
	if errors.As(err, &se) {
		se.Unknown = false
	}
	return err
}
