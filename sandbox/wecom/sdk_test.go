package wecom_test

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/work"
	"github.com/silenceper/wechat/v2/work/appchat"
	"github.com/silenceper/wechat/v2/work/config"
	"github.com/silenceper/wechat/v2/work/message"

	"roundsman/sandbox/wecom"
)

// mutexCache is a cache for the SDK, whose own in-memory one is not safe for
// concurrent use.
type mutexCache struct {
	mu sync.Mutex
	m  map[string]any
}

func (c *mutexCache) Get(k string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[k]
}

func (c *mutexCache) Set(k string, v any, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]any{}
	}
	c.m[k] = v
	return nil
}

func (c *mutexCache) IsExist(k string) bool { return c.Get(k) != nil }

func (c *mutexCache) Delete(k string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, k)
	return nil
}

// sdk makes a corp with an app on the shared server and the SDK's client for it.
func sdk(t *testing.T) (*wecom.App, *work.Work, *mutexCache) {
	t.Helper()
	app := shared.NewApp(wecom.AppConfig{RootVisible: true, Name: "巡访"})
	app.AddUser(wecom.User{UserID: "zhangsan", Name: "张三", Position: "销售员"})
	app.AddUser(wecom.User{UserID: "lisi", Name: "李四"})
	cfg := app.Config()
	c := &mutexCache{}
	return app, work.NewWork(&config.Config{
		CorpID: cfg.CorpID, CorpSecret: cfg.Secret, AgentID: strconv.Itoa(cfg.AgentID), Cache: c,
		Token: cfg.Token, EncodingAESKey: cfg.EncodingAESKey,
	}), c
}

func textTo(app *wecom.App, to, text string) message.SendTextRequest {
	return message.SendTextRequest{
		SendRequestCommon: &message.SendRequestCommon{ToUser: to, AgentID: strconv.Itoa(app.Config().AgentID)},
		Text:              message.TextField{Content: text},
	}
}

