// Package mongo keeps everything in a MongoDB database that any number of
// processes share. It must not know platforms, texts or HTTP, nor what a
// payload means.
//
// A noun has a collection, a fact a document, and every write that must be
// atomic is one write to one document: there are no transactions. The key of a
// document, _id, is the record's own key (the event's key, the post's id, the
// photo's digest), so that whoever does not know whether a write happened does
// it again and comes to the same; and it is the only unique key of a collection
// that grows, so that each can be sharded by its hashed _id. What is asked for
// otherwise has an index (indexes.go), made and checked when a store is opened.
//
// A write is answered when a majority of the replica set has it in its journal,
// whatever the URI says; reads see only such writes. A call whose context has no
// deadline has one of its own, of two seconds where a platform waits for it.
//
// Fields that this version does not know are kept: a record is changed field by
// field and never replaced, so that a newer version may run beside this one. v is
// the version of a document's form, and meta has that of the whole (migrate.go).
//
// Instants are BSON dates, milliseconds in UTC; the zero time is the year 1 and
// not null, so that it compares, sorts and comes back as in Go. Text compares
// byte by byte, which for UTF-8 is Go's own order. No text of a user is ever the
// name of a field or an operator.
package mongo
