// Lets the page use Feishu's own location: h5sdk.config, then tt.getLocation, in degrees and metres.
'use strict';
window.roundsmanClient = (config) => new Promise((resolve, reject) => {
  const sdk = window.h5sdk;
  if (!sdk || !sdk.config) { reject(new Error('no client')); return; }
  const locate = () => new Promise((done, fail) => window.tt.getLocation({
    // A position that was measured before is none of now.
    accuracy: 'best', timeout: 8, cacheTimeout: 0,
    success: (r) => done({ lat: Number(r.latitude), lng: Number(r.longitude), accuracy: Number(r.accuracy) }),
    fail: (e) => fail(new Error(e && e.errMsg || 'getLocation:fail')),
  }));
  sdk.error((e) => reject(new Error(e && (e.errMsg || e.errorMessage) || 'config:fail')));
  sdk.ready(() => {
    sdk.config({
      ...config,
      onSuccess: () => resolve({ locate }),
      onFail: (e) => reject(new Error(e && (e.errMsg || e.errorMessage) || 'config:fail')),
    });
  });
});
