package demo

import (
	"crypto/sha256"
	"encoding/hex"

	"roundsman/geo"
	"roundsman/visit"
)

// The platforms by the names that the roster and addresses use.
const (
	onFeishu = "feishu"
	onWeCom  = "wecom"
)

// The teams.
const (
	eastTeam  = "华东一队"
	southTeam = "华南一队"
)

// person is somebody of the company, or a stranger to it.
type person struct {
	ID, Name, Team string
	Role           visit.Role // empty: a stranger
	// WeCom is the userid there; Feishu says that they are there too.
	WeCom  string
	Feishu bool
	// Consents says that they agreed before the demo began.
	Consents bool
	// turf is a rep's part of town.
	turf turf
}

// platforms returns where the person is, the first one first.
func (p person) platforms() []string {
	var out []string
	if p.Feishu {
		out = append(out, onFeishu)
	}
	if p.WeCom != "" {
		out = append(out, onWeCom)
	}
	return out
}

func (p person) on(platform string) bool {
	return platform == onFeishu && p.Feishu || platform == onWeCom && p.WeCom != ""
}

// openID is the person's id on Feishu.
func (p person) openID() string { return "ou_" + digest("person "+p.ID) }

// rep is the person's entry in the roster.
func (p person) rep() visit.Rep {
	r := visit.Rep{ID: p.ID, Name: p.Name, Team: p.Team, Role: p.Role, Identities: map[string]string{}}
	if p.Feishu {
		r.Identities[onFeishu] = p.openID()
	}
	if p.WeCom != "" {
		r.Identities[onWeCom] = p.WeCom
	}
	return r
}

// digest makes an id that looks like the platforms' own, the same every time.
func digest(s string) string {
	sum := sha256.Sum256([]byte("roundsman demo " + s))
	return hex.EncodeToString(sum[:16])
}

// The people that the played day is about.
const (
	eastManager, southManager   = "M01", "M02"
	eastSteady, southSteady     = "R01", "R05" // do their plan
	eastFar, southFar           = "R02", "R06" // near once, elsewhere once
	eastNew, southNew           = "R03", "R07" // have not agreed yet
	eastMall, southMall         = "R04", "R08" // have two customers in one mall, and find a new one
	eastStranger, southStranger = "X01", "X02"
	admin                       = "A01"
)

// people is everybody, in the order in which they are shown.
func people() []person {
	return []person{
		{ID: eastSteady, Name: "张伟", Team: eastTeam, Role: visit.RoleRep, Feishu: true, Consents: true, turf: turfs[0]},
		{ID: eastFar, Name: "李娜", Team: eastTeam, Role: visit.RoleRep, Feishu: true, Consents: true, turf: turfs[1]},
		{ID: eastNew, Name: "王强", Team: eastTeam, Role: visit.RoleRep, Feishu: true, turf: turfs[2]},
		{ID: eastMall, Name: "陈洁", Team: eastTeam, Role: visit.RoleRep, Feishu: true, WeCom: "chenjie", Consents: true, turf: turfs[3]},
		{ID: southSteady, Name: "林晓燕", Team: southTeam, Role: visit.RoleRep, WeCom: "linxiaoyan", Consents: true, turf: turfs[4]},
		{ID: southFar, Name: "何俊", Team: southTeam, Role: visit.RoleRep, WeCom: "hejun", Consents: true, turf: turfs[5]},
		{ID: southNew, Name: "吴婷", Team: southTeam, Role: visit.RoleRep, WeCom: "wuting", turf: turfs[6]},
		{ID: southMall, Name: "梁伟强", Team: southTeam, Role: visit.RoleRep, WeCom: "liangweiqiang", Consents: true, turf: turfs[7]},
		{ID: eastManager, Name: "周敏", Team: eastTeam, Role: visit.RoleManager, Feishu: true, Consents: true},
		{ID: southManager, Name: "黄志明", Team: southTeam, Role: visit.RoleManager, WeCom: "huangzhiming", Consents: true},
		{ID: admin, Name: "孙丽", Role: visit.RoleAdmin, Feishu: true, WeCom: "sunli", Consents: true},
		{ID: eastStranger, Name: "郑凯", Feishu: true},
		{ID: southStranger, Name: "谢琳", WeCom: "xielin"},
	}
}

