package wecom_test

import (
	"fmt"
	"net/http"
	"strings"

	"roundsman/sandbox/wecom"
)

// A corp with one member, an app, and a group robot that greets.
func Example() {
	srv := wecom.New(wecom.Options{})
	defer srv.Close()
	base, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	app := srv.NewApp(wecom.AppConfig{RootVisible: true})
	app.AddUser(wecom.User{UserID: "zhangsan", Name: "张三"})
	cfg := app.Config() // what a bot's configuration needs

	resp, err := http.Get(base + "/cgi-bin/gettoken?corpid=" + cfg.CorpID + "&corpsecret=wrong")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	key := app.AddRobot("华东一队", "zhangsan")
	resp, err = http.Post(base+"/cgi-bin/webhook/send?key="+key, "application/json",
		strings.NewReader(`{"msgtype":"text","text":{"content":"早上好"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()

	fmt.Println(app.Calls()[0].Path, len(srv.Calls()))
	fmt.Println(srv.RobotMessages(key)[0].Text())
	// Output:
	// /cgi-bin/webhook/send 2
	// 早上好
}
