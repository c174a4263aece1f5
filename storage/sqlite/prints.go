package sqlite

import (
	"context"

	"roundsman/storage"
)

// quarters are the four parts of a hash, from its lowest bits.
func quarters(d uint64) [4]int64 {
	return [4]int64{int64(d & 0xffff), int64(d >> 16 & 0xffff), int64(d >> 32 & 0xffff), int64(d >> 48)}
}

func (m media) PutPrint(ctx context.Context, p storage.Print) error {
	b := quarters(p.D)
	_, err := m.s.exec(ctx, "keeping what a photo looks like", `
		INSERT INTO prints (photo, sha256, d, p, rep, at, b0, b1, b2, b3) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (photo) DO NOTHING`,
		p.Photo, p.SHA256, int64(p.D), int64(p.P), p.Rep, millis(p.At), b[0], b[1], b[2], b[3])
	return err
}

func scanPrint(row scanner) (p storage.Print, err error) {
	var d, q int64
	var at instant
	err = row.Scan(&p.Photo, &p.SHA256, &d, &q, &p.Rep, &at)
	p.D, p.P, p.At = uint64(d), uint64(q), at.Time
	return p, err
}

func (m media) Alike(ctx context.Context, p storage.Print, limit int) ([]storage.Print, error) {
	const doing = "looking for the same picture"
	b := quarters(p.D)
	seen := map[string]bool{p.Photo: true}
	var out []storage.Print
	for _, q := range []struct {
		query string
		value any
	}{
		{"SELECT photo, sha256, d, p, rep, at FROM prints WHERE sha256 = ? ORDER BY at DESC, photo DESC LIMIT ?", p.SHA256},
		{"SELECT photo, sha256, d, p, rep, at FROM prints WHERE b0 = ? ORDER BY at DESC, photo DESC LIMIT ?", b[0]},
		{"SELECT photo, sha256, d, p, rep, at FROM prints WHERE b1 = ? ORDER BY at DESC, photo DESC LIMIT ?", b[1]},
		{"SELECT photo, sha256, d, p, rep, at FROM prints WHERE b2 = ? ORDER BY at DESC, photo DESC LIMIT ?", b[2]},
		{"SELECT photo, sha256, d, p, rep, at FROM prints WHERE b3 = ? ORDER BY at DESC, photo DESC LIMIT ?", b[3]},
	} {
		found, err := many(ctx, m.s, doing, scanPrint, q.query, q.value, limit)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !seen[f.Photo] {
				seen[f.Photo] = true
				out = append(out, f)
			}
		}
	}
	return out, nil
}
