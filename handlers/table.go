package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// maxTable bounds a table that is sent to the bot, in bytes.
	maxTable = 5 << 20
	// problemsShown bounds what a message says of a table that cannot be imported.
	problemsShown = 10
	// jobImported is what an import, or its undoing, made of a rep's plans; it is about what can be undone.
	jobImported     = "imported"
	jobImportedBack = "imported_back"
)

// isDocument reports whether what was sent is a file and no picture.
func isDocument(m bot.Message) bool {
	return slices.ContainsFunc(m.Media, func(f bot.Media) bool { return f.Document })
}

// table reads a table that an admin sent, whole, and shows what importing it
// would do. It is fetched in their own lane, for which nobody else waits.
func (s *Service) table(ctx context.Context, m bot.Message, who person) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("upload.not_admin"))
	}
	source, ok := s.platforms[m.Platform].(bot.MediaSource)
	if !ok {
		return s.reply(ctx, m, s.text("upload.not_here"))
	}
	file := m.Media[slices.IndexFunc(m.Media, func(f bot.Media) bool { return f.Document })]
	data, err := source.Fetch(ctx, m.ID, file, maxTable)
	if fe := (*bot.FetchError)(nil); errors.As(err, &fe) && !fe.Retry {
		if fe.Reason == bot.FetchTooLarge {
			return s.reply(ctx, m, s.text("upload.too_large", "Max", maxTable>>20))
		}
		return s.reply(ctx, m, s.text("upload.not_fetched", "Name", file.Name))
	}
	if err != nil {
		return fmt.Errorf("fetch a table: %w", err)
	}
	body, err := s.readTable(ctx, m, who, file.Name, data)
	if invalid := (*sheet.Invalid)(nil); errors.As(err, &invalid) {
		body, err = s.badTable(file.Name, invalid), nil
	}
	if errors.Is(err, sheet.ErrTooMuch) {
		body, err = s.text("upload.too_much"), nil
	}
	if err != nil {
		return err
	}
	return s.reply(ctx, m, body)
}

// readTable holds the import of a table until its tap, and shows it.
func (s *Service) readTable(ctx context.Context, m bot.Message, who person, name string, data []byte) (bot.Body, error) {
	kinds, err := sheet.Recognise(name, bytes.NewReader(data))
	if err != nil {
		return bot.Body{}, err
	}
	if len(kinds) != 1 {
		var names []string
		for _, k := range kinds {
			names = append(names, s.Say.T("table."+string(k)))
		}
		if len(names) == 0 {
			return s.text("upload.unknown", "Name", name), nil
		}
		return s.text("upload.several", "Name", name, "Tables", strings.Join(names, s.Say.T("list.comma"))), nil
	}
	table, err := sheet.Read(ctx, name, kinds[0], bytes.NewReader(data), s.Store)
	if err != nil {
		return bot.Body{}, err
	}
	changes, err := table.Compare(ctx, s.Store)
	if err != nil {
		return bot.Body{}, fmt.Errorf("compare a table: %w", err)
	}
	a := action{Rep: who.ID, Fix: "file/" + m.Key, Of: "re/" + m.Key, At: m.At}
	if err := table.Hold(ctx, s.Store, a.Fix, m.At); err != nil {
		return bot.Body{}, err
	}
	card := &bot.Card{
		Title: s.Say.T("upload.title", "Table", s.Say.T("table."+string(table.Kind)), "Count", table.Rows()),
		Lines: []bot.Line{
			{Text: name},
			{Text: s.Say.T("upload.changes", "New", changes.New, "Changed", changes.Changed, "Same", changes.Same)},
		},
		Footer: s.Say.T("upload.footer"), Buttons: s.askButtons("button.import", doImport, doCancelImport, a),
	}
	return bot.Body{Card: card}, nil
}

// badTable says what is wrong with a table.
func (s *Service) badTable(name string, invalid *sheet.Invalid) bot.Body {
	count := len(invalid.Problems) + invalid.More
	card := &bot.Card{Title: s.Say.T("import.refused", "Count", count), Tone: bot.ToneBad, Lines: []bot.Line{{Text: name}}}
	shown := invalid.Problems[:min(len(invalid.Problems), problemsShown)]
	for _, p := range shown {
		card.Lines = append(card.Lines, bot.Line{Text: p.Text(s.Say)})
	}
	card.Footer = s.Say.T("upload.again")
	if more := count - len(shown); more > 0 {
		card.Footer = s.Say.T("import.more", "Count", more) + " · " + card.Footer
	}
	return bot.Body{Card: card}
}

