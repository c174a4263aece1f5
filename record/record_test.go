package record_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/record"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 123_456_789, time.UTC)

func leaf(payload string) record.Leaf {
	return record.Leaf{Payload: record.Commit([]byte("salt of "+payload), []byte(payload))}
}

// The bytes are those of docs/RECORD.md: another program comes to the same.
func TestTheBytesAreFixed(t *testing.T) {
	t.Parallel()
	a := record.Leaf{Payload: record.Commit([]byte("0123456789abcdef"), []byte(`{"id":"a"}`)), Place: record.Commit([]byte("fedcba9876543210"), []byte(`{"lat":1}`))}
	h := record.Next(record.Head{}, noon, []record.Leaf{a, leaf("b"), leaf("c")})
	for _, row := range []struct{ what, got, want string }{
		{"payload", a.Payload.String(), "196837e1a59fbfe05ffc9d16f21d55bde9c0f675ec3f36a5234ad723cac61677"},
		{"leaf", a.Hash().String(), "44f58a6f1c85ca9c21ba6199ad0be64799d8128c80a48cdccdeef42459780724"},
		{"root", h.Root.String(), "036d0ee9f6d4d46a760ef81335937c9a0b567ca4dd6e0d710b79541008974816"},
		{"head", h.Head().String(), "1 b1849951deeface195184cf7c17de457696d8344118667735e47d2cdb1c66167"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %s, want %s", row.what, row.got, row.want)
		}
	}
}

// The tree is the one of RFC 6962, computed here in another way: row by row.
func TestTheTreeIsMerkles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var leaves []record.Leaf
		var row [][]byte
		for range rapid.IntRange(1, 40).Draw(t, "leaves") {
			l := leaf(rapid.String().Draw(t, "payload"))
			leaves = append(leaves, l)
			h := l.Hash()
			row = append(row, h[:])
		}
		// A last one without a partner goes up as it is.
		for len(row) > 1 {
			var next [][]byte
			for i := 0; i < len(row); i += 2 {
				if i+1 == len(row) {
					next = append(next, row[i])
					continue
				}
				h := sha256.Sum256(bytes.Join([][]byte{{1}, row[i], row[i+1]}, nil))
				next = append(next, h[:])
			}
			row = next
		}
		if got := record.Root(leaves); !bytes.Equal(got[:], row[0]) {
			t.Errorf("got %s, want %x", got, row[0])
		}
	})
}

// chain draws blocks that follow each other.
func chain(t *rapid.T) (headers []record.Header, leaves [][]record.Leaf) {
	var head record.Head
	for range rapid.IntRange(1, 5).Draw(t, "blocks") {
		var ls []record.Leaf
		for range rapid.IntRange(1, 9).Draw(t, "leaves") {
			ls = append(ls, leaf(rapid.StringN(1, 8, -1).Draw(t, "payload")))
		}
		h := record.Next(head, noon.Add(time.Duration(len(headers))*time.Minute), ls)
		headers, leaves, head = append(headers, h), append(leaves, ls), h.Head()
	}
	return headers, leaves
}

// follow checks a chain, and returns the number of the first block that does not hold.
func follow(headers []record.Header, leaves [][]record.Leaf) (int, error) {
	var head record.Head
	for i, h := range headers {
		var err error
		if head, err = record.Follow(head, h, leaves[i]); err != nil {
			return i + 1, err
		}
	}
	return 0, nil
}

func TestEveryChangeBreaksTheChain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		headers, leaves := chain(t)
		if n, err := follow(headers, leaves); err != nil {
			t.Fatalf("block %d: %v", n, err)
		}
		witnessed := headers[len(headers)-1].Head()
		i := rapid.IntRange(0, len(headers)-1).Draw(t, "block")
		h := &headers[i]
		bit := func(b []byte) {
			n := rapid.IntRange(0, 8*len(b)-1).Draw(t, "bit")
			b[n/8] ^= 1 << (n % 8)
		}
		switch rapid.SampledFrom([]string{"leaf", "drop", "swap", "number", "time", "prev", "root", "count"}).Draw(t, "what") {
		case "leaf":
			bit(leaves[i][rapid.IntRange(0, len(leaves[i])-1).Draw(t, "leaf")].Payload[:])
		case "drop":
			leaves[i] = leaves[i][1:]
		case "swap":
			j := len(leaves[i]) - 1
			if leaves[i][0] == leaves[i][j] {
				t.Skip("the same")
			}
			leaves[i][0], leaves[i][j] = leaves[i][j], leaves[i][0]
		case "number":
			h.Number++
		case "time":
			h.At = h.At.Add(time.Millisecond)
		case "prev":
			bit(h.Prev[:])
		case "root":
			bit(h.Root[:])
		case "count":
			h.Count++
		}
		n, err := follow(headers, leaves)
		// A changed time of the last block is what the witness is for.
		if err == nil && headers[len(headers)-1].Head() == witnessed {
			t.Fatal("nobody notices")
		}
		if err != nil && n != i+1 && n != i+2 {
			t.Errorf("block %d was changed, block %d is named: %v", i+1, n, err)
		}
	})
}

