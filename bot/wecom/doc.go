// Package wecom is WeCom (企业微信) as a platform of the bot: a self-built app
// that people write to, groups that the app made (appchat), and groups that are
// reached through a group robot's webhook.
//
// What arrives comes through one callback address, encrypted and signed, and
// is tried three times at most, so it is kept ([bot.Inlet.Keep]) before it is
// answered. A self-built app hears nothing that is said in groups.
//
// What is sent cannot be changed afterwards, except once by a tap's
// ResponseCode, and WeCom knows no idempotency key: an outcome that stays
// unknown is said to be unknown and not repeated.
//
// The package knows WeCom's wire format and its codes (see docs/PLATFORMS.md),
// and not what a message means.
package wecom
