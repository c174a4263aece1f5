package demo

import "net/http"

type live struct{}

func newLive(*World) *live             { return &live{} }
func (l *live) stop()                  {}
func (w *World) Handler() http.Handler { return nil }
