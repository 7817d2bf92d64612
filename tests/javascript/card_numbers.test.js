/* Card numbers in what an agent types: the page and the panel see what the server sees. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasCardNumber, looksLikeCard } from '../../connector/web/static/agent/card_numbers.js';

/** @type {{cards: string[], others: string[]}} */
const SHARED = JSON.parse(readFileSync(new URL('../shared/card_numbers.json', import.meta.url), 'utf8'));

describe('a text', () => {
  for (const text of SHARED.cards) {
    it(`with a card number: ${JSON.stringify(text)}`, () => assert.equal(hasCardNumber(text), true));
  }
  for (const text of SHARED.others) {
    it(`without one: ${JSON.stringify(text)}`, () => assert.equal(hasCardNumber(text), false));
  }
});

describe('a card number in place of a phone', () => {
  for (const number of [
    '4111 1111 1111 1111', '4111-1111-1111-1111', '378282246310005', '6304000000000000', '4111:1111:1111:1111',
    '\u0664\u0661\u0661\u0661 \u0661\u0661\u0661\u0661 \u0661\u0661\u0661\u0661 \u0661\u0661\u0661\u0661', '\uFF14111 1111 1111 1111', '\u2463111 1111 1111 1111',
  ]) {
    it(`is seen in ${number}`, () => assert.equal(looksLikeCard(number), true));
  }
  for (const number of ['+27 83 123 0000', '4111 1111 1111 1112', '', '41111111111111111111', '123456789012347', '\u0660\u0668\u0663 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667']) {
    it(`is not seen in "${number}"`, () => assert.equal(looksLikeCard(number), false));
  }
});
