package privacy

import (
	"testing"

	"roundsman/visit"
)

func TestKeysNameAPersonByTheirParts(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "R1", Name: "张伟", Identities: map[string]string{"feishu": "ou_1", "wecom": "li na"}})
	for key, want := range map[string]bool{
		"":                           false,
		"R1":                         true,
		"lane/rep/R1":                true,
		"plan/R1/2026-11-24":         true,
		"job|reps/R1|2026":           true,
		"wecom:user/ou_1":            true,
		"wecom:e:li na:1:click":      true,
		"lane/rep/R11":               false,
		"R1x":                        false,
		"feishu:user/ou_12":          false,
		"张伟":                         false, // a name is no key
		"erasure/x/asked/feishu:u/z": false,
	} {
		if got := f.Key(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func TestPayloadsAreAboutAPerson(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "1001", Name: "张伟", Identities: map[string]string{"feishu": "ou_1"}})
	for payload, want := range map[string]bool{
		``:                              false,
		`{"rep":"1001"}`:                true,
		`{"amount":1001}`:               false,
		`{"amount":1001,"x":"y"}`:       false,
		`{"key":"wecom:e:ou_1:5"}`:      true,
		`{"key":"wecom:e:ou_12:5"}`:     false,
		`{"text":"张伟 3/4"}`:             true,
		`{"text":"张 伟"}`:                false,
		`{"file":{"data":"UEs="}}`:      true,
		`{"image":{"data":"UEs="}}`:     true,
		`{"text":"file"}`:               false,
		`{"text":"see 1001, or 10013"}`: false,
	} {
		if got := f.Payload([]byte(payload)); got != want {
			t.Errorf("%s: %v", payload, got)
		}
	}
	if !f.Event([]byte(`{"from":"ou_1"}`)) || f.Event([]byte(`{"text":"和张伟一起"}`)) {
		t.Error("an event is somebody's by ids, not by what others write")
	}
	// One sign is no name that can be looked for, and somebody may have none.
	for _, name := range []string{"李", ""} {
		if f := finderOf(visit.Rep{ID: "x", Name: name}); f.Payload([]byte(`{"text":"李 3/4"}`)) {
			t.Errorf("%q is found", name)
		}
	}
}

func TestOthersRecordsNameNobody(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "note", Identities: map[string]string{"wecom": "lina"}})
	order := int64(9007199254740993) // more than a double holds
	fact := visit.Fact{
		ID: "1", Kind: visit.KindNote, Rep: "other", By: "note", Visit: "wecom:e:lina:1/fix", Note: "note", Message: "lina2",
		Result: &visit.Result{Visit: "v", Order: &order},
		Plan:   &visit.Change{},
	}
	got, changed, err := rewritten(f, fact)
	if err != nil || !changed {
		t.Fatalf("changed %v, %v", changed, err)
	}
	if got.Kind != visit.KindNote || got.By != "erased" || got.Visit != "wecom:e:erased:1/fix" || got.Note != "note" || got.Message != "lina2" || *got.Result.Order != order {
		t.Errorf("got %+v", got)
	}
	fact.By, fact.Visit = "other", ""
	if _, changed, err := rewritten(f, fact); err != nil || changed {
		t.Errorf("of nobody: %v, %v", changed, err)
	}
}
