package visit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ResultKind is what came of a visit, in a word.
type ResultKind string

// The kinds of results.
const (
	// ResultDeal: there is a deal (成交).
	ResultDeal ResultKind = "deal"
	// ResultInterested: the customer is interested (有意向).
	ResultInterested ResultKind = "interested"
	// ResultFollowUp: it goes on (继续跟进).
	ResultFollowUp ResultKind = "follow_up"
	// ResultRefused: the customer refused (拒绝).
	ResultRefused ResultKind = "refused"
	// ResultAbsent: whoever decides was not there (未见到负责人).
	ResultAbsent ResultKind = "absent"
	// ResultOther: something else (其他).
	ResultOther ResultKind = "other"
)

// ResultKinds are all, in the order in which they are offered.
var ResultKinds = []ResultKind{ResultDeal, ResultInterested, ResultFollowUp, ResultRefused, ResultAbsent, ResultOther}

var resultWords = map[string]ResultKind{
	"成交": ResultDeal, "签单": ResultDeal,
	"有意向": ResultInterested, "意向": ResultInterested,
	"继续跟进": ResultFollowUp, "跟进": ResultFollowUp, "待跟进": ResultFollowUp,
	"拒绝": ResultRefused, "被拒": ResultRefused,
	"未见到负责人": ResultAbsent, "未见到人": ResultAbsent, "没见到人": ResultAbsent, "没见到负责人": ResultAbsent, "负责人不在": ResultAbsent,
	"其他": ResultOther, "其它": ResultOther,
}

// ParseResult reads a result in Chinese or English.
func ParseResult(s string) (ResultKind, error) {
	if k, ok := resultWords[s]; ok {
		return k, nil
	}
	if k := ResultKind(strings.ReplaceAll(strings.ToLower(s), " ", "_")); slices.Contains(ResultKinds, k) {
		return k, nil
	}
	return "", fmt.Errorf("%q is not a result: 成交, 有意向, 继续跟进, 拒绝, 未见到负责人 or 其他", s)
}

// DeliveryOutcome is how a delivery ended.
type DeliveryOutcome string

// The outcomes of a delivery.
const (
	// Delivered: all of it was taken (已送达).
	Delivered DeliveryOutcome = "delivered"
	// DeliveredInPart: some of it was (部分).
	DeliveredInPart DeliveryOutcome = "partial"
	// DeliveryRefused: none of it was (拒收).
	DeliveryRefused DeliveryOutcome = "refused"
	// DeliveryRescheduled: it is to come another day (改期).
	DeliveryRescheduled DeliveryOutcome = "rescheduled"
)

// DeliveryOutcomes are all, in the order in which they are offered.
var DeliveryOutcomes = []DeliveryOutcome{Delivered, DeliveredInPart, DeliveryRefused, DeliveryRescheduled}

// Result is what a rep says came of a visit. What is absent says nothing.
type Result struct {
	// Visit is the id of the visit that it is about; empty for the one in which it is said.
	Visit string     `json:"visit,omitempty"`
	Kind  ResultKind `json:"kind,omitempty"`
	// Order and Collected are integer fen, 0 or more; nil where nothing was said of it.
	Order     *int64 `json:"order,omitempty"`
	Collected *int64 `json:"collected,omitempty"`
	// Delivery is how a planned delivery ended.
	Delivery DeliveryOutcome `json:"delivery,omitempty"`
	// Competitor is what competitors do (竞争者信息), Feedback what the customer
	// thinks (客户意见), News what is new there (客户动态).
	Competitor string `json:"competitor,omitempty"`
	Feedback   string `json:"feedback,omitempty"`
	News       string `json:"news,omitempty"`
}

// IsZero reports whether it says nothing.
func (r Result) IsZero() bool { r.Visit = ""; return r == Result{} }

// then returns what is known after more was said: a kind and an amount are
// corrected by the later one, texts add up.
func (r Result) then(later Result) Result {
	r.Kind = cmp.Or(later.Kind, r.Kind)
	if later.Order != nil {
		r.Order = later.Order
	}
	if later.Collected != nil {
		r.Collected = later.Collected
	}
	r.Delivery = cmp.Or(later.Delivery, r.Delivery)
	r.Competitor = joined(r.Competitor, later.Competitor)
	r.Feedback = joined(r.Feedback, later.Feedback)
	r.News = joined(r.News, later.News)
	return r
}

// joined adds a text to what was said, unless it says the same.
func joined(old, more string) string {
	switch {
	case more == "" || old == more:
		return old
	case old == "":
		return more
	}
	return old + "\n" + more
}

// Fen is an amount, or 0 where nothing was said.
func Fen(amount *int64) int64 {
	if amount == nil {
		return 0
	}
	return *amount
}
