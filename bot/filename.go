package bot

import (
	"path"
	"strings"
	"unicode/utf8"
)

// maxFileName bounds the name under which a file is offered, in runes.
const maxFileName = 120

// devices are names that are no files on Windows, whatever their ending.
var devices = map[string]bool{
	"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true,
	"COM0": true, "COM1": true, "COM2": true, "COM3": true, "COM4": true, "COM5": true, "COM6": true, "COM7": true, "COM8": true, "COM9": true,
	"LPT0": true, "LPT1": true, "LPT2": true, "LPT3": true, "LPT4": true, "LPT5": true, "LPT6": true, "LPT7": true, "LPT8": true, "LPT9": true,
}

// fileName returns a name under which whoever gets the file can save it on any
// system: teams have any names, and a name in one must be no path, no device and no
// hidden file there. The ending stays.
func fileName(name string) string {
	name = Clean(name, 10*maxFileName)
	ending := path.Ext(name)
	if ending == "." || utf8.RuneCountInString(ending) > 10 || strings.ContainsAny(ending, `/\:*?"<>|`) {
		ending = ""
	}
	plain := func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}
	stem := strings.Map(plain, strings.TrimSuffix(name, ending))
	if runes := []rune(stem); len(runes) > maxFileName-utf8.RuneCountInString(ending) {
		stem = string(runes[:maxFileName-utf8.RuneCountInString(ending)])
	}
	// A dot at the beginning hides a file; dots and spaces at its end are dropped by Windows.
	stem = strings.TrimRight(strings.TrimLeft(stem, ". "), ". ")
	if first, _, _ := strings.Cut(stem, "."); stem == "" || devices[strings.ToUpper(strings.TrimSpace(first))] {
		stem = "_" + stem
	}
	return stem + ending
}
