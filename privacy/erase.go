package privacy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"roundsman/notary"
	"roundsman/storage"
	"roundsman/visit"
)

// An erasure is taken up again where it stopped, whoever died. Its life:
//
//	asked ──an admin confirms──► ready ──► journal ─► roster ─► photos ─► record ─► the rest ─► done
//	   ▲                           │                                                   │
//	   └── held, and only one confirmed                 something is on its way: again in a minute
//
// The record goes in passes. A pass writes down which things it forgets, then
// appends the act that says how many these are, has it sealed, and then forgets
// them: the record never lacks more than it says, and never says more than it lacks.

var (
	// ErrHeld says that a person's data are held for a dispute, and that a second admin has to confirm.
	ErrHeld = errors.New("what is kept of this person is held for a dispute: a second admin has to confirm")
	// ErrOnItsWay says that something that names the person is on its way still, or
	// their lane is at work; it is to be tried again in a minute.
	ErrOnItsWay = errors.New("something about this person is still on its way; try again in a minute")
)

// Request is what an erasure needs to know, beside whom it is about.
type Request struct {
	// Asked says that the person asked for it.
	Asked bool `json:"asked,omitempty"`
	// Reason is the one that whoever confirmed gave.
	Reason string `json:"reason,omitempty"`
	// Confirmed are the admins who said that it is to be done, by id.
	Confirmed []string `json:"confirmed,omitempty"`
	// Person is whom it is about, as the roster had them.
	Person visit.Rep `json:"person,omitzero"`
	// Pass counts the passes through the record, and Things are what the current one forgets.
	Pass   int     `json:"pass,omitempty"`
	Things []thing `json:"things,omitempty"`
	// Recorded is when nothing of them was left in the record.
	Recorded time.Time `json:"recorded,omitzero"`
	// Again says that a backup brought them back: they go before anybody is served.
	Again bool `json:"again,omitempty"`
}

// thing is a fact or an act.
type thing struct {
	Kind storage.ThingKind `json:"k"`
	ID   string            `json:"i"`
}

// RequestOf reads what an erasure needs to know.
func RequestOf(e storage.Erasure) (r Request, err error) {
	if len(e.Data) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(e.Data, &r); err != nil {
		return r, fmt.Errorf("read an erasure: %w", err)
	}
	return r, nil
}

// with returns the next version of an erasure.
func with(e storage.Erasure, r Request) (storage.Erasure, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return e, fmt.Errorf("write an erasure: %w", err)
	}
	e.Data, e.Version = data, e.Version+1
	return e, nil
}

// ErasureID derives the id of an erasure from its cause, which may name somebody.
func ErasureID(cause string) string {
	sum := sha256.Sum256([]byte("erasure\x00" + cause))
	return hex.EncodeToString(sum[:12])
}

// OpenErasure returns the erasure of the person that is not done, or storage.ErrNotFound.
func OpenErasure(ctx context.Context, store storage.Erasures, rep string) (storage.Erasure, error) {
	open, err := store.Open(ctx)
	if err != nil {
		return storage.Erasure{}, fmt.Errorf("read the erasures: %w", err)
	}
	for _, e := range open {
		if e.Rep == rep {
			return e, nil
		}
	}
	return storage.Erasure{}, storage.ErrNotFound
}

// Ask records that an erasure is asked for, and returns the one of the person
// that is open then, be it this one or an earlier one. Twice is fine.
func Ask(ctx context.Context, store storage.Erasures, cause, rep string, at time.Time, within time.Duration, r Request) (storage.Erasure, error) {
	e, err := OpenErasure(ctx, store, rep)
	if !errors.Is(err, storage.ErrNotFound) {
		return e, err
	}
	e, err = with(storage.Erasure{ID: ErasureID(cause), Rep: rep, State: storage.ErasureAsked, At: visit.Millis(at), Due: visit.Millis(at.Add(within))}, r)
	if err != nil {
		return e, err
	}
	if _, err := store.Put(ctx, e); err != nil {
		return e, fmt.Errorf("keep an erasure: %w", err)
	}
	return e, nil
}

