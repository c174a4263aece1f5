package mongo

import "context"

// Drop removes the database and everything in it. It is for tests, each of
// which makes one of its own.
func (s *Store) Drop(ctx context.Context) error {
	const doing = "dropping the database"
	if err := s.ready(ctx); err != nil {
		return translate(ctx, doing, err)
	}
	return translate(ctx, doing, s.db.Drop(ctx))
}
