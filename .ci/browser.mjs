// Opens a page in Chromium on a phone's and on a desktop's screen, waits until it shows what it must, and takes pictures.
//   node browser.mjs URL DIRECTORY TEXT…
// It speaks to Chromium over a pipe, with nothing but Node. A page with live updates is never "idle", so it is asked.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [url, out, ...texts] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'roundsman-browser-'));
const browser = spawn('chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`, '--remote-debugging-pipe',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const done = (code, text) => {
  console.log(text);
  browser.kill('SIGKILL');
  browser.once('exit', () => {
    // Its own children may still be writing there.
    try { rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } catch { /* left to the system */ }
    process.exit(code);
  });
};
const limit = setTimeout(() => done(1, 'the browser test took longer than two minutes'), 120_000);
browser.once('error', (e) => { console.log(String(e)); process.exit(1); });

let last = 0, rest = '';
const waiting = new Map(), thrown = [];
browser.stdio[4].setEncoding('utf8').on('data', (chunk) => {
  const parts = (rest + chunk).split('\0');
  rest = parts.pop();
  for (const m of parts.map((p) => JSON.parse(p))) {
    if (m.method === 'Runtime.exceptionThrown') thrown.push(m.params.exceptionDetails.exception?.description ?? m.params.exceptionDetails.text);
    const w = waiting.get(m.id);
    waiting.delete(m.id);
    if (w) m.error ? w.reject(new Error(m.error.message)) : w.resolve(m.result);
  }
});
const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
  waiting.set(++last, { resolve, reject });
  browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + '\0');
});

async function look(width, height, mobile) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method, params) => send(method, params, sessionId);
  await ask('Runtime.enable');
  await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  await ask('Page.navigate', { url });
  let missing = texts, wide = 0;
  for (const end = Date.now() + 30_000; missing.length && Date.now() < end; await new Promise((r) => setTimeout(r, 100))) {
    const { result } = await ask('Runtime.evaluate', {
      returnByValue: true, expression: '({text: document.documentElement.outerHTML, wide: document.documentElement.scrollWidth})',
    });
    missing = texts.filter((t) => !result.value?.text.includes(t));
    wide = result.value?.wide ?? 0;
  }
  mkdirSync(out, { recursive: true });
  const picture = join(out, `demo-${width}x${height}.png`);
  writeFileSync(picture, Buffer.from((await ask('Page.captureScreenshot', { format: 'png' })).data, 'base64'));
  console.log(`${picture}`);
  await send('Target.closeTarget', { targetId });
  const problems = missing.map((t) => `does not show ${t}`);
  if (wide > width) problems.push(`is ${wide} pixels wide`);
  return problems.map((p) => `at ${width}x${height} the page ${p}`);
}

try {
  const problems = [...await look(390, 844, true), ...await look(1440, 900, false), ...thrown.map((e) => `the page threw ${e}`)];
  clearTimeout(limit);
  done(problems.length ? 1 : 0, problems.join('\n') || 'the page shows what it must on both screens');
} catch (e) {
  done(1, String(e));
}
