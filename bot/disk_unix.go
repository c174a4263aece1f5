//go:build unix

package bot

import "golang.org/x/sys/unix"

// freeOf returns the share of the disk under dir that is free for us, 0 to 1.
func freeOf(dir string) (float64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	if s.Blocks == 0 {
		return 1, nil
	}
	return float64(s.Bavail) / float64(s.Blocks), nil
}
