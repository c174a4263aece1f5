package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"roundsman/bot"
)

// histograms have their buckets, sum and count under names of their own.
var histograms = []string{"roundsman_accept_seconds", "roundsman_handle_seconds", "roundsman_send_seconds"}

// described collects the names of what is registered with it.
type described map[string]bool

var fqName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (d described) Register(c prometheus.Collector) error {
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		c.Describe(ch)
	}()
	for desc := range ch {
		d[fqName.FindStringSubmatch(desc.String())[1]] = true
	}
	return nil
}

func (d described) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		_ = d.Register(c)
	}
}

func (described) Unregister(prometheus.Collector) bool { return false }

// registered returns the names of every metric of ours. It is the one place
// that the alerts and the dashboard are compared with.
func registered() map[string]bool {
	names := make(described)
	bot.NewMetrics(names)
	names.MustRegister(gauges{})
	return names
}

// used returns the names of our metrics in an expression.
func used(expr string) []string {
	var out []string
	for _, name := range regexp.MustCompile(`\broundsman_[a-z_]+`).FindAllString(expr, -1) {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); slices.Contains(histograms, base) {
				name = base
			}
		}
		out = append(out, name)
	}
	return out
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

type alertRule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func TestAlertsAreWhole(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alertRule
		}
	}
	readYAML(t, "deploy/prometheus/alerts.yaml", &file)
	known, seen := registered(), make(map[string]bool)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if seen[r.Alert] {
				t.Errorf("there are two %s", r.Alert)
			}
			seen[r.Alert] = true
			for _, name := range used(r.Expr) {
				if !known[name] {
					t.Errorf("%s asks for %s, which is not registered", r.Alert, name)
				}
			}
			if s := r.Labels["severity"]; s != "warning" && s != "critical" {
				t.Errorf("%s has the severity %q", r.Alert, s)
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say what it means and what to do", r.Alert)
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d alerts were read", len(seen))
	}
}

func TestDashboardIsWhole(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("deploy/grafana/roundsman.json")
	if err != nil {
		t.Fatal(err)
	}
	type source struct{ Type, UID string }
	var board struct {
		Templating struct {
			List []struct{ Name, Type string }
		}
		Panels []struct {
			ID          int
			Type, Title string
			Datasource  source
			GridPos     struct{ X, Y, W, H int }
			FieldConfig struct {
				Defaults struct{ Unit string }
			}
			Targets []struct {
				Datasource source
				Expr       string
			}
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	if v := board.Templating.List; len(v) == 0 || v[0].Name != "datasource" || v[0].Type != "datasource" {
		t.Error("the data source cannot be chosen")
	}
	known, shown, ids := registered(), make(map[string]bool), make(map[int]bool)
	taken := make(map[[2]int]string)
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s has another panel's id", p.Title)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[cell] != "" || cell[0] >= 24 {
					t.Fatalf("%s lies over %q or outside", p.Title, taken[cell])
				}
				taken[cell] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%s lacks a unit, the chosen data source or a question", p.Title)
		}
		for _, q := range p.Targets {
			if q.Datasource != p.Datasource {
				t.Errorf("%s asks two data sources", p.Title)
			}
			for _, name := range used(q.Expr) {
				shown[name] = true
				if !known[name] {
					t.Errorf("%s asks for %s, which is not registered", p.Title, name)
				}
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(shown))); diff != "" {
		t.Errorf("registered, and shown on the dashboard (-want +got):\n%s", diff)
	}
}

// mount is a volume of a service, in either of its two spellings.
type mount struct{ Type, Source, Target string }

func (m *mount) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		m.Type = "volume"
		m.Source, m.Target, _ = strings.Cut(n.Value, ":")
		return nil
	}
	type plain mount
	return n.Decode((*plain)(m))
}

// What would lose events or data if somebody changed it without thinking.
func TestComposeKeepsWhatItMust(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]struct{ volumes, bots []string }{
		"compose.yaml":        {[]string{"mongo", "mongo-config", "spool-1", "spool-2"}, []string{"bot-1", "bot-2"}},
		"compose.sqlite.yaml": {[]string{"data"}, []string{"bot"}},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Services map[string]struct {
				Grace   string `yaml:"stop_grace_period"`
				Restart string
				Ports   []string
				Volumes []mount
			}
			Volumes map[string]any
		}
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var bots, used []string
		for name, s := range c.Services {
			if strings.HasPrefix(name, "bot") {
				bots = append(bots, name)
			}
			if s.Grace != "30s" || s.Restart != "unless-stopped" {
				t.Errorf("%s: %s stops within %q and restarts %q", file, name, s.Grace, s.Restart)
			}
			for _, p := range s.Ports {
				if !strings.HasPrefix(p, "127.0.0.1:") {
					t.Errorf("%s: %s publishes %s to everybody, without TLS", file, name, p)
				}
			}
			for _, m := range s.Volumes {
				if m.Type == "volume" {
					used = append(used, m.Source)
					continue
				}
				if !strings.HasPrefix(m.Source, "./") {
					t.Errorf("%s: %s mounts %s of the host", file, name, m.Source)
				}
				if _, err := os.Stat(m.Source); err != nil && m.Source != "./roundsman.yaml" {
					t.Errorf("%s: %s: %v", file, name, err)
				}
			}
		}
		slices.Sort(bots)
		slices.Sort(used)
		if diff := cmp.Diff(want.bots, bots); diff != "" {
			t.Errorf("%s: bots (-want +got):\n%s", file, diff)
		}
		// Each once: no two processes share a spool or a database.
		if diff := cmp.Diff(want.volumes, used); diff != "" {
			t.Errorf("%s: volumes of the services (-want +got):\n%s", file, diff)
		}
		if diff := cmp.Diff(want.volumes, slices.Sorted(maps.Keys(c.Volumes))); diff != "" {
			t.Errorf("%s: volumes declared (-want +got):\n%s", file, diff)
		}
	}
}
