package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	sandboxfeishu "roundsman/sandbox/feishu"
	sandboxwecom "roundsman/sandbox/wecom"
)

type sandboxCmd struct {
	Feishu         string `help:"Where the emulated Feishu listens." default:"127.0.0.1:8181" placeholder:"ADDR"`
	Wecom          string `help:"Where the emulated WeCom listens." default:"127.0.0.1:8182" placeholder:"ADDR"`
	FeishuCallback string `help:"Push Feishu's events to this URL instead of over WebSocket." placeholder:"URL"`
	WecomCallback  string `help:"Push WeCom's messages to this URL." placeholder:"URL"`
}

// The person and the group of the emulated companies.
const (
	sandboxUser  = "zhangsan"
	sandboxName  = "张三"
	sandboxGroup = "销售群"
)

// callbackPatience is how long a callback that does not answer yet is tried.
const callbackPatience = 2 * time.Minute

// Run serves both emulators until the process ends, prints their credentials
// as configuration, and says what is typed on standard input as the person of
// the company.
func (c sandboxCmd) Run(env *runtimeEnv) error {
	f := sandboxfeishu.New(sandboxfeishu.Options{Logger: env.log})
	defer f.Close()
	w := sandboxwecom.New(sandboxwecom.Options{Logger: env.log})
	defer w.Close()
	feishuURL, err := f.Listen(c.Feishu)
	if err != nil {
		return fmt.Errorf("listen for Feishu: %w", err)
	}
	wecomURL, err := w.Listen(c.Wecom)
	if err != nil {
		return fmt.Errorf("listen for WeCom: %w", err)
	}
	s := sandboxTalk{
		out: env.out, feishu: f, feishuApp: f.NewApp(sandboxfeishu.AppConfig{}), wecom: w,
		wecomApp: w.NewApp(sandboxwecom.AppConfig{RootVisible: true, LocationReport: true}),
	}
	user := f.AddUser(sandboxfeishu.User{OpenID: "ou_" + sandboxUser, Name: sandboxName})
	s.user = user.OpenID
	s.group = f.AddChat(sandboxfeishu.Chat{Name: sandboxGroup, Members: []string{s.user}, Apps: []string{s.feishuApp.ID}}).ID
	s.wecomApp.AddUser(sandboxwecom.User{UserID: sandboxUser, Name: sandboxName})
	robot := s.wecomApp.AddRobot(sandboxGroup, sandboxUser)
	wc := s.wecomApp.Config()
	mode := "websocket"
	if c.FeishuCallback != "" {
		mode = "webhook"
	}
	_, _ = fmt.Fprintf(env.out, `# Both platforms are here, as configuration:
feishu:
  mode: %s
  app_id: %s
  app_secret: %s
  verification_token: %s
  encrypt_key: %s
  base_url: %s
wecom:
  corp_id: %s
  agent_id: %d
  secret: %s
  token: %s
  encoding_aes_key: %s
  base_url: %s
admins: ["feishu:%s", "wecom:%s"]
teams:
  - name: 演示团队
    groups: ["feishu:%s", "wecom-robot:%s"]
privacy: {consent: recorded_elsewhere}   # nobody can tap a button here
schedule: {work_hours: "00:00-23:59"}
# Say something as %s:
#   feishu 你好 | feishu @ 帮助 (in the group) | feishu pin 31.2304 121.4737 | wecom 你好 | wecom pin 31.2304 121.4737
`, mode, s.feishuApp.ID, s.feishuApp.Secret, s.feishuApp.VerificationToken, s.feishuApp.EncryptKey, feishuURL,
		wc.CorpID, wc.AgentID, wc.Secret, wc.Token, wc.EncodingAESKey, wecomURL, s.user, sandboxUser, s.group, robot, sandboxName)

	cancelF, cancelW := f.Subscribe(s.show), w.Subscribe(s.show)
	defer cancelF()
	defer cancelW()
	go s.callback(env.ctx, "Feishu", c.FeishuCallback, s.feishuApp.SetCallback)
	go s.callback(env.ctx, "WeCom", c.WecomCallback, s.wecomApp.SetCallback)
	go s.read(os.Stdin)
	<-env.ctx.Done()
	return nil
}

