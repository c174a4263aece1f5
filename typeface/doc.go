// Package typeface is the one font that everything draws with, Noto Sans SC
// Regular, and lines of text in it. It must not know what is drawn, nor any
// language.
//
// Text may be hostile. What does not show (controls, direction marks, combining
// marks) is dropped; a run of characters that the font lacks, such as an emoji or
// an Arabic word, becomes one box. All of the font is there, since people's names
// use rare characters.
//
// Equal text gives equal pixels. The font lies in the binary, is read when it is
// first used and costs a process that draws nothing only its size on disk.
package typeface