// Confirm records that an admin wants an erasure done, and makes it ready unless
// the person is held and nobody else confirmed: then it fails with [ErrHeld].
func Confirm(ctx context.Context, store storage.Store, e storage.Erasure, by, reason string) (storage.Erasure, error) {
	r, err := RequestOf(e)
	if err != nil || e.State != storage.ErasureAsked {
		return e, err
	}
	if !slices.Contains(r.Confirmed, by) {
		r.Confirmed = append(r.Confirmed, by)
	}
	r.Reason = cmp.Or(reason, r.Reason)
	held, err := Held(ctx, store.Acts(), e.Rep)
	if err != nil {
		return e, err
	}
	e, err = with(e, r)
	if err != nil {
		return e, err
	}
	enough := !held || len(r.Confirmed) > 1
	if enough {
		e.State = storage.ErasureReady
	}
	if err := store.Erasures().Swap(ctx, e); err != nil {
		return e, fmt.Errorf("confirm an erasure: %w", err)
	}
	if !enough {
		return e, ErrHeld
	}
	return e, nil
}

// Held reports whether what is kept of a person is held for a dispute.
func Held(ctx context.Context, acts storage.Acts, rep string) (bool, error) {
	about, err := acts.About(ctx, rep, time.UnixMilli(0).UTC(), actsKept)
	if err != nil {
		return false, fmt.Errorf("read whether a person is held: %w", err)
	}
	for _, a := range about {
		switch a.Kind {
		case visit.ActHold:
			return true, nil
		case visit.ActRelease:
			return false, nil
		}
	}
	return false, nil
}

// Spool is what is acknowledged and not in the store yet, in this process.
type Spool interface {
	// Forget removes the events that are to go, and of the files that cannot be read
	// those that are.
	Forget(goes func(storage.Event) (bool, error), damaged func(content []byte) bool) error
}

// Eraser erases people.
type Eraser struct {
	Store  storage.Store
	Notary *notary.Notary
	// Journal remembers whom outside of the store; Spool removes what is spooled of
	// those whom it finds, in this process.
	Journal *Journal
	Spool   Spool
	Now     func() time.Time
	// Owner makes a new name for each taking of a lease.
	Owner func() string
}

const (
	// laneFor is how long the person's lane is taken for at a time.
	laneFor = 2 * time.Minute
	// perPass bounds the things of a pass, which its job holds by their ids, and
	// perStep those that are forgotten while nobody seals.
	perPass = 5000
	perStep = 200
)

// Run does an erasure that is ready, or goes on with it. It fails with
// [ErrOnItsWay] or [notary.ErrBusy] if something has to end first.
func (e *Eraser) Run(ctx context.Context, job storage.Erasure) (err error) {
	if job.State != storage.ErasureReady {
		return nil
	}
	r, err := RequestOf(job)
	if err != nil {
		return err
	}
	// Nobody writes into the person's day meanwhile.
	lane, owner, now := "lane/rep/"+job.Rep, e.Owner(), e.Now()
	err = e.Store.Leases().Take(ctx, lane, owner, now, now.Add(laneFor))
	if errors.Is(err, storage.ErrConflict) {
		return ErrOnItsWay
	}
	if err != nil {
		return fmt.Errorf("take a lane: %w", err)
	}
	defer func() {
		err = errors.Join(err, e.Store.Leases().Give(context.WithoutCancel(ctx), lane, owner))
	}()
	keep := func() error {
		err := e.Store.Leases().Keep(ctx, lane, owner, e.Now().Add(laneFor))
		if errors.Is(err, storage.ErrConflict) {
			return ErrOnItsWay
		}
		return err
	}
	if err := e.heldSince(ctx, job, r); err != nil {
		return err
	}
	if err := e.Journal.note(job.ID, job.Rep); err != nil {
		return err
	}
	if job, r, err = e.leaveRoster(ctx, job, r); err != nil {
		return err
	}
	l := e.leaver(r)
	// Before anything is looked through: what comes of what is on its way may name them.
	way, err := e.Store.Persons().OnItsWay(ctx, l)
	if err != nil {
		return fmt.Errorf("find what is on its way: %w", err)
	}
	if way.Events > 0 && !(r.Again && r.Recorded.IsZero()) {
		return e.later(ctx, job, r, way)
	}
	if r.Recorded.IsZero() || len(way.Blobs) > 0 {
		if job, r, err = e.record(ctx, job, r, l, way.Blobs, keep); err != nil {
			return err
		}
		l.Recorded = r.Recorded
	}
	if err := e.customers(ctx, job.Rep); err != nil {
		return err
	}
	left, err := e.Store.Persons().Erase(ctx, l)
	if err != nil {
		return fmt.Errorf("erase a person: %w", err)
	}
	if err := e.unspool(ctx, l, &left); err != nil {
		return err
	}
	if left.Events+left.Posts > 0 {
		return e.later(ctx, job, r, left)
	}
	job.Rep, job.Data, job.State, job.Version = "", nil, storage.ErasureDone, job.Version+1
	if err := e.Store.Erasures().Swap(ctx, job); err != nil {
		return fmt.Errorf("end an erasure: %w", err)
	}
	return nil
}

