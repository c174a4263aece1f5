package privacy

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundsman/storage"

	"roundsman/visit"
)

func TestKeysNameAPersonByTheirParts(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "R1", Name: "张伟", Identities: map[string]string{"feishu": "ou_1", "wecom": "li na"}}, nil)
	for key, want := range map[string]bool{
		"":                                  false,
		"R1":                                true,
		"lane/rep/R1":                       true,
		"plan/R1/2026-11-24":                true,
		"plan/R1/2026-11-24/reminder":       true,
		"due/nudge|reps/a|2026-11-24/R1":    true,
		"nudge|reps/R1|2026-11-24":          false, // a team may be called so
		"place/R1/2026-11/R2":               false, // and a customer
		"doubt/wecom:m:1/fix/R1":            true,
		"consent/R1/wecom/1":                true,
		"lane/chat/wecom/li na":             true,
		"stranger/feishu/ou_1/2026":         true,
		"limit/feishu:user/ou_1":            true,
		"run/a|feishu:user/ou_1|2026-11-24": true,
		"internal:wecom:m:5/review/R1":      true,
		"wecom:m:5/photo/R1":                false, // which counts
		"feishu:user/ou_1":                  true,
		"wecom:e:li na:1:click":             true,
		"lane/rep/R11":                      false,
		"R1x":                               false,
		"feishu:user/ou_12":                 false,
		"张伟":                                false, // a name is no key
		"erasure/x/asked/feishu:u/z":        false,
	} {
		if got := f.Key(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func TestPayloadsAreAboutAPerson(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "1001", Name: "张伟", Identities: map[string]string{"feishu": "ou_1"}}, nil)
	for payload, want := range map[string]bool{
		``:                              false,
		`{"rep":"1001"}`:                true,
		`{"amount":1001}`:               false,
		`{"amount":1001,"x":"y"}`:       false,
		`{"key":"wecom:e:ou_1:5"}`:      true,
		`{"key":"wecom:e:ou_12:5"}`:     false,
		`{"text":"张伟 3/4"}`:             true,
		`{"text":"张 伟"}`:                false,
		`{"text":"file"}`:               false,
		`{"text":"see 1001, or 10013"}`: false,
	} {
		if got := f.Payload([]byte(payload)); got != want {
			t.Errorf("%s: %v", payload, got)
		}
	}
	for _, file := range []string{`{"file":{"data":"UEs="}}`, `{"image":{"data":"UEs="}}`} {
		if !f.File([]byte(file)) || f.File([]byte(`{"text":"file"}`)) {
			t.Errorf("%s is a file", file)
		}
	}
	// Tables that wait are compressed.
	for text, want := range map[string]bool{`[{"rep":"1001"}]`: true, `[{"rep":"1002"}]`: false} {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write([]byte(text))
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		if got := f.Payload(packed.Bytes()); got != want {
			t.Errorf("%s, packed: %v", text, got)
		}
	}
	// One sign is no name that can be looked for, and somebody may have none.
	for _, name := range []string{"李", ""} {
		if f := finderOf(visit.Rep{ID: "x", Name: name}, nil); f.Payload([]byte(`{"text":"李 3/4"}`)) {
			t.Errorf("%q is found", name)
		}
	}
}

func TestAnEventIsItsSenders(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "1001", Name: "张伟", Identities: map[string]string{"wecom": "zw"}}, []byte("key"))
	for _, c := range []struct {
		key, payload string
		want         storage.Naming
	}{
		{"wecom:m:1", `{"platform":"wecom","from":"zw","text":"明天"}`, storage.Theirs},
		{"wecom:m:1", `{"platform":"feishu","from":"zw"}`, storage.NamesThem}, // another one's user on another platform
		{"wecom:m:1", `{"platform":"wecom","from":"lina","text":"改到 1001 明天"}`, storage.NamesThem},
		{"wecom:m:1", `{"platform":"wecom","from":"lina","text":"改到 1002 明天"}`, storage.NamesNobody},
		{"internal:x", `{"fact":{"id":"x","rep":"1001"}}`, storage.Theirs},
		{"internal:x", `{"fact":{"id":"x","rep":"R2","by":"1001"}}`, storage.NamesThem},
		{"due/x/1001", `{"due":{"job":"x","rep":"1001"}}`, storage.Theirs},
		{"due/x/R2", `{"due":{"job":"x","rep":"R2"}}`, storage.NamesNobody},
		{"due/complaint/wecom:e:zw:1:click/complaint", `{"due":{"job":"complaint","rep":"R2"}}`, storage.NamesThem},
		{"wecom:e:zw:1:enter_agent", ``, storage.Theirs},
		{"wecom:e:lina:1:enter_agent", ``, storage.NamesNobody},
		{"x", `{"half":"1001`, storage.NamesNobody},
		{"x", `{"half":"1001"`, storage.Theirs},
	} {
		if got := f.Event(c.key, []byte(c.payload)); got != c.want {
			t.Errorf("%s %s: %v", c.key, c.payload, got)
		}
	}
}

