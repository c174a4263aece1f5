package feishu_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkauthen "github.com/larksuite/oapi-sdk-go/v3/service/authen/v1"
	larkcontact "github.com/larksuite/oapi-sdk-go/v3/service/contact/v3"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/sandbox/feishu"
)

func TestChats(t *testing.T) {
	t.Parallel()
	w := setup(t)
	second := w.AddUser(feishu.User{Name: "李娜"})
	if err := w.AddMember(w.group.ID, second.OpenID); err != nil {
		t.Fatal(err)
	}
	w.AddChat(feishu.Chat{Name: "别的群"})
	list, err := w.sdk.Chat.List(t.Context(), larkim.NewListChatReqBuilder().Build())
	if err != nil || !list.Success() {
		t.Fatal(list, err)
	}
	if len(list.Data.Items) != 1 || *list.Data.Items[0].ChatId != w.group.ID || *list.Data.Items[0].Name != "华东一队" {
		t.Errorf("%s", js(list.Data))
	}
	got, err := w.sdk.Chat.Get(t.Context(), larkim.NewGetChatReqBuilder().ChatId(w.group.ID).Build())
	if err != nil || !got.Success() || *got.Data.Name != "华东一队" || *got.Data.UserCount != "2" {
		t.Errorf("%s %v", js(got), err)
	}
	members := map[string]string{}
	token := ""
	for range 2 {
		m, err := w.sdk.ChatMembers.Get(t.Context(), larkim.NewGetChatMembersReqBuilder().ChatId(w.group.ID).MemberIdType("open_id").PageSize(1).PageToken(token).Build())
		if err != nil || !m.Success() {
			t.Fatal(m, err)
		}
		for _, it := range m.Data.Items {
			members[*it.MemberId] = *it.Name
		}
		token = *m.Data.PageToken
	}
	if d := cmp.Diff(map[string]string{w.rep.OpenID: "张伟", second.OpenID: "李娜"}, members); d != "" {
		t.Error(d)
	}
	in := func() bool {
		r, err := w.sdk.ChatMembers.IsInChat(t.Context(), larkim.NewIsInChatChatMembersReqBuilder().ChatId(w.group.ID).Build())
		if err != nil || !r.Success() {
			t.Fatal(r, err)
		}
		return *r.Data.IsInChat
	}
	if !in() {
		t.Error("the bot is in the chat")
	}
	if err := w.app.LeaveChat(w.rep.OpenID, w.group.ID); err != nil {
		t.Fatal(err)
	}
	if in() {
		t.Error("the bot left the chat")
	}
	if r, err := w.sdk.Chat.Get(t.Context(), larkim.NewGetChatReqBuilder().ChatId(w.group.ID).Build()); err != nil || r.Code != 232011 {
		t.Errorf("%v %v", r, err)
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	w := setup(t)
	dep := w.AddDepartment(feishu.Department{Name: "华东"})
	sub := w.AddDepartment(feishu.Department{Name: "杭州", ParentID: dep.OpenID})
	u := w.AddUser(feishu.User{Name: "王芳", DepartmentIDs: []string{sub.OpenID}, LeaderOpenID: w.rep.OpenID})
	contact := larkcontact.New(w.config())
	got, err := contact.User.Get(t.Context(), larkcontact.NewGetUserReqBuilder().UserId(u.OpenID).UserIdType("open_id").Build())
	if err != nil || !got.Success() {
		t.Fatal(got, err)
	}
	if p := got.Data.User; *p.Name != "王芳" || *p.LeaderUserId != w.rep.OpenID || p.DepartmentIds[0] != sub.OpenID {
		t.Errorf("%s", js(p))
	}
	if r, err := contact.User.Get(t.Context(), larkcontact.NewGetUserReqBuilder().UserId("ou_x").UserIdType("open_id").Build()); err != nil || r.Code != 99992351 {
		t.Errorf("unknown user: %v %v", r, err)
	}
	id, err := contact.User.BatchGetId(t.Context(), larkcontact.NewBatchGetIdUserReqBuilder().UserIdType("open_id").
		Body(larkcontact.NewBatchGetIdUserReqBodyBuilder().Mobiles([]string{"13800000000"}).Build()).Build())
	if err != nil || !id.Success() || *id.Data.UserList[0].UserId != w.rep.OpenID {
		t.Errorf("%s %v", js(id), err)
	}
	people, err := contact.User.FindByDepartment(t.Context(), larkcontact.NewFindByDepartmentUserReqBuilder().DepartmentId(sub.OpenID).Build())
	if err != nil || !people.Success() || len(people.Data.Items) != 1 {
		t.Errorf("%s %v", js(people), err)
	}
	for fetch, want := range map[bool]int{false: 1, true: 2} {
		r, err := contact.Department.Children(t.Context(), larkcontact.NewChildrenDepartmentReqBuilder().DepartmentId("0").FetchChild(fetch).Build())
		if err != nil || !r.Success() || len(r.Data.Items) != want {
			t.Errorf("fetch_child %v: %s %v", fetch, js(r), err)
		}
	}
	d, err := contact.Department.Get(t.Context(), larkcontact.NewGetDepartmentReqBuilder().DepartmentId(dep.OpenID).Build())
	if err != nil || !d.Success() || *d.Data.Department.Name != "华东" {
		t.Errorf("%s %v", js(d), err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := setup(t, feishu.AppConfig{RedirectURIs: []string{"https://bot.example.com/login"}})
	noFollow := &http.Client{Transport: w.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	authorize := func(redirect, as string) *http.Response {
		q := url.Values{"client_id": {w.app.ID}, "redirect_uri": {redirect}, "state": {"s1"}, "response_type": {"code"}}
		if as != "" {
			q.Set("as", as)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/open-apis/authen/v1/authorize?"+q.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := noFollow.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	if r := authorize("https://evil.example.com/", w.rep.OpenID); r.StatusCode != http.StatusBadRequest {
		t.Errorf("foreign redirect: HTTP %d", r.StatusCode)
	}
	if r := authorize("https://bot.example.com/login", ""); r.StatusCode != http.StatusOK {
		t.Errorf("page: HTTP %d", r.StatusCode)
	}
	r := authorize("https://bot.example.com/login", w.rep.OpenID)
	to, err := r.Location()
	if err != nil || !strings.HasPrefix(to.String(), "https://bot.example.com/login?") || to.Query().Get("state") != "s1" {
		t.Fatal(to, err)
	}
	authen := larkauthen.New(w.config())
	exchange := func() *larkauthen.CreateOidcAccessTokenResp {
		resp, err := authen.OidcAccessToken.Create(t.Context(), larkauthen.NewCreateOidcAccessTokenReqBuilder().
			Body(larkauthen.NewCreateOidcAccessTokenReqBodyBuilder().GrantType("authorization_code").Code(to.Query().Get("code")).Build()).Build())
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	tok := exchange()
	if !tok.Success() {
		t.Fatalf("%d %s", tok.Code, tok.Msg)
	}
	if again := exchange(); again.Success() {
		t.Error("a code served twice")
	}
	who, err := authen.UserInfo.Get(t.Context(), larkcore.WithUserAccessToken(*tok.Data.AccessToken))
	if err != nil || !who.Success() || *who.Data.OpenId != w.rep.OpenID || *who.Data.Name != "张伟" {
		t.Errorf("%s %v", js(who), err)
	}
	if status, out := w.do(http.MethodGet, "/open-apis/authen/v1/user_info", w.token(), nil); status != http.StatusBadRequest || out["code"] != 99991668.0 {
		t.Errorf("tenant token for user_info: %d %v", status, out)
	}
}

func TestJSTicket(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.token()
	_, out := w.do(http.MethodPost, "/open-apis/jssdk/ticket/get", token, nil)
	data := out["data"].(map[string]any)
	if data["ticket"] == "" || data["ticket"] != w.app.JSTicket() || data["expire_in"] != 7200.0 {
		t.Errorf("%v", out)
	}
	if _, info := w.do(http.MethodGet, "/open-apis/bot/v3/info", token, nil); info["bot"].(map[string]any)["open_id"] != w.app.BotOpenID {
		t.Errorf("%v", info)
	}
}

func TestLoginV2(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.SetLoginUser(w.rep.OpenID)
	noFollow := &http.Client{Transport: w.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	const redirect = "https://bot.example.com/login"
	code := func() string {
		q := url.Values{"client_id": {w.app.ID}, "redirect_uri": {redirect}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/open-apis/authen/v1/authorize?"+q.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := noFollow.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			t.Fatal(err)
		}
		return to.Query().Get("code")
	}
	exchange := func(change map[string]any) map[string]any {
		body := map[string]any{
			"grant_type": "authorization_code", "client_id": w.app.ID, "client_secret": w.app.Secret, "redirect_uri": redirect,
		}
		for k, v := range change {
			body[k] = v
		}
		_, out := w.do(http.MethodPost, "/open-apis/authen/v2/oauth/token", "", body)
		return out
	}
	for name, tc := range map[string]struct {
		change map[string]any
		code   float64
	}{
		"wrong secret":   {map[string]any{"client_secret": "x", "code": code()}, 20002},
		"other redirect": {map[string]any{"redirect_uri": "https://x.example.com", "code": code()}, 20071},
		"no such code":   {map[string]any{"code": "x"}, 20003},
		"unknown grant":  {map[string]any{"grant_type": "x"}, 20036},
	} {
		if out := exchange(tc.change); out["code"] != tc.code {
			t.Errorf("%s: %v", name, out)
		}
	}
	late := code()
	w.advance(6 * time.Minute)
	if out := exchange(map[string]any{"code": late}); out["code"] != 20003.0 {
		t.Errorf("a code of 6 minutes ago: %v", out)
	}
	tok := exchange(map[string]any{"code": code()})
	who := func(token any) (int, any) {
		status, out := w.do(http.MethodGet, "/open-apis/authen/v1/user_info", token.(string), nil)
		data, _ := out["data"].(map[string]any)
		return status, data["open_id"]
	}
	if status, id := who(tok["access_token"]); status != http.StatusOK || id != w.rep.OpenID {
		t.Errorf("%d %v", status, id)
	}
	if status, _ := who(tok["refresh_token"]); status != http.StatusBadRequest {
		t.Errorf("a refresh token gave access: %d", status)
	}
	w.advance(2 * time.Hour)
	if status, _ := who(tok["access_token"]); status != http.StatusBadRequest {
		t.Errorf("after 2 h: %d", status)
	}
	refresh := map[string]any{"grant_type": "refresh_token", "refresh_token": tok["refresh_token"]}
	next := exchange(refresh)
	if status, id := who(next["access_token"]); status != http.StatusOK || id != w.rep.OpenID {
		t.Errorf("refreshed: %d %v", status, id)
	}
	if out := exchange(refresh); out["code"] != 20026.0 {
		t.Errorf("a refresh token served twice: %v", out)
	}
	// The OIDC form of the same, with the app's token.
	_, out := w.do(http.MethodPost, "/open-apis/authen/v1/oidc/refresh_access_token", w.token(),
		map[string]any{"grant_type": "refresh_token", "refresh_token": next["refresh_token"]})
	if status, id := who(out["data"].(map[string]any)["access_token"]); status != http.StatusOK || id != w.rep.OpenID {
		t.Errorf("oidc: %d %v", status, id)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	w := setup(t, feishu.AppConfig{Scopes: feishu.Scopes{NoUserID: true, NoUserName: true, NoUrgent: true}})
	token := w.token()
	_, out := w.do(http.MethodGet, "/open-apis/contact/v3/users/batch?user_ids="+w.rep.OpenID+"&user_ids=ou_x", token, nil)
	items := out["data"].(map[string]any)["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%v", out)
	}
	for _, key := range []string{"name", "user_id"} {
		if v, ok := items[0].(map[string]any)[key]; ok {
			t.Errorf("%s shown: %v", key, v)
		}
	}
	id := w.card(confirmCard("x"))
	_, out = w.do(http.MethodPatch, messages+"/"+id+"/urgent_app?user_id_type=open_id", token, map[string]any{"user_id_list": []string{w.rep.OpenID}})
	if out["code"] != 230027.0 {
		t.Errorf("%v", out)
	}
	_, out = w.do(http.MethodGet, messages+"?container_id_type=chat&container_id="+w.group.ID, token, nil)
	if out["code"] != 230027.0 {
		t.Errorf("history without group_msg: %v", out)
	}
}
