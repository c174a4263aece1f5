package feishu

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// signedBody is a webhook request as it goes over the wire.
type signedBody struct {
	body                        []byte
	timestamp, nonce, signature string
}

// SetCallback sets the webhook address, for events and card callbacks, after
// asking it for the url_verification challenge as the developer console does:
// the answer must be 200 with the challenge within 1 s, else its error is
// returned and the address not set. An empty url goes back to WebSocket.
func (a *App) SetCallback(url string) error {
	if url != "" {
		if err := a.Challenge(url); err != nil {
			return err
		}
	}
	a.s.mu.Lock()
	a.callback = url
	a.s.mu.Unlock()
	a.s.Tick()
	return nil
}

// Challenge asks url for the url_verification challenge and checks its answer.
func (a *App) Challenge(url string) error {
	s := a.s
	s.mu.Lock()
	challenge := s.id("", 32)
	plain, err := json.Marshal(map[string]string{
		"challenge": challenge, "token": a.VerificationToken, "type": "url_verification",
	})
	if err != nil {
		s.mu.Unlock()
		return fmt.Errorf("feishu sandbox: challenge: %w", err)
	}
	req := a.seal(plain)
	s.mu.Unlock()
	r := s.post(url, req, s.opts.ChallengeTimeout)
	if r.err != nil {
		return fmt.Errorf("feishu sandbox: challenge: %w", r.err)
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("feishu sandbox: challenge: the callback answered HTTP %d", r.status)
	}
	var got struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(r.body, &got); err != nil {
		return fmt.Errorf("feishu sandbox: challenge: the answer is not JSON: %w", err)
	}
	if got.Challenge != challenge {
		return errors.New("feishu sandbox: challenge: the answer does not carry the challenge")
	}
	return nil
}

// sign makes the request of an attempt; the lock must be held.
func (a *App) sign(p *push) *signedBody {
	if a.SignOnce && p.signed != nil {
		return p.signed
	}
	p.signed = a.seal(p.body)
	return p.signed
}

// seal encrypts and signs; the lock must be held. Without an encrypt key the
// body goes in clear and unsigned.
func (a *App) seal(plain []byte) *signedBody {
	if a.EncryptKey == "" {
		return &signedBody{body: plain}
	}
	var iv [aes.BlockSize]byte
	for i := range iv {
		iv[i] = byte(a.s.rnd.UintN(256))
	}
	body, err := json.Marshal(map[string]string{"encrypt": encrypt(a.EncryptKey, iv, plain)})
	if err != nil {
		panic(fmt.Sprintf("feishu sandbox: seal: %v", err)) // a string cannot fail
	}
	r := &signedBody{
		body:      body,
		timestamp: strconv.FormatInt(a.s.now().Unix(), 10),
		nonce:     strconv.FormatUint(uint64(a.s.rnd.Uint32()), 10),
	}
	sum := sha256.Sum256(append([]byte(r.timestamp+r.nonce+a.EncryptKey), body...))
	r.signature = hex.EncodeToString(sum[:])
	return r
}

// encrypt is Feishu's event encryption: AES-256-CBC with sha256(key), PKCS#7, the
// initial vector in front, base64.
func encrypt(key string, iv [aes.BlockSize]byte, plain []byte) string {
	k := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	buf := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(buf, buf)
	return base64.StdEncoding.EncodeToString(append(iv[:], buf...))
}

// post sends one webhook request and reads at most 1 MB of its answer.
func (s *Server) post(url string, req *signedBody, timeout time.Duration) pushAnswer {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	start := time.Now()
	out := pushAnswer{via: "webhook"}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(req.body))
	if err != nil {
		out.err = err
		return out
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Go-http-client/1.1")
	if req.signature != "" {
		r.Header.Set("X-Lark-Request-Timestamp", req.timestamp)
		r.Header.Set("X-Lark-Request-Nonce", req.nonce)
		r.Header.Set("X-Lark-Signature", req.signature)
	}
	resp, err := s.client.Do(r)
	if err == nil {
		out.status = resp.StatusCode
		out.body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close()
	}
	out.latency = time.Since(start)
	if err != nil {
		out.status = 0
		out.err = err
		if errors.Is(err, context.DeadlineExceeded) {
			out.err = ErrCallbackTimeout
		}
	}
	return out
}
