package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// nonceFor is how long a nonce is good: the page takes some while there is a
	// network, for when there is none, and what it keeps is at most a day old.
	nonceFor = 2 * keptFor
	// stock is how many nonces the page is given at a time.
	stock = 3
	// signWithin bounds the wait for a platform's ticket, without which the browser measures.
	signWithin = 3 * time.Second
	// maxHeld bounds the bytes of submissions that are in memory at once, as far as
	// they have arrived: who sends slowly holds nobody up.
	maxHeld = 128 << 20
	// uploadWithin bounds a whole upload, stallFor the wait for its next bytes:
	// 20 MB on a weak network.
	uploadWithin = 8 * time.Minute
	stallFor     = 30 * time.Second
	// asCameFor is how long a photo is kept as it came: for longer than the queue
	// of photos tries.
	asCameFor = 4 * 24 * time.Hour
	// asItCame stands before the nonce in the key of such a photo.
	asItCame = "upload/"
	// storeWithin bounds the keeping of one photo.
	storeWithin = 10 * time.Second
)

// nonce lets one person submit once. Its id is the key of the message, so
// a second submission with it is the first.
type nonce struct {
	ID       string `json:"i"`
	Platform string `json:"p"`
	User     string `json:"u"`
}

// key is the inbox's key of what is submitted with the nonce.
func (n nonce) key() string { return "web:" + n.ID }

// open reads a nonce of the person. It fails with a [refusal].
func (p *Pages) open(sealed string, s session) (nonce, error) {
	var n nonce
	err := p.tickets.Open(sealed, p.Now(), &n)
	switch {
	case errors.Is(err, seal.ErrExpired):
		return nonce{}, refusedExpired
	case err != nil || n.ID == "":
		return nonce{}, refusedForged
	case n.Platform != s.Platform || n.User != s.User:
		return nonce{}, refusedForeign
	}
	return n, nil
}

// me is what the page is told of its visitor.
type me struct {
	// Name is as on the roster; empty for somebody who is not on it.
	Name string `json:"name"`
	// ID tells the people of one device apart; it says nothing about them.
	ID     string         `json:"id"`
	Nonces []string       `json:"nonces"`
	Client map[string]any `json:"client,omitempty"`
	// Code is what there is to say of the code that the page was opened with; nil without one.
	Code *scanned `json:"code,omitempty"`
}

// getMe tells the page who opened it, gives it nonces, and signs it for the platform's client.
func (p *Pages) getMe(w http.ResponseWriter, r *http.Request) {
	s, ok := p.session(r)
	if !ok {
		p.answer(w, http.StatusUnauthorized, refused{Text: p.Say.T("web.refused.login")})
		return
	}
	if !p.limits.allow(p.Now(), "read/"+s.person(), readsAMinute) {
		p.answer(w, http.StatusTooManyRequests, refused{Text: p.Say.T("web.try_later")})
		return
	}
	id := sha256.Sum256([]byte(s.Platform + "/" + s.User))
	out := me{ID: hex.EncodeToString(id[:8])}
	rep, err := p.Store.Roster().ByIdentity(r.Context(), s.Platform, s.User)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		p.fail(w, "find a person", err)
		return
	}
	out.Name = rep.Name
	if out.Code, err = p.tell(r.Context(), r.URL.Query().Get(codeParam), err == nil); err != nil {
		p.fail(w, "look at a code", err)
		return
	}
	for range stock {
		sealed, err := p.tickets.Seal(nonce{rand.Text(), s.Platform, s.User}, p.Now().Add(nonceFor))
		if err != nil {
			p.fail(w, "make a nonce", err)
			return
		}
		out.Nonces = append(out.Nonces, sealed)
	}
	// Only our own page is signed, as its browser writes it.
	if page := r.URL.Query().Get("page"); strings.HasPrefix(page, p.PublicURL+CheckInPath+"?") || page == p.PublicURL+CheckInPath {
		h, _ := p.host(s.Platform)
		ctx, cancel := context.WithTimeout(r.Context(), signWithin)
		defer cancel()
		if out.Client, err = h.login.SignPage(ctx, page); err != nil {
			// The browser measures too.
			p.Log.Warn("the check-in page cannot use the platform's client", "platform", h.name, "error", err)
		}
	}
	p.answer(w, http.StatusOK, out)
}

