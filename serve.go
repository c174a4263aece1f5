package main

import "fmt"

type serveCmd struct{}

// Run serves until the process is told to end.
func (serveCmd) Run(env *runtimeEnv) error {
	cfg, err := env.config()
	if err != nil {
		return err
	}
	p, err := openProgram(env.ctx, cfg, programOptions{Log: env.log})
	if env.ctx.Err() != nil && p == nil {
		return nil // told to end while it waited for the store
	}
	if err != nil {
		return err
	}
	if len(p.platforms) == 0 {
		env.log.Warn("no platform is configured: only the health checks answer")
	}
	if err := p.Start(env.ctx); err != nil {
		return err
	}
	env.log.Info("serving", "address", p.Addr(), "platforms", len(p.platforms))
	<-env.ctx.Done()
	env.log.Info("stopping")
	if err := p.Stop(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
