package handlers

import (
	"context"
	"fmt"
	"strings"

	"roundsman/privacy"
	"roundsman/visit"
)

// hold records that what is kept of somebody is needed in a dispute: 保全 张伟 仲裁.
// Until it is released one admin alone cannot have it erased.
func (s *Service) hold(ctx context.Context, c call) error {
	name, reason, _ := strings.Cut(c.rest, " ")
	if name == "" || strings.TrimSpace(reason) == "" {
		return s.reply(ctx, c.m, s.text("hold.usage"))
	}
	return s.keepHold(ctx, c, name, strings.TrimSpace(reason), visit.ActHold, "hold.done")
}

// release ends a hold: 解除保全 张伟.
func (s *Service) release(ctx context.Context, c call) error {
	if c.rest == "" {
		return s.reply(ctx, c.m, s.text("hold.usage"))
	}
	return s.keepHold(ctx, c, c.rest, "", visit.ActRelease, "hold.released")
}

func (s *Service) keepHold(ctx context.Context, c call, name, reason string, kind visit.ActKind, key string) error {
	rep, ok, err := s.colleague(ctx, c, name, func(id string) string {
		if kind == visit.ActRelease {
			return "解除保全 " + id
		}
		return "保全 " + id + " " + reason
	})
	if err != nil || !ok {
		return err
	}
	held, err := privacy.Held(ctx, s.Store.Acts(), rep.ID)
	if err != nil {
		return err
	}
	if kind == visit.ActRelease && !held {
		if done, err := s.answered(ctx, c.m); err != nil || done {
			return err
		}
		return s.reply(ctx, c.m, s.text("hold.none", "Name", rep.Name))
	}
	err = s.Store.Acts().Append(ctx, visit.Act{
		ID: string(kind) + "/" + c.m.Key, Kind: kind, At: visit.Millis(c.m.At), By: c.who.ID, About: rep.ID, Team: rep.Team, Reason: reason,
	})
	if err != nil {
		return fmt.Errorf("keep a hold: %w", err)
	}
	return s.reply(ctx, c.m, s.text(key, "Name", rep.Name))
}