// refused is what the page says of what was not taken.
type refused struct {
	Text string `json:"text"`
	// Reason is for the page's script, which can mend some; empty for what is to be tried again as it is.
	Reason refusal `json:"reason,omitempty"`
	// Photo is which photo it is about, from 0; absent if it is about no single one.
	Photo *int `json:"photo,omitempty"`
}

// postCheckIn takes a submission: it answers once it is durable, and the same
// to the same.
func (p *Pages) postCheckIn(w http.ResponseWriter, r *http.Request) {
	s, ok := p.session(r)
	if !ok {
		p.answer(w, http.StatusUnauthorized, refused{Text: p.Say.T("web.refused.login")})
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		p.refuse(w, s, refusedForged)
		return
	}
	if !p.limits.allow(p.Now(), "submit/"+s.person(), submissionsAMinute) {
		w.Header().Set("Retry-After", "30")
		p.answer(w, http.StatusTooManyRequests, refused{Text: p.Say.T("web.try_later")})
		return
	}
	most := min(maxForm+maxPhotos*p.PhotoBytes+4<<10, maxHeld)
	if r.ContentLength < 0 || r.ContentLength > most {
		p.refuse(w, s, refusedTooLarge)
		return
	}
	done, ok := p.limits.upload(s.person())
	if !ok {
		w.Header().Set("Retry-After", "30")
		p.answer(w, http.StatusTooManyRequests, refused{Text: p.Say.T("web.try_later")})
		return
	}
	defer done()
	body := &held{Reader: newPatient(w, r, most), of: p.holding}
	defer body.release()
	m, blobs, err := p.submission(r, body, s)
	late := false
	if err == nil {
		late, err = p.keep(r.Context(), m, blobs)
	}
	switch reason, ok := isRefusal(err); {
	case ok:
		var of photoRefusal
		if errors.As(err, &of) {
			p.refuse(w, s, reason, of.at)
		} else {
			p.refuse(w, s, reason)
		}
	case errors.Is(err, errFull):
		w.Header().Set("Retry-After", "10")
		p.answer(w, http.StatusServiceUnavailable, refused{Text: p.Say.T("web.try_later")})
	case errors.Is(err, errUpload):
		// The device keeps it and comes again.
		p.answer(w, http.StatusRequestTimeout, refused{Text: p.Say.T("web.try_later")})
	case err != nil:
		p.Log.Warn("a check-in was not kept; the device keeps it", "platform", s.Platform, "error", err)
		w.Header().Set("Retry-After", "5")
		p.answer(w, http.StatusServiceUnavailable, refused{Text: p.Say.T("web.try_later")})
	default:
		p.answer(w, http.StatusOK, struct {
			Late bool `json:"late"`
		}{late})
	}
}

// refuse counts what is not taken, and says so: of a photo, which it is.
func (p *Pages) refuse(w http.ResponseWriter, s session, reason refusal, photo ...int) {
	p.Inlet.Refuse(s.Platform, "page_"+string(reason))
	status := http.StatusUnprocessableEntity
	switch reason {
	case refusedForged, refusedForeign, refusedCodeForged:
		status = http.StatusForbidden
	case refusedExpired, refusedCodeExpired:
		status = http.StatusGone
	case refusedTooLarge, refusedPhotoSize:
		status = http.StatusRequestEntityTooLarge
	}
	out := refused{Text: p.Say.T("web.refused." + string(reason)), Reason: reason}
	if len(photo) > 0 {
		out.Photo = &photo[0]
	}
	p.answer(w, status, out)
}

// errUpload says that the upload broke off.
var errUpload = errors.New("the upload broke off")

