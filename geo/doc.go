// Package geo is places: points that carry their datum, distances between
// them, polygons as fences, and finding what is near among many. It is the
// only importer of golang-geo, whose point type has no datum, accepts what is
// no place, and answers NaN for antipodes. It must not know customers or visits.
package geo
