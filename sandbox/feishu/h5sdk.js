// The emulated JS-SDK: h5sdk.config, h5sdk.ready, h5sdk.error and tt.getLocation. Its client is the sandbox, which checks
// the signature and knows where the phone is; where it does not, the browser measures.
'use strict';
(() => {
  const base = new URL(document.currentScript.src).origin;
  let calls = 0, allowed = null;
  const waiting = new Map(), failed = [];
  window.__feishuSandbox = (n, answer) => { const w = waiting.get(n); waiting.delete(n); if (w) w(answer); };
  const ask = (path, values) => new Promise((resolve) => {
    const s = document.createElement('script'), n = ++calls;
    waiting.set(n, resolve);
    s.onload = () => s.remove();
    s.onerror = () => { s.remove(); waiting.delete(n); resolve({ errMsg: 'system:fail' }); };
    s.src = `${base}/sandbox/jssdk/${path}?` + new URLSearchParams({ ...values, call: n });
    document.head.append(s);
  });
  const say = (o, what, answer) => { o[what]?.(answer); o.complete?.(answer); };
  window.h5sdk = {
    ready(f) { setTimeout(f); },
    error(f) { failed.push(f); },
    config(c) {
      ask('config', { appId: c.appId, timestamp: c.timestamp, nonceStr: c.nonceStr, signature: c.signature, url: location.href.split('#')[0] }).then((a) => {
        if (a.errMsg === 'config:ok') { allowed = c.jsApiList ?? []; c.onSuccess?.(a); return; }
        c.onFail?.(a);
        failed.forEach((f) => f(a));
      });
    },
  };
  window.tt = {
    getLocation(o) {
      if (!allowed?.includes('getLocation')) { say(o, 'fail', { errMsg: 'getLocation:fail unauthorized' }); return; }
      ask('location', {}).then((a) => {
        if (a.latitude !== undefined || a.errMsg !== 'getLocation:ok') { say(o, a.errMsg === 'getLocation:ok' ? 'success' : 'fail', a); return; }
        navigator.geolocation.getCurrentPosition(
          (p) => say(o, 'success', { errMsg: 'getLocation:ok', latitude: p.coords.latitude, longitude: p.coords.longitude, accuracy: p.coords.accuracy, verticalAccuracy: p.coords.altitudeAccuracy ?? 0 }),
          (e) => say(o, 'fail', { errMsg: e.code === 1 ? 'getLocation:fail auth deny' : 'getLocation:fail' }),
          { enableHighAccuracy: true, maximumAge: 0, timeout: 1000 * (o.timeout ?? 5) });
      });
    },
  };
})();
