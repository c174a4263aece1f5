package match_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mozillazg/go-pinyin"
	"pgregory.net/rapid"

	"roundsman/match"
)

type thing struct{ id, name string }

func key(t thing) (id, name string) { return t.id, t.name }

// find returns the names that a query means among some.
func find(query string, among ...string) []string {
	var things []thing
	for i, name := range among {
		things = append(things, thing{fmt.Sprintf("#%d", i), name})
	}
	var names []string
	for _, t := range match.Find(query, slices.Values(things), key) {
		names = append(names, t.name)
	}
	return names
}

func TestFindOne(t *testing.T) {
	t.Parallel()
	for name, queries := range map[string]struct{ yes, no string }{
		"张伟": {
			yes: "张伟 zhangwei zw zhangw zwei zhwei zhw z zh zhan zhang zhangwe Zhang ZW 张wei 张w z伟 ｚｗ wei",
			no:  "张为 w we zwe1 zhangweo hang ei angwei zg zhangweiw 王 zhangzw",
		},
		"大润发人民广场店": {
			yes: "大润 润发 darunfa drf darf darunf darunfar d da dr 大rf 大润f drfrmgcd rmgc guangchang guangch gc 人民gc 发rmin 人m广 dian",
			no:  "arunfa unfa 大广 大发 dfr dd f 店d 人民rm gcdd di r darunfag",
		},
		"大润发（人民广场店）": {
			yes: "大润发(人民 大润发人民广场店 大润发人民 drfrmgcd darunfarenmin 发人 发rm （人 rmgc d)",
			no:  "大润发) 大润发.人民 发)",
		},
		"重庆小面":        {yes: "cq zq chongqing zhongqing cqxm zqxm chq zhq 重q", no: "q qing小n"},
		"单国强":         {yes: "sgq dgq shanguoqiang danguoqiang shan dan", no: "ngq"},
		"曾凡":          {yes: "zf cf zengfan cengfan zengf", no: "zhf z凡f"},
		"解放路":         {yes: "jfl xfl jiefang", no: "gfl"},
		"仇区查盖翟":       {yes: "qozgz cqcgd qiuouzhagezhai chouquchagaidi", no: "aozgz"},
		"吕梁绿地":        {yes: "lvliang lvlld luliang lvlianglvdi lllv lvlianglu", no: "lyliang"},
		"战略咨询":        {yes: "zhanlve zhanlue zlve zlue", no: "zhanle"},
		"西安饼店":        {yes: "xian xa xabd xianbd xianb xiabd", no: "xianian anx"},
		"阿娥":          {yes: "a ae e 娥", no: "ea"},
		"KFC 肯德基":     {yes: "kfc KFC肯 kfckdj kfck ｋｆｃ肯德基 f kdj kende c肯", no: "kkdj kfd"},
		"7-11便利店":     {yes: "7-11 711 71 711bld 7-11便 11bianli bld 11", no: "7.11 便利d店"},
		"阿里木·买买提":     {yes: "阿里木买买提 alm almmmt 木·买 木mai", no: "·a 阿买 阿里木··买"},
		"Café　Straße": {yes: "café CAFÉ cafésTRAẞE fé", no: "cafe"},
		"ΣΊΣΥΦΟΣ":     {yes: "σίσυφος Σίσυφοσ φος", no: "σι"},
		"𠮷野家":         {yes: "𠮷野 𠮷yj yejia 野j", no: "吉野 jyj"},
	} {
		for q := range strings.FieldsSeq(queries.yes) {
			if len(find(q, name)) != 1 {
				t.Errorf("%s does not find %s", q, name)
			}
		}
		for q := range strings.FieldsSeq(queries.no) {
			if len(find(q, name)) != 0 {
				t.Errorf("%s finds %s", q, name)
			}
		}
	}
}