// submission reads a whole submission: its form first, then photos. Nothing is kept yet.
func (p *Pages) submission(r *http.Request, body io.Reader, s session) (bot.Message, []storage.Blob, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return bot.Message{}, nil, refusedMalformed
	}
	parts := multipart.NewReader(body, params["boundary"])
	part, err := nextPart(parts, "fixes")
	if err != nil {
		return bot.Message{}, nil, err
	}
	f, err := readForm(part)
	if err != nil {
		return bot.Message{}, nil, broken(err)
	}
	n, err := p.open(f.Nonce, s)
	if err != nil {
		return bot.Message{}, nil, err
	}
	h, _ := p.host(s.Platform)
	best, err := f.best(h.login.Client().Datum)
	if err != nil {
		return bot.Message{}, nil, err
	}
	if best.location.Customer, err = p.coded(f.Code); err != nil {
		return bot.Message{}, nil, err
	}
	var blobs []storage.Blob
	for {
		part, err := nextPart(parts, "photo")
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return bot.Message{}, nil, err
		}
		if len(blobs) == maxPhotos {
			return bot.Message{}, nil, refusedPhotos
		}
		data, kind, err := readPhoto(part, p.PhotoBytes, p.PhotoPixels)
		if err != nil {
			err = broken(err)
			if reason, ok := isRefusal(err); ok {
				err = photoRefusal{reason, len(blobs)}
			}
			return bot.Message{}, nil, err
		}
		// Not under its digest: that is the key of the view that will be made of it.
		blobs = append(blobs, storage.Blob{SHA256: fmt.Sprintf("%s%s/%d", asItCame, n.ID, len(blobs)), Type: kind, Data: data})
	}
	now := visit.Millis(p.Now())
	m := bot.Message{
		Key: n.key(), Platform: s.Platform, From: s.User, Chat: bot.Address{Platform: s.Platform, Place: bot.ToUser, ID: s.User},
		At: now.Add(-best.age), Received: now, Location: &best.location,
	}
	return m, blobs, nil
}

// nextPart returns the next part, which must have the name. The end of a form is
// io.EOF where photos may follow, and a refusal where the fixes must.
func nextPart(parts *multipart.Reader, name string) (*multipart.Part, error) {
	part, err := parts.NextPart()
	if errors.Is(err, io.EOF) && name == "photo" {
		return nil, io.EOF
	}
	if err != nil {
		return nil, broken(err)
	}
	if part.FormName() != name {
		return nil, refusedMalformed
	}
	return part, nil
}

// broken tells an upload that broke off from one that makes no sense.
func broken(err error) error {
	var tooLarge *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, new(refusal)), errors.Is(err, errFull):
		return err
	case errors.As(err, &tooLarge):
		return refusedTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &timeout) && timeout.Timeout():
		return errUpload
	}
	return refusedMalformed
}

// keep makes a submission durable: its photos first, then the message that speaks
// of them. Each step may be repeated. It reports whether its time is no more than
// the device's word.
func (p *Pages) keep(ctx context.Context, m bot.Message, blobs []storage.Blob) (late bool, err error) {
	policy, may, err := p.mayKeep(ctx, m)
	if err != nil {
		return false, err
	}
	late = policy.Late(m.At, m.Received)
	// The handler says why, if it may not; until then nothing of a photo is kept. Nor
	// of what comes again once it was handled: nobody would look at it any more.
	if !may {
		blobs = nil
	} else if _, err := p.post(ctx, m.Key); err == nil {
		blobs = nil
	} else if !errors.Is(err, storage.ErrNotFound) {
		return false, fmt.Errorf("look for an answer: %w", err)
	}
	for _, b := range blobs {
		// As they came they have what a camera writes into them. What is kept of
		// them is made in the queue; they themselves go with what is as old as this.
		b.At = m.Received.Add(min(0, asCameFor-p.Policy.KeepPhotos))
		keeping, cancel := context.WithTimeout(ctx, storeWithin)
		err := p.Store.Media().PutBlob(keeping, b)
		cancel()
		if err != nil {
			return false, fmt.Errorf("keep a photo: %w", err)
		}
		m.Media = append(m.Media, bot.KeepMedia(b.SHA256))
	}
	return late, p.Inlet.Accept(ctx, m)
}

// mayKeep returns what the person's team goes by, and whether anything of them may
// be kept at the time of m: they are on the roster, agreed, and work then.
func (p *Pages) mayKeep(ctx context.Context, m bot.Message) (visit.Policy, bool, error) {
	rep, err := p.Store.Roster().ByIdentity(ctx, m.Platform, m.From)
	if errors.Is(err, storage.ErrNotFound) {
		return p.Policy, false, nil
	}
	if err != nil {
		return p.Policy, false, fmt.Errorf("find a person: %w", err)
	}
	team, err := p.Store.Roster().Team(ctx, rep.Team)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p.Policy, false, fmt.Errorf("read a team: %w", err)
	}
	policy := p.Policy.Of(team)
	if !policy.WorkHours.Holds(m.At.In(policy.Zone)) {
		return policy, false, nil
	}
	c, err := p.Store.Consents().Latest(ctx, rep.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return policy, false, fmt.Errorf("read a consent: %w", err)
	}
	return policy, c.Allows(policy.ConsentRequired), nil
}

// answer writes JSON.
func (p *Pages) answer(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		p.fail(w, "write an answer", err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
