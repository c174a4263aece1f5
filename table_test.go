package main

import (
	"strings"
	"testing"

	"roundsman/visit"
)

// An admin sends a table on Feishu, taps, and takes it back.
func TestATableIsSentToTheBot(t *testing.T) {
	c := newCompany(t, "webhook")
	ctx := t.Context()
	admin := visit.Rep{ID: "z", Name: "张伟", Team: testTeam, Role: visit.RoleAdmin, Identities: map[string]string{"feishu": c.user}}
	c.ok(c.store.Roster().PutReps(ctx, admin))
	_, err := c.feishu.SendFile(c.user, "", "客户.csv", []byte("编号,名称,负责人\nC1z,改名,z\nN1,新店,l\n"))
	c.ok(err)
	c.settled()
	chat, err := c.feishu.P2P(c.user)
	c.ok(err)
	sent := feishuSide.Messages(chat)
	card := sent[len(sent)-1]
	if !strings.Contains(card.Content, "导入客户：2 行") || !strings.Contains(card.Content, "新增 1 · 改动 1 · 相同 0") {
		t.Fatalf("the preview is %s", card.Content)
	}
	for range 2 { // in a hurry
		_, err = c.feishu.Click(c.user, card.ID, feishuSide.Buttons(card.ID)[0].Value)
		c.ok(err)
	}
	c.settled()
	names := func() (out string) {
		found, err := c.store.Customers().Get(ctx, "C1z", "N1")
		c.ok(err)
		for _, one := range found {
			out += one.Name + one.Owner + " "
		}
		return out
	}
	if got := names(); got != "改名z 新店l " {
		t.Fatalf("imported: %s", got)
	}
	bubbles := c.feishuBubbles()
	if len(bubbles) != 1 || !strings.Contains(bubbles[0], "已导入客户：2 行") {
		t.Errorf("the card became %q", bubbles)
	}
	_, err = c.feishu.SendText(c.user, "", "撤销")
	c.ok(err)
	c.settled()
	if got := names(); got != "客户C1zz " {
		t.Errorf("undone: %s", got)
	}
}
