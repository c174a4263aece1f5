package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateGolden = flag.Bool("update", false, "write the golden files")

// scenes are what is played, by the name of its golden files.
var scenes = map[string]func(*gallery){
	"days":      (*gallery).days,
	"check_ins": (*gallery).checkIns,
	"codes":     (*gallery).codes,
	"plans":     (*gallery).plans,
	"approvals": (*gallery).approvals,
	"leaves":    (*gallery).leaves,
	"rounds":    (*gallery).rounds,
	"transfers": (*gallery).transfers,
	"tables":    (*gallery).tables,
	"office":    (*gallery).office,
	"privacy":   (*gallery).privacy,
	"periods":   (*gallery).periods,
	"summaries": (*gallery).summaries,
}

// Every card and post, as each platform takes it, in both languages: what is
// said to two reps, their manager, their group and an admin, by subject.
func TestCardsGolden(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"feishu", "wecom"} {
		for _, language := range []string{"zh", "en"} {
			for scene, play := range scenes {
				t.Run(platform+"_"+language+"_"+scene, func(t *testing.T) {
					t.Parallel()
					g := newGallery(t, platform, language)
					play(g)
					got := g.out.String()
					name := filepath.Join("testdata", "cards", scene+"."+platform+"."+language+".golden")
					if *updateGolden {
						g.ok(os.MkdirAll(filepath.Dir(name), 0o755))
						g.ok(os.WriteFile(name, []byte(got), 0o600))
					}
					want, err := os.ReadFile(name)
					g.ok(err)
					if diff := cmp.Diff(string(want), got); diff != "" {
						t.Errorf("%s (-want +got; -update writes it):\n%s", name, diff)
					}
				})
			}
		}
	}
}

// days are a day and the morning after it.
func (g *gallery) days() {
	g.job("day_open", "2026-11-24")
	g.at(8, 30)
	g.job("morning_plan", "2026-11-24")
	g.text("stranger", "你好", "hello")
	g.text("zhang", "帮助", "help")
	g.text("zhang", "计划", "plan")
	g.at(10, 30)
	g.press("zhang", "button.on_way")
	g.pin("zhang", 0)
	g.photo("zhang")
	g.text("zhang", "成交 订货1.2万 回款5000 竞品：打九折\n价格 <at id=all></at> [x](http://x)", "deal order 12,000 collected 5000 competitor: 10 % off\nprice <at id=all></at> [x](http://x)")
	g.text("zhang", "订货 -1", "order -1")
	g.text("zhang", "签退", "checkout")
	g.at(11, 30)
	g.pin("zhang", 4400)
	g.text("zhang", "门口修路", "the street is closed")
	g.press("zhang", "result.follow_up")
	g.pin("zhang", 3000)
	g.pin("zhang", 6005)
	g.pin("zhang", 30_000)
	g.press("zhang", "button.prospect")
	g.text("zhang", "新开的店", "a new shop")
	g.at(13, 40)
	g.at(14, 0)
	g.press("wang", "button.reassign", "Name", "李娜")
	g.text("wang", "派 张伟 大润发 送货 15:00-16:00 #SO2", "assign 张伟 大润发 delivery 15:00-16:00 #SO2")
	g.pin("zhang", 2010)
	g.press("zhang", "delivery.rescheduled")
	g.text("zhang", "改期 好德", "putoff 好德")
	g.text("li", "请假 明天 上午 看病", "leave tomorrow morning doctor")
	g.press("wang", "button.grant")
	g.at(15, 0)
	g.text("li", "投诉 C1 破损2箱 <at id=all></at>", "complaint C1 two broken <at id=all></at>")
	g.text("zhang", "投诉 大润 送错货", "complaint 大润 wrong goods")
	g.text("zhang", "结案 大润 已换货", "resolve 大润 exchanged")
	g.text("wang", "投诉", "complaint")
	g.at(15, 30)
	g.text("wang", "今天", "today")
	g.at(16, 0)
	g.job("plan_proposal", "2026-11-24")
	g.text("zhang", "明天 +华联 10:00 收款 5000 -罗森<", "tomorrow +华联 10:00 collection 5000 -罗森<")
	g.text("zhang", "明天 +没有", "tomorrow +nobody")
	g.at(18, 30)
	g.job("report_reminder", "2026-11-24")
	g.press("zhang", "button.report")
	g.text("zhang", "心得 先打电话", "reflections call first")
	g.at(19, 0)
	g.job("plan_reminder", "2026-11-24")
	g.job("report_list", "2026-11-24")
	g.text("wang", "日报 张伟", "report 张伟")
	g.text("wang", "批注 张伟 好", "comment 张伟 good")
	g.at(19, 30)
	g.job("evening_summary", "2026-11-24")
	g.job("summary_picture", "2026-11-24")
	g.job("evening_detail", "2026-11-24")
	g.job("day_maps", "2026-11-24")
	g.text("wang", "地图 张伟", "map 张伟")
	g.text("wang", "地图 李娜 昨天", "map 李娜 yesterday")
	g.at(20, 0)
	g.job("plan_lock", "2026-11-24")
	g.job("plan_unconfirmed", "2026-11-24")
	g.text("zhang", "明天", "tomorrow")
	g.text("zhang", "明天 -华联", "tomorrow -华联")
	g.text("boss", "成员", "members")
	g.text("boss", "假期", "holidays")
	g.text("boss", "死信", "deadletters")
	g.text("boss", "未确认", "uncertain")
	g.text("wang", "设置", "settings")
	g.text("wang", "设置 最少拜访 -4", "settings minvisits -4")
	g.text("wang", "群播报 精简", "groupposts brief")
	g.text("wang", "目标 张伟 订货 12万 回款 5万", "targets 张伟 order 120000 collection 50000")
	g.text("wang", "目标 张伟 订货 -5", "targets 张伟 order -5")
	g.text("wang", "目标", "targets")
	g.text("zhang", "目标 12月", "targets 2026-12")
	g.now = g.now.AddDate(0, 0, 1)
	g.at(8, 30)
	g.job("morning_plan", "2026-11-25")
	g.now = g.now.AddDate(0, 0, 5)
	g.at(9, 0)
	g.job("weekly_digest", "2026-11-30")
	g.text("wang", "目标 张伟 订货 1万", "targets 张伟 order 10000")
}