// heldSince has a second admin confirm, and fails with [ErrHeld], if the person was
// held for a dispute after the first one had. From the journal's line on, whichever
// process wrote it, and from the roster's on, there is no way back.
func (e *Eraser) heldSince(ctx context.Context, job storage.Erasure, r Request) error {
	begun, err := e.Journal.read()
	if err != nil || begun.begun(job.ID) || r.Person.ID != "" || len(r.Confirmed) > 1 {
		return err
	}
	held, err := Held(ctx, e.Store.Acts(), job.Rep)
	if err != nil || !held {
		return err
	}
	job.State, job.Version = storage.ErasureAsked, job.Version+1
	if err := e.Store.Erasures().Swap(ctx, job); err != nil {
		return fmt.Errorf("ask for a second admin: %w", err)
	}
	return ErrHeld
}

// leaver is the person as the stores see them.
func (e *Eraser) leaver(r Request) storage.Leaver {
	l := storage.Leaver{ID: r.Person.ID, As: []string{r.Person.ID}, Finder: finderOf(r.Person, e.Journal.key), Now: e.Now(), Recorded: r.Recorded}
	for platform, user := range r.Person.Identities {
		l.As = append(l.As, platform+":user/"+user)
	}
	return l
}

// later leaves an erasure to the next time. What others' events did meanwhile is
// looked for in the record once more.
func (e *Eraser) later(ctx context.Context, job storage.Erasure, r Request, way storage.OnItsWay) error {
	if way.Events > 0 && !r.Recorded.IsZero() {
		r.Recorded, r.Again = time.Time{}, false
		if _, err := e.swap(ctx, job, r); err != nil {
			return err
		}
	}
	return ErrOnItsWay
}

// unspool removes the person's spooled events, and counts those of others that name them.
func (e *Eraser) unspool(ctx context.Context, l storage.Leaver, left *storage.OnItsWay) error {
	if e.Spool == nil {
		return nil
	}
	return e.Spool.Forget(func(event storage.Event) (bool, error) {
		switch l.Event(event.Key, event.Payload) {
		case storage.Theirs:
			// Before the file, which alone names them. A photo that came so is nobody else's.
			return true, e.dropBlobs(ctx, l.Blobs(event.Payload))
		case storage.NamesThem:
			left.Events++
		case storage.NamesNobody:
		}
		return false, nil
	}, l.Payload)
}

// leaveRoster takes the person off the roster, so that nothing new is taken of
// them, once the job knows how they are found.
func (e *Eraser) leaveRoster(ctx context.Context, job storage.Erasure, r Request) (storage.Erasure, Request, error) {
	if r.Person.ID == "" {
		person, err := e.Store.Roster().Rep(ctx, job.Rep)
		if errors.Is(err, storage.ErrNotFound) {
			person, err = visit.Rep{ID: job.Rep}, nil
		}
		if err != nil {
			return job, r, fmt.Errorf("read whom to erase: %w", err)
		}
		r.Person = person
		if job, err = e.swap(ctx, job, r); err != nil {
			return job, r, err
		}
	}
	if err := e.Store.Roster().DeleteReps(ctx, job.Rep); err != nil {
		return job, r, fmt.Errorf("take somebody off the roster: %w", err)
	}
	return job, r, nil
}

func (e *Eraser) swap(ctx context.Context, job storage.Erasure, r Request) (storage.Erasure, error) {
	next, err := with(job, r)
	if err != nil {
		return job, err
	}
	if err := e.Store.Erasures().Swap(ctx, next); err != nil {
		return job, fmt.Errorf("go on with an erasure: %w", err)
	}
	return next, nil
}

// dropBlobs removes bytes by their keys.
func (e *Eraser) dropBlobs(ctx context.Context, keys []string) error {
	for some := range slices.Chunk(keys, perStep) {
		if err := e.Store.Media().DropBlobs(ctx, some...); err != nil {
			return fmt.Errorf("remove a person's photos: %w", err)
		}
	}
	return nil
}

// customers are nobody's from now on.
func (e *Eraser) customers(ctx context.Context, rep string) error {
	owned, err := e.Store.Customers().Owned(ctx, rep)
	if err != nil {
		return fmt.Errorf("read a person's customers: %w", err)
	}
	ids := make([]string, len(owned))
	for i, c := range owned {
		ids[i] = c.ID
	}
	if err := e.Store.Customers().SetOwner(ctx, rep, "", ids...); err != nil {
		return fmt.Errorf("leave a person's customers: %w", err)
	}
	return nil
}

