package visit_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

func TestPhotoSignals(t *testing.T) {
	t.Parallel()
	here := &visit.Fix{Point: square, Accuracy: 10}
	taken := func(ago time.Duration) visit.Look { return visit.Look{Taken: noon.Add(-ago)} }
	at := func(metres float64) visit.Look { return visit.Look{Place: geo.Offset(square, metres, 45)} }
	twin := func(rep string, ago time.Duration, file bool) []visit.Twin {
		return []visit.Twin{{Photo: "other", Rep: rep, At: noon.Add(-ago), File: file}}
	}
	for name, tt := range map[string]struct {
		look  visit.Look
		fix   *visit.Fix
		twins []visit.Twin
		want  string
	}{
		"nothing known":              {visit.Look{}, here, nil, ""},
		"fresh":                      {taken(10 * time.Minute), here, nil, ""},
		"not so fresh":               {taken(11 * time.Minute), here, nil, "photo_old"},
		"a camera ahead of time":     {taken(-11 * time.Minute), here, nil, "photo_old"},
		"of another zone":            {taken(15 * time.Hour), here, nil, "photo_old"},
		"of yesterday":               {taken(17 * time.Hour), here, nil, "photo_old!"},
		"here":                       {at(1009), here, nil, ""},
		"not here":                   {at(1011), here, nil, "photo_place"},
		"within the fix's own error": {at(1500), &visit.Fix{Point: square, Accuracy: 600}, nil, ""},
		"in another town":            {at(30_001), here, nil, "photo_place!"},
		"without a fix":              {at(30_001), nil, nil, ""},
		"with a place that is gone":  {at(30_001), &visit.Fix{}, nil, ""},
		"one's own file":             {visit.Look{}, here, twin("r", time.Hour, true), "photo_same!"},
		"one's own file at once":     {visit.Look{}, here, twin("r", time.Minute, true), "photo_same!"},
		"one's own picture":          {visit.Look{}, here, twin("r", 24*time.Hour, false), "photo_same"},
		"another's picture":          {visit.Look{}, here, twin("R", 31*time.Minute, false), "photo_same!"},
		"shared at a visit":          {visit.Look{}, here, twin("R", 30*time.Minute, true), ""},
		"the worst of several":       {visit.Look{}, here, append(twin("r", time.Hour, false), twin("R", time.Hour, false)...), "photo_same!"},
	} {
		got := ""
		for _, s := range visit.PhotoSignals("r", noon, tt.look, tt.fix, tt.twins) {
			got += string(s.Kind)
			if s.Hard {
				got += "!"
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
