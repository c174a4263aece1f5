package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"roundsman/storage"
	"roundsman/visit"
)

// What others keep may name a person in three ways: a field that holds who did
// something, an id that is made of theirs, and a sentence of ours that has their
// name. Each such field stands in this file. Every other text is somebody else's,
// whatever it reads: a customer, a team or a word may well be called what the
// person is called.

// Renamed returns the id of something that stays, as it is when the person is
// named no more. The same id always becomes the same, so that what speaks of it
// finds it; without the key nobody can tell what it was.
func (f finder) Renamed(id string) string {
	if !f.embeds(id) {
		return id
	}
	h := hmac.New(sha256.New, f.key)
	_, _ = h.Write([]byte("renamed\x00" + id))
	return storage.Erased + "/" + hex.EncodeToString(h.Sum(nil)[:12])
}

// embeds reports whether an id is made of one of the person's:
//
//	wecom:e:USER:…                     an event that has no id of its own, and what follows from it
//	…wecom:user/USER                   an address
//	due/…/REP, look/…/REP, export/…/REP, …/review/REP
//	…/REP/2026-11-24                   a day of the person
func (f finder) embeds(id string) bool {
	for platform, user := range f.users() {
		if after(id, platform+":e:"+user+":", func(string) bool { return true }) || after(id, platform+":user/"+user, ended) {
			return true
		}
	}
	rep := "/" + f.person.ID
	if f.person.ID == "" || !strings.Contains(id, rep) {
		return false
	}
	if strings.HasSuffix(id, rep) {
		head, _, _ := strings.Cut(strings.TrimPrefix(id, internalKey), "/")
		if slices.Contains([]string{"due", string(visit.ActLook), string(visit.ActExport)}, head) || strings.HasSuffix(id, "/review"+rep) {
			return true
		}
	}
	return after(id, rep+"/", func(rest string) bool {
		date, _, _ := strings.Cut(rest, "/")
		_, err := visit.ParseDate(date)
		return err == nil
	})
}

// internalKey begins the key of an event that brings a fact, and is followed by its id.
const internalKey = "internal:"

// ended reports whether a part of an id ends where this begins.
func ended(rest string) bool { return rest == "" || strings.IndexByte("/|: ", rest[0]) >= 0 }

// after reports whether a part stands in an id, at its beginning or behind a
// sign that ends another part, and is followed by what is right.
func after(id, part string, right func(rest string) bool) bool {
	for at := 0; ; {
		i := strings.Index(id[at:], part)
		if i < 0 {
			return false
		}
		i += at
		if begins := i == 0 || part[0] == '/' || strings.IndexByte("/|: ", id[i-1]) >= 0; begins && right(id[i+len(part):]) {
			return true
		}
		at = i + 1
	}
}

// renaming takes a person out of records, and knows whether they were in one.
type renaming struct {
	finder
	named bool
}

func (r *renaming) id(id string) string {
	out := r.Renamed(id)
	r.named = r.named || out != id
	return out
}

func (r *renaming) person(id string) string {
	if !r.is(id) {
		return id
	}
	r.named = true
	return storage.Erased
}

func (r *renaming) signals(in []visit.Signal) []visit.Signal {
	out := slices.Clone(in)
	for i := range out {
		out[i].With = r.id(out[i].With)
	}
	return out
}

// change changes a copy of what is pointed at.
func change[T any](p **T, do func(*T)) {
	if *p == nil {
		return
	}
	copied := **p
	do(&copied)
	*p = &copied
}

// fact returns a fact of somebody else's day as it is when the person is named
// no more, and whether they were.
func (f finder) fact(x visit.Fact) (_ visit.Fact, named bool) {
	r := renaming{finder: f}
	// This sentence is ours, and says who did it.
	ours := strings.HasPrefix(x.ID, "transfer") && f.is(x.By)
	x.ID, x.By, x.Visit = r.id(x.ID), r.person(x.By), r.id(x.Visit)
	change(&x.Fix, func(fix *visit.Fix) { fix.Signals = r.signals(fix.Signals) })
	change(&x.Photo, func(p *visit.Photo) { p.Of, p.Signals = r.id(p.Of), r.signals(p.Signals) })
	change(&x.Choice, func(c *visit.Choice) { c.Fix = r.id(c.Fix) })
	change(&x.Result, func(v *visit.Result) { v.Visit = r.id(v.Visit) })
	change(&x.Decision, func(d *visit.Decision) { d.Visit = r.id(d.Visit) })
	change(&x.Leave, func(l *visit.Leave) { l.Of = r.id(l.Of) })
	change(&x.Complaint, func(c *visit.ComplaintFact) { c.Of = r.id(c.Of) })
	change(&x.Plan, func(p *visit.Change) {
		p.Put = slices.Clone(p.Put)
		for i := range p.Put {
			p.Put[i].Rep, p.Put[i].By = r.person(p.Put[i].Rep), r.person(p.Put[i].By)
		}
		if ours && f.person.Name != "" {
			p.Reason = strings.ReplaceAll(p.Reason, f.person.Name, storage.Erased)
		}
	})
	return x, r.named
}

// act returns an act about somebody else as it is when the person is named no
// more, and whether they were.
func (f finder) act(a visit.Act) (_ visit.Act, named bool) {
	r := renaming{finder: f}
	switch a.Kind {
	case visit.ActErase, visit.ActRedact:
		// Their ids name nobody, and say what they excuse.
	default:
		a.ID = r.id(a.ID)
	}
	a.By, a.About = r.person(a.By), r.person(a.About)
	return a, r.named
}
