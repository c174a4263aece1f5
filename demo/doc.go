// Package demo is a company to try the bot with: two sales teams, one on an
// emulated Feishu and one on an emulated WeCom, their customers, plans and four
// weeks of history; a day that plays by itself and checks its own figures
// ([World.Once]); and a page on which one can be any of the people
// ([World.Handler]).
//
// It talks to the bot only as the platforms do. It must not know the bot's
// types: what it expects of a day it counts by itself, from what it sent.
package demo
