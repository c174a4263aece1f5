package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
)

// maxBatch bounds how many operations share a commit: enough to spread its
// cost, few enough that nobody waits long for the others' work.
const maxBatch = 256

// The states of an operation. Whoever moves it on from opQueued decides
// whether it runs.
const (
	opQueued int32 = iota
	opRunning
	opAbandoned
)

// op is one write, waiting for its turn.
type op struct {
	do    func(*tx) error
	state atomic.Int32
	done  chan error
}

// tx is the transaction that an op writes in.
type tx struct{ w *writer }

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	stmt, err := t.w.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row runs a statement that returns one row.
func (t *tx) row(query string, args ...any) scanner {
	stmt, err := t.w.stmt(query)
	if err != nil {
		return failed{err}
	}
	return stmt.QueryRowContext(context.Background(), args...)
}

// failed is a row that could not be had.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// writer owns the only connection that writes. It takes what is queued, runs
// each operation in a savepoint of one transaction, so that the failure of one
// does not touch the others, commits once, and then answers all.
//
// Statements run without their callers' contexts: interrupting one would roll
// back its neighbours. A caller who gives up while queued is passed over.
type writer struct {
	conn  *sql.Conn
	stmts *stmtCache
	queue chan *op
	// closing tells the writer to finish what is queued, stopped that it did.
	closing chan struct{}
	stopped chan struct{}
}

func newWriter(conn *sql.Conn) *writer {
	w := &writer{
		conn:    conn,
		stmts:   newStmtCache(conn),
		queue:   make(chan *op, maxBatch),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *writer) stmt(query string) (*sql.Stmt, error) {
	return w.stmts.get(context.Background(), query)
}

// write queues do and waits for its commit. It returns when ctx ends, too:
// then do has not run, or its outcome is unknown and doing it again is right.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := &op{do: do, done: make(chan error, 1)}
	select {
	case <-w.closing:
		return ErrClosed
	default:
	}
	select {
	case w.queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return ErrClosed
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		o.state.CompareAndSwap(opQueued, opAbandoned)
		return ctx.Err()
	case <-w.stopped:
		select {
		case err := <-o.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// stop lets the writer finish and waits for it.
func (w *writer) stop() {
	close(w.closing)
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	batch := make([]*op, 0, maxBatch)
	for {
		select {
		case o := <-w.queue:
			batch = append(batch[:0], o)
		case <-w.closing:
			// What was queued before is still done.
			if batch = w.gather(batch[:0]); len(batch) == 0 {
				return
			}
			w.commit(batch)
			continue
		}
		batch = w.gather(batch)
		w.commit(batch)
	}
}

// gather adds what is queued already.
func (w *writer) gather(batch []*op) []*op {
	for len(batch) < maxBatch {
		select {
		case o := <-w.queue:
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction and answers everybody in it.
func (w *writer) commit(batch []*op) {
	var live []*op
	for _, o := range batch {
		if o.state.CompareAndSwap(opQueued, opRunning) {
			live = append(live, o)
		}
	}
	if len(live) == 0 {
		return
	}
	results, err := w.transact(live)
	for i, o := range live {
		if err != nil {
			o.done <- err
		} else {
			o.done <- results[i]
		}
	}
}

// transact returns each operation's own result, or an error that means that
// nothing of the batch was kept.
func (w *writer) transact(batch []*op) (results []error, err error) {
	t := &tx{w}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			// Fails when the engine rolled back by itself, which is as good.
			_, _ = t.exec("ROLLBACK")
		}
	}()
	results = make([]error, len(batch))
	for i, o := range batch {
		if results[i], err = t.savepoint(o.do); err != nil {
			return nil, err
		}
	}
	if _, err := t.exec("COMMIT"); err != nil {
		return nil, err
	}
	return results, nil
}

// savepoint returns the operation's own error, or as broken one that leaves
// the transaction unusable: the engine gives up all of it on some errors, such
// as a full disk, and what followed would be committed statement by statement.
func (t *tx) savepoint(do func(*tx) error) (own, broken error) {
	if _, err := t.exec("SAVEPOINT op"); err != nil {
		return nil, err
	}
	if own = do(t); own != nil {
		if _, err := t.exec("ROLLBACK TO op"); err != nil {
			return nil, errors.Join(own, fmt.Errorf("undoing it: %w", err))
		}
	}
	if _, err := t.exec("RELEASE op"); err != nil {
		return nil, errors.Join(own, err)
	}
	return own, nil
}
