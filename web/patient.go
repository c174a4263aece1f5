package web

import (
	"io"
	"net/http"
	"time"
)

// patient reads an upload for as long as bytes keep coming. The server's own
// limits are for messages of some kilobytes.
type patient struct {
	body io.Reader
	conn *http.ResponseController
	end  time.Time
}

// newPatient returns a reader of at most limit bytes of the request's body.
func newPatient(w http.ResponseWriter, r *http.Request, limit int64) *patient {
	return &patient{http.MaxBytesReader(w, r.Body, limit), http.NewResponseController(w), time.Now().Add(uploadWithin)}
}

// Read waits for the next bytes a while, and not beyond the end of the whole.
func (p *patient) Read(b []byte) (int, error) {
	next := time.Now().Add(stallFor)
	if next.After(p.end) {
		next = p.end
	}
	// Where it cannot be set, as in a test's recorder, the server's own limits hold.
	_ = p.conn.SetReadDeadline(next)
	_ = p.conn.SetWriteDeadline(next.Add(stallFor))
	return p.body.Read(b)
}
