package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roundsman/digest/sheet"
	"roundsman/storage"
)

// undoFor is how long what was done can be undone.
const undoFor = 10 * time.Minute

// undo takes back the last import or transfer, whoever did it.
func (s *Service) undo(ctx context.Context, c call) error {
	// An import that was interrupted would be completed after it was undone.
	if err := sheet.Resume(ctx, s.Store); err != nil {
		return err
	}
	u, err := s.Store.Undos().Latest(ctx, c.m.At)
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && c.m.At.Sub(u.At) > undoFor:
		return s.reply(ctx, c.m, s.text("undo.none"))
	case err != nil:
		return fmt.Errorf("read what can be undone: %w", err)
	case len(u.Data) == 0:
		return s.reply(ctx, c.m, s.text("undo.too_much"))
	}
	err = s.Store.Undos().Undone(ctx, u.ID, c.m.Key)
	if errors.Is(err, storage.ErrConflict) {
		return s.reply(ctx, c.m, s.text("undo.already"))
	}
	if err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	s.Log.Info("an admin undoes", "what", u.ID, "admin", c.who.ID)
	if u.Kind == kindTransfer {
		return s.undoTransfer(ctx, c, u)
	}
	return s.undoImport(ctx, c, u)
}

// undoImport writes back what an import replaced, and removes what was new.
func (s *Service) undoImport(ctx context.Context, c call, u storage.Undo) error {
	restored, removed, err := sheet.Undo(ctx, s.Store, u)
	if err != nil {
		return err
	}
	if u.Kind == string(sheet.Plans) {
		if err := s.plansImported(ctx, c.m, u, jobImportedBack); err != nil {
			return err
		}
	}
	body := s.text("undo.import", "Table", s.Say.T("table."+u.Kind), "Restored", restored, "Removed", removed)
	if u.Kind == string(sheet.Reps) {
		body.Text += "\n" + s.Say.T("undo.teams")
	}
	return s.reply(ctx, c.m, body)
}

// undoTransfer gives back what was transferred.
func (s *Service) undoTransfer(ctx context.Context, c call, u storage.Undo) error {
	mv, err := movingOf(u)
	if err != nil {
		return err
	}
	if err := s.move(ctx, c.m, u, mv, true); err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("undo.transfer", "Count", len(mv.Customers)))
}
