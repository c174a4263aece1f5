// Package bot is chat, free of platforms. A message goes one way through it:
//
//	platform → Intake: one durable insert → acknowledgement
//	inbox → Lanes: whose day does it touch → the handler, one at a time a lane
//	handler → Outbox.Say → sender: limits, claim, retry → platform
//
// Platforms are reached through the [Platform] interface and the optional
// abilities beside it; nothing here knows a platform's name or wire format,
// and nothing here decides what a message means.
package bot
