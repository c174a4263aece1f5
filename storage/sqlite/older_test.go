package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"roundsman/storage/sqlite"
	"roundsman/storage/storagetest"
)

// What older versions wrote is read as it was meant.
func TestWhatAnOlderVersionWroteIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.db")
	s := open(t, path, sqlite.Options{})
	for id, fact := range map[string]string{
		"v1": `{"id":"v1","kind":"fix","rep":"r","team":"t","date":"2026-11-20","at":"2026-11-20T01:00:00Z","received":"2026-11-20T01:00:00Z","platform":"wecom","message":"1",` +
			`"fix":{"point":{"lat":31.23,"lng":121.47,"datum":"gcj02"},"address":"世纪大道","evidence":"pin","support":-1,"rule":"1","max_accuracy":150,` +
			`"claims":[{"customer":"c1","verdict":"verified","distance":12.5,"radius":200,"near":500}]}}`,
		"v2": `{"id":"v2","kind":"fix","rep":"r","team":"t","date":"2026-11-20","at":"2026-11-20T02:00:00Z","received":"2026-11-20T02:00:00Z","platform":"wecom","message":"2",` +
			`"fix":{"point":{"lat":31.25,"lng":121.49,"datum":"gcj02"},"evidence":"pin","support":30,"rule":"2","max_accuracy":150,` +
			`"claims":[{"customer":"c2","verdict":"verified","distance":3,"radius":200,"near":500}],"signals":[{"kind":"travel","hard":true,"value":1500,"with":"v1"}]}}`,
	} {
		change(t, path, fmt.Sprintf(`INSERT INTO facts (id, rep, team, date, at, located, doc, salt, place_salt)
			SELECT '%s', doc->>'rep', doc->>'team', doc->>'date', unixepoch(doc->>'at') * 1000, 1, doc, randomblob(16), randomblob(16) FROM (SELECT '%s' AS doc)`, id, fact))
	}
	change(t, path, `INSERT INTO outcomes (rep, date, team, facts, doc) VALUES ('r', '2026-11-20', 't', 2, '{"rep":"r","team":"t","date":"2026-11-20","facts":2,"planned":["c1"],`+
		`"calls":[{"visit":"v1","customer":"c1","verdict":"verified","planned":true,"start":"2026-11-20T01:00:00Z","last":"2026-11-20T01:00:00Z"}]}')`)
	storagetest.CheckOlder(t, s)
}
