package mongo_test

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"testing"
)

// Sharded by hashed _id, every hot collection spreads evenly whatever its keys
// look like, and at every moment: what is written now does not all go to one
// shard. MongoDB's hashed indexes are made from MD5, of which this takes eight
// bytes in the same way; the chunks are those of an empty collection that is
// sharded so: two a shard, equal parts of the range.
func TestShardsFillEvenly(t *testing.T) {
	t.Parallel()
	const shards, chunks = 12, 24
	const reps, days, hours = 2000, 20, 10
	keys := map[string]func(rep, day, hour int) string{
		"inbox":  func(r, d, h int) string { return fmt.Sprintf("feishu:m:om_%08x%04x", r*7919, d*100+h) },
		"facts":  func(r, d, h int) string { return fmt.Sprintf("wecom:m:%d/fix", 7_000_000_000+(d*hours+h)*reps+r) },
		"outbox": func(r, d, h int) string { return fmt.Sprintf("visit/wecom:m:%d/fix", 7_000_000_000+(d*hours+h)*reps+r) },
		"plans":  func(r, d, h int) string { return fmt.Sprintf("%04d|2026-11-%02d|C%05d", r, d+1, r*10+h) },
		// A day's outcome is written again with each of its facts.
		"outcomes": func(r, d, _ int) string { return fmt.Sprintf("%04d|2026-11-%02d", r, d+1) },
		"leases":   func(r, d, h int) string { return fmt.Sprintf("lane/rep/%04d", r*(1+d*hours+h)) },
	}
	for name, key := range keys {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var whole [shards]int
			worst := 0.0
			for day := range days {
				for hour := range hours {
					var now [shards]int
					for rep := range reps {
						sum := md5.Sum([]byte(key(rep, day, hour)))
						chunk := binary.LittleEndian.Uint64(sum[:8]) / (1<<64/chunks + 1)
						now[chunk%shards]++
						whole[chunk%shards]++
					}
					worst = max(worst, overMean(now[:]))
				}
			}
			over := overMean(whole[:])
			t.Logf("%s: the fullest of %d shards has %.1f %% more than the mean, in the worst hour %.0f %%", name, shards, 100*over, 100*worst)
			if over > 0.05 || worst > 0.5 {
				t.Errorf("%s does not spread: %.1f %% over the mean, %.0f %% in the worst hour", name, 100*over, 100*worst)
			}
		})
	}
	// What hashing is for: sharded by their key as it is, WeCom's growing ids would all be written to the last shard.
	var ranged [shards]int
	const all = reps * days * hours
	for i := all - reps; i < all; i++ { // the last hour
		ranged[i*shards/all]++
	}
	if over := overMean(ranged[:]); over < shards-2 {
		t.Errorf("the hot spot that hashing avoids is not there: %.1f", over)
	}
}

// overMean is by how much the fullest has more than the mean.
func overMean(counts []int) float64 {
	sum, most := 0, 0
	for _, n := range counts {
		sum += n
		most = max(most, n)
	}
	return float64(most)*float64(len(counts))/float64(sum) - 1
}
