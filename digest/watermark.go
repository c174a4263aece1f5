package digest

import (
	"roundsman/catalog"
	"roundsman/visit"
)

// Watermark is what is written on a photo of a visit: who, at whom, when, where
// and what the visit counts as.
func Watermark(d TeamDay, r RepDay, v visit.Visit, p visit.PhotoState, say *catalog.Catalog) []string {
	verdict := say.T("verdict.prospect")
	if v.Verdict() != "" {
		verdict = say.T("verdict." + string(v.Verdict()))
	}
	if v.Customer != "" && v.Claim.Distance >= 0 {
		verdict += " · " + say.T("visit.distance", "Distance", say.Metres(v.Claim.Distance))
	}
	lines := []string{r.Rep.Name + " · " + Title(d.Name, v, say), p.At.In(d.Zone).Format("2006-01-02 15:04:05")}
	if v.Fix.Address != "" {
		lines = append(lines, v.Fix.Address)
	}
	return append(lines, verdict)
}
