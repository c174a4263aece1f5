// Package feishu is a faithful local Feishu (飞书): the open platform's REST
// interface over real HTTP, event delivery by webhook (encrypted, signed,
// retried) and by WebSocket (binary frames, cluster mode), and a small company
// of users and group chats to talk in.
//
// It is a platform, not a mock: it holds apps, users, chats, messages, files
// and tokens, and applies the documented limits and error codes. Messages
// and files are kept until it is closed, of calls and deliveries the last 10,000
// at least. What it gives beyond the platform is what a test
// or a demonstration needs: acting as a user ([App.SendText],
// [App.SendLocation], [App.Click] …), looking at what arrived
// ([Server.Messages], [Server.Calls], [App.Deliveries]), and breaking things
// ([App.Fail], [App.Delay], [App.ExpireToken], [App.Hold],
// [App.KickWebSockets] …).
//
// One Server carries any number of apps. Tests should use an app of their own
// each, since the Go SDK keeps tokens in a process global keyed by app id.
//
// Two clocks: everything the platform decides (message times, token lives,
// deduplication, retries, the 14 days of a card) follows Options.Now, so moving
// that clock moves them; rate limits follow Options.LimitClock; network timeouts
// (1 s for the challenge, 3 s for an event) are always real time.
//
// It knows Feishu only and nothing of any bot. Its rules and limits, and the
// codes 230001, 230002, 230011, 230013, 230020, 230025, 230027, 230031, 230035,
// 230099, 232009, 234043, 99991400 and 99991663 are documented, see
// docs/PLATFORMS.md. All other codes, and what is marked so at the line, are
// unverified: general knowledge of the interface, on which no client should
// branch.
//
// Simplified: open_id and union_id of a user are the same for every app; cards
// are checked only for their frame, buttons and images; templates, user-token
// messaging, threads as chats, reactions and pins are not covered.
package feishu
