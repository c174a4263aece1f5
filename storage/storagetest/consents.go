package storagetest

import (
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullConsent() visit.Consent {
	return visit.Consent{Rep: "rep-" + chinese, Version: chinese, At: at(1), Source: "feishu:" + chinese}
}

func testConsents(t *testing.T, s suite) {
	t.Run("every field comes back", func(t *testing.T) {
		t.Parallel()
		full, zero := fullConsent(), visit.Consent{}
		complete(t, full)
		ctx, c := t.Context(), s.open(t).Consents()
		ok(t, c.Put(ctx, full))
		ok(t, c.Put(ctx, zero))
		equal(t, val(c.Latest(ctx, full.Rep))(t), full)
		equal(t, val(c.Latest(ctx, ""))(t), zero)
		_, err := c.Latest(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("the newest counts, whatever came last", func(t *testing.T) {
		t.Parallel()
		ctx, c := t.Context(), s.open(t).Consents()
		newest := visit.Consent{Rep: "r", Version: "2", At: at(9), Source: "b"}
		ok(t, c.Put(ctx, visit.Consent{Rep: "r", Version: "1", At: at(5), Source: "c"}))
		ok(t, c.Put(ctx, newest))
		ok(t, c.Put(ctx, visit.Consent{Rep: "r", Version: "0", At: at(1), Source: "z"}))
		ok(t, c.Put(ctx, visit.Consent{Rep: "other", Version: "3", At: at(99), Source: "o"}))
		equal(t, val(c.Latest(ctx, "r"))(t), newest)
		var versions []string
		for _, one := range val(c.Of(ctx, "r"))(t) {
			versions = append(versions, one.Version)
		}
		equal(t, versions, []string{"0", "1", "2"})
		equal(t, val(c.Of(ctx, "other"))(t), []visit.Consent{{Rep: "other", Version: "3", At: at(99), Source: "o"}})
		equal(t, val(c.Of(ctx, "nobody"))(t), []visit.Consent(nil))
	})

	t.Run("the same source twice is one, and the first stays", func(t *testing.T) {
		t.Parallel()
		ctx, c := t.Context(), s.open(t).Consents()
		ok(t, c.Put(ctx, fullConsent()))
		again := fullConsent()
		again.At, again.Version = at(50), "other"
		ok(t, c.Put(ctx, again))
		equal(t, val(c.Latest(ctx, again.Rep))(t), fullConsent())
	})
}
