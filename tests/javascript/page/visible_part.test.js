import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hiddenBelow } from '../../../connector/web/static/agent/page/visible_part.js';

describe('what of a frame is out of sight at its lower end', () => {
  it('is what a lower window cuts off', () => {
    assert.equal(hiddenBelow(760, { top: 0, bottom: 540.4 }), 220);
    assert.equal(hiddenBelow(760, { top: 100, bottom: 484 }), 276);
  });

  it('is nothing where all of it is in sight, or the upper end alone is not', () => {
    assert.equal(hiddenBelow(760, { top: 0, bottom: 760 }), 0);
    assert.equal(hiddenBelow(760, { top: 300, bottom: 760 }), 0);
  });

  it('is not made up for where too little is in sight for a field and a button', () => {
    assert.equal(hiddenBelow(760, { top: 0, bottom: 383 }), 0);
    assert.equal(hiddenBelow(760, { top: 0, bottom: 0 }), 0);
  });
});
