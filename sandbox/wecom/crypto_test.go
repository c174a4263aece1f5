package wecom_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"
	"pgregory.net/rapid"

	"roundsman/sandbox/wecom"
)

const testKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// TestCryptoAgreesWithSDK seals here and opens there, and the other way round.
func TestCryptoAgreesWithSDK(t *testing.T) {
	t.Parallel()
	key, err := wecom.AESKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "plain")
		id := rapid.StringMatching(`ww[0-9a-f]{1,40}`).Draw(t, "id")
		random := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random")
		sealed, err := wecom.Encrypt(key, random, plain, id)
		if err != nil {
			t.Fatal(err)
		}
		gotRandom, got, err := util.DecryptMsg(id, base64.StdEncoding.EncodeToString(sealed), testKey)
		if err != nil || !bytes.Equal(got, plain) || !bytes.Equal(gotRandom, random) {
			t.Fatalf("the SDK reads %q: %v", got, err)
		}
		theirs, err := util.EncryptMsg(random, plain, id, testKey)
		if err != nil || string(theirs) != base64.StdEncoding.EncodeToString(sealed) {
			t.Fatalf("the SDK seals otherwise: %v", err)
		}
		back, receive, err := wecom.Decrypt(key, sealed)
		if err != nil || !bytes.Equal(back, plain) || receive != id {
			t.Fatalf("%q %q %v", back, receive, err)
		}
		n := rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")
		if back, _, err := wecom.Decrypt(key, sealed[:n]); err == nil && bytes.Equal(back, plain) && n < len(sealed)-32 {
			t.Fatalf("cut at %d it still opens", n)
		}
		if got, want := wecom.Sign("tok", "1", id, testKey), util.Signature("tok", "1", id, testKey); got != want {
			t.Fatalf("signature %s, want %s", got, want)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	key, err := wecom.AESKey(testKey)
	if err != nil {
		f.Fatal(err)
	}
	good, err := wecom.Encrypt(key, make([]byte, 16), []byte("<xml/>"), "ww1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:32])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, id, err := wecom.Decrypt(key, b)
		if err == nil && len(plain)+len(id)+20 > len(b) {
			t.Errorf("%d bytes came out of %d", len(plain)+len(id), len(b))
		}
	})
}

func FuzzPassiveXML(f *testing.F) {
	f.Add([]byte("<xml><TemplateCard><ButtonList><Text>a</Text></ButtonList></TemplateCard></xml>"))
	f.Add([]byte("<a/><b/>"))
	f.Add([]byte(strings.Repeat("<a>", 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := wecom.PassiveJSON(b)
		if err == nil && v == nil {
			t.Error("nothing")
		}
	})
}

func TestAESKey(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", testKey[:42], testKey + "=", strings.Repeat("*", 43)} {
		if _, err := wecom.AESKey(bad); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}
