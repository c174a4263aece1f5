package photo

import "sync"

// beside does something on another goroutine and returns what waits for it. A panic
// there is one where it is waited for: files are hostile, and no picture is worth the
// process.
func beside(do func()) (wait func()) {
	var panicked any
	var done sync.WaitGroup
	done.Go(func() {
		defer func() { panicked = recover() }()
		do()
	})
	return func() {
		done.Wait()
		if panicked != nil {
			panic(panicked)
		}
	}
}
