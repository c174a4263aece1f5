package compare_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"roundsman/geo"
)

// startSQLite keeps the places in an R*Tree. Its rectangles are of 32-bit
// numbers, rounded outwards, so the exact places stand beside them.
func startSQLite(ctx context.Context, t testing.TB, points []geo.Point) engine {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "places.db")+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-400000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, `CREATE VIRTUAL TABLE place USING rtree(id, west, east, south, north, +lng REAL, +lat REAL)`); err != nil {
		t.Fatal(err)
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO place VALUES (?1, ?2, ?2, ?3, ?3, ?2, ?3)`)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		if _, err := insert.ExecContext(ctx, i, p.Lng, p.Lat); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	find, err := db.PrepareContext(ctx, `SELECT id, lng, lat FROM place WHERE east >= ? AND west <= ? AND north >= ? AND south <= ?`)
	if err != nil {
		t.Fatal(err)
	}
	within := func(ctx context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
		low, high := frame(p, metres)
		rows, err := find.QueryContext(ctx, low[0], high[0], low[1], high[1])
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var id int32
			q := geo.Point{Datum: geo.WGS84}
			if err := rows.Scan(&id, &q.Lng, &q.Lat); err != nil {
				return nil, err
			}
			if d := geo.Distance(p, q); d <= metres {
				dst = append(dst, geo.Hit{ID: id, Metres: d})
			}
		}
		sortHits(dst)
		return dst, rows.Err()
	}
	return engine{
		name:    "SQLite R*Tree",
		within:  within,
		nearest: func(ctx context.Context, p geo.Point) (geo.Hit, error) { return growing(ctx, within, p) },
	}
}
