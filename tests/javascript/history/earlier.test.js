import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { at, CLOCK, openPage, SENTENCES, textOf } from '../page.js';
import { createCatalogue } from '../../../connector/web/static/agent/catalogue.js';
import { createEarlierView } from '../../../connector/web/static/agent/history/earlier_view.js';
import { aRequest, sentence } from '../factories.js';

const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'Africa/Johannesburg', clock: CLOCK });
const cancelled = aRequest({
  status: 'cancelled', live: false,
  timeline: [
    { at: '2026-11-28T08:00:00Z', ...sentence('timeline_created', { agent: 'Thandi' }) },
    { at: '2026-11-28T08:05:00Z', ...sentence('timeline_cancelled', { agent: 'Sipho' }) },
    { at: '2026-11-28T08:06:00Z', ...sentence('timeline_cancelled', { agent: null }) },
  ],
});

describe('earlier requests', () => {
  beforeEach(openPage);
  it('say who sent them and who did something to them, at the agent’s own time', () => {
    createEarlierView({ catalogue, clock: CLOCK }).show([cancelled], [cancelled]);
    assert.match(textOf('earlier-lines'), /Thandi Nkosi, number ending 0000/);
    const deeds = [...at('earlier-lines').querySelectorAll('.c2p-earlier-head')].slice(1).map((line) => line.textContent);
    assert.deepEqual(deeds, ['Cancelled by Sipho10:05:00']);
    assert.equal(at('earlier-none').hidden, true);
  });
  it('that there are none of is said, where nothing else is shown', () => {
    const view = createEarlierView({ catalogue, clock: CLOCK });
    view.show([], []);
    assert.deepEqual([at('earlier').hidden, at('earlier-none').hidden], [true, false]);
    view.show([], [cancelled]);
    assert.deepEqual([at('earlier').hidden, at('earlier-none').hidden], [true, true]);
  });
});
