package demo

import (
	"time"

	"roundsman/visit"
)

// book counts what a played day must come to, from what was sent: the numbers
// that the bot's posts and facts are compared with.
type book struct {
	accounts map[string]*account // by rep
	// visits and replies count the bot's messages that a chat must get: about
	// visits, of which each may take one or two, and others.
	visits, replies map[seat]int
}

// account is a rep's day.
type account struct {
	plan []visit.PlannedVisit
	// dawn is how many customers were planned when the day began.
	dawn   int
	visits []wanted
	photos int
	// ordered and collected are fen; reported says that the daily report was submitted.
	ordered, collected int64
	reported           bool
	// confirmed says that the next day's plan was.
	confirmed bool
}

// wanted is a visit as it must be judged; without a customer it is a prospect.
type wanted struct {
	customer string
	verdict  visit.Verdict
	at       time.Time
}

func newBook() *book {
	return &book{accounts: make(map[string]*account), visits: make(map[seat]int), replies: make(map[seat]int)}
}

func (b *book) account(rep string) *account {
	if b.accounts[rep] == nil {
		b.accounts[rep] = &account{}
	}
	return b.accounts[rep]
}

// visit notes a visit that was sent from a chat.
func (b *book) visit(s seat, customer string, verdict visit.Verdict, at time.Time) {
	a := b.account(s.person)
	a.visits = append(a.visits, wanted{customer, verdict, at})
	b.visits[s]++
}

// accept notes that a manager accepted a visit near a customer, of which its rep is told.
func (b *book) accept(s seat, customer string) {
	for i, v := range b.account(s.person).visits {
		if v.customer == customer && v.verdict == visit.Near {
			b.account(s.person).visits[i].verdict = visit.Verified
		}
	}
	b.reply(s)
}

// photo notes a photo.
func (b *book) photo(s seat) { b.account(s.person).photos++ }

// reply notes that a chat must get a message that is not about a visit.
func (b *book) reply(s seat) { b.replies[s]++ }

// tally counts an account.
func (a *account) tally() visit.Tally {
	t := visit.Tally{Planned: len(a.plan), Visits: len(a.visits), Photos: a.photos}
	planned := make(map[string]bool)
	for _, p := range a.plan {
		planned[p.Customer] = true
		t.OrderTarget += p.OrderTarget
		t.CollectionTarget += p.CollectionTarget
	}
	t.Ordered, t.Collected = a.ordered, a.collected
	verified := make(map[string]bool)
	for _, v := range a.visits {
		switch {
		case v.customer == "":
			t.Prospects++
			continue
		case v.verdict == visit.Verified:
			t.Verified++
			verified[v.customer] = true
		case v.verdict == visit.Near:
			t.Near++
		case v.verdict == visit.OffSite:
			t.OffSite++
		}
		if !planned[v.customer] {
			t.Extra++
		}
	}
	for c := range verified {
		t.Distinct++
		if planned[c] {
			t.Reached++
		}
	}
	return t
}
