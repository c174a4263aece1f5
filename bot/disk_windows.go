package bot

import "golang.org/x/sys/windows"

// freeOf returns the share of the disk under dir that is free for us, 0 to 1.
func freeOf(dir string) (float64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free, total uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, &total, nil); err != nil {
		return 0, err
	}
	if total == 0 {
		return 1, nil
	}
	return float64(free) / float64(total), nil
}
