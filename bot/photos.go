package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

const (
	// fetchesAtOnce bounds the photos that are in memory.
	fetchesAtOnce = 3
	fetchWithin   = 60 * time.Second
	// fetchFor is how long a photo is tried for: WeCom keeps media for three days.
	fetchFor        = 72 * time.Hour
	longestFetchGap = 10 * time.Minute
	// settlePhotoWithin bounds the keeping of a photo, which may have many megabytes.
	settlePhotoWithin = 10 * time.Second
)

// errPanicked: our own mistake, which another version may not make.
var errPanicked = errors.New("it made us panic")

// Photos fetches the bytes of photos, in a queue of its own: no lane waits for
// a download. What became of a photo reaches its rep's lane as an internal event.
type Photos struct {
	store     storage.Media
	inlet     Inlet
	platforms map[string]Platform
	limit     int64
	examine   Examine
	metrics   *Metrics
	log       *slog.Logger
	now       func() time.Time
	owner     string
	wake      chan struct{}

	mu   sync.Mutex
	busy map[string]bool
	wg   sync.WaitGroup
}

// Examine reads a photo: the view of it that is kept, and what its bytes say. It
// returns a [*FetchError] for what is no photo that can be kept.
type Examine func(ctx context.Context, data []byte) (storage.Blob, visit.Look, error)

// NewPhotos returns a queue that does nothing until Run. The limit is in bytes.
func NewPhotos(store storage.Media, inlet Inlet, platforms []Platform, limit int64, examine Examine, metrics *Metrics, log *slog.Logger, now func() time.Time, owner string) *Photos {
	return &Photos{
		store: store, inlet: inlet, platforms: byName(platforms), limit: limit, examine: examine, metrics: metrics, log: log, now: now, owner: owner,
		wake: make(chan struct{}, 1), busy: make(map[string]bool),
	}
}

// Wake says that there may be something to fetch.
func (p *Photos) Wake() { signal(p.wake) }

// Run works until ctx ends, then waits for what is being fetched.
func (p *Photos) Run(ctx context.Context) {
	defer p.wg.Wait()
	attend(ctx, p.wake, func(bool) {
		if err := p.fill(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("cannot read the photo queue", "error", err)
		}
	})
}

func (p *Photos) fill(ctx context.Context) error {
	due, err := p.store.Due(ctx, p.now(), fetchesAtOnce*4)
	if err != nil {
		return fmt.Errorf("read due photos: %w", err)
	}
	for _, f := range due {
		p.mu.Lock()
		skip := p.busy[f.ID] || len(p.busy) >= fetchesAtOnce
		if !skip {
			p.busy[f.ID] = true
		}
		p.mu.Unlock()
		if skip {
			continue
		}
		p.wg.Go(func() {
			defer func() {
				p.mu.Lock()
				delete(p.busy, f.ID)
				p.mu.Unlock()
				p.Wake()
			}()
			if err := p.fetch(ctx, f); err != nil {
				p.log.Error("a photo was not fetched", "photo", f.ID, "error", err)
			}
		})
	}
	return nil
}

