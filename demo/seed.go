package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// Seed fills the store with the company, and makes the group on WeCom as the
// app does. Seeding twice comes to the same.
func (w *World) Seed(ctx context.Context, store storage.Store) error {
	if err := w.makeGroup(ctx); err != nil {
		return fmt.Errorf("make the group of %s: %w", southTeam, err)
	}
	err := errors.Join(
		store.Roster().PutTeam(ctx, visit.Team{Name: eastTeam, Groups: []string{onFeishu + ":group/" + w.eastChat}}),
		store.Roster().PutTeam(ctx, visit.Team{Name: southTeam, Groups: []string{onWeCom + ":group/" + southChat}}),
	)
	if err != nil {
		return fmt.Errorf("seed the teams: %w", err)
	}
	photos := album()
	for _, b := range photos {
		if err := store.Media().PutBlob(ctx, b); err != nil {
			return fmt.Errorf("seed the photos: %w", err)
		}
	}
	for _, p := range w.people {
		if p.Role == "" {
			continue
		}
		if err := w.seedPerson(ctx, store, p, photos); err != nil {
			return fmt.Errorf("seed %s: %w", p.ID, err)
		}
	}
	return nil
}

func (w *World) seedPerson(ctx context.Context, store storage.Store, p person, photos []storage.Blob) error {
	if err := store.Roster().PutReps(ctx, p.rep()); err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	if p.Consents {
		day := w.start.Add(-7*weeksOfHistory).At(visit.Clock{Hour: 8}, zone)
		err := store.Consents().Put(ctx, visit.Consent{Rep: p.ID, Version: "1", At: visit.Millis(day), Source: "seed/consent/" + p.ID})
		if err != nil {
			return fmt.Errorf("consent: %w", err)
		}
	}
	customers := w.customers[p.ID]
	if len(customers) == 0 {
		return nil
	}
	if err := store.Customers().Put(ctx, customers...); err != nil {
		return fmt.Errorf("customers: %w", err)
	}
	if err := errors.Join(store.Routes().Put(ctx, routesOf(p, customers)...), store.Targets().Put(ctx, w.targetsOf(p)...)); err != nil {
		return fmt.Errorf("routes and targets: %w", err)
	}
	var plans []visit.PlannedVisit
	var facts []visit.Fact
	for i, d := range w.past() {
		plan := planOf(p, customers, d)
		if i == 0 {
			plan = append(plan, visit.PlannedVisit{Rep: p.ID, Date: d, Customer: forgottenBy(customers).ID, Order: len(plan) + 1, Purpose: visit.Collection})
		}
		plans = append(plans, plan...)
		if p.Consents { // nothing is kept of who has not agreed
			day := pastDay(p, plan, customers, d, photos)
			facts = append(facts, day...)
			if err := store.Outcomes().Put(ctx, visit.OutcomeOf(p.rep(), policy, d, plan, day)); err != nil {
				return fmt.Errorf("history: %w", err)
			}
		}
	}
	for _, d := range w.week() {
		plans = append(plans, planOf(p, customers, d)...)
	}
	if err := store.Plans().Put(ctx, plans...); err != nil {
		return fmt.Errorf("plans: %w", err)
	}
	if err := store.Facts().Append(ctx, facts...); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// chatExists is WeCom's code for an appchat whose id is taken.
const chatExists = 86215

// makeGroup makes the southern team's group over WeCom's interface, as only an app can.
func (w *World) makeGroup(ctx context.Context) error {
	app := w.WeCom()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	query := url.Values{"corpid": {app.CorpID}, "corpsecret": {app.Secret}}
	if _, err := w.callWeCom(ctx, "gettoken?"+query.Encode(), nil, &token); err != nil {
		return err
	}
	var members []string
	owner, _ := w.person(southManager)
	for _, p := range w.people {
		if p.WeCom != "" && (p.Team == southTeam || p.ID == admin) {
			members = append(members, p.WeCom)
		}
	}
	code, err := w.callWeCom(ctx, "appchat/create?access_token="+url.QueryEscape(token.AccessToken), map[string]any{
		"chatid": southChat, "name": southTeam, "owner": owner.WeCom, "userlist": members,
	}, &struct{}{})
	if code == chatExists {
		return nil
	}
	return err
}

// callWeCom makes one call and returns WeCom's code. An error says nothing of the address, which holds secrets.
func (w *World) callWeCom(ctx context.Context, path string, in, out any) (code int, err error) {
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		method = http.MethodPost
		if body, err = json.Marshal(in); err != nil {
			return 0, fmt.Errorf("call WeCom: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, w.wecomURL+"/cgi-bin/"+path, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("call WeCom: the address cannot be used")
	}
	resp, err := http.DefaultClient.Do(req)
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		err = ue.Err
	}
	if err != nil {
		return 0, fmt.Errorf("call WeCom: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, fmt.Errorf("read WeCom's answer: %w", err)
	}
	var status struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := errors.Join(json.Unmarshal(data, &status), json.Unmarshal(data, out)); err != nil {
		return 0, fmt.Errorf("read WeCom's answer: %w", err)
	}
	if status.Code != 0 {
		return status.Code, fmt.Errorf("WeCom answers %d", status.Code)
	}
	return 0, nil
}
