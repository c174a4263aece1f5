package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"roundsman/config"
	"roundsman/demo"
	"roundsman/web"
)

type demoCmd struct {
	Listen   string `help:"Where the chat page is." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Once     bool   `help:"Play two days without a page, check their figures, and exit."`
	Language string `help:"zh or en." default:"zh" enum:"zh,en"`
	Verbose  bool   `help:"Show the bot's log."`
}

// Run plays the company on the emulated platforms, with the real bot.
func (c demoCmd) Run(env *runtimeEnv) (err error) {
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = env.log
	}
	dir, err := os.MkdirTemp("", "roundsman-demo-")
	if err != nil {
		return fmt.Errorf("make a place for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, err := demo.New(demo.Options{Language: c.Language, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	p, err := startDemoBot(env.ctx, w, dir, c.Language, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if c.Once {
		return w.Once(env.ctx, env.out)
	}
	return servePage(env.ctx, w, c.Listen, env.out)
}

// startDemoBot runs the real program against the demo's platforms, on the demo's clock.
func startDemoBot(ctx context.Context, w *demo.World, dir, language string, log *slog.Logger) (*Program, error) {
	// Open before the rest: the address is part of the configuration.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p, err := newDemoBot(ctx, w, dir, language, log, l)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := p.Start(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	err = w.Connect(ctx, demo.Bot{
		URL: "http://" + p.Addr(), Settled: p.Settled, Tick: p.Tick, Store: p.store,
		Page: func(platform string) string { return web.LoginAddress("http://"+p.Addr(), platform) },
	})
	if err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// newDemoBot makes the program that answers on a listener.
func newDemoBot(ctx context.Context, w *demo.World, dir, language string, log *slog.Logger, l net.Listener) (*Program, error) {
	cfg, err := config.Parse(demoConfig(w, language, l.Addr().String(), "sqlite:"+filepath.Join(dir, "demo.db"), filepath.Join(dir, "spool")), dir, nil)
	if err != nil {
		return nil, err
	}
	if err := seedDemo(ctx, w, cfg); err != nil {
		return nil, err
	}
	return newProgram(ctx, cfg, programOptions{Log: log, Now: w.Now, NoTick: true, Listener: l})
}

func seedDemo(ctx context.Context, w *demo.World, cfg *config.Config) error {
	store, err := openStore(ctx, cfg.Storage.Reveal(), false)
	if err != nil {
		return err
	}
	return errors.Join(w.Seed(ctx, store), store.Close())
}

// demoConfig is what a company would write into its file.
func demoConfig(w *demo.World, language, listen, store, spool string) []byte {
	f, c := w.Feishu(), w.WeCom()
	return fmt.Appendf(nil, `
language: %s
listen: %q
public_url: %q
storage: %q
spool: %q
secret_key: demo-demo-demo-demo-demo-demo-demo-demo
feishu: {mode: websocket, app_id: %q, app_secret: %q, verification_token: %q, encrypt_key: %q, base_url: %q, page_datum: wgs84}
wecom: {corp_id: %q, agent_id: %d, secret: %q, token: %q, encoding_aes_key: %q, base_url: %q}
`, language, listen, "http://"+listen, store, spool,
		f.AppID, f.AppSecret, f.VerificationToken, f.EncryptKey, f.BaseURL,
		c.CorpID, c.AgentID, c.Secret, c.Token, c.EncodingAESKey, c.BaseURL)
}

// servePage serves the chat page until the process ends.
func servePage(ctx context.Context, w *demo.World, address string, out io.Writer) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s := newServer(w.Handler())
	s.WriteTimeout, s.ReadTimeout = 0, time.Minute // live updates stay open
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	_, _ = fmt.Fprintf(out, "Open http://%s\n", l.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve the page: %w", err)
	case <-ctx.Done():
	}
	return s.Close()
}
