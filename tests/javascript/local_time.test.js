import assert from 'node:assert/strict';
import { it } from 'node:test';
import './page.js';

it('a receipt shows the time where it is read, and says in words which that is', async () => {
  process.env.TZ = 'Asia/Kolkata';
  document.documentElement.lang = 'de';
  document.body.innerHTML = '<time datetime="2026-11-28T20:44:12.000Z">28.11.2026, 22:44:12 (Südafrikanische Zeit)</time>';
  // The browser's own object has no `dateTime` here.
  const time = /** @type {HTMLTimeElement} */ (document.querySelector('time'));
  if (time.dateTime === undefined) time.dateTime = String(time.getAttribute('datetime'));
  // A plain script, which has nothing to import.
  await import(String(new URL('../../payment_core/web/static/local_time.js', import.meta.url)));
  assert.equal(time.textContent, '29.11.2026, 02:14:12 (Indische Normalzeit)');
});
