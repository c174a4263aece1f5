// Package match finds what a person meant among names, as they write on a
// phone with one thumb: a part of a name (大润), its pinyin (darunfa), its
// initials (drf), and any mixture of these (大rf, zhangw). It must not know
// whose names they are, customers', people's or teams', nor what is done with
// what it finds: if that is several, its caller asks.
package match
