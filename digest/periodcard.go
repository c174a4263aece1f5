package digest

import (
	"strconv"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// PeriodCard is a team's week or month for its manager: the metrics with those
// of the period before, who is forgotten and who avoided, and each rep folded
// away. It is empty if nothing was planned and nobody was visited.
func PeriodCard(p TeamPeriod, say *catalog.Catalog) bot.Body {
	total := visit.Total(p.Scores)
	if total.Tally.Planned+total.Tally.Visits == 0 {
		return bot.Body{}
	}
	card := bot.Card{
		Title: say.T("period."+string(p.Length), "Team", p.Team.Name, "From", say.Date(p.From.Time()), "To", say.Date(p.To.Time()),
			"Year", strconv.Itoa(p.From.Year()), "Month", int(p.From.Time().Month())),
		Tone: bot.ToneInfo,
	}
	for _, m := range []visit.Metric{
		visit.MetricAdherence, visit.MetricCoverage, visit.MetricProductive, visit.MetricMinimum, visit.MetricVerified, visit.MetricReports,
	} {
		text := Share(total.Shares[m], say)
		if m == visit.MetricCoverage {
			text += grades(total, say)
		}
		if before := p.Before.Shares[m]; before.Known() {
			text += " · " + say.T("period.before."+string(p.Length), "Rate", say.Percent(before.Num, before.Den))
		}
		card.Lines = append(card.Lines, bot.Line{Label: say.T("metric." + string(m)), Text: text})
	}
	for _, m := range moneyOf(total) {
		if text := m.text(say); text != "" {
			card.Lines = append(card.Lines, bot.Line{Label: say.T(m.label), Text: text})
		}
	}
	if total.Leave > 0 {
		card.Lines = append(card.Lines, bot.Line{Text: say.T("report.leave", "Days", halves(total.Leave))})
	}
	card.Lines = append(card.Lines, forgottenLine(p.Forgotten, p.To, say)...)
	card.Lines = append(card.Lines, avoidedLine(p, say)...)
	card.Lines = append(card.Lines, bot.Line{Kind: bot.LineFold, Text: say.T("evening.each", "Count", len(p.Reps))})
	for i, r := range p.Reps {
		card.Lines = append(card.Lines, bot.Line{Label: r.Name, Text: scoreText(p.Scores[i], say)})
	}
	card.Footer = say.T("period.footer")
	return bot.Body{Card: &card}
}

// Share writes a share with both its numbers, or a dash.
func Share(s visit.Share, say *catalog.Catalog) string { return say.Share(int(s.Num), int(s.Den)) }

// grades writes the coverage of each grade that there is.
func grades(s visit.Score, say *catalog.Catalog) (text string) {
	for _, g := range []struct {
		grade string
		m     visit.Metric
	}{{"A", visit.MetricCoverageA}, {"B", visit.MetricCoverageB}, {"C", visit.MetricCoverageC}} {
		if share := s.Shares[g.m]; share.Known() {
			text += " · " + g.grade + " " + Share(share, say)
		}
	}
	return text
}

// scoreText is a rep's period in a line.
func scoreText(s visit.Score, say *catalog.Catalog) string {
	var parts []string
	for _, m := range []visit.Metric{visit.MetricAdherence, visit.MetricCoverage, visit.MetricProductive, visit.MetricMinimum} {
		if share := s.Shares[m]; share.Known() {
			parts = append(parts, say.T("metric."+string(m))+" "+Share(share, say))
		}
	}
	for _, m := range moneyOf(s) {
		if text := m.text(say); text != "" {
			parts = append(parts, say.T(m.label)+" "+text)
		}
	}
	if s.Leave > 0 {
		parts = append(parts, say.T("report.leave", "Days", halves(s.Leave)))
	}
	if len(parts) == 0 {
		return say.T("unit.none")
	}
	return strings.Join(parts, " · ")
}

// periodMoney is what a period brought, and the part of it that has a target.
type periodMoney struct {
	label  string
	actual int64
	rate   visit.Share
}

func moneyOf(s visit.Score) []periodMoney {
	return []periodMoney{
		{"report.order", s.Tally.Ordered, s.Shares[visit.MetricOrders]},
		{"report.collection", s.Tally.Collected, s.Shares[visit.MetricCollections]},
	}
}

// text writes the amount, with the rate of what has a target; nothing for nothing.
func (m periodMoney) text(say *catalog.Catalog) string {
	target := money(m.rate.Num, m.rate.Den, say)
	if m.actual == m.rate.Num {
		return target
	}
	text := money(m.actual, 0, say)
	if m.rate.Known() {
		text += " · " + say.T("period.targeted", "Text", target)
	}
	return text
}

// avoidedShown bounds the avoided customers that a manager reads by name.
const avoidedShown = 5

// avoidedLine names the customers that their owners avoid, with them.
func avoidedLine(p TeamPeriod, say *catalog.Catalog) []bot.Line {
	if len(p.Avoided) == 0 {
		return nil
	}
	owners := make(map[string]string, len(p.Reps))
	for _, r := range p.Reps {
		owners[r.ID] = r.Name
	}
	var names []string
	for _, a := range p.Avoided[:min(len(p.Avoided), avoidedShown)] {
		var how []string
		if a.Shed > 0 {
			how = append(how, say.T("avoided.shed", "Count", a.Shed))
		}
		if a.Passed > 0 {
			how = append(how, say.T("avoided.passed", "Count", a.Passed))
		}
		names = append(names, say.T("avoided.one", "Name", p.Customers[a.Customer].Name, "Rep", owners[a.Rep], "How", strings.Join(how, say.T("list.comma"))))
	}
	text := strings.Join(names, say.T("list.comma"))
	if more := len(p.Avoided) - avoidedShown; more > 0 {
		text += say.T("forgotten.more", "Count", more)
	}
	return []bot.Line{{Label: say.T("metric.avoidance"), Text: text}}
}