func TestFindTheBest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title, query, among, want string
	}{
		{"a whole name alone", "大润发", "大润发人民广场店 大润发 小大润发", "大润发"},
		{"two of one name", "张伟", "张伟 张伟民 张伟", "张伟 张伟"},
		{"an id before a name", "#1", "#1 大润发 ＃1", "大润发"},
		{"but for case both are whole", "abc", "ABC abc ABCD", "ABC abc"},
		{"but for case and width", "Abc", "ABC abcd ＡＢＣ", "ABC ＡＢＣ"},
		{"a whole id alone", "#1", "#12店 大润发 #1店", "大润发"},
		{"a whole id but for width", "＃1", "#12店 大润发 罗森", "大润发"},
		{"a part of an id is none", "#", "大润发", ""},
		{"the beginning before the inside", "润发", "大润发 润发超市 润发", "润发"},
		{"the beginning before the inside, whole name apart", "润", "大润发 润发超市 润家", "润发超市 润家"},
		{"the inside at last", "润", "大润发 华润 罗森", "华润 大润发"},
		{"read whole before read in part", "zw", "赵卫国 张伟 周文", "周文 张伟"},
		{"read in part if there is no whole", "zw", "赵卫国 张伟民 李四", "张伟民 赵卫国"},
		{"written at the beginning as good as read whole", "zw", "ZW东门店 张伟 赵卫国", "ZW东门店 张伟"},
		{"written inside as good as read at the beginning", "zw", "上海ZW 赵卫国 小赵卫国", "上海ZW 赵卫国"},
		{"read inside at last", "rf", "大润发 罗森", "大润发"},
		{"a letter is every beginning", "d", "大润发 得力 罗森店", "大润发 得力"},
		{"written before read", "重庆", "重庆店 重青店", "重庆店"},
		{"all readings are as good", "cq", "重庆店 超群店 中青店", "超群店 重庆店"},
		{"nothing means nothing", "", "大润发", ""},
		{"spaces mean nothing", " \u3000\u200b\t", "大润发", ""},
		{"a sign alone is what is written", "-", "7-11 罗森", "7-11"},
		{"unseen characters", "大\u200b润 发\u2060", "大润发 大润发二店", "大润发"},
	} {
		t.Run(strings.ReplaceAll(c.title, " ", "_"), func(t *testing.T) {
			t.Parallel()
			got := strings.Join(find(c.query, strings.Fields(c.among)...), " ")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q among %s (-want +got):\n%s", c.query, c.among, diff)
			}
		})
	}
}

// What is too long to be read aloud is still found as it is written.
func TestLongQueries(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("张", 61)
	for query, want := range map[string]int{
		long:                      1,
		long[:len(long)-3]:        1,
		strings.Repeat("z", 60):   1,
		strings.Repeat("z", 61):   0,
		"a" + long:                0,
		strings.Repeat(long, 100): 0,
	} {
		if got := len(find(query, long)); got != want {
			t.Errorf("%d characters find %d, want %d", len([]rune(query)), got, want)
		}
	}
}

// How many readings a name has does not multiply what it costs: 和 has five and
// more, so that this one has more than 10^100.
func TestReadingsDoNotMultiply(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("和", 200)
	if len(find(strings.Repeat("he", 29)+"h", name)) != 1 || len(find(strings.Repeat("he", 29)+"x", name)) != 0 {
		t.Error("a long name is misread")
	}
}

func TestFindHasOneOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var things []thing
		for i, name := range rapid.SliceOf(rapid.StringOfN(rapid.SampledFrom([]rune("张章伟为一a·")), 0, 4, -1)).Draw(t, "names") {
			things = append(things, thing{fmt.Sprint(i), name})
		}
		query := rapid.StringOfN(rapid.SampledFrom([]rune("张伟zwa")), 0, 3, -1).Draw(t, "query")
		want := match.Find(query, slices.Values(things), key)
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(things), func(i, j int) { things[i], things[j] = things[j], things[i] })
		got := match.Find(query, slices.Values(things), key)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(thing{})); diff != "" {
			t.Errorf("in another order (-want +got):\n%s", diff)
		}
	})
}

