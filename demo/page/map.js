// A schematic map: customers as dots with their fences, planned ones numbered
// and joined, and a pin that can be dragged. Coordinates are degrees of GCJ-02;
// over a few kilometres a plane is good enough.
const NS = 'http://www.w3.org/2000/svg';
const perLat = 110574, perLng = 111320;

const make = (name, attrs, ...children) => {
  const e = document.createElementNS(NS, name);
  for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

export class Plan {
  constructor(svg, { onPin, onShop }) {
    this.svg = svg; this.onPin = onPin; this.onShop = onShop;
    this.data = null; this.pin = null; this.chosen = null; this.view = { x: 0, y: 0, k: 0.05 };
    new ResizeObserver(() => { if (this.data && this.svg.clientWidth) { if (!this.fitted) this.fit(); this.draw(); } }).observe(svg);
    this.listen();
  }

  show(data, key, chosen) {
    const fresh = key !== this.key;
    this.data = data; this.chosen = chosen;
    if (fresh) {
      this.key = key; this.fitted = false;
      if (data) { this.pin = { lat: data.lat, lng: data.lng }; this.fit(); }
    }
    this.draw();
  }

  metres(p) { return { x: (p.lng - this.data.lng) * perLng * Math.cos(this.data.lat * Math.PI / 180), y: -(p.lat - this.data.lat) * perLat }; }
  degrees(m) { return { lat: this.data.lat - m.y / perLat, lng: this.data.lng + m.x / (perLng * Math.cos(this.data.lat * Math.PI / 180)) }; }
  size() { return { w: this.svg.clientWidth || 400, h: this.svg.clientHeight || 400 }; }
  px(p) { const m = this.metres(p), { w, h } = this.size(); return { x: (m.x - this.view.x) * this.view.k + w / 2, y: (m.y - this.view.y) * this.view.k + h / 2 }; }
  at(x, y) { const { w, h } = this.size(); return this.degrees({ x: (x - w / 2) / this.view.k + this.view.x, y: (y - h / 2) / this.view.k + this.view.y }); }

  distance(a, b) { const p = this.metres(a), q = this.metres(b); return Math.hypot(p.x - q.x, p.y - q.y); }

  fit() {
    if (!this.data || !this.svg.clientWidth) return;
    const all = [...this.data.customers, this.pin].map((c) => this.metres(c));
    const xs = all.map((m) => m.x), ys = all.map((m) => m.y);
    const [x0, x1, y0, y1] = [Math.min(...xs) - 450, Math.max(...xs) + 450, Math.min(...ys) - 450, Math.max(...ys) + 450];
    const { w, h } = this.size();
    this.view = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, k: Math.min(w / (x1 - x0), h / (y1 - y0)) };
    this.fitted = true;
  }

  zoom(by, x, y) {
    const { w, h } = this.size();
    x ??= w / 2; y ??= h / 2;
    const k = Math.min(Math.max(this.view.k * by, 0.01), 2.5), v = this.view;
    this.view = { k, x: v.x + (x - w / 2) * (1 / v.k - 1 / k), y: v.y + (y - h / 2) * (1 / v.k - 1 / k) };
    this.draw();
  }

  draw() {
    this.svg.replaceChildren();
    if (!this.data) return;
    const { w, h } = this.size(), k = this.view.k;
    this.svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    const step = [100, 200, 500, 1000, 2000, 5000].find((s) => s * k > 55) ?? 10000;
    const left = this.view.x - w / 2 / k, top = this.view.y - h / 2 / k;
    const grid = make('g', { class: 'grid' });
    for (let x = Math.ceil(left / step) * step; (x - left) * k < w; x += step) grid.append(make('path', { d: `M${(x - left) * k} 0V${h}` }));
    for (let y = Math.ceil(top / step) * step; (y - top) * k < h; y += step) grid.append(make('path', { d: `M0 ${(y - top) * k}H${w}` }));
    this.svg.append(grid);
    const planned = this.data.customers.filter((c) => c.order).sort((a, b) => a.order - b.order);
    if (planned.length > 1) this.svg.append(make('path', { class: 'route', d: 'M' + planned.map((c) => { const p = this.px(c); return `${p.x} ${p.y}`; }).join('L') }));
    const fences = make('g', {}), shops = make('g', {}), names = [];
    for (const c of [...this.data.customers.filter((c) => !c.order), ...planned]) {
      const p = this.px(c);
      if (c.order || c.id === this.chosen) fences.append(make('circle', { class: 'fence', cx: p.x, cy: p.y, r: c.radius * k }));
      const g = make('g', { class: ['shop', c.order && 'planned', c.verdict, c.id === this.chosen && 'chosen'].filter(Boolean).join(' '), transform: `translate(${p.x} ${p.y})`, tabindex: 0, role: 'button' });
      g.setAttribute('aria-label', (c.order ? c.order + ' ' : '') + c.name);
      g.append(make('circle', { class: 'hit', r: 18 }), make('circle', { class: 'dot', r: c.order ? 11 : 5.5 }));
      if (c.order) { const t = make('text', { class: 'no' }); t.textContent = c.order; g.append(t); }
      g.addEventListener('keydown', (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); this.onShop(c); } });
      g.shop = c;
      shops.append(g);
      if (c.order || c.id === this.chosen) names.push([c, p]);
    }
    const labels = make('g', {}), taken = [{ x: w - 62, y: 0, w: 62, h: 150 }];
    for (const c of this.data.customers) { const p = this.px(c), r = c.order ? 12 : 7; taken.push({ x: p.x - r, y: p.y - r, w: 2 * r, h: 2 * r }); }
    for (const [c, p] of names.sort((a, b) => (b[0].id === this.chosen) - (a[0].id === this.chosen))) {
      const width = [...c.name].length * 11.8;
      const places = [4, 17, -9].flatMap((dy) => [[p.x + 15, p.y + dy], [p.x - 15 - width, p.y + dy]]).concat([[p.x - width / 2, p.y + 26], [p.x - width / 2, p.y - 17]]);
      const free = ([x, y]) => x > 4 && x + width < w - 4 && !taken.some((t) => t.x < x + width && x < t.x + t.w && t.y < y + 3 && y - 11 < t.y + t.h);
      const spot = places.find(free) ?? (c.id === this.chosen && [Math.min(p.x + 15, w - width - 4), p.y + 4]);
      if (!spot) continue;
      taken.push({ x: spot[0], y: spot[1] - 11, w: width, h: 14 });
      const t = make('text', { class: 'name', x: spot[0], y: spot[1] });
      t.textContent = c.name;
      labels.append(t);
    }
    const q = this.px(this.pin);
    const pin = make('g', { class: 'pin' + (this.held ? ' held' : ''), transform: `translate(${q.x} ${q.y})` },
      make('ellipse', { cx: 0, cy: 1, rx: 7, ry: 2.5 }), make('path', { d: 'M0 0C-4 -7 -13 -14 -13 -23a13 13 0 0 1 26 0C13 -14 4 -7 0 0z' }), make('circle', { cx: 0, cy: -23, r: 4.6 }));
    this.svg.append(fences, labels, shops, pin);
    this.onScale?.(step, step * k);
  }

  listen() {
    let down = null;
    const where = (e) => { const b = this.svg.getBoundingClientRect(); return { x: e.clientX - b.left, y: e.clientY - b.top }; };
    this.svg.addEventListener('pointerdown', (e) => {
      if (!this.data || e.button) return;
      const p = where(e), q = this.px(this.pin);
      const onPin = Math.abs(p.x - q.x) < 20 && p.y > q.y - 44 && p.y < q.y + 10;
      down = { p, id: e.pointerId, onPin, shop: e.target.closest?.('.shop')?.shop, moved: false, view: { ...this.view }, off: { x: p.x - q.x, y: p.y - q.y } };
      this.held = onPin;
      this.svg.setPointerCapture(e.pointerId);
    });
    this.svg.addEventListener('pointermove', (e) => {
      if (!down || e.pointerId !== down.id) return;
      const p = where(e);
      if (Math.hypot(p.x - down.p.x, p.y - down.p.y) > 5) down.moved = true;
      if (!down.moved) return;
      if (down.onPin) { this.pin = this.at(p.x - down.off.x, p.y - down.off.y); this.onPin(); }
      else this.view = { ...down.view, x: down.view.x - (p.x - down.p.x) / down.view.k, y: down.view.y - (p.y - down.p.y) / down.view.k };
      this.draw();
    });
    const up = (e) => {
      if (!down || e.pointerId !== down.id) return;
      const d = down; down = null; this.held = false;
      if (e.type === 'pointerup' && !d.moved) {
        if (d.shop && !(d.onPin && d.off.y < -12)) this.onShop(d.shop);
        else if (!d.onPin) { this.pin = this.at(d.p.x, d.p.y); this.chosen = null; this.onPin(true); }
      }
      this.draw();
    };
    this.svg.addEventListener('pointerup', up);
    this.svg.addEventListener('pointercancel', up);
    this.svg.addEventListener('wheel', (e) => { e.preventDefault(); const p = where(e); this.zoom(e.deltaY < 0 ? 1.15 : 1 / 1.15, p.x, p.y); }, { passive: false });
    this.svg.addEventListener('keydown', (e) => {
      const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key];
      if (!move || !this.data) return;
      e.preventDefault();
      const p = this.px(this.pin);
      this.pin = this.at(p.x + move[0] * 8, p.y + move[1] * 8);
      this.onPin(true); this.draw();
    });
  }
}
