// Package picture draws pictures as PNG: for people on a phone a team's day as bars
// and a rep's day as a schematic map, for paper a customer's code. It must not know
// where what it shows comes from, nor any language: every word comes from the caller.
//
// Text is drawn as it comes, and may be hostile: package typeface makes it legible,
// and it is cut to its place with an ellipsis. Colours are told apart by the
// colour-blind and in grey print, and nobody is painted red: what is not done yet
// is grey.
//
// Equal input gives equal bytes.
package picture
