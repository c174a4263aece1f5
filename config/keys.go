package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"roundsman/visit"
)

// key is one setting: how it is read, what it is by default, what it looks like.
type key struct {
	name, byDefault, example string
	secret                   bool
	set                      func(c *Config, s string) error
}

// minKey is the least length of secret_key in bytes.
const minKey = 32

// keys are all settings but teams, admins and the platforms' sections.
func keys() []key {
	return []key{
		{"language", "zh", "zh", false, func(c *Config, s string) error {
			c.Language = s
			return oneOf(s, "zh", "en")
		}},
		{"timezone", "Asia/Shanghai", "Asia/Shanghai", false, func(c *Config, s string) (err error) {
			c.Zone, err = zone(s)
			return err
		}},
		{"listen", ":8080", `":8080"`, false, func(c *Config, s string) error { c.Listen = s; return address(s) }},
		{"metrics_listen", "", "127.0.0.1:9090", false, func(c *Config, s string) error {
			c.MetricsListen = s
			if s == "" {
				return nil
			}
			return address(s)
		}},
		{"public_url", "", "https://bot.example.com", false, func(c *Config, s string) error {
			c.PublicURL = strings.TrimSuffix(s, "/")
			if s == "" {
				return nil
			}
			return webURL(s)
		}},
		{"storage", "sqlite:roundsman.db", "sqlite:roundsman.db", true, func(c *Config, s string) error {
			c.Storage = Secret(s)
			if path, ok := strings.CutPrefix(s, "sqlite:"); ok && path != "" {
				return nil
			}
			if strings.HasPrefix(s, "mongodb://") || strings.HasPrefix(s, "mongodb+srv://") {
				return nil
			}
			return errors.New("must begin with sqlite: or mongodb://")
		}},
		{"spool", "spool", "/var/lib/roundsman/spool", false, func(c *Config, s string) error {
			c.Spool = s
			return notEmpty(s)
		}},
		{"witness", "", "/var/lib/roundsman/witness.txt", false, func(c *Config, s string) error {
			c.Witness = s
			return nil
		}},
		{"secret_key", "", `the output of "openssl rand -base64 48"`, true, func(c *Config, s string) error {
			c.SecretKey = Secret(s)
			if len(s) < minKey {
				return fmt.Errorf("needs at least %d bytes, has %d", minKey, len(s))
			}
			return nil
		}},
		{"schedule.workdays", "china", "china", false, func(c *Config, s string) error {
			c.Schedule.China = s == "china"
			return oneOf(s, "china", "mon-fri")
		}},
		clock("schedule.day_starts", "04:00", func(c *Config) *visit.Clock { return &c.Schedule.DayStarts }),
		clock("schedule.plan_proposal", "16:00", func(c *Config) *visit.Clock { return &c.Schedule.PlanProposal }),
		{"schedule.plan_deadline", "20:00", `"20:00"`, false, func(c *Config, s string) (err error) {
			c.Schedule.PlanDeadline, err = visit.ParseClock(s)
			if proposal := c.Schedule.PlanProposal; err == nil && c.Schedule.PlanDeadline.Sub(proposal) <= 0 {
				return fmt.Errorf("%q is not after schedule.plan_proposal, %s", s, proposal)
			}
			return err
		}},
		clock("schedule.morning_plan", "08:30", func(c *Config) *visit.Clock { return &c.Schedule.MorningPlan }),
		clock("schedule.report_deadline", "19:00", func(c *Config) *visit.Clock { return &c.Schedule.ReportDeadline }),
		clock("schedule.evening_summary", "19:30", func(c *Config) *visit.Clock { return &c.Schedule.EveningSummary }),
		{"schedule.work_hours", "07:00-22:00", `"07:00-22:00"`, false, func(c *Config, s string) (err error) {
			c.Schedule.WorkHours, err = visit.ParseSpan(s)
			if err == nil && c.Schedule.WorkHours == (visit.Span{}) {
				return fmt.Errorf("%q is empty, so that no check-in could be recorded", s)
			}
			return err
		}},
		{"schedule.quiet_hours", "12:00-13:30", `"12:00-13:30"`, false, func(c *Config, s string) error {
			return c.Schedule.QuietHours.UnmarshalText([]byte(s))
		}},
		number("check_in.radius", "200", 50, 5000, func(c *Config, f float64) { c.CheckIn.Radius = f }),
		number("check_in.near", "500", 100, 10000, func(c *Config, f float64) { c.CheckIn.Near = f }),
		number("check_in.max_accuracy", "150", 20, 1000, func(c *Config, f float64) { c.CheckIn.MaxAccuracy = f }),
		{"check_in.drift", "on", "on", false, func(c *Config, s string) error {
			c.CheckIn.NoDrift = s == "off"
			return oneOf(s, "on", "off")
		}},
		whole("check_in.max_age", "5", 1, visit.MaxMaxAge, func(c *Config, n int) { c.CheckIn.MaxAge = n }),
		whole("check_in.min_stay", "5", 0, visit.MaxMinStay, func(c *Config, n int) { c.CheckIn.MinStay = n }),
		whole("check_in.min_visits", "4", 0, 50, func(c *Config, n int) { c.CheckIn.MinVisits = n }),
		{"privacy.consent", "required", "required", false, func(c *Config, s string) error {
			c.Privacy.ConsentRequired = s != "recorded_elsewhere"
			return oneOf(s, "required", "recorded_elsewhere")
		}},
		days("privacy.keep_coordinates", "90d", func(c *Config, d time.Duration) { c.Privacy.KeepCoordinates = d }),
		days("privacy.keep_photos", "180d", func(c *Config, d time.Duration) { c.Privacy.KeepPhotos = d }),
		days("privacy.erase_within", "15d", func(c *Config, d time.Duration) { c.Privacy.EraseWithin = d }),
		amount("limits.photo_bytes", "20MB", "B", 100<<20, func(c *Config, n int64) { c.Limits.PhotoBytes = n }),
		amount("limits.photo_pixels", "40MP", "P", 200e6, func(c *Config, n int64) { c.Limits.PhotoPixels = n }),
		whole("limits.photo_decoders", "2", 1, 64, func(c *Config, n int) { c.Limits.PhotoDecoders = n }),
		amount("limits.feishu_body", "256KB", "B", 8<<20, func(c *Config, n int64) { c.Limits.FeishuBody = n }),
		amount("limits.wecom_body", "1MB", "B", 8<<20, func(c *Config, n int64) { c.Limits.WeComBody = n }),
	}
}

