package main

import (
	"context"
	"errors"
	"time"

	"roundsman/bot"
	"roundsman/config"
	"roundsman/photo"
	"roundsman/storage"
	"roundsman/visit"
)

// refusals are what a photo that cannot be kept is refused for.
var refusals = []struct {
	err    error
	reason string
}{
	{photo.ErrTooBig, bot.FetchTooLarge},
	{photo.ErrTooManyPixels, bot.FetchTooManyPixels},
	{photo.ErrNotPhoto, bot.FetchNotPicture},
	{photo.ErrAnimated, bot.FetchMoving},
	{photo.ErrNoPixels, bot.FetchFileKind},
}

// examiner reads photos within the configured limits. What a camera wrote without
// a zone is meant in the company's.
func examiner(cfg *config.Config) bot.Examine {
	reader := photo.NewReader(photo.Limits{Bytes: cfg.Limits.PhotoBytes, Pixels: cfg.Limits.PhotoPixels}, cfg.Limits.PhotoDecoders)
	zone := cfg.Zone
	return func(ctx context.Context, data []byte) (storage.Blob, visit.Look, error) {
		p, err := reader.Read(ctx, data, zone)
		for _, r := range refusals {
			if errors.Is(err, r.err) {
				return storage.Blob{}, visit.Look{}, &bot.FetchError{Reason: r.reason, Err: err}
			}
		}
		if err != nil {
			// Busy, not bad: another time it may do.
			return storage.Blob{}, visit.Look{}, &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: err}
		}
		look := visit.Look{D: p.Hash.D, P: p.Hash.P, Place: p.Exif.Place}
		if !p.Exif.Taken.IsZero() {
			look.Taken = p.Exif.Taken.UTC().Truncate(time.Millisecond)
		}
		return storage.Blob{SHA256: p.SHA256, Type: "image/jpeg", Data: p.View}, look, nil
	}
}
