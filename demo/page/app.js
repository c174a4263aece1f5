// The page: a phone, a map and two groups, kept current by the server's events.
// Everything that a person or the bot wrote is set as text, never as markup.
import { words } from './words.js';
import { Plan } from './map.js';

const $ = (id) => document.getElementById(id);
const el = (tag, cls, ...children) => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
};

const stored = (key, fallback) => { try { return localStorage.getItem('roundsman.' + key) ?? fallback; } catch { return fallback; } };
const store = (key, value) => { try { localStorage.setItem('roundsman.' + key, value); } catch { /* private mode */ } };

const S = { who: null, follow: true, data: null, lang: stored('lang', ''), chosen: null, seen: {}, sample: 0, group: 0, groupSeen: 0, active: '' };
const wanted = new URLSearchParams(location.search);

const t = (key, values = {}) => {
  let s = words[S.lang || 'zh'][key];
  if (typeof s !== 'string') return s;
  for (const [k, v] of Object.entries(values)) s = s.replace('{' + k + '}', v);
  return s;
};
const metres = (m) => (m < 1000 ? `${Math.round(m)} ${t('m')}` : `${(m / 1000).toFixed(1)} ${t('km')}`);

// ── time: Shanghai, whatever the browser's zone ──
const zoned = (ms) => new Date(ms + 8 * 3600e3);
const two = (n) => String(n).padStart(2, '0');
const hhmm = (iso) => { const d = zoned(Date.parse(iso)); return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`; };
const dated = (ms) => { const d = zoned(ms); return t('month')({ m: d.getUTCMonth() + 1, d: d.getUTCDate(), w: t('weekdays')[d.getUTCDay()] }); };
const clock = { base: 0, real: 0, speed: 1, paused: true, shown: 0 };
function setClock(c) {
  const now = Date.parse(c.now);
  if (now < clock.shown - 30 * 60e3 || c.paused) clock.shown = 0;
  Object.assign(clock, { base: now, real: performance.now(), speed: c.speed, paused: c.paused });
}
function paintClock() {
  let now = clock.base + (clock.paused ? 0 : (performance.now() - clock.real) * clock.speed);
  now = clock.shown = Math.max(now, clock.shown);
  const d = zoned(now);
  const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (clock.speed <= 60 ? ':' + two(d.getUTCSeconds()) : '');
  if ($('time').textContent !== time) $('time').textContent = time;
  const date = dated(now);
  if ($('date').textContent !== date) $('date').textContent = date;
  requestAnimationFrame(paintClock);
}

// ── talking to the server ──
async function ask(path, body, raw) {
  try {
    const r = await fetch('api/' + path, raw ?? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const out = await r.json().catch(() => ({}));
    if (!r.ok) { toast(out.error || r.statusText); return null; }
    if (out.toast) toast(out.toast);
    return out;
  } catch { toast(t('lost')); return null; }
}
const seat = () => ({ person: S.who.person, platform: S.who.platform });
const send = (what) => { leaveFollow(); return ask('send', { ...seat(), ...what }); };

let loading = false, again = false;
async function load() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    do {
      again = false;
      const q = S.who ? `?person=${encodeURIComponent(S.who.person)}&platform=${encodeURIComponent(S.who.platform)}` : '';
      const r = await fetch('api/state' + q);
      if (!r.ok) throw new Error(r.statusText);
      const data = await r.json();
      if (S.who && data.phone.person !== S.who.person) { again = true; continue; }
      S.data = data;
      S.who ??= { person: data.phone.person, platform: data.phone.platform };
      if (!S.lang) { S.lang = data.language; label(); }
      setClock(data.clock);
      const active = data.play.active, mark = active ? active.person + active.platform + data.play.step : '';
      if (data.play.on && S.follow && active && mark !== S.active) {
        S.active = mark;
        if (active.person !== S.who.person || active.platform !== S.who.platform) { S.who = { ...active }; again = true; }
      }
      paint();
    } while (again);
  } catch { setTimeout(load, 1000); } finally { loading = false; }
}

function listen() {
  const events = new EventSource('api/events');
  events.onmessage = load;
  events.onerror = () => toast(t('lost'));
}

// ── painting ──
function label() {
  document.documentElement.lang = S.lang === 'zh' ? 'zh-CN' : 'en';
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll('[data-label]')) { e.setAttribute('aria-label', t(e.dataset.label)); if (e.tagName === 'BUTTON') e.title = t(e.dataset.label); }
  $('text').placeholder = t('message');
  $('lang').textContent = S.lang === 'zh' ? 'EN' : '中';
  $('chips').replaceChildren(...t('commands').map((c) => { const b = el('button', '', c); b.type = 'button'; b.onclick = () => send({ text: c }); return b; }));
  document.querySelector('[data-pane=groups]').setAttribute('aria-label', t('groups'));
}

function paint() {
  paintBar(); paintPeople(); paintPhone(); paintGroups(); paintMap();
}

function paintBar() {
  const { clock: c, play } = S.data;
  $('pause').setAttribute('aria-pressed', c.paused);
  for (const b of document.querySelectorAll('[data-speed]')) b.setAttribute('aria-pressed', !c.paused && +b.dataset.speed === c.speed);
  $('playText').textContent = t(play.on ? 'stop' : play.part ? 'goOn' : 'play');
  $('play').querySelector('path').setAttribute('d', play.on ? 'M7 7h10v10H7z' : 'M8 5.5l10 6.5-10 6.5z');
  $('story').hidden = !play.steps;
  $('progress').style.width = play.steps ? `${(100 * play.step) / play.steps}%` : '0';
  const said = $('storyText'), bits = [];
  if (play.result) {
    const bad = play.result.failed ?? [];
    bits.push(el('b', '', (bad.length ? '✗ ' : '✓ ') + (bad.length ? t('failed', { n: bad.length, what: bad[0] }) : t('good', { n: play.result.checks }))));
  } else {
    if (play.last) bits.push(el('b', '', play.last));
    if (play.next) bits.push((play.last ? ' · ' : '') + t('upNext', { time: hhmm(play.next.at), what: play.next.title }));
  }
  const text = bits.map((b) => b.textContent ?? b).join('');
  if (said.textContent !== text) said.replaceChildren(...bits);
}

const person = (id) => S.data.people.find((p) => p.id === id);
const hue = (id) => 'hue' + ([...id].reduce((n, c) => n * 31 + c.charCodeAt(0), 7) % 8);
const face = (p) => { const a = el('span', 'avatar ' + hue(p.id), p.name.slice(-2)); a.setAttribute('aria-hidden', 'true'); return a; };

function paintPeople() {
  const nav = $('people'), keep = nav.scrollLeft, focused = document.activeElement?.dataset?.person;
  const out = [];
  let team = null;
  for (const p of S.data.people) {
    const key = p.role && p.role !== 'admin' ? p.team : '';
    if (team !== null && key !== team) out.push(el('hr'));
    team = key;
    const here = p.id === S.who.person;
    const total = Object.values(p.said).reduce((a, b) => a + b, 0);
    if (here || !(p.id in S.seen)) S.seen[p.id] = total;
    const b = el('button', '', face(p), p.name, el('small', '', t(p.role || 'stranger')), total > S.seen[p.id] && el('i', 'unread'));
    b.type = 'button'; b.dataset.person = p.id;
    b.setAttribute('aria-pressed', here);
    b.onclick = () => { leaveFollow(); choose(p.id, p.platforms.includes(S.who.platform) ? S.who.platform : p.platforms[0]); };
    out.push(b);
  }
  nav.replaceChildren(...out);
  nav.scrollLeft = keep;
  if (focused) nav.querySelector(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
  if (S.scrolled !== S.who.person) {
    S.scrolled = S.who.person;
    const b = nav.querySelector('[aria-pressed=true]');
    if (b) nav.scrollTo({ left: b.offsetLeft - nav.offsetLeft - nav.clientWidth / 2 + 29, behavior: 'instant' });
  }
}

function choose(id, platform) { S.who = { person: id, platform }; load(); }
function leaveFollow() { if (S.data?.play.on && S.follow) { S.follow = false; $('follow').checked = false; } }

function badge(platform, tag = 'span') { const b = el(tag, 'badge ' + platform, t(platform)); if (tag === 'button') b.type = 'button'; return b; }

function paintPhone() {
  const p = person(S.who.person);
  $('owner').textContent = t('you', { name: p.name }) + ' · ' + (p.team ? p.team + ' ' : '') + t(p.role || 'stranger');
  $('platforms').replaceChildren(...p.platforms.map((x) => {
    if (p.platforms.length === 1) return badge(x);
    const b = badge(x, 'button');
    b.setAttribute('aria-pressed', x === S.who.platform);
    b.onclick = () => { leaveFollow(); choose(p.id, x); };
    return b;
  }));
  $('sendPlace').disabled = !S.data.map && !plan.pin;
  paintChat($('chat'), S.data.phone.messages, { key: S.who.person + S.who.platform, platform: S.who.platform, press: true, empty: t('empty') });
}

function paintGroups() {
  const box = $('groups');
  if (!box.children.length) {
    S.data.groups.forEach((g, i) => {
      const chat = el('div', 'chat'); chat.tabIndex = 0; chat.setAttribute('role', 'log');
      const section = el('section', 'group' + (i === S.group ? ' open' : ''), el('header', '', el('b', '', g.team)), chat);
      section.setAttribute('aria-label', g.team);
      box.append(section);
    });
  }
  S.data.groups.forEach((g, i) => {
    const section = box.children[i];
    section.firstChild.replaceChildren(el('b', '', g.team), badge(g.platform));
    paintChat(section.lastChild, g.messages, { key: g.team, platform: g.platform, empty: t('emptyGroup'), group: true });
    section.classList.toggle('open', i === S.group);
  });
  $('groupTabs').replaceChildren(...S.data.groups.map((g, i) => {
    const b = el('button', '', g.team); b.type = 'button'; b.setAttribute('role', 'tab'); b.setAttribute('aria-selected', i === S.group);
    b.onclick = () => { S.group = i; paintGroups(); };
    return b;
  }));
  const n = S.data.groups.reduce((a, g) => a + g.messages.length, 0);
  if (document.body.dataset.tab === 'groups' || innerWidth > 1020) S.groupSeen = n;
  $('groupsDot').hidden = n <= S.groupSeen;
}

function paintChat(box, messages, o) {
  const bottom = box.scrollHeight - box.scrollTop - box.clientHeight < 60 || box.chat !== o.key;
  const same = box.chat === o.key && box.lang === S.lang;
  const old = new Map(same ? [...box.children].filter((c) => c.dataset.id).map((c) => [c.dataset.id, c]) : []);
  const had = box.chat === o.key;
  const out = [];
  let stamp = '';
  for (const m of messages) {
    const at = hhmm(m.time), day = dated(Date.parse(m.time));
    if (day !== stamp.split('|')[0] || minutes(at) - minutes(stamp.split('|')[1]) >= 5) {
      const label = (day !== dated(clock.base) ? day + ' ' : '') + at, id = 'stamp' + m.id;
      const kept = old.get(id);
      if (kept && kept.textContent === label) out.push(kept); else { const s = el('div', 'stamp', label); s.dataset.id = id; out.push(s); }
    }
    stamp = day + '|' + at;
    const state = JSON.stringify(m), kept = old.get(m.id);
    if (kept && kept.state === state) { out.push(kept); continue; }
    const e = message(m, o);
    e.dataset.id = m.id; e.state = state;
    if (had) (kept ? e.querySelector('.card, .bubble') ?? e : e).classList.add(kept ? 'flash' : 'enter');
    out.push(e);
  }
  if (!out.length) out.push(el('p', 'empty', o.empty));
  const changed = out.length !== box.children.length || out.some((e, i) => e !== box.children[i]);
  if (changed) box.replaceChildren(...out);
  box.chat = o.key; box.lang = S.lang;
  if (changed && bottom) box.scrollTop = box.scrollHeight;
}
const minutes = (hm) => { const [h, m] = (hm ?? '-9:00').split(':').map(Number); return h * 60 + m; };

function message(m, o) {
  const mine = !m.bot && !o.group, body = el('div', 'body');
  if (m.card) body.append(card(m, o));
  else if (m.place) body.append(placeCard(m.place));
  else if (m.file) { const a = el('a', 'bubble'); a.href = m.link; a.download = m.file; a.textContent = '📎 ' + m.file; body.append(a); }
  else if (m.photo) { const img = el('img', 'photo'); img.src = m.photo; img.alt = t('photoOf'); img.loading = 'lazy'; body.append(img); }
  else body.append(el('div', 'bubble', m.text ?? ''));
  if (m.changed && o.platform === 'feishu') body.append(el('div', 'edited', t('edited', { n: m.changed })));
  const e = el('div', 'msg' + (mine ? ' mine' : '') + (m.card ? ' wide' : ''));
  if (!mine && !o.group) { const a = el('span', 'avatar bot', '巡'); a.setAttribute('aria-hidden', 'true'); e.append(a); }
  if (o.group) body.prepend(el('div', 'who', m.from + ' · ' + hhmm(m.time)));
  e.append(body);
  return e;
}

function card(m, o) {
  const c = m.card;
  const e = el('div', `card ${c.markdown ? 'markdown' : o.platform + 'Card'} tone-${c.tone}`);
  if (c.title) e.append(el('h3', '', c.title));
  const lines = el('div', 'lines');
  for (const b of c.blocks) {
    if (b.kind === 'rule') lines.append(el('hr'));
    else if (b.kind === 'field') lines.append(el('div', 'field' + (o.group && (b.text.length > 40 || b.label.length > 7) ? ' stack' : ''), el('span', '', b.label), el('span', '', b.text)));
    else lines.append(el('div', 'line ' + b.kind, b.text));
  }
  if (c.blocks.length) e.append(lines);
  if (c.buttons?.length) {
    const row = el('div', 'buttons');
    c.buttons.forEach((b, i) => {
      const x = el(b.link ? 'a' : 'button', b.style, b.text);
      if (b.link) { x.target = '_blank'; x.rel = 'noopener'; x.href = phonePage(); x.onpointerdown = () => { x.href = phonePage(); }; row.append(x); return; }
      x.type = 'button';
      x.disabled = !o.press;
      x.onclick = async () => { leaveFollow(); for (const y of row.children) y.disabled = true; await ask('press', { ...seat(), message: m.id, button: i }); for (const y of row.children) y.disabled = false; };
      row.append(x);
    });
    e.append(row);
  }
  if (c.closed) e.append(el('div', 'closed', c.closed));
  return e;
}

function placeCard(p) {
  const NS = 'http://www.w3.org/2000/svg', svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 220 70'); svg.setAttribute('aria-hidden', 'true'); svg.setAttribute('preserveAspectRatio', 'xMidYMid slice');
  const add = (d, attrs) => { const x = document.createElementNS(NS, 'path'); x.setAttribute('d', d); for (const [k, v] of Object.entries(attrs)) x.setAttribute(k, v); svg.append(x); };
  const n = Math.abs(Math.round(p.lat * 1e4 + p.lng * 1e4));
  for (let i = 0; i < 5; i++) add(`M${(n * (i + 3)) % 220} 0L${((n * (i + 3)) % 220) + 40 - ((n >> i) % 80)} 70M0 ${(n * (i + 7)) % 70}L220 ${((n * (i + 7)) % 70) + 10 - ((n >> i) % 20)}`, { class: 'street', stroke: 'currentColor', 'stroke-opacity': .16, 'stroke-width': 3 });
  add('M110 48c-3-5-9-10-9-16a9 9 0 0 1 18 0c0 6-6 11-9 16z', { fill: '#d9483f', stroke: '#fff', 'stroke-width': 1.5 });
  return el('div', 'placeCard', svg, el('span', '', p.label));
}

// ── the map ──
const plan = new Plan($('map'), {
  onPin: (settled) => { if (settled) S.chosen = null; paintSpot(); },
  onShop: (c) => { S.chosen = c.id; plan.chosen = c.id; plan.draw(); paintSpot(); },
});
plan.onScale = (step, px) => { $('scale').firstElementChild.style.width = px + 'px'; $('scale').lastElementChild.textContent = step < 1000 ? `${step} ${t('m')}` : `${step / 1000} ${t('km')}`; };

function paintMap() {
  const m = S.data.map, p = person(S.who.person);
  $('mapBox').hidden = $('spot').hidden = !m;
  $('mapNone').hidden = !!m;
  $('mapTitle').textContent = m ? t('mapOf', { name: p.name }) : t('map');
  $('mapSub').textContent = m ? t('mapSub', { place: m.place, n: m.customers.filter((c) => c.order).length }) : '';
  if (plan.key !== (m ? p.id : '')) S.chosen = null;
  if (S.data.play.on && S.follow && m) {
    // The pin goes where the person says that they are.
    const last = S.data.phone.messages.findLast((x) => x.place && !x.bot);
    if (last && last.id !== S.pinned) { S.pinned = last.id; plan.show(m, p.id, S.chosen); plan.pin = { lat: last.place.lat, lng: last.place.lng }; if (last.place) plan.fit(); }
  }
  plan.show(m, m ? p.id : '', S.chosen);
  paintSpot();
}

// The check-in page, on the phone of whoever is chosen, where the pin is.
function phonePage() {
  const q = new URLSearchParams(seat());
  if (S.data?.map && plan.pin) { q.set('lat', plan.pin.lat); q.set('lng', plan.pin.lng); }
  return 'phone?' + q;
}
function pageLink() {
  const a = el('a', 'go', t('page'));
  a.target = '_blank'; a.rel = 'noopener'; a.href = phonePage();
  a.onpointerdown = () => { a.href = phonePage(); };
  return S.data?.phone.page ? a : '';
}

function paintSpot() {
  const m = S.data?.map, box = $('spot');
  if (!m) return;
  const c = m.customers.find((x) => x.id === S.chosen);
  const button = (key, cls, f) => { const b = el('button', cls, t(key)); b.type = 'button'; b.onclick = f; return b; };
  const go = () => { plan.pin = plan.degrees({ x: plan.metres(c).x + 12, y: plan.metres(c).y + 9 }); S.chosen = c.id; plan.chosen = c.id; plan.draw(); paintSpot(); };
  const sendHere = () => { if (innerWidth <= 1020) tab('phone'); return send({ place: { ...plan.pin, datum: 'gcj02' } }); };
  const near = m.customers.map((x) => [plan.distance(x, plan.pin), x]).sort((a, b) => a[0] - b[0])[0];
  if (c) {
    const about = [c.order ? t('planned', { n: c.order }) : t('unplanned'), c.window, c.purpose].filter(Boolean).join(' · ');
    const d = plan.distance(c, plan.pin);
    box.replaceChildren(el('b', '', c.name), el('span', '', about), el('span', '', t('away', { d: metres(d) }) + ' · ' + t('fence', { d: metres(c.radius) })),
      el('div', '', d < 20 ? '' : button('go', '', go), button(d < 20 ? 'sendHere' : 'goSend', 'strong', () => { if (d >= 20) go(); return sendHere(); }), d < 20 ? pageLink() : ''));
  } else {
    box.replaceChildren(el('b', '', t('here')), el('span', '', near[1].name + ' · ' + t('away', { d: metres(near[0]) })), el('span', '', t('tip')), el('div', '', button('sendHere', 'strong', sendHere), pageLink()));
  }
}

// ── what one can do ──
function tab(to) {
  document.body.dataset.tab = to;
  for (const b of $('tabs').children) b.toggleAttribute('aria-current', b.dataset.to === to);
  if (S.data) { paintGroups(); plan.draw(); }
}
for (const b of $('tabs').children) b.onclick = () => tab(b.dataset.to);
$('lang').onclick = () => { S.lang = S.lang === 'zh' ? 'en' : 'zh'; store('lang', S.lang); label(); if (S.data) paint(); };
$('pause').onclick = () => ask('clock', S.data?.clock.paused ? { speed: S.data.clock.speed } : { pause: true });
for (const b of document.querySelectorAll('[data-speed]')) b.onclick = () => ask('clock', { speed: +b.dataset.speed });
$('skip').onclick = () => ask('clock', { next: true });
$('play').onclick = async () => {
  const on = !S.data.play.on;
  if (on) { S.follow = true; $('follow').checked = true; if (S.data.clock.paused || S.data.clock.speed < 60) await ask('clock', { speed: 60 }); }
  await ask('play', { on });
};
$('follow').onchange = (e) => { S.follow = e.target.checked; S.active = ''; load(); };
$('sendPlace').onclick = () => { const p = plan.pin ?? { lat: 31.2304, lng: 121.4737 }; return send({ place: { lat: p.lat, lng: p.lng, datum: 'gcj02' } }); };
$('sample').onclick = () => send({ sample: ['front', 'before', 'after'][S.sample++ % 3] });
$('file').onchange = async (e) => {
  const f = e.target.files[0];
  e.target.value = '';
  if (!f) return;
  leaveFollow();
  const q = new URLSearchParams(seat());
  await ask('photo?' + q, null, { method: 'POST', headers: { 'Content-Type': f.type || 'image/jpeg' }, body: f });
};
$('say').onsubmit = async (e) => {
  e.preventDefault();
  const text = $('text').value.trim();
  if (!text) return;
  $('text').value = '';
  if (!(await send({ text }))) $('text').value = text;
};
$('zoomIn').onclick = () => plan.zoom(1.4);
$('zoomOut').onclick = () => plan.zoom(1 / 1.4);
$('fit').onclick = () => { plan.fit(); plan.draw(); };

let toastTimer;
function toast(text) {
  $('toast').textContent = text; $('toast').classList.add('on');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $('toast').classList.remove('on'), 2200);
}

if (words[S.lang] === undefined) S.lang = '';
if (wanted.get('tab')) tab(wanted.get('tab'));
if (wanted.get('person')) S.who = { person: wanted.get('person'), platform: wanted.get('platform') ?? 'feishu' };
if (S.lang) label();
load().then(listen);
setInterval(() => { if (!document.hidden) load(); }, 3000);
requestAnimationFrame(paintClock);
