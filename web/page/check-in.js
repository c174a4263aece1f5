// The check-in page: measures for ten seconds, keeps what it measured until the server has it, and repeats what the chat
// says of it. Nothing is thrown away that was not taken or refused.
'use strict';
(() => {
  const page = JSON.parse(document.getElementById('page').textContent);
  const $ = (id) => document.getElementById(id);
  const t = (key, values = {}) => page.texts[key].replace(/%(\w+)%/g, (_, name) => values[name] ?? '');
  const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text) e.textContent = text; return e; };
  const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

  const MEASURE = 10_000, MOST = 30, STALE = 20 * 3600_000, CODE = 10 * 60_000;
  const S = { me: null, client: null, photos: [], measuring: null, sending: false, more: false, code: null };

  // What waits, and what is known of the visitor, outlives the page.
  const db = new Promise((resolve, reject) => {
    const r = indexedDB.open('roundsman', 1);
    r.onupgradeneeded = () => { r.result.createObjectStore('waiting', { keyPath: 'id', autoIncrement: true }); r.result.createObjectStore('kept'); };
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });
  const tx = async (store, mode, use) => {
    const d = await db;
    return new Promise((resolve, reject) => {
      const x = d.transaction(store, mode);
      const r = use(x.objectStore(store));
      x.oncomplete = () => resolve(r?.result);
      x.onerror = x.onabort = () => reject(x.error);
    });
  };
  const kept = (key) => tx('kept', 'readonly', (s) => s.get(`${page.on}/${key}`));
  const keep = (key, v) => tx('kept', 'readwrite', (s) => s.put(v, `${page.on}/${key}`));

  // Nonces are taken while there is a network, for when there is none.
  async function takeNonce() {
    const d = await db;
    return new Promise((resolve, reject) => {
      const x = d.transaction('kept', 'readwrite'), s = x.objectStore('kept'), key = `${page.on}/nonces`;
      let taken = null;
      const r = s.get(key);
      r.onsuccess = () => {
        const stock = (r.result ?? []).filter((n) => n.user === S.me.id && Date.now() - n.at < STALE);
        taken = stock.shift()?.nonce ?? null;
        s.put(stock, key);
      };
      x.oncomplete = () => resolve(taken);
      x.onerror = () => reject(x.error);
    });
  }

  function show(tone, title, lines = [], link) {
    const card = el('div', `card ${tone}`);
    card.append(el('h2', '', title), ...lines.map((l) => el('p', '', l)));
    if (link) { const a = el('a', 'button', t('login')); a.href = link; card.append(a); }
    $('result').replaceChildren(card);
  }
  // The customer's code that the page was opened with. It is for one check-in, and not for long: a page that stays open
  // goes on to the next customer, and one that the phone opens again may be there already.
  function readCode() {
    const sealed = new URLSearchParams(location.search).get('c');
    if (!sealed) return null;
    let at = Date.now();
    try {
      const since = Number(sessionStorage.getItem('scanned'));
      if (since > 0 && performance.getEntriesByType('navigation')[0]?.type !== 'navigate') at = since;
      sessionStorage.setItem('scanned', String(at));
    } catch { /* a browser that keeps nothing */ }
    return { sealed, at, name: '' };
  }
  function code() {
    if (S.code && !(Math.abs(Date.now() - S.code.at) < CODE)) dropCode();
    return S.code?.sealed;
  }
  // Once used it goes out of the address too. Not before: the client signs the address that it entered.
  function dropCode(used = false) {
    S.code = null;
    if (used) {
      const u = new URL(location.href);
      u.searchParams.delete('c');
      history.replaceState(null, '', u);
    }
    showCode();
  }
  function showCode() {
    $('code').hidden = !S.code;
    $('code').textContent = !S.code ? '' : S.code.name ? t('coded', { name: S.code.name }) : t('coded_nobody');
  }

  const withCode = (address) => code() ? `${address}&c=${encodeURIComponent(code())}` : address;
  const loginLink = () => withCode(`/m/login?on=${encodeURIComponent(page.on)}`);

  async function getMe() {
    const r = await fetch(withCode('/m/me?page=' + encodeURIComponent(location.href.split('#')[0])), { credentials: 'same-origin' });
    if (r.status === 401) { show('warn', (await r.json()).text, [], loginLink()); return false; }
    if (!r.ok) throw new Error(r.status);
    const me = await r.json();
    S.me = { id: me.id, name: me.name };
    if (S.code && me.code?.refused) { dropCode(); show('warn', me.code.refused); }
    if (S.code && me.code?.name) S.code.name = me.code.name;
    showCode();
    await keep('me', S.me);
    await keep('nonces', me.nonces.map((nonce) => ({ nonce, user: me.id, at: Date.now() })));
    return me.client ?? null;
  }

  function showMe() {
    const again = el('a', '', t('again'));
    again.href = loginLink();
    $('who').replaceChildren(S.me?.name || t('stranger'), again);
  }

  const script = (src) => new Promise((done, fail) => {
    const s = el('script');
    s.src = src; s.onload = done; s.onerror = () => fail(new Error(src));
    document.head.append(s);
    setTimeout(() => fail(new Error('slow ' + src)), 8000);
  });

  // The platform's client measures where it can; else the browser does.
  async function connect(config) {
    if (!config) return;
    for (const src of page.scripts) await script(src);
    await script(`/m/client/${encodeURIComponent(page.on)}.js`);
    S.client = await Promise.race([window.roundsmanClient(config), sleep(8000).then(() => { throw new Error('slow client'); })]);
  }
  let connecting = Promise.resolve();

  const browserLocate = () => new Promise((done, fail) => {
    if (!navigator.geolocation) { fail(new Error('none')); return; }
    navigator.geolocation.getCurrentPosition(
      (p) => done({ lat: p.coords.latitude, lng: p.coords.longitude, accuracy: p.coords.accuracy, at: p.timestamp }), fail,
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 0 });
  });

  async function measure() {
    await Promise.race([connecting, sleep(3000)]);
    const fixes = [], began = performance.now();
    let client = S.client, failed = null, stop = false;
    S.measuring = { enough: () => { stop = true; } };
    const left = () => Math.max(0, MEASURE - (performance.now() - began));
    const tick = setInterval(() => { $('ring').style.strokeDashoffset = String(100 * left() / MEASURE); }, 200);
    try {
      while (!stop && left() > 0 && fixes.length < MOST) {
        const asked = performance.now();
        try {
          const p = await Promise.race([client ? client.locate() : browserLocate(), sleep(left() + 200).then(() => null)]);
          // Some clients answer without a position.
          if (p && Number.isFinite(p.lat) && Number.isFinite(p.lng) && p.accuracy > 0) {
            fixes.push({ lat: p.lat, lng: p.lng, accuracy: p.accuracy, at: Math.round(p.at > 0 && p.at <= Date.now() + 60_000 ? p.at : Date.now()), source: client ? 'client' : 'browser' });
            const best = Math.min(...fixes.map((f) => f.accuracy));
            $('goMore').textContent = t('accuracy', { metres: Math.round(best) });
            $('enough').classList.toggle('off', fixes.length < 2);
          }
        } catch (e) {
          failed = e;
          if (client) { client = null; continue; }
          if (e.code === 1) break;
        }
        await sleep(Math.min(Math.max(0, 900 - (performance.now() - asked)), left()));
      }
    } finally {
      clearInterval(tick);
      S.measuring = null;
      $('enough').classList.add('off');
    }
    if (!fixes.length) throw failed ?? new Error('none');
    return fixes;
  }

  function busy(text, more = '') {
    $('go').classList.add('busy');
    $('go').disabled = true;
    $('camera').classList.toggle('off', !S.measuring && text !== t('measuring'));
    $('goText').textContent = text; $('goMore').textContent = more;
  }
  function idle() {
    $('go').classList.remove('busy');
    $('camera').classList.remove('off');
    $('go').disabled = !S.me;
    $('ring').style.strokeDashoffset = '100';
    $('goText').textContent = t('start'); $('goMore').textContent = '';
  }

  async function checkIn() {
    busy(t('measuring'));
    $('result').replaceChildren(el('p', 'hint', t('stand')));
    const scanned = code();
    try {
      const fixes = await measure();
      const item = { on: page.on, user: S.me.id, at: Date.now(), fixes, code: scanned, photos: await Promise.all(S.photos.map(async (f) => ({ type: f.type, data: await f.arrayBuffer() }))), nonce: await takeNonce() };
      await tx('waiting', 'readwrite', (s) => s.add(item));
      if (scanned) dropCode(true);
      S.photos = [];
      showPhotos();
      busy(t('sending'));
      await flush(true);
    } catch (e) {
      const denied = e && (e.code === 1 || /deny|denied|auth/i.test(e.message ?? ''));
      show('bad', t(denied ? 'denied' : 'no_position'));
    } finally {
      idle();
    }
  }

  const mine = async () => (await tx('waiting', 'readonly', (s) => s.getAll())).filter((i) => i.on === page.on && i.user === S.me?.id);

  // Two windows would send the same twice, each with a nonce of its own.
  const alone = (use) => navigator.locks ? navigator.locks.request('roundsman', { ifAvailable: true }, (lock) => lock && use()) : use();

  // Sends what waits, oldest first. What the server has, or refuses for good, waits no more.
  async function flush(asked = false) {
    if (!S.me) return;
    if (S.sending) { S.more = true; if (asked) await showWaiting(true); return; }
    S.sending = true;
    try {
      await alone(async () => {
        do {
          S.more = false;
          for (const item of await mine()) if (await send(item) === 'stop') break;
        } while (S.more);
      });
    } finally {
      S.sending = false;
      await showWaiting(asked);
    }
  }

  // What of a check-in the server does not take goes, and the rest is sent: nobody can measure it again.
  function mend(item, reason, status, photo) {
    if (/^code_/.test(reason) && item.code) { delete item.code; item.note = t('without_code'); return true; }
    if ((/^photo/.test(reason) || status === 413) && item.photos.length) { item.photos.splice(photo ?? 0, photo === undefined ? item.photos.length : 1); item.note = t('without_photos'); return true; }
    if ((reason === 'forged' || reason === 'expired') && !item.renewed) { item.nonce = null; item.renewed = true; return true; }
    return false;
  }

  // Says whether it is dealt with ('done'), or waits and the others may go before it ('later') or not ('stop').
  async function send(item) {
    const save = () => tx('waiting', 'readwrite', (s) => s.put(item));
    const drop = () => tx('waiting', 'readwrite', (s) => s.delete(item.id));
    let r;
    try {
      if (!item.nonce) {
        const known = await getMe();
        if (known === false || S.me.id !== item.user) { showMe(); return 'stop'; }
        item.nonce = await takeNonce();
        if (!item.nonce) return 'stop';
        // The same again after a break has to be the same.
        await save();
      }
      const body = new FormData();
      body.append('fixes', new Blob([JSON.stringify({ nonce: item.nonce, sent: Date.now(), fixes: item.fixes, code: item.code })], { type: 'application/json' }));
      for (const p of item.photos) body.append('photo', new Blob([p.data], { type: p.type }), 'photo');
      r = await fetch('/m/check-in', { method: 'POST', body, credentials: 'same-origin' });
    } catch { return 'stop'; }
    const answer = await r.json().catch(() => null);
    if (r.ok && answer) {
      await drop();
      const notes = [item.note, answer.late && t('late_note')].filter(Boolean);
      show('', t('received'), notes);
      await repeat(item.nonce, notes);
      getMe().catch(() => {});
      return 'done';
    }
    const reason = answer?.reason ?? '';
    if (r.status === 401 || reason === 'foreign') { show('warn', answer?.text ?? t('login'), [], loginLink()); return 'stop'; }
    if (mend(item, reason, r.status, answer?.photo)) {
      await save();
      return send(item);
    }
    if (r.status === 429 || r.status >= 500) return 'stop';
    // An upload that broke off, or the word of a proxy.
    if (r.status === 408 || !answer) return 'later';
    await drop();
    show('bad', answer.text ?? t('refused_unknown'));
    return 'done';
  }

  // What the chat says, here too: whoever stands at a door need not change over.
  async function repeat(nonce, notes) {
    for (let wait = 250, end = Date.now() + 9000; Date.now() < end; wait = Math.min(wait * 1.5, 1500)) {
      await sleep(wait);
      const r = await fetch('/m/answer?nonce=' + encodeURIComponent(nonce), { credentials: 'same-origin' }).catch(() => null);
      if (!r?.ok) continue;
      const a = await r.json();
      if (a.ready) { show({ good: 'good', warn: 'warn', bad: 'bad' }[a.tone] ?? '', a.title, [...a.lines ?? [], ...notes, ...a.asks ? [t('asks')] : []]); return; }
    }
    show('', t('received'), [...notes, t('in_chat')]);
  }

  async function showWaiting(asked) {
    const items = S.me ? await mine() : [];
    $('waiting').hidden = !items.length;
    const list = el('ul');
    for (const i of items) {
      list.append(el('li', '', t(i.photos.length ? 'waiting_photos' : 'waiting_one', { time: new Date(i.at).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' }), photos: i.photos.length })));
    }
    $('waiting').replaceChildren(list);
    if (asked && items.length && !$('result').querySelector('.card .button')) show('warn', t('queued'), [t('queued_note')]);
    showNetwork();
  }

  function showNetwork() {
    $('network').hidden = navigator.onLine;
    $('network').textContent = t('offline');
  }

  function showPhotos() {
    $('photos').replaceChildren(...S.photos.map((f, i) => {
      const li = el('li'), img = el('img'), x = el('button');
      img.alt = t('photo'); img.src = URL.createObjectURL(f);
      img.onload = img.onerror = () => URL.revokeObjectURL(img.src);
      x.type = 'button'; x.setAttribute('aria-label', t('photo_remove'));
      x.onclick = () => { S.photos.splice(i, 1); showPhotos(); };
      li.append(img, x);
      return li;
    }));
    $('cameraText').textContent = S.photos.length ? t('photo_more') : t('photo');
  }

  $('photo').addEventListener('change', () => {
    const file = $('photo').files[0];
    $('photo').value = '';
    if (!file) return;
    if (S.photos.length >= page.maxPhotos) { show('warn', t('too_many_photos')); return; }
    if (file.size > page.photoBytes) { show('warn', t('photo_large')); return; }
    S.photos.push(file);
    showPhotos();
  });
  $('go').addEventListener('click', checkIn);
  $('enough').textContent = t('enough');
  $('enough').addEventListener('click', () => S.measuring?.enough());
  addEventListener('online', () => { showNetwork(); flush(); });
  addEventListener('offline', showNetwork);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { code(); flush(); } });
  setInterval(() => { code(); if (navigator.onLine && !document.hidden) flush(); }, 30_000);

  async function begin() {
    S.code = readCode();
    code();
    showNetwork(); showCode(); showPhotos(); idle();
    if ('serviceWorker' in navigator) {
      navigator.serviceWorker.register('/m/sw.js', { scope: '/m/' }).then(() => navigator.serviceWorker.ready)
        .then((r) => r.active.postMessage({ keep: [`/m/check-in?on=${encodeURIComponent(page.on)}`, `/m/client/${encodeURIComponent(page.on)}.js`] })).catch(() => {});
    }
    try {
      const config = await getMe();
      if (config === false) return;
      connecting = connect(config).catch(() => {});
    } catch {
      // No network: whoever was here last is.
      S.me = await kept('me').catch(() => null) ?? null;
      if (!S.me) { show('warn', t('offline'), [], loginLink()); return; }
    }
    showMe(); idle();
    await flush();
  }
  begin();
})();
