package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"roundsman/storage"
	"roundsman/storage/sqlite"
)

// childPath is the environment variable that makes the test binary a process
// which accepts events into the database it names until it is killed.
const childPath = "ROUNDSMAN_SQLITE_TEST_CHILD"

// child prints each event's key once the store said that it is durable.
func child(path string) {
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{Serve: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := range 8 {
		go func() {
			for j := 0; ; j++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), i, j)
				fresh, err := s.Inbox().Accept(context.Background(), storage.Event{Key: key, Payload: []byte(key)})
				if err != nil || !fresh {
					fmt.Fprintln(os.Stderr, key, fresh, err)
					os.Exit(1)
				}
				// One write: lines of two goroutines do not mix.
				fmt.Println(key)
			}
		}()
	}
	select {}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "roundsman.db")
	acked := make(map[string]bool)
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), childPath+"="+path)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		limit := 50 + rand.IntN(800)
		lines := bufio.NewReader(out)
		for n := 0; ; n++ {
			if n == limit {
				// SIGKILL: nothing of the process runs after it.
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			// A line that was cut off was printed after its acknowledgement, too,
			// but its key is not known.
			line, err := lines.ReadString('\n')
			if err != nil {
				if n < limit {
					t.Fatalf("the child ended by itself after %d events: %s", n, complaint.String())
				}
				break
			}
			acked[strings.TrimSpace(line)] = true
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child was not killed")
		}

		s, err := sqlite.Open(t.Context(), path, sqlite.Options{Serve: true})
		if err != nil {
			t.Fatalf("round %d: opening after a kill: %v", round, err)
		}
		events, err := s.Inbox().Pending(t.Context(), noon, storage.Cursor{}, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		kept := make(map[string]bool, len(events))
		for _, e := range events {
			kept[e.Key] = string(e.Payload) == e.Key
		}
		for key := range acked {
			if !kept[key] {
				t.Errorf("round %d: %s was acknowledged and is gone", round, key)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: killed after %d, %d acknowledged so far, %d kept", round, limit, len(acked), len(kept))
	}
}
