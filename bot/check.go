package bot

import "context"

// Checker is the ability of a platform to say, piece by piece, whether it is
// set up right. It is for a person at a shell, not for health checks.
type Checker interface {
	// Check tries what can be tried without saying anything to anybody.
	Check(ctx context.Context) []CheckResult
}

// CheckResult is one line of a check.
type CheckResult struct {
	// Name says what was looked at.
	Name string
	// Err is what is wrong, without secrets; nil when nothing is.
	Err error
	// Hint says what to do, or what to know although nothing is wrong; it may be empty.
	Hint string
}
