// The emulated JS-SDK: wx.config, wx.ready, wx.error and wx.getLocation, with the errors of the real one. Its client is
// the sandbox, which checks the signature and knows where the phone is; where it does not, the browser measures.
'use strict';
(() => {
  const base = new URL(document.currentScript.src).origin;
  let calls = 0, state = 'none', failure = null, allowed = [];
  const waiting = new Map(), ready = [], failed = [];
  window.__wecomSandbox = (n, answer) => { const w = waiting.get(n); waiting.delete(n); if (w) w(answer); };
  const ask = (path, values) => new Promise((resolve) => {
    const s = document.createElement('script'), n = ++calls;
    waiting.set(n, resolve);
    s.onload = () => s.remove();
    s.onerror = () => { s.remove(); waiting.delete(n); resolve({ errMsg: 'system:fail' }); };
    s.src = `${base}/sandbox/jssdk/${path}?` + new URLSearchParams({ ...values, call: n });
    document.head.append(s);
  });
  const say = (o, what, answer) => { o[what]?.(answer); o.complete?.(answer); };
  window.wx = window.jWeixin = {
    config(c) {
      allowed = c.jsApiList ?? [];
      ask('config', { appId: c.appId, timestamp: c.timestamp, nonceStr: c.nonceStr, signature: c.signature, url: location.href.split('#')[0] }).then((a) => {
        state = a.errMsg === 'config:ok' ? 'ready' : 'failed';
        failure = a;
        if (state === 'failed') failed.forEach((f) => f(a));
        ready.splice(0).forEach((f) => f());
      });
    },
    // The real one calls this whether the check passed or not.
    ready(f) { state === 'none' ? ready.push(f) : f(); },
    error(f) { failed.push(f); if (state === 'failed') f(failure); },
    getLocation(o) {
      if (state !== 'ready' || !allowed.includes('getLocation')) { say(o, 'fail', { errMsg: 'getLocation:permission denied' }); return; }
      if ((o.type ?? 'wgs84') !== 'wgs84') { say(o, 'fail', { errMsg: 'getLocation:fail the sandbox has WGS-84 only' }); return; }
      ask('location', {}).then((a) => {
        if (a.latitude !== undefined || a.errMsg !== 'getLocation:ok') { say(o, a.errMsg === 'getLocation:ok' ? 'success' : 'fail', a); return; }
        navigator.geolocation.getCurrentPosition(
          (p) => say(o, 'success', { errMsg: 'getLocation:ok', latitude: p.coords.latitude, longitude: p.coords.longitude, accuracy: p.coords.accuracy, speed: p.coords.speed ?? 0 }),
          (e) => say(o, e.code === 1 ? 'cancel' : 'fail', { errMsg: e.code === 1 ? 'getLocation:cancel' : 'getLocation:fail' }),
          { enableHighAccuracy: true, maximumAge: 0, timeout: 10_000 });
      });
    },
  };
})();
