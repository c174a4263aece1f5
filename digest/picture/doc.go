// Package picture draws pictures of numbers for people on a phone, as PNG: a
// team's day as bars and a rep's day as a schematic map. It must not know where
// the numbers come from, nor any language: every word comes from the caller.
//
// Text is drawn as it comes, and may be hostile. It is cut to its place with an
// ellipsis; what does not show (controls, direction marks, combining marks) is
// dropped; a run of characters that the font lacks, such as an emoji or an
// Arabic word, becomes one box. Colours are told apart by the colour-blind and in
// grey print, and nobody is painted red: what is not done yet is grey.
//
// Equal input gives equal bytes. The font lies in the binary, is read with the
// first picture and costs a process that draws nothing only its size on disk.
package picture