// record makes the record forget the person, pass by pass, until it finds nothing,
// and their photos before that, while it is known which these are: beside those
// that the record knows, the bytes of what is on its way.
func (e *Eraser) record(ctx context.Context, job storage.Erasure, r Request, l storage.Leaver, blobs []string, keep func() error) (storage.Erasure, Request, error) {
	f := finderOf(r.Person, e.Journal.key)
	var found []thing
	for {
		if err := keep(); err != nil {
			return job, r, err
		}
		if len(r.Things) == 0 {
			if _, err := e.Notary.Seal(ctx); err != nil {
				return job, r, err
			}
			s := survey{eraser: e, f: f, rep: l.ID, photos: blobs, keep: keep}
			if err := s.run(ctx); err != nil {
				return job, r, err
			}
			if err := e.dropBlobs(ctx, s.alone()); err != nil {
				return job, r, err
			}
			if len(s.found) == 0 {
				if s.unsealed {
					return job, r, notary.ErrBusy
				}
				r.Recorded = visit.Millis(e.Now())
				job, err := e.swap(ctx, job, r)
				return job, r, err
			}
			found = s.found
		}
		for len(r.Things) > 0 || len(found) > 0 {
			if len(r.Things) == 0 {
				n := min(len(found), perPass)
				r.Things, found = found[:n], found[n:]
				next, err := e.swap(ctx, job, r)
				if err != nil {
					return job, r, err
				}
				job = next
			}
			if err := e.pass(ctx, job, r, f, keep); err != nil {
				return job, r, err
			}
			r.Things, r.Pass = nil, r.Pass+1
		}
		next, err := e.swap(ctx, job, r)
		if err != nil {
			return job, r, err
		}
		job = next
	}
}

// pass says how much it forgets, and forgets it.
func (e *Eraser) pass(ctx context.Context, job storage.Erasure, r Request, f finder, keep func() error) error {
	if err := e.say(ctx, job.ID, r); err != nil {
		return err
	}
	for some := range slices.Chunk(r.Things, perStep) {
		if err := keep(); err != nil {
			return err
		}
		if err := e.Notary.Alone(ctx, func(ctx context.Context) error { return e.forget(ctx, job.Rep, f, some) }); err != nil {
			return err
		}
	}
	return nil
}

// say appends the act that says how much the pass forgets, and has it sealed, after
// the journal. It names who had it done, and not whom.
func (e *Eraser) say(ctx context.Context, id string, r Request) error {
	if err := e.Journal.pass(id, r.Pass, len(r.Things)); err != nil {
		return err
	}
	act := visit.Act{ID: fmt.Sprintf("%s%s/%d", actPrefix, id, r.Pass), Kind: visit.ActErase, At: visit.Millis(e.Now()), What: strconv.Itoa(len(r.Things))}
	if n := len(r.Confirmed); n > 0 {
		act.By = r.Confirmed[n-1]
	}
	if err := e.Store.Acts().Append(ctx, act); err != nil {
		return fmt.Errorf("say what is erased: %w", err)
	}
	if _, err := e.Notary.Seal(ctx); err != nil {
		return err
	}
	kept, err := e.Store.Record().Things(ctx, storage.ThingAct, act.ID)
	if err != nil {
		return fmt.Errorf("look whether it is sealed what is erased: %w", err)
	}
	if len(kept) == 0 || kept[0].Block == 0 {
		return notary.ErrBusy
	}
	return nil
}

// forget forgets some things. Those that are the person's go. Those of others
// that name them are replaced; where the id itself names them by a copy with
// another one, which comes before its first goes.
func (e *Eraser) forget(ctx context.Context, rep string, f finder, some []thing) error {
	gone := make(map[storage.ThingKind][]string)
	ids := make(map[storage.ThingKind][]string)
	for _, t := range some {
		ids[t.Kind] = append(ids[t.Kind], t.ID)
	}
	for kind, of := range ids {
		things, err := e.Store.Record().Things(ctx, kind, of...)
		if err != nil {
			return fmt.Errorf("read what is to be forgotten: %w", err)
		}
		for _, t := range things {
			old := t.ID()
			switch {
			case t.Fact != nil && t.Fact.Rep == rep, t.Act != nil && t.Act.About == rep:
				gone[kind] = append(gone[kind], old)
				continue
			}
			if !f.rename(&t) {
				continue // it was replaced before a crash
			}
			if t.ID() == old {
				err = e.Store.Record().Replace(ctx, t)
			} else {
				gone[kind] = append(gone[kind], old)
				err = e.appendThing(ctx, t)
			}
			if err != nil {
				return fmt.Errorf("name nobody: %w", err)
			}
		}
	}
	for kind, of := range gone {
		if err := e.Store.Record().Forget(ctx, kind, of...); err != nil {
			return fmt.Errorf("forget what is a person's: %w", err)
		}
	}
	return nil
}

