package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Key, Reason, Example string
	// Source is default, file or env, or empty where there is no value.
	Source string
}

// String returns the problem as one line.
func (p Problem) String() string {
	s := p.Key + ": " + p.Reason
	if p.Example != "" {
		s += " (for example " + p.Key[strings.LastIndexByte(p.Key, '.')+1:] + ": " + p.Example + ")"
	}
	if p.Source == "env" && !strings.HasPrefix(p.Key, envPrefix) {
		s += ", set by " + envPrefix + strings.ToUpper(strings.ReplaceAll(p.Key, ".", "__"))
	}
	return s
}

// Error is everything that is wrong with the configuration. It holds no values of secrets.
type Error struct{ Problems []Problem }

// Error returns a line for each problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// problems collects what is wrong.
type problems []Problem

func (p *problems) add(key, reason, example string) {
	*p = append(*p, Problem{Key: key, Reason: reason, Example: example})
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Compare(a.Key, b.Key) })
	return &Error{p}
}

// unknownKey writes what to say about a key that does not exist.
func unknownKey(key string, known []string) string {
	best, distance := "", 4
	for _, k := range known {
		if d := editDistance(key, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return "there is no such key"
	}
	return fmt.Sprintf("there is no such key; did you mean %s?", best)
}

// editDistance is Levenshtein's, which is enough for a hint.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
