package sqlite_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"roundsman/storage/sqlite"
	"roundsman/storage/storagetest"
)

// small tables are read whole on purpose: there are as many reps, teams and
// holidays as a company has, and no index finds the middle of a customer's name.
// chats are those that something waits for. Of blocks the last one is read, or
// all in their order.
var small = []string{"blocks", "reps", "teams", "holidays", "customers", "json_each", "chats"}

// partial indexes hold only the rows that are asked for.
var partial = []string{"inbox_waiting", "inbox_dead", "inbox_dead_received", "outbox_pending", "runs_rendered", "fetches_open", "imports_pending", "facts_unsealed", "acts_unsealed", "erasures_open"}

var (
	scanned = regexp.MustCompile(`^SCAN (\w+)`)
	using   = regexp.MustCompile(`USING (?:COVERING )?INDEX (\w+)`)
	// sought is the column that a statement looks for first.
	sought = regexp.MustCompile(`WHERE (\w+) = \?`)
)

// TestEveryStatementUsesAnIndex looks at every statement that the methods of
// the store run, not at a list that somebody has to remember.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := setup(t)
	storagetest.Exercise(t, s)
	plans, err := sqlite.Plans(t.Context(), s.Store)
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) < 50 {
		t.Fatalf("only %d statements were seen", len(plans))
	}
	searches := 0
	for query, steps := range plans {
		if strings.HasPrefix(query, "/* everything */") {
			continue // on purpose
		}
		// A search by another column's index would still read what is not asked for.
		if m := sought.FindStringSubmatch(query); m != nil && !strings.Contains(strings.Join(steps, "\n"), m[1]+"=?") {
			t.Errorf("%s\ndoes not search by %s: %q", query, m[1], steps)
		}
		if strings.Contains(query, "FROM outcome_calls") && !strings.Contains(strings.Join(steps, "\n"), "(customer=? AND verified=?") {
			t.Errorf("%s\nreads more of a customer's calls than it needs: %q", query, steps)
		}
		for _, step := range steps {
			if strings.HasPrefix(step, "SEARCH") {
				searches++
			}
			// heads are one post a chat, which no index has in the order of all chats.
			if strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "FROM heads") {
				t.Errorf("%s\nsorts: %s", query, step)
			}
			m := scanned.FindStringSubmatch(step)
			if m == nil || m[1] == "CONSTANT" || slices.Contains(small, m[1]) {
				continue
			}
			if strings.HasPrefix(query, "SELECT (SELECT count(*)") {
				continue // all are to be counted
			}
			if index := using.FindStringSubmatch(step); index == nil || !slices.Contains(partial, index[1]) {
				t.Errorf("%s\nreads all of %s: %s", query, m[1], step)
			}
		}
	}
	if searches < 20 {
		t.Errorf("only %d statements search by an index", searches)
	}
}