func (e *Eraser) appendThing(ctx context.Context, t storage.Thing) error {
	if t.Act != nil {
		return e.Store.Acts().Append(ctx, *t.Act)
	}
	return e.Store.Facts().Append(ctx, *t.Fact)
}

// rename takes the person's ids out of a thing that is others', and reports
// whether there were any.
func (f finder) rename(t *storage.Thing) (named bool) {
	if t.Act != nil {
		var a visit.Act
		a, named = f.act(*t.Act)
		t.Act = &a
		return named
	}
	var fact visit.Fact
	fact, named = f.fact(*t.Fact)
	t.Fact = &fact
	return named
}

// Replay erases again whoever a backup brought back: those of the journal whose
// erasure this store does not know, or has as one that nobody confirmed. They are
// ready then, and are to be run; it returns them. It fails with [ErrJournalKey] if
// the journal is by another key, which would find nobody.
func (e *Eraser) Replay(ctx context.Context) (ready []storage.Erasure, err error) {
	held, err := e.Journal.read()
	if err != nil {
		return nil, err
	}
	unknown := make(map[string][]string)
	for _, l := range held.lines {
		job, err := e.Store.Erasures().Get(ctx, l.id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			unknown[l.person] = append(unknown[l.person], l.id)
		case err != nil:
			return nil, fmt.Errorf("look up an erasure: %w", err)
		case job.State == storage.ErasureAsked:
			// It was begun after the backup was made.
			r, err := RequestOf(job)
			if err != nil {
				return nil, err
			}
			r.Again, job.State = true, storage.ErasureReady
			if _, err = e.swap(ctx, job, r); err != nil {
				return nil, err
			}
		}
	}
	if len(unknown) > 0 {
		err = e.bringBack(ctx, held, unknown)
	}
	if err != nil {
		return nil, err
	}
	// With those that were found at an earlier start, which did not come to its end.
	open, err := e.Store.Erasures().Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the erasures: %w", err)
	}
	for _, job := range open {
		r, err := RequestOf(job)
		if err != nil {
			return nil, err
		}
		if r.Again && job.State == storage.ErasureReady {
			ready = append(ready, job)
		}
	}
	return ready, nil
}

// bringBack makes ready the erasures of the journal that the store does not know,
// by the hashes of whom they are about.
func (e *Eraser) bringBack(ctx context.Context, held journal, unknown map[string][]string) error {
	people, err := e.people(ctx)
	if err != nil {
		return err
	}
	at := visit.Millis(e.Now())
	for rep := range people {
		ids := unknown[e.Journal.hash(rep)]
		if len(ids) == 0 {
			continue
		}
		unknown[e.Journal.hash(rep)] = ids[1:]
		job, err := with(storage.Erasure{ID: ids[0], Rep: rep, State: storage.ErasureReady, At: at, Due: at}, Request{Again: true})
		if err != nil {
			return err
		}
		if _, err := e.Store.Erasures().Put(ctx, job); err != nil {
			return fmt.Errorf("erase somebody again: %w", err)
		}
	}
	// Nobody is there any more: so that it is not looked for at each start. A line
	// without a check may be by another key, and is looked for until it is found.
	for _, ids := range unknown {
		for _, id := range ids {
			if held.unchecked[id] {
				continue
			}
			if _, err := e.Store.Erasures().Put(ctx, storage.Erasure{ID: id, State: storage.ErasureDone, At: at, Due: at, Version: 1}); err != nil {
				return fmt.Errorf("note an erasure: %w", err)
			}
		}
	}
	return nil
}

// people are all who are on the roster or of whom something is kept, by id.
func (e *Eraser) people(ctx context.Context) (map[string]bool, error) {
	out := make(map[string]bool)
	reps, err := e.Store.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	for _, r := range reps {
		out[r.ID] = true
	}
	for f, err := range e.Store.Facts().Range(ctx, storage.FactFilter{}) {
		if err != nil {
			return nil, fmt.Errorf("read of whom something is kept: %w", err)
		}
		out[f.Rep] = true
	}
	return out, nil
}
