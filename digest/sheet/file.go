package sheet

import (
	"bytes"
	"context"
	"errors"

	"roundsman/catalog"
	"roundsman/digest"
)

// ErrTooLarge says that a workbook has more bytes than are wanted.
var ErrTooLarge = errors.New("the workbook is too large")

// File is a [Workbook] in memory, with the name under which it is saved. One of
// more than limit bytes is [ErrTooLarge].
func File(ctx context.Context, dates digest.Dates, say *catalog.Catalog, limit int) (name string, data []byte, err error) {
	b := bounded{limit: limit}
	if err := Workbook(ctx, &b, dates, say); err != nil {
		return "", nil, err
	}
	team := say.T("sheet.company")
	if len(dates.Teams) == 1 {
		team = dates.Teams[0]
	}
	return say.T("sheet.file", "Team", team, "From", string(dates.From), "To", string(dates.To)) + ".xlsx", b.buffer.Bytes(), nil
}

// bounded is a buffer that takes only so much.
type bounded struct {
	buffer bytes.Buffer
	limit  int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.limit {
		return 0, ErrTooLarge
	}
	return b.buffer.Write(p)
}
