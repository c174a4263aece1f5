package sheet

import (
	"errors"
	"io"
)

// Recognise finds out by its header of which kinds a file may be: those whose
// required columns are all there, and of several those that know every column.
// There is none if the file is no table of ours. A file that cannot be read
// gives an [*Invalid].
func Recognise(name string, file io.Reader) (kinds []Kind, err error) {
	src, err := open(name, file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	var header []string
	enough := errors.New("the header was read")
	err = src.each(func(_ int, row []string) error {
		if blank(row) {
			return nil
		}
		header = append(header, row...)
		return enough
	})
	if err != nil && !errors.Is(err, enough) {
		return nil, err
	}
	var exact []Kind
	for _, t := range []struct {
		kind Kind
		fits func([]string) (required, only bool)
	}{
		{Customers, customers.fits},
		{Reps, reps.fits},
		{Plans, plans.fits},
		{Targets, targets.fits},
		{Routes, routes.fits},
		{Holidays, holidays.fits},
	} {
		required, only := t.fits(header)
		if required {
			kinds = append(kinds, t.kind)
		}
		if required && only {
			exact = append(exact, t.kind)
		}
	}
	if len(kinds) > 1 && len(exact) > 0 {
		return exact, nil
	}
	return kinds, nil
}
