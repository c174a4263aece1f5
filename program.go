package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/config"
	"roundsman/digest/sheet"
	"roundsman/handlers"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/scheduler"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
	"roundsman/web"
)

const (
	// stopWithin bounds a graceful stop, hangUpWithin the end of requests in it.
	stopWithin   = 20 * time.Second
	hangUpWithin = 3 * time.Second
	// sweepEvery is how often leftovers are removed; keyFor how long the key of
	// a handled event is kept, so that no late delivery is handled again.
	sweepEvery = time.Hour
	// sealEvery is how often what is kept is sealed.
	sealEvery = time.Minute
	keyFor    = 30 * 24 * time.Hour
	// postFor is how long what was said is kept; a visit's bubble names its place.
	postFor = 30 * 24 * time.Hour
	// spoolEvery is how often spooled events are offered to the store.
	spoolEvery = 5 * time.Second
)

// Program is the whole bot: one store, the platforms that are configured, the
// lanes, the sender, the photo queue and the scheduler.
type Program struct {
	cfg       *config.Config
	store     storage.Store
	platforms []bot.Platform
	log       *slog.Logger
	now       func() time.Time
	// clock is the store's, if several processes share it; nil otherwise.
	clock  *sharedClock
	noTick bool

	registry  *prometheus.Registry
	spool     *bot.Spool
	intake    *bot.Intake
	lanes     *bot.Lanes
	sender    *bot.Sender
	photos    *bot.Photos
	pages     *web.Pages
	notary    *notary.Notary
	witness   *witness
	eraser    *privacy.Eraser
	scheduler *scheduler.Scheduler

	server, metricsServer *http.Server
	listener              net.Listener
	cancel                context.CancelFunc
	wg                    sync.WaitGroup
	stop                  sync.Once
	stopErr               error
}

// programOptions are what tests and the demo set.
type programOptions struct {
	Log *slog.Logger
	// Now is the clock; nil is the store's where several processes share it, else the machine's.
	Now func() time.Time
	// NoTick leaves the scheduler to whoever calls Tick.
	NoTick bool
	// Listener takes the requests instead of one on the configured address: whoever
	// needs to know the address before the program starts opens it.
	Listener net.Listener
}

// newProgram opens the store for serving and wires everything; nothing runs until Start.
func newProgram(ctx context.Context, cfg *config.Config, o programOptions) (_ *Program, err error) {
	p := &Program{cfg: cfg, log: o.Log, now: o.Now, noTick: o.NoTick, listener: o.Listener, registry: prometheus.NewRegistry()}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.store, err = openStore(ctx, cfg.Storage.Reveal(), true); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.store.Close())
		}
	}()
	if err = p.setClock(ctx); err != nil {
		return nil, err
	}
	if p.platforms, err = newPlatforms(cfg, p.now, o.Log); err != nil {
		return nil, err
	}
	if p.spool, err = bot.OpenSpool(cfg.Spool); err != nil {
		return nil, err
	}
	if err = keepTeams(ctx, p.store, cfg); err != nil {
		return nil, err
	}
	if err = sheet.Resume(ctx, p.store); err != nil {
		return nil, fmt.Errorf("finish an interrupted import: %w", err)
	}
	if err = p.wire(); err != nil {
		return nil, err
	}
	// Before anybody is served of whom a backup brought back what was erased. What
	// an admin wants erased goes beside the serving, however long it takes.
	again, err := p.eraser.Replay(ctx)
	if err != nil {
		return nil, fmt.Errorf("erase again who was erased: %w", err)
	}
	// One that cannot be done now is tried again, and keeps nobody from checking in.
	if err := p.eraseSome(ctx, again); err != nil {
		p.log.Error("an erasure is not done", "error", err)
	}
	return p, nil
}

// setClock chooses the clock that everything goes by.
func (p *Program) setClock(ctx context.Context) (err error) {
	if p.now != nil {
		return nil
	}
	p.now = time.Now
	if shared, ok := p.store.(storage.Clock); ok {
		if p.clock, err = newSharedClock(ctx, shared); err != nil {
			return err
		}
		p.now = p.clock.Now
	}
	return nil
}

