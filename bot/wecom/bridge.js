// Lets the page use WeCom's own location: wx.config, then wx.getLocation in WGS-84, in degrees and metres.
'use strict';
window.roundsmanClient = (config) => new Promise((resolve, reject) => {
  const wx = window.wx;
  if (!wx || !wx.config) { reject(new Error('no client')); return; }
  const locate = () => new Promise((done, fail) => wx.getLocation({
    type: 'wgs84',
    success: (r) => done({ lat: Number(r.latitude), lng: Number(r.longitude), accuracy: Number(r.accuracy) }),
    fail: (e) => fail(new Error(e && e.errMsg || 'getLocation:fail')),
    cancel: () => fail(new Error('getLocation:deny')),
  }));
  wx.error((e) => reject(new Error(e && e.errMsg || 'config:fail')));
  wx.ready(() => resolve({ locate }));
  wx.config(config);
});