// importTap is the tap by which a table is imported. The job waited for it, and
// is applied like any other: again after a crash, and once.
func (s *Service) importTap(ctx context.Context, m bot.Message, who person, a action) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleAdmin))))
	}
	job, err := s.Store.Imports().Get(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) || err == nil && job.Held && m.At.Sub(a.At) > askedFor {
		return s.reply(ctx, m, s.text("ask.expired"))
	}
	if err != nil {
		return fmt.Errorf("find an import: %w", err)
	}
	if job.Held {
		// What was begun before comes first, so that the newer one has the last word.
		if err := sheet.Resume(ctx, s.Store); err != nil {
			return err
		}
		if err := s.Store.Imports().Release(ctx, job.ID, visit.Millis(m.At)); err != nil {
			return fmt.Errorf("release an import: %w", err)
		}
		if job, err = s.Store.Imports().Get(ctx, job.ID); err != nil {
			return fmt.Errorf("find an import: %w", err)
		}
	}
	if err := sheet.Resume(ctx, s.Store); err != nil {
		return err
	}
	s.Log.Info("an admin imported a table", "table", job.Kind, "rows", job.Rows, "admin", who.ID)
	if job.Kind == string(sheet.Plans) {
		u, err := s.Store.Undos().Get(ctx, sheet.UndoID(job))
		if err != nil {
			return fmt.Errorf("find what an import did: %w", err)
		}
		if err := s.plansImported(ctx, m, u, jobImported); err != nil {
			return err
		}
	}
	card := bot.Card{Title: s.Say.T("upload.done", "Table", s.Say.T("table."+job.Kind), "Count", job.Rows), Footer: s.Say.T("undo.hint")}
	return s.answerPress(ctx, m, a.Of, bot.Body{Card: &card}, 2)
}

// dropImport takes back an import that was shown and not done: it waits no more.
func (s *Service) dropImport(ctx context.Context, m bot.Message, a action) error {
	if err := s.Store.Imports().Drop(ctx, a.Fix); err != nil {
		return fmt.Errorf("drop an import: %w", err)
	}
	switch _, err := s.Store.Imports().Get(ctx, a.Fix); {
	case err == nil:
		return s.reply(ctx, m, s.text("button.again"))
	case !errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("find an import: %w", err)
	}
	return s.cancelled(ctx, m, a)
}

// plansImported has each rep whose plans an import wrote, or its undoing took
// away, look at them in their lane.
func (s *Service) plansImported(ctx context.Context, m bot.Message, u storage.Undo, job string) error {
	if len(u.Data) == 0 {
		return nil
	}
	visits, err := sheet.Visits(u)
	if err != nil {
		return err
	}
	reps := make(map[string]bool)
	for _, v := range visits {
		reps[v.Rep] = true
	}
	for _, rep := range slices.Sorted(maps.Keys(reps)) {
		e := bot.Message{
			Key: "due/" + job + "/" + u.ID + "/" + rep, At: visit.Millis(m.At), Received: m.Received,
			Due: &bot.Due{Job: job, Rep: rep, Of: u.ID},
		}
		if err := s.Inlet.Accept(ctx, e); err != nil {
			return fmt.Errorf("tell of an import: %w", err)
		}
	}
	return nil
}

// dueImported brings what is kept and shown of a rep's plans to what was
// imported for today and later, and tells them of new deliveries, once.
func (s *Service) dueImported(ctx context.Context, m bot.Message, who person) error {
	u, err := s.Store.Undos().Get(ctx, m.Due.Of)
	if err != nil {
		return fmt.Errorf("find what an import did: %w", err)
	}
	visits, err := sheet.Visits(u)
	if err != nil {
		return err
	}
	today := s.Policy.DateIn(who.team, m.At)
	dates := make(map[visit.Date]bool)
	written := make(map[visit.Date][]string)
	for _, v := range visits {
		if v.Rep == who.ID && v.Date >= today {
			dates[v.Date] = true
			written[v.Date] = append(written[v.Date], v.Customer)
		}
	}
	card := &bot.Card{Title: s.Say.T("upload.deliveries")}
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		p, err := s.planOf(ctx, who, date)
		if err != nil {
			return err
		}
		if err := s.keepOutcome(ctx, who, date, p.imported, p.facts); err != nil {
			return err
		}
		if err := errors.Join(s.refresh(ctx, p, ""), s.watch(ctx, p)); err != nil {
			return err
		}
		for _, l := range p.plan.Lines {
			if l.Purpose == visit.Delivery && slices.Contains(written[date], l.Customer) {
				card.Lines = append(card.Lines, bot.Line{Label: s.Say.Date(date.Time()), Text: digest.Stop(l, p.name(l.Customer), s.Say)})
			}
		}
	}
	if len(card.Lines) == 0 || m.Due.Job != jobImported {
		return nil
	}
	if more := len(card.Lines) - linesShown; more > 0 {
		card.Lines, card.Footer = card.Lines[:linesShown], s.Say.T("list.more", "Count", more)
	}
	return s.sayHome(ctx, who.Rep, jobImported+"/"+u.ID+"/"+who.ID, bot.Body{Card: card})
}

// linesShown bounds the deliveries of one message.
const linesShown = 15
