// Package wecom is a faithful local WeCom (企业微信): the parts of
// qyapi.weixin.qq.com that a self-built app uses, over real HTTP, and the
// callback pusher with WeCom's real encryption and signature.
//
// It is a platform, not a mock: it holds corps, members, apps, group chats,
// robots, media and messages, applies the documented limits, and forgets
// nothing until it is closed. What it gives beyond the platform is what a test
// or a demonstration needs: acting as a member ([App.SendLocation],
// [App.Click] …), looking at what arrived ([App.Messages], [Server.Calls],
// [Server.Deliveries]), and breaking things ([App.Fail], [App.ExpireToken],
// [App.Envelope]).
//
// Everything that depends on time follows Options.Now, so moving the clock
// moves token lives, rate limits, media expiry and the spacing of callback
// retries. Only network timeouts (1 s for the URL check, 5 s for a callback)
// are real time.
//
// It knows WeCom only and nothing of any bot. Numbers and codes come from the
// documents of developer.work.weixin.qq.com (their path is named where a rule is
// applied); what those leave open is marked "unverified" at the line.
//
// Not covered, as an app of this kind does not use it: suites and third-party
// apps, customer contact, approval, mini-program notices, and the AI bot
// (智能机器人) protocol. A member cannot write to an app from a group, since
// WeCom delivers no group message to a self-built app.
package wecom
