// Package feishu is the chat platform Feishu (飞书) behind the seam of package
// bot: its events become messages, and posts become its texts, cards and pictures.
//
// Both ways in, the webhook and the WebSocket, end in one place: the plain JSON
// of an event ([receiver.handle]). What differs is the door before it. The
// webhook's refuses what is not signed, fresh, encrypted and ours before the SDK
// sees a byte, since the SDK checks neither the token of an event nor its age; the
// WebSocket's is authenticated by the connection, and supervised here, since the
// SDK's client gives up for good on some errors.
//
// Tokens are kept here, per platform value, and not by the SDK: its cache is a
// process global, and its retry after an invalid token uses the same token again.
//
// The package knows Feishu's wire forms and nothing of what a message means. The
// facts it relies on are in docs/PLATFORMS.md.
package feishu