// wire builds the message path.
func (p *Program) wire() error {
	say, err := catalog.New(p.cfg.Language)
	if err != nil {
		return err
	}
	buttons, err := seal.New([]byte(p.cfg.SecretKey.Reveal()), "button")
	if err != nil {
		return err
	}
	admins, err := adminAddresses(p.cfg)
	if err != nil {
		return err
	}
	metrics := bot.NewMetrics(p.registry)
	owner := randomName()
	outbox := bot.NewOutbox(p.store.Outbox(), p.now, func(chat string) { p.sender.Wake(chat) })
	p.intake = bot.NewIntake(p.store.Inbox(), p.spool, metrics, p.log, func(e storage.Event) { p.lanes.Offer(e) })
	p.sender = bot.NewSender(p.store, p.platforms, metrics, p.log, p.now, owner,
		func(ctx context.Context, l bot.Loss) error { return p.scheduler.Lost(ctx, l) })
	p.photos = bot.NewPhotos(p.store.Media(), p.intake, p.platforms, p.cfg.Limits.PhotoBytes, examiner(p.cfg), metrics, p.log, p.now, owner)
	policy := policyOf(p.cfg)
	service := handlers.New(handlers.Options{
		Store: p.store, Outbox: outbox, Platforms: p.platforms, Say: say, Buttons: buttons, Policy: policy,
		Admins: admins, Inlet: p.intake, FetchPhotos: p.photos.Wake, Page: p.pageAddress, CustomerCode: p.customerCode, Now: p.now, Log: p.log,
	})
	if p.cfg.PublicURL != "" {
		p.pages, err = web.New(web.Options{
			Store: p.store, Platforms: p.platforms, Inlet: p.intake, Say: say, Key: []byte(p.cfg.SecretKey.Reveal()), PublicURL: p.cfg.PublicURL,
			Policy: policy, PhotoBytes: p.cfg.Limits.PhotoBytes, PhotoPixels: p.cfg.Limits.PhotoPixels, Now: p.now, Log: p.log,
		})
		if err != nil {
			return err
		}
	}
	p.notary, p.witness = notary.New(p.store, p.now, randomName), &witness{path: p.cfg.Witness}
	p.eraser = newEraser(p.cfg, p.store, p.notary, p.spool, p.now)
	p.lanes = bot.NewLanes(p.store, service, metrics, p.log, p.now, owner)
	p.scheduler = scheduler.New(scheduler.Options{
		Store: p.store, Outbox: outbox, Inlet: p.intake, Platforms: platformNames(p.platforms), Changing: changingNames(p.platforms), Say: say, Policy: policy, Page: anyonesPage(p.cfg), Admins: admins, Now: p.now, Log: p.log, Ran: metrics.Ran,
	})
	p.registry.MustRegister(gauges{p})
	return nil
}

// Start listens and begins to work. It returns once requests are answered.
func (p *Program) Start(ctx context.Context) error {
	if p.listener == nil {
		var err error
		if p.listener, err = net.Listen("tcp", p.cfg.Listen); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	p.server = newServer(p.routes())
	if p.cfg.MetricsListen != "" {
		metrics, err := net.Listen("tcp", p.cfg.MetricsListen)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for metrics: %w", err), p.listener.Close())
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
		p.metricsServer = newServer(mux)
		p.wg.Go(func() { p.serve(p.metricsServer, metrics) })
	}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.wg.Go(func() { p.serve(p.server, p.listener) })
	p.wg.Go(func() { p.lanes.Run(ctx) })
	p.wg.Go(func() { p.sender.Run(ctx) })
	p.wg.Go(func() { p.photos.Run(ctx) })
	p.wg.Go(func() { every(ctx, spoolEvery, func() { p.drainSpool(ctx) }) })
	// Apart: what is acknowledged and on disk does not wait for what is to be forgotten.
	p.wg.Go(func() {
		every(ctx, sweepEvery, func() {
			if err := p.forget(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("cannot remove what has been kept long enough", "error", err)
			}
		})
	})
	p.wg.Go(func() {
		every(ctx, eraseEvery, func() {
			if err := p.erase(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("an erasure is not done", "error", err)
			}
		})
	})
	if p.clock != nil {
		p.wg.Go(func() { p.clock.run(ctx) })
	}
	for _, platform := range p.platforms {
		p.wg.Go(func() { keepListening(ctx, platform, p.intake, p.log) })
	}
	if !p.noTick {
		p.wg.Go(func() {
			every(ctx, sealEvery, func() {
				if err := p.sealRecord(ctx); err != nil && ctx.Err() == nil {
					p.log.Error("the record is not sealed", "error", err)
				}
			})
		})
		p.wg.Go(func() {
			if err := p.scheduler.Run(ctx); err != nil {
				p.log.Error("the scheduler does not run", "error", err)
			}
		})
	}
	return nil
}

// Addr is the address that requests are answered on.
func (p *Program) Addr() string { return p.listener.Addr().String() }

// Tick runs what is due now, after it sealed what is kept.
func (p *Program) Tick(ctx context.Context) error {
	return errors.Join(p.sealRecord(ctx), p.scheduler.Tick(ctx))
}

// Stop ends everything and waits: no new events, what is being handled is
// finished, the store is closed. It may be called twice.
func (p *Program) Stop() error {
	p.stop.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if p.cancel != nil {
			p.cancel()
		}
		// What arrives just now is durable when it is acknowledged, whoever handles it.
		errs := []error{p.hangUp(ctx)}
		done := make(chan struct{})
		go func() { p.wg.Wait(); close(done) }()
		select {
		case <-done:
		case <-ctx.Done():
			errs = append(errs, errors.New("some work did not end in time; it will be done again at the next start"))
		}
		p.stopErr = errors.Join(append(errs, p.store.Close())...)
	})
	return p.stopErr
}

