package wecom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"roundsman/bot"
)

// codeError is what the API answered. WeCom's own words are left out: they can
// quote the request.
type codeError int64

func (e codeError) Error() string { return fmt.Sprintf("errcode %d", int64(e)) }

// How long to wait before another try, by code.
const (
	// afterBusy: "system busy" and too many calls at once.
	afterBusy = 5 * time.Second
	// afterLimit: a limit is lifted after its window, mostly a minute.
	afterLimit = time.Minute
	// afterSetup: an administrator has to do something.
	afterSetup = 5 * time.Minute
)

// Codes with a meaning for the program (developer.work.weixin.qq.com, document path 90313).
const (
	codeBusy         = -1
	codeBadSecret    = 40001
	codeBadMedia     = 40007
	codeBadCorp      = 40013
	codeBadToken     = 40014
	codeTokenExpired = 42001
	codeFrequency    = 45009
	codeConcurrency  = 45033
	codeForeignIP    = 60020
	codeNoUser       = 60111
	codeNobody       = 81013
	codeNoChat       = 86003
	codeForeignChat  = 86008
	codeChatExists   = 86215
	codeNoRobot      = 93000
)

// staleToken says that the token is no good (any more), so that another helps.
func (x *exchange) staleToken() bool {
	return x.err == nil && x.answered && (x.code == codeBadToken || x.code == codeTokenExpired || x.code == codeBadSecret)
}

// refused says that the API answered that it did not do it.
func (x *exchange) refused() bool {
	return x.err == nil && x.status == 200 && x.answered && x.code != 0
}

// failure says what became of the exchange; nil means that it worked.
func (x *exchange) failure() *bot.SendError {
	unsure := func(code string, err error) *bot.SendError {
		return &bot.SendError{Code: code, Unknown: x.says, Retry: !x.says, Err: err}
	}
	switch {
	case x.err != nil:
		e := &bot.SendError{Code: networkCode(x.err), Err: x.err, Retry: true}
		if x.says && x.wrote.Load() {
			// It left, and no answer came back.
			e.Unknown, e.Retry = true, false
		}
		return e
	case x.status >= 500:
		return unsure("http_"+strconv.Itoa(x.status), nil)
	case x.status != 200:
		// Something on the way turned it down.
		return &bot.SendError{Code: "http_" + strconv.Itoa(x.status), Retry: true, After: afterBusy}
	case !x.answered:
		return unsure("bad_answer", errors.New("the answer is not the API's"))
	case x.code != 0:
		return codeFailure(x.code)
	}
	return nil
}

// codeFailure says what a code means for a send.
func codeFailure(code int64) *bot.SendError {
	e := &bot.SendError{Code: strconv.FormatInt(code, 10), Err: codeError(code)}
	switch code {
	case codeBusy, codeConcurrency:
		e.Retry, e.After = true, afterBusy
	case codeFrequency:
		e.Retry, e.After = true, afterLimit
	case codeBadToken, codeTokenExpired:
		// Another token was tried already.
		e.Retry, e.After = true, afterBusy
	case codeBadSecret, codeBadCorp, codeForeignIP:
		e.Retry, e.After = true, afterSetup
	case codeNoUser, codeNobody, codeNoChat, codeForeignChat, codeNoRobot:
		e.Gone = true
	}
	return e
}

func networkCode(err error) string {
	var t net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &t) && t.Timeout():
		return "timeout"
	}
	return "network"
}

// fetchFailure says what became of a download.
func (x *exchange) fetchFailure() *bot.FetchError {
	e := &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: x.err}
	switch {
	case x.err != nil:
	case x.status != 200:
		e.Err = fmt.Errorf("HTTP status %d", x.status)
	case !x.answered:
		e.Err = errors.New("the answer is not the API's")
	case x.code == codeBadMedia:
		return &bot.FetchError{Reason: bot.FetchExpired, Err: codeError(x.code)}
	case codeFailure(x.code).Retry:
		e.Err = codeError(x.code)
	default:
		return &bot.FetchError{Reason: bot.FetchRefused, Err: codeError(x.code)}
	}
	return e
}
