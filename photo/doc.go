// Package photo makes pictures that people send safe to keep and to show: it says
// what a file is, where and when it was taken, what it looks like, and makes of it
// a small upright view without metadata. It draws watermarks on such views. It
// must not know who sent a picture, why, or what is believed of it.
//
// Every byte is hostile. A file is refused by its header before anything is
// decoded; what decoding takes is reckoned from that header and all decodings
// together stay within a number of bytes (see cost.go); a decoder that panics or
// takes too long is an error of the file. What is kept and shown was encoded here,
// so that nothing hides in it: a page behind the picture, a place in its metadata.
//
// What EXIF says can be written by anybody, and most platforms drop it: that there
// is none says nothing.
package photo
