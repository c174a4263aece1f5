package compare_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	"github.com/lib/pq"

	"roundsman/geo"
)

// startPostGIS keeps the places as geographies under a GiST index, and measures on the sphere.
func startPostGIS(ctx context.Context, t testing.TB, address string, points []geo.Point) engine {
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	schema := "roundsman_bench_" + strings.ToLower(rand.Text()[:12])
	run := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	run(`CREATE EXTENSION IF NOT EXISTS postgis`)
	run(`CREATE SCHEMA ` + schema)
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(ctx), `DROP SCHEMA `+schema+` CASCADE`); err != nil {
			t.Errorf("dropping what was made: %v", err)
		}
	})
	table := schema + ".place"
	run(`CREATE UNLOGGED TABLE ` + table + ` (id int PRIMARY KEY, at geography(Point, 4326) NOT NULL)`)
	for from := 0; from < len(points); from += 50000 {
		part := points[from:min(from+50000, len(points))]
		ids, lngs, lats := make([]int64, len(part)), make([]float64, len(part)), make([]float64, len(part))
		for i, p := range part {
			ids[i], lngs[i], lats[i] = int64(from+i), p.Lng, p.Lat
		}
		run(`INSERT INTO `+table+` SELECT id, ST_SetSRID(ST_MakePoint(lng, lat), 4326)::geography
			FROM unnest($1::int[], $2::float8[], $3::float8[]) AS p(id, lng, lat)`, pq.Array(ids), pq.Array(lngs), pq.Array(lats))
	}
	run(`CREATE INDEX ON ` + table + ` USING gist (at)`)
	run(`VACUUM ANALYZE ` + table)

	const here = `ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography`
	prepare := func(query string) *sql.Stmt {
		s, err := db.PrepareContext(ctx, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return s
	}
	find := prepare(`SELECT id, ST_Distance(at, ` + here + `, false) AS d FROM ` + table +
		` WHERE ST_DWithin(at, ` + here + `, $3, false) ORDER BY d, id`)
	first := prepare(`SELECT id, ST_Distance(at, ` + here + `, false) FROM ` + table + ` ORDER BY at <-> ` + here + ` LIMIT 1`)
	return engine{
		name: "PostGIS",
		within: func(ctx context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
			rows, err := find.QueryContext(ctx, p.Lng, p.Lat, metres)
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			for rows.Next() {
				var h geo.Hit
				if err := rows.Scan(&h.ID, &h.Metres); err != nil {
					return nil, err
				}
				dst = append(dst, h)
			}
			return dst, rows.Err()
		},
		nearest: func(ctx context.Context, p geo.Point) (h geo.Hit, err error) {
			err = first.QueryRowContext(ctx, p.Lng, p.Lat).Scan(&h.ID, &h.Metres)
			return h, err
		},
	}
}
