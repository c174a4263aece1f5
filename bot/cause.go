package bot

import "context"

// causeKey is the key of the event in a context.
type causeKey struct{}

// withCause says which event is being handled, so that what is said for it can
// be followed in the logs from the callback to the reply.
func withCause(ctx context.Context, event string) context.Context {
	return context.WithValue(ctx, causeKey{}, event)
}

// causeOf returns the key of the event that is being handled, or "".
func causeOf(ctx context.Context) string {
	event, _ := ctx.Value(causeKey{}).(string)
	return event
}
