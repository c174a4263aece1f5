package visit

import (
	"fmt"
	"slices"
	"time"

	"roundsman/geo"
)

// Role is what a person may do. Each role may do what the ones before it may.
type Role string

// The roles, from least to most.
const (
	RoleRep     Role = "rep"
	RoleManager Role = "manager"
	RoleAdmin   Role = "admin"
)

var roles = []Role{RoleRep, RoleManager, RoleAdmin}

// ParseRole reads a role in English or Chinese.
func ParseRole(s string) (Role, error) {
	switch s {
	case "rep", "销售员", "销售", "送货员":
		return RoleRep, nil
	case "manager", "经理", "销售经理":
		return RoleManager, nil
	case "admin", "管理员":
		return RoleAdmin, nil
	}
	return "", fmt.Errorf("%q is not a role: rep, manager or admin", s)
}

// AtLeast reports whether r may do what needs the role want; an unknown role may do nothing.
func (r Role) AtLeast(want Role) bool {
	have, need := slices.Index(roles, r), slices.Index(roles, want)
	return have >= 0 && need >= 0 && have >= need
}

// Rep is a person of the roster: a rep, a manager or an admin.
type Rep struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Team string `json:"team"`
	Role Role   `json:"role"`
	// Identities holds the person's user id by platform name.
	Identities map[string]string `json:"identities,omitempty"`
}

// Team is a sales team and the groups that hear its posts.
type Team struct {
	Name string `json:"name"`
	// Timezone is an IANA name; empty means the company's.
	Timezone string `json:"timezone,omitempty"`
	// Groups are addresses "platform:chat".
	Groups []string `json:"groups,omitempty"`
	// Settings is what was set for the team by command, as text by the setting's
	// name ([Policy.With]); it wins over the configuration.
	Settings map[string]string `json:"settings,omitempty"`
}

// Customer is a place that a rep visits.
type Customer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Point is the place as it was given, with its datum; zero when not yet known.
	Point geo.Point `json:"point,omitzero"`
	// Place is Point in WGS-84. Stores derive it ([Customer.Located]), so that
	// judging a fix against many customers converts nothing.
	Place   geo.Point `json:"place,omitzero"`
	Address string    `json:"address,omitempty"`
	// Radius is in metres; 0 means the company's default.
	Radius float64 `json:"radius,omitempty"`
	// Fence is the ground that counts instead of a radius, of a market or an estate;
	// zero for none.
	Fence geo.Fence `json:"fence,omitzero"`
	Owner string    `json:"owner,omitempty"`
	// Grade is A, B, C or empty.
	Grade string `json:"grade,omitempty"`
	// Cadence is the number of days within which a visit is due; 0 means none.
	Cadence int    `json:"cadence,omitempty"`
	Area    string `json:"area,omitempty"`
	Contact string `json:"contact,omitempty"`
	Phone   string `json:"phone,omitempty"`
}

// Located returns the customer with Place derived from Point.
func (c Customer) Located() Customer {
	c.Place = geo.Point{}
	if !c.Point.IsZero() {
		c.Place = c.Point.WGS84()
	}
	return c
}

// Purpose is why a visit is planned.
type Purpose string

// The purposes.
const (
	NewCustomer    Purpose = "new_customer"
	MarketResearch Purpose = "market_research"
	Collection     Purpose = "collection"
	Service        Purpose = "service"
	Complaint      Purpose = "complaint"
	Order          Purpose = "order"
	Delivery       Purpose = "delivery"
	Other          Purpose = "other"
)

var purposes = map[string]Purpose{
	"开发新客户": NewCustomer, "市场调研": MarketResearch, "收款": Collection, "服务": Service,
	"客诉处理": Complaint, "订货": Order, "送货": Delivery, "其他": Other,
}

// ParsePurpose reads a purpose in Chinese or English; the empty text is the empty purpose.
func ParsePurpose(s string) (Purpose, error) {
	if p, ok := purposes[s]; ok {
		return p, nil
	}
	for _, p := range purposes {
		if string(p) == s {
			return p, nil
		}
	}
	if s == "" {
		return "", nil
	}
	return "", fmt.Errorf("%q is not a purpose: 开发新客户, 市场调研, 收款, 服务, 客诉处理, 订货, 送货 or 其他", s)
}

// PlannedVisit is one line of a rep's visit plan. Its key is (Rep, Date, Customer).
type PlannedVisit struct {
	Rep      string `json:"rep"`
	Date     Date   `json:"date"`
	Customer string `json:"customer"`
	// Order is the place in the rep's planned round, from 1.
	Order int `json:"order"`
	// Window is when the visit is meant to begin, on the team's wall clock.
	// A planned instant has To equal to From; zero means any time.
	Window    Span    `json:"window,omitzero"`
	Purpose   Purpose `json:"purpose,omitempty"`
	Reference string  `json:"reference,omitempty"`
	// CollectionTarget and OrderTarget are integer fen; 0 means none.
	CollectionTarget int64  `json:"collection_target,omitempty"`
	OrderTarget      int64  `json:"order_target,omitempty"`
	Note             string `json:"note,omitempty"`
	// Why is what a proposal put the visit on the plan for; zero for what a person did.
	Why Why `json:"why,omitzero"`
	// By is who assigned it, by id; empty for what the rep or a table put there.
	By string `json:"by,omitempty"`
}

// Assigned reports whether it is not the rep's to drop or to move: somebody
// assigned it, or it is a delivery that a table ordered.
func (v PlannedVisit) Assigned() bool {
	return v.By != "" || v.Purpose == Delivery && v.Reference != ""
}

// Consent is a person's yes to the keeping of their whereabouts.
type Consent struct {
	Rep string `json:"rep"`
	// Version names the notice that was shown.
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	// Source is the key of the event by which they agreed.
	Source string `json:"source"`
}

// The notices that people agree to. One that changes what is kept or who sees
// it needs a new version, and everybody is asked again.
const (
	// ConsentNotice says that a group hears no times of persons.
	ConsentNotice = "1"
	// ConsentWideNotice says that it hears when the first and the last visits were.
	ConsentWideNotice = "1w"
	// ConsentWithdrawn is no notice: it is the word that takes a yes back.
	ConsentWithdrawn = "withdrawn"
)

// Holds reports whether whereabouts may be kept by it.
func (c Consent) Holds() bool { return c.Version == ConsentNotice || c.Wide() }

// Wide reports whether the team's group may hear when the first and the last visits were.
func (c Consent) Wide() bool { return c.Version == ConsentWideNotice }

// Withdrawn reports whether it takes an earlier yes back: nothing of the person's
// whereabouts is kept from then on, whoever keeps the record of who agreed.
func (c Consent) Withdrawn() bool { return c.Version == ConsentWithdrawn }

// Allows reports whether whereabouts may be kept, by a person's last word or the
// lack of one (the zero value), where a yes in the chat is required or not.
func (c Consent) Allows(required bool) bool { return c.Holds() || !required && !c.Withdrawn() }
