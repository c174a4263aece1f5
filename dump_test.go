package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// dump is everything in a table of the company's store, as text.
func (c *company) dump(table string) []byte {
	c.Helper()
	return dumpOf(c.T, c.program.cfg.Storage.Reveal(), table)[table]
}

// dumpOf is everything in the tables or the collections of a store, or in all of them, as text.
func dumpOf(t *testing.T, store string, only ...string) map[string][]byte {
	t.Helper()
	if path, ok := strings.CutPrefix(store, sqliteScheme); ok {
		return dumpSQLite(t, path, only)
	}
	return dumpMongo(t, store, only)
}

func dumpSQLite(t *testing.T, path string, only []string) map[string][]byte {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_busy_timeout=5000")
	must(err)
	defer db.Close()
	if len(only) == 0 {
		rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table'")
		must(err)
		defer rows.Close()
		for rows.Next() {
			var name string
			must(rows.Scan(&name))
			only = append(only, name)
		}
		must(rows.Err())
	}
	out := make(map[string][]byte)
	for _, table := range only {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
		must(err)
		names, err := rows.Columns()
		must(err)
		var b bytes.Buffer
		for rows.Next() {
			cells := make([]any, len(names))
			for i := range cells {
				cells[i] = new(any)
			}
			must(rows.Scan(cells...))
			for i, cell := range cells {
				switch v := (*cell.(*any)).(type) {
				case []byte:
					fmt.Fprintf(&b, "%s=%s ", names[i], v)
				default:
					fmt.Fprintf(&b, "%s=%v ", names[i], v)
				}
			}
			b.WriteByte('\n')
		}
		must(rows.Err())
		must(rows.Close())
		out[table] = b.Bytes()
	}
	return out
}

func dumpMongo(t *testing.T, uri string, only []string) map[string][]byte {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(uri)
	must(err)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	must(err)
	defer func() { _ = client.Disconnect(context.Background()) }()
	db := client.Database(strings.TrimPrefix(u.Path, "/"))
	if len(only) == 0 {
		only, err = db.ListCollectionNames(t.Context(), bson.D{})
		must(err)
	}
	out := make(map[string][]byte)
	for _, name := range only {
		cursor, err := db.Collection(name).Find(t.Context(), bson.D{})
		must(err)
		var b bytes.Buffer
		for cursor.Next(t.Context()) {
			writeDoc(&b, cursor.Current)
			b.WriteByte('\n')
		}
		must(cursor.Err())
		out[name] = b.Bytes()
	}
	return out
}

// writeDoc writes a document with its bytes as they are.
func writeDoc(b *bytes.Buffer, doc bson.Raw) {
	elements, _ := doc.Elements()
	for _, e := range elements {
		fmt.Fprintf(b, "%s=", e.Key())
		switch v := e.Value(); v.Type {
		case bson.TypeBinary:
			_, data := v.Binary()
			b.Write(data)
		case bson.TypeString:
			b.WriteString(v.StringValue())
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			writeDoc(b, v.Value)
		default:
			b.WriteString(v.String())
		}
		b.WriteByte(' ')
	}
}
