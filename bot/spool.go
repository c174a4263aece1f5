package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"roundsman/storage"
)

// spoolCap bounds the number of spooled events, so that a long outage fills no disk.
const spoolCap = 100_000

const (
	// badSuffix ends the name of what was set aside, partPrefix begins that of
	// what is being written.
	badSuffix  = ".bad"
	partPrefix = "tmp-"
	// eventSuffix ends that of an event.
	eventSuffix = ".json"
)

// ErrSpoolFull says that the spool holds as much as it may.
var ErrSpoolFull = errors.New("the spool is full")

// Spool keeps events on disk while the store does not answer: one file each,
// named after the event's key, so that the same event twice is one file.
type Spool struct {
	dir   string
	count atomic.Int64
	// mu keeps two that put the same event from counting it twice.
	mu sync.Mutex
}

// OpenSpool makes the directory if need be, tries it, and counts what is there.
func OpenSpool(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool: %w", err)
	}
	s := &Spool{dir: dir}
	if err := s.write("probe", []byte("{}")); err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(dir, "probe")); err != nil {
		return nil, fmt.Errorf("try the spool: %w", err)
	}
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	s.count.Store(int64(len(names)))
	return s, nil
}

// Put keeps the event; when it returns nil the event survives a crash.
func (s *Spool) Put(e storage.Event) error {
	if s.count.Load() >= spoolCap {
		return ErrSpoolFull
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write a spooled event: %w", err)
	}
	sum := sha256.Sum256([]byte(e.Key))
	name := hex.EncodeToString(sum[:]) + eventSuffix
	s.mu.Lock()
	defer s.mu.Unlock()
	_, statErr := os.Stat(filepath.Join(s.dir, name))
	if err := s.write(name, data); err != nil {
		return err
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		s.count.Add(1)
	}
	return nil
}

// Full reports whether the spool takes no more.
func (s *Spool) Full() bool { return s.count.Load() >= spoolCap }

// Free returns the share of the spool's disk that is free, 0 to 1.
func (s *Spool) Free() (float64, error) {
	free, err := freeOf(s.dir)
	if err != nil {
		return 0, fmt.Errorf("look at the spool's disk: %w", err)
	}
	return free, nil
}

// Len returns about how many events are waiting.
func (s *Spool) Len() int { return int(s.count.Load()) }

// Drain puts what is spooled into the inbox and removes it here, and stops at the first refusal.
func (s *Spool) Drain(ctx context.Context, inbox storage.Inbox) (moved int, err error) {
	names, err := s.names()
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		path := filepath.Join(s.dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return moved, fmt.Errorf("read a spooled event: %w", err)
		}
		var e storage.Event
		if err := json.Unmarshal(data, &e); err != nil || e.Key == "" {
			// Not ours, or damaged by the disk: kept for a person to look at.
			if err := os.Rename(path, path+badSuffix); err != nil {
				return moved, fmt.Errorf("set a damaged spool file aside: %w", err)
			}
			s.count.Add(-1)
			continue
		}
		if _, err := inbox.Accept(ctx, e); err != nil {
			return moved, fmt.Errorf("accept a spooled event: %w", err)
		}
		if err := os.Remove(path); err != nil {
			return moved, fmt.Errorf("remove a spooled event: %w", err)
		}
		s.count.Add(-1)
		moved++
	}
	return moved, nil
}

// Sweep removes what was set aside as damaged, and what a write that died left
// behind, if it is older than the instant, and returns how many files. What can be
// drained stays however old it is: it was acknowledged, and is nowhere else.
func (s *Spool) Sweep(before time.Time) (removed int, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, fmt.Errorf("list the spool: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), badSuffix) && !strings.HasPrefix(e.Name(), partPrefix) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return removed, fmt.Errorf("look at a spooled file: %w", err)
		}
		if !info.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("remove a spooled file: %w", err)
		}
		removed++
	}
	return removed, nil
}

// Forget removes the spooled events that are to go, and of the files that cannot
// be read those whose content is.
func (s *Spool) Forget(goes func(storage.Event) (bool, error), damaged func(content []byte) bool) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list the spool: %w", err)
	}
	for _, e := range entries {
		event := strings.HasSuffix(e.Name(), eventSuffix)
		if !event && !strings.HasSuffix(e.Name(), badSuffix) {
			continue
		}
		path := filepath.Join(s.dir, e.Name())
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was drained meanwhile
		}
		if err != nil {
			return fmt.Errorf("read a spooled event: %w", err)
		}
		var held storage.Event
		var gone bool
		if json.Unmarshal(data, &held) == nil && held.Key != "" {
			if gone, err = goes(held); err != nil {
				return err
			}
		} else {
			gone = damaged(data)
		}
		if !gone {
			continue
		}
		err = os.Remove(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a spooled event: %w", err)
		}
		if err == nil && event {
			s.count.Add(-1)
		}
	}
	return nil
}

func (s *Spool) names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list the spool: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), eventSuffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// write puts data under the name so that it is whole and on disk when nil is returned.
func (s *Spool) write(name string, data []byte) (err error) {
	f, err := os.CreateTemp(s.dir, partPrefix+"*")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer dir.Close()
	// Some systems cannot sync a directory; the file itself is synced.
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}
