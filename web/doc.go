// Package web is what a rep opens on the phone: the page on which the device
// itself measures where it is. It knows its visitor by the platform's silent
// login, takes fixes and photos at the door, bounded and checked, and puts each
// submission into the inbox as one message, as if the platform had sent it.
//
// It must not know platforms by name, nor decide what a check-in means: that is
// for the handlers, in the rep's lane, as for any message.
package web