func TestOthersEventsNameNobody(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "1001", Name: "张伟", Identities: map[string]string{"wecom": "zw"}}, []byte("key"))
	complaint := f.Renamed("wecom:e:zw:1:click/complaint")
	for _, c := range []struct{ key, payload, wantKey, want string }{
		{"wecom:m:1", `{"key":"wecom:m:1","text":"改到 1001 明天"}`, "wecom:m:1", `{"key":"wecom:m:1","text":"改到 1001 明天"}`},
		{"x", `no JSON`, "x", `no JSON`},
		{
			"due/complaint/wecom:e:zw:1:click/complaint", `{"key":"due/complaint/wecom:e:zw:1:click/complaint","due":{"job":"complaint","rep":"R2","of":"wecom:e:zw:1:click/complaint"}}`,
			f.Renamed("due/complaint/wecom:e:zw:1:click/complaint"), `{"due":{"job":"complaint","of":"` + complaint + `","rep":"R2"},"key":"` + f.Renamed("due/complaint/wecom:e:zw:1:click/complaint") + `"}`,
		},
	} {
		key, payload := f.Rewritten(c.key, []byte(c.payload))
		if key != c.wantKey || string(payload) != c.want {
			t.Errorf("%s: %s %s", c.payload, key, payload)
		}
	}
	_, payload := f.Rewritten("internal:x", []byte(`{"key":"internal:x","fact":{"id":"x","rep":"R2","by":"1001","note":"1001"}}`))
	var e struct{ Fact visit.Fact }
	if err := json.Unmarshal(payload, &e); err != nil || e.Fact.By != "erased" || e.Fact.Note != "1001" || e.Fact.Rep != "R2" {
		t.Errorf("a fact on its way: %s, %v", payload, err)
	}
}

func TestWhatAnEventBroughtIsFound(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "1001"}, nil)
	for content, want := range map[string][]string{
		"kept:upload/n/0": {"upload/n/0"},
		"img_v3":          nil,
		`{"key":"web:n","platform":"wecom","from":"zw","media":[{"Resource":"kept:upload/n/0"},{"Resource":"kept:upload/n/1"}]}`: {"upload/n/0", "upload/n/1"},
		`{"id":"om_1","media":[{"Resource":"kept:upload/n/0"}]}`:                                                                 nil, // a platform's own key
		`{"fact":{"id":"x","rep":"1001","photo":{"of":"p","sha256":"abc"}}}`:                                                     {"abc"},
	} {
		if got := f.Blobs([]byte(content)); !slices.Equal(got, want) {
			t.Errorf("%s: %q", content, got)
		}
	}
}

// texts sets every text of a record to the value, one after the other, and
// returns which of them rewriting the record changed, by their paths.
func texts(f finder, value string) (changed []string, all int) {
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			walk(path, v.Elem())
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				return
			}
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			walk(path, v.Index(0))
		case reflect.Struct:
			for i := range v.NumField() {
				if field := v.Type().Field(i); field.IsExported() {
					walk(path+"."+field.Name, v.Field(i))
				}
			}
		case reflect.String:
			v.SetString(value)
			all++
		}
	}
	// compare lists the texts that are not the value any more.
	var compare func(path string, v reflect.Value)
	compare = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			compare(path, v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				compare(path, v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if field := v.Type().Field(i); field.IsExported() {
					compare(path+"."+field.Name, v.Field(i))
				}
			}
		case reflect.String:
			if v.String() != value {
				changed = append(changed, path)
			}
		}
	}
	var fact visit.Fact
	walk("Fact", reflect.ValueOf(&fact).Elem())
	fact, _ = f.fact(fact)
	compare("Fact", reflect.ValueOf(fact))
	var act visit.Act
	walk("Act", reflect.ValueOf(&act).Elem())
	act, _ = f.act(act)
	compare("Act", reflect.ValueOf(act))
	return changed, all
}

