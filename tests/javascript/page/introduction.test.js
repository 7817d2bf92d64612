import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { at, openPage } from '../page.js';
import { createIntroduction } from '../../../connector/web/static/agent/page/introduction.js';

/** @type {string[]} */
let written = [];
/** @type {Map<string, string>} */
let jar = new Map();

/** Let the browser keep cookies as one does that lets a frame of another site keep only partitioned ones. @param {boolean} keeps */
function browser(keeps) {
  Object.defineProperty(document, 'cookie', {
    configurable: true,
    get: () => Array.from(jar, ([name, value]) => `${name}=${value}`).join('; '),
    set: (/** @type {string} */ text) => {
      written.push(text);
      const [pair, ...attributes] = text.split('; ');
      const [name, value] = pair.split('=');
      if (!keeps || !['Path=/', 'SameSite=None', 'Secure', 'Partitioned'].every((one) => attributes.includes(one))) return;
      if (attributes.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    },
  });
}

describe('the introduction', () => {
  beforeEach(() => {
    openPage();
    written = [];
    jar = new Map();
  });
  afterEach(() => Reflect.deleteProperty(document, 'cookie'));

  it('is dismissed for good, and leaves no cookie before that', () => {
    browser(true);
    createIntroduction().show(false);
    assert.equal(at('introduction').hidden, false);
    assert.equal(document.cookie, '');
    at('introduction-done').click();
    assert.equal(at('introduction').hidden, true);
    assert.equal(document.cookie, '__Host-c2p-introduced=yes');
    openPage();
    createIntroduction().show(false);
    assert.equal(at('introduction').hidden, true);
  });
  it('steps aside for what was sent, takes no focus with it unsaid, and comes back for another order', () => {
    browser(true);
    const { show } = createIntroduction();
    assert.equal(show(false), false);
    at('introduction-done').focus();
    assert.equal(show(true), true);
    assert.equal(at('introduction').hidden, true);
    show(false);
    assert.equal(at('introduction').hidden, false);
  });
  it('stays away where the browser keeps nothing: it would come back with every order', () => {
    browser(false);
    createIntroduction().show(false);
    assert.equal(at('introduction').hidden, true);
    assert.equal(written.length > 0, true);
  });
});
