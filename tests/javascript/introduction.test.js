import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { at, openPage } from './page.js';
import { showIntroduction } from '../../connector/web/static/agent/page/introduction.js';

const THANDI = '005A';

/** @param {Partial<Storage>} storage */
const keeping = (storage) => Object.defineProperty(window, 'localStorage', { configurable: true, get: () => storage });

/** A browser's storage. @param {Map<string, string>} kept */
const over = (kept) => ({
  getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
});

describe('the introduction', () => {
  const own = Object.getOwnPropertyDescriptor(window, 'localStorage');
  beforeEach(openPage);
  afterEach(() => {
    if (own) Object.defineProperty(window, 'localStorage', own);
  });

  it('is dismissed for good, by each agent', () => {
    keeping(over(new Map()));
    showIntroduction(THANDI);
    assert.equal(at('introduction').hidden, false);
    at('introduction-done').click();
    assert.equal(at('introduction').hidden, true);
    openPage();
    showIntroduction(THANDI);
    assert.equal(at('introduction').hidden, true);
    openPage();
    showIntroduction('005B');
    assert.equal(at('introduction').hidden, false);
  });
  it('stays away where the browser keeps nothing: it would come back with every order', () => {
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new Error('SecurityError');
      },
    });
    showIntroduction(THANDI);
    assert.equal(at('introduction').hidden, true);
  });
  it('goes for now where the storage is full', () => {
    const full = () => {
      throw new Error('QuotaExceededError');
    };
    keeping({ getItem: () => null, setItem: full });
    showIntroduction(THANDI);
    at('introduction-done').click();
    assert.equal(at('introduction').hidden, true);
  });
});
