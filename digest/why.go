package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Why explains a visit's verdict in a sentence: what was measured, against what,
// and what spoke against it.
func Why(v visit.Visit, say *catalog.Catalog) string {
	if v.Ruled() == visit.Suspicious {
		return say.T("because.suspicious", "Text", signals(v.Signals, say))
	}
	if v.Customer == "" {
		return say.T("because.prospect")
	}
	c := v.Claim
	reason := visit.Reason("inside")
	if len(c.Reasons) > 0 {
		reason = c.Reasons[0]
	}
	if c.Distance < 0 {
		reason = visit.ReasonNoPoint
		if c.Verdict == visit.OffSite {
			reason = "unknown"
		}
	}
	key := "because." + string(reason)
	if c.Fenced && reason != visit.ReasonCode {
		key = "because.fence"
	}
	return known(say, key, "because.other",
		"Distance", say.Metres(c.Distance), "Radius", say.Metres(c.Radius), "Near", say.Metres(c.Near),
		"Beyond", say.Metres(max(c.Distance-c.Radius, 0)), "Accuracy", accuracy(v.Fix, say), "Most", say.Metres(v.Fix.MaxAccuracy),
		"Verdict", say.T("verdict."+string(c.Verdict)))
}

// Evidence is the line that says what proves a visit beside its fix; none if nothing does.
func Evidence(v visit.Visit, say *catalog.Catalog) []bot.Line {
	if v.Evidence() != visit.EvidenceQR {
		// A spot check has a line of its own.
		return nil
	}
	return []bot.Line{{Label: say.T("evidence.label"), Text: say.T("evidence.qr")}}
}

// known says the sentence of a key, or another one for a reason of a newer version's:
// after going back by one there are visits that were judged by its rule.
func known(say *catalog.Catalog, key, other string, pairs ...any) string {
	if s := say.T(key, pairs...); s != key {
		return s
	}
	return say.T(other, pairs...)
}

// accuracy writes how accurate a fix was, or that nobody knows.
func accuracy(f visit.Fix, say *catalog.Catalog) string {
	if f.Accuracy <= 0 {
		return say.T("because.no_accuracy")
	}
	return say.T("because.accuracy", "Distance", say.Metres(f.Accuracy))
}

// signals writes what speaks against a visit, each kind once, the hard ones first.
func signals(all []visit.Signal, say *catalog.Catalog) string {
	var parts []string
	seen := make(map[visit.SignalKind]bool)
	for _, hard := range []bool{true, false} {
		for _, s := range all {
			if s.Hard == hard && !seen[s.Kind] {
				seen[s.Kind] = true
				parts = append(parts, signal(s, say))
			}
		}
	}
	return strings.Join(parts, say.T("list.semicolon"))
}

// signal writes one thing that speaks against a visit.
func signal(s visit.Signal, say *catalog.Catalog) string {
	return known(say, "signal."+string(s.Kind), "signal.other", "Count", int(s.Value), "Distance", say.Metres(s.Value), "Days", int(s.Value))
}