// turf is a rep's part of town.
type turf struct {
	city, district string
	// center is GCJ-02, as map services have it; customers lie within reach metres of it.
	center geo.Point
	reach  float64
	// inland is a bearing in degrees that leads away from water.
	inland  float64
	streets []string
	// mall is where two of the customers are, if anywhere.
	mall string
}

func gcj(lat, lng float64) geo.Point { return geo.Point{Lat: lat, Lng: lng, Datum: geo.GCJ02} }

var turfs = []turf{
	{city: "上海市", district: "徐汇区", center: gcj(31.1830, 121.4340), reach: 2300, inland: 270, streets: []string{
		"天平路", "衡山路", "宛平南路", "零陵路", "漕溪北路", "肇嘉浜路", "斜土路", "天钥桥路", "田林路", "宜山路", "钦州路", "桂林路", "虹漕路", "龙华西路", "中山西路",
	}},
	{city: "上海市", district: "静安区", center: gcj(31.2390, 121.4510), reach: 2300, inland: 330, streets: []string{
		"南京西路", "北京西路", "武定路", "康定路", "昌平路", "江宁路", "胶州路", "万航渡路", "延平路", "新闸路", "石门二路", "成都北路", "威海路", "巨鹿路", "常德路",
	}},
	{city: "上海市", district: "浦东新区", center: gcj(31.2280, 121.5440), reach: 2400, inland: 100, streets: []string{
		"世纪大道", "张杨路", "浦电路", "潍坊路", "源深路", "民生路", "峨山路", "东方路", "福山路", "崂山路", "灵山路", "乳山路", "栖山路", "罗山路", "锦绣路",
	}},
	{city: "上海市", district: "长宁区", center: gcj(31.2110, 121.4080), reach: 2400, inland: 270, mall: "汇宁广场", streets: []string{
		"定西路", "愚园路", "江苏路", "长宁路", "仙霞路", "天山路", "古北路", "虹桥路", "安顺路", "法华镇路", "番禺路", "延安西路", "遵义路", "玛瑙路", "水城路",
	}},
	{city: "深圳市", district: "福田区", center: gcj(22.5480, 114.0580), reach: 2200, inland: 0, streets: []string{
		"福华路", "深南中路", "彩田路", "红荔路", "莲花路", "新洲路", "景田路", "梅林路", "华强北路", "振华路", "滨河大道", "益田路", "福强路", "石厦北二街", "沙尾路",
	}},
	{city: "深圳市", district: "南山区", center: gcj(22.5420, 113.9400), reach: 2200, inland: 0, streets: []string{
		"科苑路", "高新南一道", "深南大道", "南海大道", "桃园路", "学府路", "创业路", "后海大道", "海德一道", "文心五路", "粤海路", "白石路", "沙河西路", "登良路", "东滨路",
	}},
	{city: "深圳市", district: "罗湖区", center: gcj(22.5600, 114.1250), reach: 2200, inland: 0, streets: []string{
		"人民北路", "东门中路", "深南东路", "宝安南路", "桂园路", "红岭中路", "笋岗东路", "文锦中路", "爱国路", "太宁路", "布心路", "翠竹路", "田贝四路", "水贝二路", "春风路",
	}},
	{city: "深圳市", district: "宝安区", center: gcj(22.5750, 113.9000), reach: 2200, inland: 20, mall: "前海汇广场", streets: []string{
		"新安一路", "新安四路", "建安一路", "前进一路", "宝民一路", "创业一路", "翻身路", "裕安一路", "西乡大道", "宝源路", "兴华一路", "上川路", "罗田路", "流塘路", "甲岸路",
	}},
}
