package wecom

// What the tests of the encryption reach besides the exported face.
var (
	AESKey  = aesKey
	Encrypt = encrypt
	Decrypt = decrypt
	Sign    = sign
)

// PassiveJSON parses a passive reply and turns it into the API's form.
func PassiveJSON(b []byte) (any, error) {
	el, err := parseElement(b)
	if err != nil {
		return nil, err
	}
	return el.toJSON(), nil
}
