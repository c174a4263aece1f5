package visit

import "time"

// ActKind says what somebody did that is no part of a rep's day: a word of the catalogue.
type ActKind string

// The kinds of acts.
const (
	// ActSetting: a team's setting was changed.
	ActSetting ActKind = "setting"
	// ActImport: a table was imported; ActUndo: an import or a transfer was taken back.
	ActImport ActKind = "import"
	ActUndo   ActKind = "undo"
	// ActTransfer: customers were given to another rep.
	ActTransfer ActKind = "transfer"
	// ActBind: a group was bound to a team, or made for it.
	ActBind ActKind = "bind"
	// ActPlace: a customer's place was set or mended.
	ActPlace ActKind = "place"
	// ActLook: somebody looked at where another person was, or at their photos.
	ActLook ActKind = "look"
	// ActExport: whereabouts were exported.
	ActExport ActKind = "export"
	// ActRedact: where people were before a date was removed when its time was over.
	ActRedact ActKind = "redact"
	// ActErase: what was kept of a person was removed; What is how many records.
	ActErase ActKind = "erase"
	// ActHold: what is kept of a person is needed in a dispute, and is not to be
	// erased by one alone; ActRelease ends that.
	ActHold    ActKind = "hold"
	ActRelease ActKind = "release"
)

// Shell is who an act was done by that came from the command line: whoever may
// use it is the operator's to know.
const Shell = "shell"

// Act is what an admin, a manager or Roundsman itself did that people may want to
// hold them to. Acts are appended, never changed, and sealed like facts. The id
// derives from the cause.
type Act struct {
	ID   string  `json:"id"`
	Kind ActKind `json:"kind"`
	// At is UTC milliseconds.
	At time.Time `json:"at"`
	// By is who did it, by id; empty for Roundsman itself.
	By string `json:"by,omitempty"`
	// About is the person whom it concerns, by id; Team the team.
	About string `json:"about,omitempty"`
	Team  string `json:"team,omitempty"`
	// What says more, in the words of its kind; Reason is the one that was given.
	What   string `json:"what,omitempty"`
	Reason string `json:"reason,omitempty"`
}