// hangUp ends the servers, both at once.
func (p *Program) hangUp(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, s := range []*http.Server{p.server, p.metricsServer} {
		if s != nil {
			wg.Go(func() { errs[i] = shutdown(ctx, s) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// routes are the public HTTP routes.
func (p *Program) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", p.readyz)
	for _, platform := range p.platforms {
		platform.Routes(mux, p.intake)
	}
	if p.pages != nil {
		p.pages.Routes(mux)
	}
	return mux
}

// anyonesPage is where people of whatever platform check in with their device; "" where they cannot.
func anyonesPage(cfg *config.Config) string {
	if cfg.PublicURL == "" {
		return ""
	}
	return cfg.PublicURL + web.CheckInPath
}

// pageAddress is where people of a platform check in with their device; "" where they cannot.
func (p *Program) pageAddress(platform string) string {
	for _, o := range p.platforms {
		if _, ok := o.(bot.WebLogin); ok && o.Name() == platform && p.cfg.PublicURL != "" {
			return web.Address(p.cfg.PublicURL, platform)
		}
	}
	return ""
}

// customerCode makes a customer's code. Nobody asks for one where there is no page.
func (p *Program) customerCode(customer string) (address string, until time.Time, err error) {
	if p.pages == nil {
		return "", time.Time{}, errors.New("there is no check-in page for a customer's code")
	}
	return p.pages.CodeAddress(customer)
}

// newServer returns a server that slow or idle clients cannot exhaust.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 3 * time.Second, ReadTimeout: 5 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}
}

func (p *Program) serve(s *http.Server, l net.Listener) {
	if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		p.log.Error("the HTTP server ended", "error", err)
	}
}

// every does something now and then until ctx ends, at once for the first time.
func every(ctx context.Context, gap time.Duration, do func()) {
	tick := time.NewTicker(gap)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// forget removes leftovers, and keeps what people were promised: coordinates
// and photos go when their time is over.
func (p *Program) forget(ctx context.Context) error {
	now := p.now()
	// What holds a place is kept no longer than places are.
	keep := p.cfg.Privacy.KeepCoordinates
	errIn := p.forgetEvents(ctx, now.Add(-min(keyFor, keep)))
	_, errSpool := p.spool.Sweep(now.Add(-min(keyFor, keep)))
	_, errOut := p.store.Outbox().Sweep(ctx, now.Add(-min(postFor, keep)))
	errFacts := p.redact(ctx, visit.DateOf(now.Add(-keep).In(p.cfg.Zone)))
	_, errMedia := p.store.Media().Sweep(ctx, now.Add(-p.cfg.Privacy.KeepPhotos))
	_, errLeases := p.store.Leases().Sweep(ctx, now.Add(-time.Hour))
	_, errQuotas := p.store.Quotas().Sweep(ctx, now)
	_, errImports := p.store.Imports().Sweep(ctx, now.Add(-time.Hour))
	_, errUndos := p.store.Undos().Sweep(ctx, now.Add(-24*time.Hour))
	return errors.Join(errIn, errSpool, errOut, errFacts, errMedia, errLeases, errQuotas, errImports, errUndos)
}

// deadCounted bounds what is counted of the dead events that are forgotten.
const deadCounted = 1000

// forgetEvents forgets events of before the instant. Those that were never
// handled go with what they said, of which the admins are told first.
func (p *Program) forgetEvents(ctx context.Context, before time.Time) error {
	dead, err := p.store.Inbox().Dead(ctx, deadCounted)
	if err != nil {
		return fmt.Errorf("look at the dead events: %w", err)
	}
	old := 0
	for _, e := range dead {
		if e.Received.Before(before) {
			old++
		}
	}
	if old > 0 {
		if err := p.scheduler.Forgotten(ctx, visit.DateOf(p.now().In(p.cfg.Zone)), old); err != nil {
			return err
		}
	}
	_, err = p.store.Inbox().Sweep(ctx, before)
	return err
}

// redact removes where people were before a date, and records that it is done:
// what is gone for another reason is found by whoever verifies the record.
func (p *Program) redact(ctx context.Context, before visit.Date) error {
	err := p.store.Acts().Append(ctx, visit.Act{
		ID: "redact/" + string(before), Kind: visit.ActRedact, At: visit.Millis(p.now()), What: string(before),
	})
	if err == nil {
		_, err = p.store.Facts().Redact(ctx, before)
	}
	return err
}

func (p *Program) drainSpool(ctx context.Context) {
	if p.spool.Len() == 0 {
		return
	}
	moved, err := p.spool.Drain(ctx, p.store.Inbox())
	if err != nil && ctx.Err() == nil {
		p.log.Error("cannot drain the spool", "error", err)
	}
	if moved > 0 {
		p.log.Info("spooled events are in the store", "events", moved)
		p.lanes.Wake()
	}
}

// Settled waits until nothing is left to be done now.
func (p *Program) Settled(ctx context.Context) error { return settled(ctx, p.store, p.now) }

// randomName tells this process apart from other replicas.
func randomName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
