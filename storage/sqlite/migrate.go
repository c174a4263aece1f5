package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as Roundsman's ("Rdsm"), see PRAGMA application_id.
const applicationID = 0x5264736d

// scripts returns the migrations in order. The first makes version 1 of an empty file.
func scripts() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	out := make([]string, len(names))
	for i, name := range names {
		b, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out[i] = string(b)
	}
	return out, nil
}

// recognise refuses a file that is somebody else's, before anything of it is changed.
func recognise(ctx context.Context, c *sql.Conn) error {
	var id, tables int
	if err := c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return fmt.Errorf("%w: it belongs to another program", ErrForeign)
	}
	return nil
}

// migrate brings the schema forward to this version, in one transaction.
func migrate(ctx context.Context, c *sql.Conn) (err error) {
	steps, err := scripts()
	if err != nil {
		return err
	}
	// The version is read under the write lock: another process may be migrating.
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	var have int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have < 0 || have > len(steps) {
		return fmt.Errorf("%w: its schema has version %d, the newest known here is %d", ErrForeign, have, len(steps))
	}
	for i, step := range steps[have:] {
		if _, err := c.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("migration %d: %w", have+i+1, err)
		}
	}
	if have < len(steps) {
		// A pragma takes no parameters.
		set := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps))
		if _, err := c.ExecContext(ctx, set); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}
