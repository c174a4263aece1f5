package demo

import (
	"net/http"

	"roundsman/geo"
)

// phoneAccuracy is how good the fixes of the demo's phones are, in metres.
const phoneAccuracy = 15

// checkInPage is where people of a platform check in with their device; "" if they cannot.
func (w *World) checkInPage(platform string) string {
	if w.bot.Page == nil {
		return ""
	}
	return w.bot.Page(platform)
}

// getPhone opens the check-in page as somebody's phone would, at a place of the
// map (degrees of GCJ-02), or where the browser says.
func (w *World) getPhone(rw http.ResponseWriter, r *http.Request) {
	who := seat{r.FormValue("person"), r.FormValue("platform")}
	p, err := w.at(who)
	page := w.checkInPage(who.platform)
	if err != nil || page == "" {
		http.NotFound(rw, r)
		return
	}
	var here geo.Point
	if lat, lng := r.FormValue("lat"), r.FormValue("lng"); lat != "" || lng != "" {
		if here, err = geo.Parse(lat, lng, geo.GCJ02); err != nil {
			answer(rw, nil, errOrder)
			return
		}
		here = here.WGS84()
	}
	if who.platform == onFeishu {
		if !here.IsZero() {
			w.feishu.SetPosition(p.openID(), here.Lat, here.Lng, phoneAccuracy)
		}
		http.Redirect(rw, r, w.feishuURL+w.feishuApp.PhonePath(p.openID(), page), http.StatusFound)
		return
	}
	if !here.IsZero() {
		w.wecomApp.SetPosition(p.WeCom, here.Lat, here.Lng, phoneAccuracy)
	}
	http.Redirect(rw, r, w.wecomApp.PhoneURL(p.WeCom, page), http.StatusFound)
}
