package sheet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"roundsman/digest/sheet"
)

// bad are tables with everything that can be wrong with them.
var bad = []struct {
	name string
	kind sheet.Kind
	csv  string
}{
	{"customers", sheet.Customers, `编号,名称,longitude,latitude,datum,半径,负责人,级别,拜访周期,phone
C10,好的,121.47,31.23,gcj02,200,R1,a,30,13800138000
,没有编号,,,,,,,,
C11,,,,,,,,,
C12,反了,31.23,121.47,GCJ02,,,,,
C13,零点,0,0,WGS84,,,,,
C14,太远,200,31,WGS84,,,,,
C15,太北,10,200,WGS84,,,,,
C16,缺坐标系,121.47,31.23,,,,,,
C17,不是数字,NaN,31.23,WGS84,,,,,
C18,无穷,1e999,31.23,WGS84,,,,,
C19,逗号,"121,47",31.23,WGS84,,,,,
C20,十六进制,0x79,31.23,WGS84,,,,,
C21,坐标系,121.47,31.23,EPSG:3857,,,,,
C22,半径小,,,,49,,,,
C23,半径大,,,,5001,,,,
C24,半径,,,,二百,,,,
C25,负责人,,,,,R9,,,
C26,级别,,,,,,D,,
C27,周期,,,,,,,0,
C28,周期,,,,,,,7.5,
C29,周期,,,,,,,366,
C30,电话,,,,,,,,1.38E+10
C10,重复,,,,,,,,
C31,#REF!,,,,,,,,
` + strings.Repeat("长", 65) + `,编号太长,,,,,,,,
C32,多一格,,,,,,,,,多了
C33,两处,,,,10,,Z,,
C34,"` + strings.Repeat("名", 201) + `",,,,,,,,
`},
	{"fences", sheet.Customers, `编号,名称,经度,纬度,坐标系,围栏
C1,好的,121.474,31.2305,GCJ02,"121.473,31.23;121.475,31.23;121.475,31.231;121.473,31.231"
C2,没有坐标系,,,,"121.473,31.23;121.475,31.23;121.475,31.231"
C3,只有两个角,121.474,31.2305,GCJ02,"121.473,31.23;121.475,31.23"
C4,反了,121.474,31.2305,GCJ02,"121.473,31.23;31.23,121.475;121.475,31.231"
C5,交叉,121.474,31.2305,GCJ02,"121.473,31.23;121.475,31.231;121.475,31.23;121.473,31.231"
C6,不是数字,121.474,31.2305,GCJ02,"东,南;西,北;a,b"
`},
	{"reps", sheet.Reps, `工号,姓名,团队,角色,飞书,企业微信
R3,王芳,华东二队,销售员,ou_3,wangfang
R4,赵敏,,rep,,
R5,孙丽,华东一队,boss,,
R6,周杰,华东一队,rep,ou_3,
R7,吴刚,华东一队,rep,ou_1,
R8,郑爽,华东一队,rep,,zhangwei
R3,重复,华东一队,rep,,
`},
	{"plans", sheet.Plans, `日期,工号,客户编号,时间,目的,回款目标,订货目标,备注
2026-11-25,R1,C1,09:00,收款,1200.50,0,先打电话
2026-11-25,R9,C1,,,,,
2026-11-25,R1,C9,,,,,
2026-02-30,R1,C1,,,,,
明天,R1,C1,,,,,
2026-11-26,R1,C1,25:00,,,,
2026-11-27,R1,C1,上午,,,,
2026-11-28,R1,C1,00:00,,,,
2026-11-29,R1,C1,,喝茶,,,
2026-11-30,R1,C1,,,1.234,,
2026-12-01,R1,C1,,,-5,,
2026-12-02,R1,C1,,,"1,200.00",,
2026-12-03,R1,C1,,,¥5,99999999999,
2026/11/25,R1,C1,,,,,重复
`},
	{"targets", sheet.Targets, `月份,工号,回款目标,订货目标
2026-12,R1,50000,120000
2026-13,R1,1,
十二月,R1,1,
2026-12-24,R1,1,
2026-12,R9,1,
,R1,1,
2027-01,R1,-5,NaN
2027-02,R1,99999999999,1.234
202612,R1,1,1
`},
	{"routes", sheet.Routes, `工号,星期,客户编号,周次
R1,1,C1,
R1,0,C1,
R1,8,C1,
R1,周八,C1,
R1,1.5,C1,
R1,2,C1,13
R1,3,C1,-1
R1,4,C9,
R9,5,C1,
R2,5,C1,
R1,周一,C1,0
R1,,C1,
`},
	{"no_amounts", sheet.Targets, "月份,工号\n2026-12,R1\n"},
	{"holidays", sheet.Holidays, "date,kind,name\n2027-01-01,rest,元旦\n2027-01-01,补班,\n2027-01-03,maybe,\n1999-01-01,rest,\n"},
	{"header", sheet.Customers, "编号,id,颜色,经度,name\n"},
	{"header_lacks", sheet.Plans, "日期,备注\n2026-11-24,x\n"},
	{"no_rows", sheet.Holidays, "日期,类型\n\n,\n"},
	{"nothing", sheet.Reps, ""},
	{"semicolons", sheet.Holidays, "日期;类型\n2027-01-01;rest\n"},
	{"quotes", sheet.Holidays, "日期,类型\n2027-01-01,\"rest\n"},
}

// Every bad row is named with line, column and reason, in either language.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		var all strings.Builder
		for _, b := range bad {
			_, err := read(t, b.kind, company(), b.csv)
			all.WriteString("== " + b.name + "\n" + refused(t, err).Text(speak(t, lang)) + "\n\n")
		}
		golden(t, "problems."+lang+".txt", all.String())
	}
}

// Each reason that the code gives has its sentence.
func TestEveryReasonHasASentence(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	ok(t, err)
	reason := regexp.MustCompile(`(?:wrong|whole|atLine)\((?:line, |bad\.StartLine, )?"([a-z_]+)"|[rR]eason(?::|, p\.pairs =| =) "([a-z_]+)"`)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		ok(t, err)
		for _, m := range reason.FindAllStringSubmatch(string(source), -1) {
			found++
			key := "import.reason." + m[1] + m[2]
			for _, lang := range []string{"zh", "en"} {
				if speak(t, lang).T(key) == key {
					t.Errorf("%s gives %s, for which there is no sentence in %s", file, key, lang)
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d reasons found in the code: does the pattern still fit?", found)
	}
}

// What was typed is shown short, and the error for the log shows none of it.
func TestProblemsShowLittle(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("密", 300)
	_, err := read(t, sheet.Holidays, company(), "日期,类型\n"+secret+",rest\n")
	invalid := refused(t, err)
	if text := invalid.Text(speak(t, "zh")); strings.Count(text, "密") != 40 {
		t.Errorf("shows %s", text)
	}
	if strings.Contains(invalid.Error(), "密") {
		t.Errorf("logs %s", invalid)
	}
}