func clock(name, byDefault string, field func(*Config) *visit.Clock) key {
	return key{name, byDefault, strconv.Quote(byDefault), false, func(c *Config, s string) (err error) {
		*field(c), err = visit.ParseClock(s)
		return err
	}}
}

func number(name, byDefault string, least, most float64, set func(*Config, float64)) key {
	return key{name, byDefault, byDefault, false, func(c *Config, s string) error {
		f, err := strconv.ParseFloat(s, 64)
		// Written so that NaN is refused.
		if err != nil || !(f >= least && f <= most) {
			return fmt.Errorf("%q is not a number from %v to %v", s, least, most)
		}
		set(c, f)
		return nil
	}}
}

func whole(name, byDefault string, least, most int, set func(*Config, int)) key {
	return key{name, byDefault, byDefault, false, func(c *Config, s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a whole number from %d to %d", s, least, most)
		}
		set(c, n)
		return nil
	}}
}

func days(name, byDefault string, set func(*Config, time.Duration)) key {
	return key{name, byDefault, byDefault, false, func(c *Config, s string) error {
		n, err := strconv.Atoi(strings.TrimSuffix(s, "d"))
		if err != nil || !strings.HasSuffix(s, "d") || n < 1 || n > 3650 {
			return fmt.Errorf("%q is not a number of days from 1d to 3650d", s)
		}
		set(c, time.Duration(n)*24*time.Hour)
		return nil
	}}
}

// amount reads 256KB or 40MP. Bytes count by 1024, pixels by 1000.
func amount(name, byDefault, unit string, most int64, set func(*Config, int64)) key {
	return key{name, byDefault, byDefault, false, func(c *Config, s string) error {
		base := int64(1024)
		if unit == "P" {
			base = 1000
		}
		digits, factor := strings.TrimSuffix(s, unit), int64(1)
		if i := strings.IndexAny(digits, "KM"); i >= 0 && i == len(digits)-1 {
			factor = base
			if digits[i] == 'M' {
				factor *= base
			}
			digits = digits[:i]
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 1 || n > most/factor {
			return fmt.Errorf("%q is not an amount like %s, at most %d", s, byDefault, most)
		}
		set(c, n*factor)
		return nil
	}}
}

func oneOf(s string, allowed ...string) error {
	for _, a := range allowed {
		if s == a {
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", s, strings.Join(allowed, ", "))
}

func notEmpty(s string) error {
	if s == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func zone(s string) (*time.Location, error) {
	if s == "" || s == "Local" {
		return nil, fmt.Errorf("%q is not a time zone", s)
	}
	z, err := time.LoadLocation(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone", s)
	}
	return z, nil
}

func address(s string) error {
	_, port, err := net.SplitHostPort(s)
	if n, errPort := strconv.Atoi(port); err != nil || errPort != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is not an address", s)
	}
	return nil
}

func webURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("is not a web address")
	}
	return nil
}