// fetch makes one try. Every step can be repeated: the blob is keyed by its
// digest, the event by the photo.
func (p *Photos) fetch(ctx context.Context, f storage.Fetch) error {
	now := p.now()
	// Not cut off by a stop: others would have to wait until the claim runs out.
	claiming, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	err := p.store.Claim(claiming, f.ID, p.owner, now, now.Add(fetchWithin+claimFor))
	cancel()
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		// It may be ours all the same, and nobody's until the claim runs out.
		giving, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
		defer cancel()
		_ = p.store.Retry(giving, f.ID, p.owner, f.Attempts, now)
		return fmt.Errorf("claim a photo: %w", err)
	}
	working, cancel := finishing(ctx, fetchWithin)
	blob, look, bytes, err := p.download(working, f)
	cancel()
	stopping := ctx.Err() != nil
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settlePhotoWithin)
	defer cancel()
	if fe := (*FetchError)(nil); errors.As(err, &fe) {
		if fe.Retry && stopping {
			// It was cut off by us: whoever comes next takes it up at once.
			return p.store.Retry(ctx, f.ID, p.owner, f.Attempts, now)
		}
		if fe.Retry && now.Sub(f.Created) < fetchFor {
			p.metrics.fetches.WithLabelValues(f.Platform, "retry").Inc()
			return p.store.Retry(ctx, f.ID, p.owner, f.Attempts+1, now.Add(delay(f.Attempts+1, longestFetchGap)))
		}
		p.metrics.fetches.WithLabelValues(f.Platform, "missing").Inc()
		p.log.Warn("a photo is missing", "photo", f.ID, "error", err)
		return p.finish(ctx, f, visit.KindPhotoMissing, visit.Photo{Of: f.ID, Reason: fe.Reason})
	}
	if err != nil {
		return err
	}
	if err := p.store.PutBlob(ctx, blob); err != nil {
		return fmt.Errorf("keep a photo: %w", err)
	}
	p.metrics.fetches.WithLabelValues(f.Platform, "kept").Inc()
	return p.finish(ctx, f, visit.KindPhotoKept, visit.Photo{Of: f.ID, SHA256: blob.SHA256, Bytes: bytes, Look: &look})
}

// download fetches a photo and examines it. bytes is how many it has as it came.
func (p *Photos) download(ctx context.Context, f storage.Fetch) (blob storage.Blob, look visit.Look, bytes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			// It would come again with every start, and everything else with it.
			p.log.Error("a photo made us panic", "photo", f.ID, "panic", v, "stack", string(debug.Stack()))
			err = &FetchError{Reason: FetchUnreachable, Retry: true, Err: errPanicked}
		}
	}()
	data, err := p.bytes(ctx, f)
	if err == nil {
		blob, look, err = p.examine(ctx, data)
	}
	if fe := (*FetchError)(nil); err != nil && !errors.As(err, &fe) {
		err = &FetchError{Reason: FetchUnreachable, Retry: true, Err: err}
	}
	blob.At = visit.Millis(p.now())
	return blob, look, int64(len(data)), err
}

// bytes gets the bytes of a photo from where they are: its platform, or the
// store, if they came with a message of no platform.
func (p *Photos) bytes(ctx context.Context, f storage.Fetch) ([]byte, error) {
	if sum, ok := KeptMedia(f.Resource); ok && f.Message == "" {
		blob, err := p.store.Blob(ctx, sum)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, &FetchError{Reason: FetchExpired, Err: err}
		}
		return blob.Data, err
	}
	source, ok := p.platforms[f.Platform].(MediaSource)
	if !ok {
		return nil, &FetchError{Reason: FetchRefused}
	}
	return source.Fetch(ctx, f.Message, Media{Resource: f.Resource, File: f.File, Name: f.Name}, p.limit)
}

func (p *Photos) finish(ctx context.Context, f storage.Fetch, kind visit.Kind, photo visit.Photo) error {
	id := f.ID + "/" + string(kind)
	now := visit.Millis(p.now())
	err := p.inlet.Accept(ctx, Message{
		Key: "internal:" + id, At: now, Received: now,
		Fact: &visit.Fact{ID: id, Kind: kind, Rep: f.Rep, Date: f.Date, At: now, Received: now, Photo: &photo},
	})
	if err != nil {
		return fmt.Errorf("report a photo: %w", err)
	}
	if err := p.store.Finish(ctx, f.ID); err != nil {
		return fmt.Errorf("finish a photo: %w", err)
	}
	if key, ok := KeptMedia(f.Resource); ok && f.Message == "" {
		// As it came it is not needed any more, and says more than its view.
		if err := p.store.DropBlobs(ctx, key); err != nil {
			return fmt.Errorf("forget a photo as it came: %w", err)
		}
	}
	return nil
}