func TestSDK(t *testing.T) {
	t.Parallel()

	t.Run("text reaches the member and an unknown one is named", func(t *testing.T) {
		t.Parallel()
		app, w, _ := sdk(t)
		resp, err := w.GetMessage().SendText(textTo(app, "zhangsan|Nobody", "你好"))
		if err != nil {
			t.Fatal(err)
		}
		if resp.InvalidUser != "nobody" || resp.MsgID == "" {
			t.Errorf("answer %+v", resp)
		}
		got := app.Messages("zhangsan")
		if len(got) != 1 || got[0].Text() != "你好" || got[0].ID != resp.MsgID {
			t.Errorf("messages %+v", got)
		}
	})

	t.Run("one token is fetched for many calls", func(t *testing.T) {
		t.Parallel()
		app, w, _ := sdk(t)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := w.GetMessage().SendText(textTo(app, "lisi", "早")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		tokens := 0
		for _, c := range app.Calls() {
			if c.Path == "/cgi-bin/gettoken" {
				tokens++
			}
		}
		if tokens != 1 || len(app.Messages("lisi")) != 10 {
			t.Errorf("%d token calls, %d messages", tokens, len(app.Messages("lisi")))
		}
	})

	t.Run("an expired and a revoked token are refused until fetched anew", func(t *testing.T) {
		t.Parallel()
		app, w, c := sdk(t)
		for _, step := range []struct {
			end  func()
			code string
		}{{app.ExpireToken, "42001"}, {app.RevokeToken, "40014"}} {
			if _, err := w.GetMessage().SendText(textTo(app, "lisi", "一")); err != nil {
				t.Fatal(err)
			}
			step.end()
			_, err := w.GetMessage().SendText(textTo(app, "lisi", "二"))
			if err == nil || !strings.Contains(err.Error(), step.code) {
				t.Errorf("got %v, want %s", err, step.code)
			}
			cfg := app.Config()
			_ = c.Delete("gowechat_work__access_token_" + cfg.CorpID + "_" + strconv.Itoa(cfg.AgentID))
		}
		if n := len(app.Messages("lisi")); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})

	t.Run("robot", func(t *testing.T) {
		t.Parallel()
		app, w, _ := sdk(t)
		key := app.AddRobot("华东一队", "zhangsan", "lisi")
		opt := map[string]any{"msgtype": "markdown_v2", "markdown_v2": map[string]string{"content": "# 日报"}}
		info, err := w.GetRobot().RobotBroadcast(key, opt)
		if err != nil || info.ErrCode != 0 {
			t.Fatalf("%v %v", info, err)
		}
		if got := shared.RobotMessages(key); len(got) != 1 || got[0].Text() != "# 日报" {
			t.Errorf("messages %+v", got)
		}
		if info, _ = w.GetRobot().RobotBroadcast("wrong", opt); info.ErrCode != 93000 {
			t.Errorf("wrong key: %v", info.ErrCode)
		}
	})

	t.Run("media", func(t *testing.T) {
		t.Parallel()
		app, w, _ := sdk(t)
		pic := picture(t)
		up, err := w.GetMaterial().UploadTempFileFromReader("图.png", "image", bytes.NewReader(pic))
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.GetMaterial().GetTempFile(up.MediaID)
		if err != nil || !bytes.Equal(got, pic) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		_, err = w.GetMessage().SendImage(message.SendImageRequest{
			SendRequestCommon: &message.SendRequestCommon{ToUser: "lisi", AgentID: strconv.Itoa(app.Config().AgentID)},
			Image:             message.ImageField{MediaID: up.MediaID},
		})
		if err != nil || len(app.Messages("lisi")) != 1 {
			t.Errorf("send: %v", err)
		}
		if _, err := w.GetMaterial().GetTempFile("nothing"); err == nil || !strings.Contains(err.Error(), "40007") {
			t.Errorf("unknown media: %v", err)
		}
	})

	t.Run("group chat made by the app", func(t *testing.T) {
		t.Parallel()
		app, w, _ := sdk(t)
		ctx := w.GetContext()
		token, err := ctx.GetAccessToken()
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{T: t, srv: shared, base: shared.BaseURL(), app: app, token: token}
		made := f.call("/cgi-bin/appchat/create", map[string]any{"name": "一队", "userlist": []string{"zhangsan", "lisi"}, "chatid": "team1"})
		if made.str("chatid") != "team1" {
			t.Fatal(made)
		}
		_, err = w.GetAppChat().SendText(appchat.SendTextRequest{
			SendRequestCommon: &appchat.SendRequestCommon{ChatID: "team1"},
			Text:              appchat.TextField{Content: "今日计划"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := app.ChatMessages("team1"); len(got) != 1 || got[0].Text() != "今日计划" {
			t.Errorf("messages %+v", got)
		}
	})

	t.Run("contacts and tickets", func(t *testing.T) {
		t.Parallel()
		_, w, _ := sdk(t)
		u, err := w.GetAddressList().UserGet("ZhangSan")
		if err != nil || u.Name != "张三" || u.UserID != "zhangsan" || u.Position != "销售员" {
			t.Errorf("%+v %v", u, err)
		}
		if _, err := w.GetAddressList().UserGet("nobody"); err == nil || !strings.Contains(err.Error(), "60111") {
			t.Errorf("nobody: %v", err)
		}
		d, err := w.GetAddressList().DepartmentList()
		if err != nil || len(d) != 1 || d[0].ID != 1 {
			t.Errorf("%+v %v", d, err)
		}
		for _, get := range []func(string) (string, error){
			func(u string) (string, error) { c, err := w.JsSdk().GetConfig(u); return c.Signature, err },
			func(u string) (string, error) { c, err := w.JsSdk().GetAgentConfig(u); return c.Signature, err },
		} {
			if sig, err := get("https://bot.example.com/m"); err != nil || len(sig) != 40 {
				t.Errorf("%q %v", sig, err)
			}
		}
	})
}