// sandboxTalk is the conversation of one person with a bot on both platforms.
type sandboxTalk struct {
	out         io.Writer
	feishu      *sandboxfeishu.Server
	feishuApp   *sandboxfeishu.App
	wecom       *sandboxwecom.Server
	wecomApp    *sandboxwecom.App
	user, group string
	// shown counts what was printed of each chat.
	shown seen
}

// callback sets a callback once it answers: whoever serves it may start later.
func (s *sandboxTalk) callback(ctx context.Context, name, url string, set func(string) error) {
	if url == "" {
		return
	}
	for deadline := time.Now().Add(callbackPatience); ; {
		err := set(url)
		if err == nil {
			_, _ = fmt.Fprintf(s.out, "# %s pushes to %s\n", name, url)
			return
		}
		if time.Now().After(deadline) {
			_, _ = fmt.Fprintf(s.out, "# %s's callback does not answer as it should: %v\n", name, err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// read says each line of the input as the person.
func (s *sandboxTalk) read(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if err := s.say(strings.TrimSpace(lines.Text())); err != nil {
			_, _ = fmt.Fprintf(s.out, "# %v\n", err)
		}
	}
}

func (s *sandboxTalk) say(line string) error {
	platform, text, _ := strings.Cut(line, " ")
	if line == "" {
		return nil
	}
	point, isPin := strings.CutPrefix(text, "pin ")
	var lat, lng float64
	if isPin {
		a, b, _ := strings.Cut(point, " ")
		var errA, errB error
		lat, errA = strconv.ParseFloat(a, 64)
		lng, errB = strconv.ParseFloat(strings.TrimSpace(b), 64)
		if err := errors.Join(errA, errB); err != nil {
			return fmt.Errorf("pin LATITUDE LONGITUDE: %w", err)
		}
	}
	inGroup, isGroup := strings.CutPrefix(text, "@ ")
	var err error
	switch {
	case platform == "feishu" && isPin:
		_, err = s.feishuApp.SendLocation(s.user, "", "地图选点", lat, lng)
	case platform == "feishu" && isGroup:
		_, err = s.feishuApp.SendText(s.user, s.group, inGroup, s.feishuApp.BotOpenID)
	case platform == "feishu":
		_, err = s.feishuApp.SendText(s.user, "", text)
	case platform == "wecom" && isPin:
		_, err = s.wecomApp.SendLocation(sandboxUser, "地图选点", lat, lng)
	case platform == "wecom":
		_, err = s.wecomApp.SendText(sandboxUser, text)
	default:
		err = errors.New("a line begins with feishu or wecom")
	}
	return err
}

// seen remembers which messages were printed, in which revision.
type seen struct {
	mu   sync.Mutex
	last map[string]string
}

// fresh reports whether the message was not printed with this content yet.
func (s *seen) fresh(id, content string) bool {
	if s.last == nil {
		s.last = make(map[string]string)
	}
	if old, ok := s.last[id]; ok && old == content {
		return false
	}
	s.last[id] = content
	return true
}

// show prints what is new in the person's chats: what they and the bot said.
func (s *sandboxTalk) show() {
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	direct, err := s.feishuApp.P2P(s.user)
	if err != nil {
		return
	}
	for _, chat := range []string{direct, s.group} {
		for _, m := range s.feishu.Messages(chat) {
			if s.shown.fresh(m.ID, m.Content) {
				_, _ = fmt.Fprintf(s.out, "feishu %s %s: %s\n", m.CreateTime.Format("15:04:05"), m.SenderName, m.Content)
			}
		}
	}
	for _, m := range s.wecomApp.Messages(sandboxUser) {
		if s.shown.fresh(m.ID, m.Text()+m.ReplacedBy) {
			who := m.From
			if who == "" {
				who = "app"
			}
			_, _ = fmt.Fprintf(s.out, "wecom %s %s: %s %s\n", m.Time.Format("15:04:05"), who, m.Text(), m.ReplacedBy)
		}
	}
}
