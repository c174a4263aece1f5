package compare_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"

	"roundsman/geo"
)

// redis is one connection that speaks as much of Redis's protocol as is asked here.
type redis struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func (r redis) send(args ...string) {
	fmt.Fprintf(r.out, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(r.out, "$%d\r\n%s\r\n", len(a), a)
	}
}

// answer returns a string, for an integer too, or a list of answers.
func (r redis) answer() (any, error) {
	line, err := r.in.ReadString('\n')
	if err != nil || len(line) < 3 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	kind, rest := line[0], line[1:len(line)-2]
	if kind == '-' {
		return nil, errors.New(rest)
	}
	if kind == '+' || kind == ':' {
		return rest, nil
	}
	n, err := strconv.Atoi(rest)
	if err != nil || n < 0 {
		return nil, errors.Join(err, errNothing)
	}
	if kind == '$' {
		text := make([]byte, n+2)
		_, err := io.ReadFull(r.in, text)
		return string(text[:n]), err
	}
	list := make([]any, n)
	for i := range list {
		if list[i], err = r.answer(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r redis) do(args ...string) (any, error) {
	r.send(args...)
	if err := r.out.Flush(); err != nil {
		return nil, err
	}
	return r.answer()
}

// startRedis keeps the places as a geo set.
func startRedis(ctx context.Context, t testing.TB, address string, points []geo.Point) engine {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := redis{bufio.NewReader(conn), bufio.NewWriter(conn)}
	key := "roundsman-bench-" + rand.Text()[:12]
	t.Cleanup(func() {
		if _, err := r.do("DEL", key); err != nil {
			t.Errorf("dropping what was made: %v", err)
		}
	})
	degrees := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	for from := 0; from < len(points); from += 1000 {
		args := []string{"GEOADD", key}
		for i := from; i < min(from+1000, len(points)); i++ {
			args = append(args, degrees(points[i].Lng), degrees(points[i].Lat), strconv.Itoa(i))
		}
		if _, err := r.do(args...); err != nil {
			t.Fatal(err)
		}
	}
	within := func(_ context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
		answer, err := r.do("GEOSEARCH", key, "FROMLONLAT", degrees(p.Lng), degrees(p.Lat), "BYRADIUS", degrees(metres), "m", "ASC", "WITHDIST")
		if err != nil {
			return nil, err
		}
		list, _ := answer.([]any)
		for _, item := range list {
			pair, _ := item.([]any)
			if len(pair) != 2 {
				return nil, fmt.Errorf("answered %v", item)
			}
			id, err := strconv.Atoi(fmt.Sprint(pair[0]))
			if err != nil {
				return nil, err
			}
			d, err := strconv.ParseFloat(fmt.Sprint(pair[1]), 64)
			if err != nil {
				return nil, err
			}
			dst = append(dst, geo.Hit{ID: int32(id), Metres: d})
		}
		return dst, nil
	}
	return engine{
		name:   "Redis GEOSEARCH",
		within: within,
		// COUNT 1 within a large radius looks at everything in it first.
		nearest: func(ctx context.Context, p geo.Point) (geo.Hit, error) { return growing(ctx, within, p) },
	}
}
