package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// preparer is a connection or a pool of them.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// stmtCache prepares each statement once. Statements are constants of this
// package, so there are few.
type stmtCache struct {
	on preparer
	mu sync.Mutex
	by map[string]*sql.Stmt
}

func newStmtCache(on preparer) *stmtCache {
	return &stmtCache{on: on, by: make(map[string]*sql.Stmt)}
}

func (c *stmtCache) get(ctx context.Context, query string) (*sql.Stmt, error) {
	c.mu.Lock()
	stmt, ok := c.by[query]
	c.mu.Unlock()
	if ok {
		return stmt, nil
	}
	// Not under the lock: preparing waits for a connection.
	stmt, err := c.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, ok := c.by[query]; ok {
		_ = stmt.Close()
		return first, nil
	}
	c.by[query] = stmt
	return stmt, nil
}

// queries returns the texts of what was prepared so far.
func (c *stmtCache) queries() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for q := range c.by {
		out = append(out, q)
	}
	slices.Sort(out)
	return out
}

// close closes the statements.
func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stmt := range c.by {
		_ = stmt.Close()
	}
	clear(c.by)
}

// many returns the rows of a query, read with scan.
func many[T any](ctx context.Context, s *Store, doing string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	return manyInto(ctx, s, doing, nil, scan, query, args...)
}

// manyInto is [many] that puts the rows where those of buffer were.
func manyInto[T any](ctx context.Context, s *Store, doing string, buffer []T, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	out, err := func() ([]T, error) {
		stmt, err := s.readStmt(ctx, query)
		if err != nil {
			return nil, err
		}
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		out := buffer[:0]
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, rows.Err()
	}()
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return out, nil
}

// one returns the row of a query, or storage.ErrNotFound.
func one[T any](ctx context.Context, s *Store, doing string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	v, err := func() (v T, err error) {
		stmt, err := s.readStmt(ctx, query)
		if err != nil {
			return v, err
		}
		return scan(stmt.QueryRowContext(ctx, args...))
	}()
	if err != nil {
		var none T
		return none, translate(ctx, doing, err)
	}
	return v, nil
}

// write runs do in a transaction of its own, as far as it can see.
func (s *Store) write(ctx context.Context, doing string, do func(*tx) error) error {
	return translate(ctx, doing, s.writer.write(ctx, do))
}

// exec runs one statement as a write and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	var n int64
	err := s.write(ctx, doing, func(t *tx) (err error) {
		n, err = t.exec(query, args...)
		return err
	})
	if err != nil {
		return 0, err // n may still be written to
	}
	return n, nil
}

// removeEach runs a statement for each of the keys, all in one write.
func removeEach[K any](ctx context.Context, s *Store, doing, query string, keys []K, args func(K) []any) error {
	if len(keys) == 0 {
		return nil
	}
	return s.write(ctx, doing, func(t *tx) error {
		for _, key := range keys {
			if _, err := t.exec(query, args(key)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// byID is the arguments of a statement about one id.
func byID[K ~string](key K) []any { return []any{string(key)} }

// sweepBatch bounds how many rows a sweep works on between two other writes.
const sweepBatch = 500

// sweep repeats a statement until it finds no more. Its last parameter, batch,
// limits how many rows it deletes or changes at once.
func (s *Store) sweep(ctx context.Context, doing string, batch int64, query string, args ...any) (int, error) {
	args = append(args, batch)
	var total int
	for {
		n, err := s.exec(ctx, doing, query, args...)
		total += int(n)
		if err != nil || n < batch {
			return total, err
		}
	}
}

// scanOne reads a row of one value.
func scanOne[T any](row scanner) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}
