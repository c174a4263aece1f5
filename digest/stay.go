package digest

import (
	"time"

	"roundsman/catalog"
	"roundsman/visit"
)

// Stay writes for how long a rep was at a visit's customer, and that it was
// shorter than it should be; it is empty while nobody knows.
func Stay(v visit.Visit, say *catalog.Catalog) string {
	stay, said := v.Stay()
	if stay < 0 {
		return ""
	}
	key, long := "stay.said", stay.Truncate(time.Minute)
	if !said || long == 0 {
		// It ended at some time before.
		key, long = "stay.under", max((stay+time.Minute-1).Truncate(time.Minute), time.Minute)
	}
	text := say.T(key, "Long", say.Duration(long))
	if v.Short() {
		text += say.T("list.brackets", "Text", say.T("stay.short"))
	}
	return text
}