// prove shows one leaf of a chain.
func prove(payload string, headers []record.Header, leaves [][]record.Leaf, i, j int) record.Proof {
	return record.Proof{Version: record.Version, Chain: headers[i:], Things: []record.Shown{{
		Payload: json.RawMessage(payload), Salt: []byte("salt of " + payload), Block: headers[i].Number, Index: j, Path: record.Path(leaves[i], j),
	}}}
}

func TestAProofStandsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		headers, leaves := chain(t)
		i := rapid.IntRange(0, len(headers)-1).Draw(t, "block")
		j := rapid.IntRange(0, len(leaves[i])-1).Draw(t, "leaf")
		const payload = `{"id":"a"}`
		// The chain is made anew with what is proved in it.
		leaves[i][j] = leaf(payload)
		var head record.Head
		for k := range headers {
			headers[k] = record.Next(head, headers[k].At, leaves[k])
			head = headers[k].Head()
		}
		p := prove(payload, headers, leaves, i, j)
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var read record.Proof
		if err := json.Unmarshal(data, &read); err != nil {
			t.Fatal(err)
		}
		if got, err := read.Verify(); err != nil || got != head {
			t.Fatalf("it ends at %v, %v; want %v", got, err, head)
		}
		s := &read.Things[0]
		switch rapid.SampledFrom([]string{"payload", "salt", "place", "index", "path", "short", "block"}).Draw(t, "what") {
		case "payload":
			s.Payload = json.RawMessage(`{"id":"b"}`)
		case "salt":
			s.Salt[0]++
		case "place":
			s.Place, s.PlaceSalt = json.RawMessage(`{}`), []byte("x")
		case "index":
			s.Index++
		case "path":
			s.Path = append(s.Path, record.Hash{1})
		case "short":
			if len(s.Path) == 0 {
				t.Skip("no path")
			}
			s.Path = s.Path[1:]
		case "block":
			s.Block++
		}
		if _, err := read.Verify(); err == nil {
			t.Error("a forged proof holds")
		}
	})
}

func TestBadProofs(t *testing.T) {
	t.Parallel()
	l := []record.Leaf{leaf("a")}
	first := record.Next(record.Head{}, noon, l)
	second := record.Next(first.Head(), noon, l)
	good := prove("a", []record.Header{first, second}, [][]record.Leaf{l, l}, 0, 0)
	for name, tt := range map[string]struct {
		change func(*record.Proof)
		want   error
	}{
		"version": {func(p *record.Proof) { p.Version = 2 }, record.ErrVersion},
		"nothing": {func(p *record.Proof) { p.Things = nil }, record.ErrEmpty},
		"chain":   {func(p *record.Proof) { p.Chain = nil }, record.ErrEmpty},
		"gap":     {func(p *record.Proof) { p.Chain[1].Number = 9 }, record.ErrNumber},
		"prev":    {func(p *record.Proof) { p.Chain[1].Prev = record.Hash{} }, record.ErrPrev},
		"before":  {func(p *record.Proof) { p.Chain = p.Chain[1:] }, record.ErrPath},
		"index":   {func(p *record.Proof) { p.Things[0].Index = -1 }, record.ErrPath},
	} {
		p := good
		p.Chain = append([]record.Header(nil), good.Chain...)
		p.Things = append([]record.Shown(nil), good.Things...)
		tt.change(&p)
		if _, err := p.Verify(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestHeadsArePastedAsTheyCome(t *testing.T) {
	t.Parallel()
	h := record.Next(record.Head{}, noon, []record.Leaf{leaf("a")}).Head()
	h.Number = 1207
	for _, text := range []string{
		h.String(), "记录 #" + h.String(), "巡访 11月24日 19:30：\n第 1207 块 · " + h.Hash.String() + "\n", "1207:" + strings.ToUpper(h.Hash.String()),
	} {
		if got, err := record.ParseHead(text); err != nil || got != h {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1207", h.Hash.String(), "0 " + h.Hash.String(), "12 " + h.Hash.String()[1:], "x " + h.Hash.String()} {
		if got, err := record.ParseHead(text); !errors.Is(err, record.ErrHash) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add("记录 #12 " + strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, s string) {
		h, err := record.ParseHead(s)
		if err != nil {
			return
		}
		if again, err := record.ParseHead(h.String()); err != nil || again != h {
			t.Errorf("%q: %v, then %v, %v", s, h, again, err)
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	payload := bytes.Repeat([]byte("x"), 600)
	for b.Loop() {
		record.Commit([]byte("0123456789abcdef"), payload)
	}
}
