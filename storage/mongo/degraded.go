package mongo

import "context"

// Degraded says in short sentences what this server lacks of a replica set of
// several machines, which is what real use needs; nil if it lacks nothing.
func (s *Store) Degraded(ctx context.Context) ([]string, error) {
	h, err := s.hello(ctx)
	if err != nil {
		return nil, translate(ctx, "asking the server what it is", err)
	}
	return h.lacks(), nil
}

// router is what a sharded cluster's router calls itself. Behind it each shard is a replica set.
const router = "isdbgrid"

func (h hello) lacks() []string {
	var out []string
	switch {
	case h.Msg == router:
	case h.SetName == "":
		out = append(out,
			"The server is not a member of a replica set: what it confirms is on one machine only, and is lost with it.",
			"Without a replica set the driver does not repeat a write whose answer was lost: the caller gets an error and does it again.")
	case len(h.Hosts) < 2:
		out = append(out, "The replica set has one member with data: what it confirms is on one machine only, and is lost with it.")
	case len(h.Arbiters) > 0 && len(h.Hosts) < 3:
		out = append(out, "The replica set has two members with data and an arbiter: when one of the two fails, no write is confirmed.")
	}
	return out
}
