package feishu_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"roundsman/sandbox/feishu"
)

// A bot behind a webhook is written to by a user. Clients find the server at the
// address that Listen returns, with the app's ID and Secret.
func Example() {
	srv := feishu.New(feishu.Options{})
	defer srv.Close()
	base, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = base // what a client takes for https://open.feishu.cn

	app := srv.NewApp(feishu.AppConfig{BotName: "巡访", NoEncryption: true})
	user := srv.AddUser(feishu.User{Name: "张伟"})
	srv.AddChat(feishu.Chat{Name: "华东一队", Members: []string{user.OpenID}, Apps: []string{app.ID}})

	bot := httptest.NewServer(http.NotFoundHandler())
	defer bot.Close()
	fmt.Println(app.SetCallback(bot.URL))

	m, err := app.SendLocation(user.OpenID, "", "文三路 90 号", 30.274444, 120.131313)
	fmt.Println(m.Content, err)
	// Output:
	// feishu sandbox: challenge: the callback answered HTTP 404
	// {"name":"文三路 90 号","longitude":"120.131313","latitude":"30.274444"} <nil>
}