// Of all the texts of facts and acts these name people, and no other is touched.
// Whoever adds a text has to say here, and in rename.go, which it is.
func TestOnlyWhatNamesPeopleIsRewritten(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "R1", Name: "张伟", Identities: map[string]string{"wecom": "lina"}}, []byte("key"))
	people, all := texts(f, "R1")
	if want := []string{"Fact.By", "Fact.Plan.Put.Rep", "Fact.Plan.Put.By", "Act.By", "Act.About"}; !slices.Equal(people, want) {
		t.Errorf("whoever did something: %q, not %q", people, want)
	}
	ids, _ := texts(f, "wecom:e:lina:1:click/fix")
	want := []string{
		"Fact.ID", "Fact.Visit", "Fact.Fix.Signals.With", "Fact.Photo.Of", "Fact.Photo.Signals.With", "Fact.Choice.Fix", "Fact.Result.Visit",
		"Fact.Decision.Visit", "Fact.Leave.Of", "Fact.Complaint.Of", "Act.ID",
	}
	if !slices.Equal(ids, want) {
		t.Errorf("what ids are made of: %q, not %q", ids, want)
	}
	const known = 58
	if all != known {
		t.Errorf("there are %d texts, and %d were thought over", all, known)
	}
}

func TestWhatIsRenamedIsFoundAgain(t *testing.T) {
	t.Parallel()
	f := finderOf(visit.Rep{ID: "R1", Name: "张伟", Identities: map[string]string{"wecom": "lina"}}, []byte("key"))
	order := int64(9007199254740993) // more than a double holds
	opened, _ := f.fact(visit.Fact{ID: "wecom:e:lina:1:click/complaint", Rep: "R2", By: "R1", Result: &visit.Result{Order: &order}})
	closed, named := f.fact(visit.Fact{ID: "1", Rep: "R2", Complaint: &visit.ComplaintFact{Of: "wecom:e:lina:1:click/complaint", Text: "lina"}})
	if !named || opened.By != "erased" || !strings.HasPrefix(opened.ID, "erased/") || closed.Complaint.Of != opened.ID || closed.Complaint.Text != "lina" || *opened.Result.Order != order {
		t.Errorf("opened %+v, closed %+v", opened, closed.Complaint)
	}
	if again, named := f.fact(opened); named || again.ID != opened.ID {
		t.Errorf("again: %+v", again)
	}
	other := finderOf(visit.Rep{ID: "R1", Identities: map[string]string{"wecom": "lina"}}, []byte("another"))
	if id := other.Renamed("wecom:e:lina:1:click/complaint"); id == opened.ID {
		t.Error("whoever guesses an id finds what became of it")
	}
	// A transfer says in our own words who did it.
	moved, _ := f.fact(visit.Fact{ID: "transfer/transfer/re/feishu:m:1/R2/2026-11-24", Rep: "R2", By: "R1", Plan: &visit.Change{Reason: "由 张伟 转移"}})
	own, _ := f.fact(visit.Fact{ID: "feishu:m:2/plan_changed", Rep: "R2", By: "R1", Plan: &visit.Change{Reason: "和 张伟 换"}})
	if moved.Plan.Reason != "由 erased 转移" || own.Plan.Reason != "和 张伟 换" {
		t.Errorf("reasons: %q, %q", moved.Plan.Reason, own.Plan.Reason)
	}
	// Erasures are acts that name nobody by their ids.
	if a, named := f.act(visit.Act{ID: "erase/x/R1", Kind: visit.ActErase, By: "R1"}); !named || a.ID != "erase/x/R1" || a.By != "erased" {
		t.Errorf("an erasure: %+v", a)
	}
}
