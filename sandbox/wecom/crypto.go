package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform's signature is SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// padTo is the block of WeCom's PKCS#7 padding: 32 bytes, not AES's 16
// (document path 90968).
const padTo = 32

// sign is WeCom's msg_signature: the SHA-1 of the four values sorted and joined.
func sign(token, timestamp, nonce, encrypted string) string {
	parts := []string{token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// aesKey decodes the 43 characters of an EncodingAESKey.
func aesKey(encoded string) ([]byte, error) {
	if len(encoded) != 43 {
		return nil, fmt.Errorf("EncodingAESKey has %d characters, want 43", len(encoded))
	}
	key, err := base64.StdEncoding.DecodeString(encoded + "=")
	if err != nil {
		return nil, fmt.Errorf("EncodingAESKey: %w", err)
	}
	return key, nil
}

// encrypt makes the AES-256-CBC ciphertext of
// random(16) + length(4, big endian) + plain + receiveID; the IV is the key's
// first half.
func encrypt(key, random16, plain []byte, receiveID string) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	var b bytes.Buffer
	b.Write(random16)
	_ = binary.Write(&b, binary.BigEndian, uint32(len(plain)))
	b.Write(plain)
	b.WriteString(receiveID)
	pad := padTo - b.Len()%padTo
	b.Write(bytes.Repeat([]byte{byte(pad)}, pad))
	out := b.Bytes()
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(out, out)
	return out, nil
}

// decrypt undoes encrypt. It checks the padding whole and the length, and
// returns the plain text with the receive id that was inside.
func decrypt(key, sealed []byte) (plain []byte, receiveID string, err error) {
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, "", fmt.Errorf("ciphertext of %d bytes is not whole blocks", len(sealed))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, "", fmt.Errorf("decrypt: %w", err)
	}
	b := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(b, sealed)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > padTo || pad > len(b) {
		return nil, "", errors.New("padding out of range")
	}
	for _, c := range b[len(b)-pad:] {
		if int(c) != pad {
			return nil, "", errors.New("padding is not uniform")
		}
	}
	b = b[:len(b)-pad]
	if len(b) < 20 {
		return nil, "", errors.New("plain text is too short")
	}
	n := int64(binary.BigEndian.Uint32(b[16:20]))
	b = b[20:]
	if n > int64(len(b)) {
		return nil, "", errors.New("length is beyond the end")
	}
	return b[:n], string(b[n:]), nil
}