// chinese draws a name and one way to read it: its syllables.
func chinese(t *rapid.T) (name string, syllables []string) {
	all := rapid.SampledFrom([]rune("张伟大润发人民广场店重庆单曾解查仇区吕女略华联超市好德便利罗森行长都乐阿俄0Aé"))
	for _, r := range rapid.SliceOfN(all, 1, 9).Draw(t, "name") {
		name += string(r)
		readings := pinyin.SinglePinyin(r, pinyin.Args{Heteronym: true})
		if len(readings) == 0 {
			readings = []string{string(r)}
		}
		syllables = append(syllables, rapid.SampledFrom(readings).Draw(t, "reading"))
	}
	return name, syllables
}

func TestANameIsFoundHoweverItIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, syllables := chinese(t)
		runes := []rune(name)
		from := rapid.IntRange(0, len(runes)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(runes)).Draw(t, "to")
		var initials, mixed, part string
		for i, s := range syllables {
			first := string([]rune(s)[:1])
			initials += first
			some := rapid.SampledFrom([]string{s, first, string(runes[i])}).Draw(t, "some")
			mixed += some
			if from <= i && i < to {
				part += some
			}
		}
		full := strings.Join(syllables, "")
		for _, q := range []string{name, full, initials, mixed, strings.ToUpper(full)} {
			// Whole, whatever else begins so.
			if got := find(q, name, name+"0"); len(got) == 0 || got[0] != name || len(got) != 1 {
				t.Errorf("%s finds %v instead of %s", q, got, name)
			}
		}
		if beginning := full[:rapid.IntRange(1, len(full)).Draw(t, "letters")]; strings.ToValidUTF8(beginning, "") == beginning && len(find(beginning, name)) != 1 {
			t.Errorf("%s does not find %s", beginning, name)
		}
		if len([]rune(part)) > 1 && to-from > 1 && len(find(part, name)) != 1 {
			t.Errorf("%s does not find %s", part, name)
		}
	})
}

// Whatever is written, about whatever names: something that is there comes back,
// in order, once; and a name finds itself unless it is nothing.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"zw", "大rf", "zhangwe", "\xff", "ﷺ", "ß", "İ", "\u0301", "7-11", strings.Repeat("z", 61), ""} {
		f.Add(s, "张伟\n大润发（人民广场店）\nﷺ\n\xff\n"+s)
	}
	find := func(query string, names ...string) []string {
		return match.Find(query, slices.Values(names), func(name string) (string, string) { return "", name })
	}
	f.Fuzz(func(t *testing.T, query, lines string) {
		names := strings.Split(lines, "\n")
		got := find(query, names...)
		if !slices.IsSorted(got) {
			t.Errorf("%q is not in order", got)
		}
		left := slices.Clone(names)
		for _, name := range got {
			i := slices.Index(left, name)
			if i < 0 {
				t.Fatalf("%q is returned more often than it is there", name)
			}
			left = slices.Delete(left, i, i+1)
		}
		for _, name := range names {
			self := find(name, names...)
			if len(self) > 0 != (len(find(name, name)) > 0) || len(self) > 0 && !slices.Contains(self, name) {
				t.Errorf("%q finds %q", name, self)
			}
		}
	})
}

// 10,000 names, as a company has customers, each time anew.
func BenchmarkFind(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	pick := func(words string) string {
		all := strings.Fields(words)
		return all[rng.IntN(len(all))]
	}
	chars := []rune(nil)
	for r := '一'; r < '一'+20_000; r += 8 {
		chars = append(chars, r)
	}
	var things []thing
	for i := range 10_000 {
		name := pick("大润发 华联超市 好德便利 罗森 永辉 沃尔玛 7-11便利店 联华") + "（" + string(chars[rng.IntN(len(chars))]) +
			string(chars[rng.IntN(len(chars))]) + pick("路 街 广场 公园") + "店）"
		things = append(things, thing{fmt.Sprintf("C%05d", i), name})
	}
	for _, c := range []struct{ name, query string }{
		{"whole", things[5000].name},
		{"written", "广场店"},
		{"initials", "drf"},
		{"pinyin", "darunfa"},
		{"inside", "gongyuandian"},
		{"nothing", "zhezhezhezhezhezhezhe"},
		{"longest", strings.Repeat("d", 60)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				match.Find(c.query, slices.Values(things), key)
			}
		})
	}
}
