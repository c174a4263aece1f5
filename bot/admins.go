package bot

import (
	"slices"

	"roundsman/visit"
)

// AdminsOf are the addresses of all admins: those of the configuration, and
// wherever those of the roster can be reached.
func AdminsOf(reps []visit.Rep, configured []Address) []Address {
	admins := slices.Clone(configured)
	for _, r := range reps {
		if r.Role != visit.RoleAdmin {
			continue
		}
		for platform, user := range r.Identities {
			if a := (Address{Platform: platform, Place: ToUser, ID: user}); !slices.Contains(admins, a) {
				admins = append(admins, a)
			}
		}
	}
	return admins
}
