package sqlite

import "context"

// Plans returns the query plan of every statement that was prepared so far, by
// its text.
func Plans(ctx context.Context, s *Store) (map[string][]string, error) {
	plans := make(map[string][]string)
	for _, query := range append(s.stmts.queries(), s.writer.stmts.queries()...) {
		rows, err := s.read.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, make([]any, 20)...)
		if err != nil {
			return nil, err
		}
		steps := []string{}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return nil, err
			}
			steps = append(steps, detail)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		plans[query] = steps
	}
	return plans, nil
}

// Pragma runs a pragma on the connection that writes and returns its answer.
func Pragma(ctx context.Context, s *Store, pragma string) (answer string, err error) {
	err = s.writer.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&answer)
	return answer, err
}

// Hold keeps the writer busy until release is called. It returns once the
// writer is.
func Hold(s *Store) (release func()) {
	held, released, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.writer.write(context.Background(), func(*tx) error {
			close(held)
			<-released
			return nil
		})
	}()
	<-held
	return func() {
		close(released)
		<-done
	}
}

// Queued returns how many writes wait for the writer.
func Queued(s *Store) int { return len(s.writer.queue) }
