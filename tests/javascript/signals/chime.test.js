/* The sound of a payment: allowed by a press, heard when news comes, and costing nothing in between. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { settled } from '../page.js';
import { createChime } from '../../../connector/web/static/agent/signals/chime.js';

const browser = /** @type {any} */ (globalThis.window);

/* As browsers have it: it runs from a press on, and again whenever it is asked to, until it is suspended. */
class AudioContext {
  /** @type {AudioContext[]} */
  static made = [];
  static isTouched = true;
  state = 'suspended';
  currentTime = 0;
  destination = {};
  /** @type {{hertz: number, end: () => void}[]} */
  tones = [];
  /** @type {(() => void)[]} */
  waiting = [];

  constructor() { AudioContext.made.push(this); }

  resume() {
    return new Promise((/** @type {(value?: unknown) => void} */ done) => {
      this.waiting.push(() => { this.state = 'running'; done(); });
      if (AudioContext.isTouched) this.touch();
    });
  }

  touch() { for (const go of this.waiting.splice(0)) go(); }

  async suspend() { this.state = 'suspended'; }

  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (/** @type {any} */ to) => to };
  }

  createOscillator() {
    const tone = { hertz: 0, end: () => {} };
    const frequency = { set value(/** @type {number} */ hertz) { tone.hertz = hertz; } };
    return {
      frequency,
      connect: (/** @type {any} */ to) => to,
      start: () => this.tones.push(tone),
      stop() {},
      addEventListener: (/** @type {string} */ _, /** @type {() => void} */ ended) => { tone.end = ended; },
    };
  }

  heard() { return this.tones.map(({ hertz }) => hertz); }

  end() { for (const { end } of this.tones.splice(0)) end(); }
}

beforeEach(() => {
  AudioContext.made = [];
  AudioContext.isTouched = true;
  browser.AudioContext = AudioContext;
});

afterEach(() => {
  mock.timers.reset();
  delete browser.AudioContext;
});

async function unlocked() {
  const chime = createChime();
  chime.unlock();
  await settled();
  return { chime, context: AudioContext.made[0] };
}

test('nothing sounds on a page that nobody has touched', async () => {
  createChime().play();
  await settled();
  assert.equal(AudioContext.made.length, 0);
});

test('after a press it is ready and does not run; news is two tones, after which it does not run either', async () => {
  const { chime, context } = await unlocked();
  assert.equal(context.state, 'suspended');
  for (const which of ['first', 'second']) {
    chime.play();
    await settled();
    assert.equal(context.state, 'running', which);
    assert.deepEqual(context.heard(), [660, 880]);
    context.end();
    assert.equal(context.state, 'suspended');
  }
  chime.unlock();
  assert.equal(context.state, 'suspended');
  assert.equal(AudioContext.made.length, 1);
});

test('a sample in the press itself is heard to its end, and a second sound is not cut off by the end of the first', async () => {
  const chime = createChime();
  chime.unlock();
  chime.play();
  await settled();
  const [context] = AudioContext.made;
  assert.equal(context.state, 'running');
  const first = context.tones.splice(0);
  chime.play();
  await settled();
  for (const { end } of first) end();
  assert.equal(context.state, 'running');
  assert.deepEqual(context.heard(), [660, 880]);
  context.end();
  assert.equal(context.state, 'suspended');
});

test('a sound that the browser held back until a later press is dropped', async () => {
  mock.timers.enable({ apis: ['Date'] });
  AudioContext.isTouched = false;
  const { chime, context } = await unlocked();
  chime.play();
  mock.timers.tick(60_000);
  context.touch();
  await settled();
  assert.deepEqual(context.heard(), []);
  assert.equal(context.state, 'suspended');
  AudioContext.isTouched = true;
  chime.play();
  await settled();
  assert.deepEqual(context.heard(), [660, 880]);
});
