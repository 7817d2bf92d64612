/* A soft sound of two tones, made by the browser itself: no file is fetched. */

/** @typedef {ReturnType<typeof createChime>} Chime */

const TONES_HZ = [660, 880];
const TONE_S = 0.18;
const LOUDNESS = 0.06;
const LATE_MS = 1000;

export function createChime() {
  /** @type {AudioContext | null} */
  let context = null;
  let isUnlocked = false;
  // How many sounds have begun and not ended.
  let sounding = 0;

  const isPossible = () => typeof window.AudioContext === 'function';

  /* Get ready inside a press: browsers let no page sound that nobody has touched. */
  function unlock() {
    if (isUnlocked || !isPossible()) return;
    context ??= new window.AudioContext();
    // A browser that refuses leaves the page silent; there is nothing more to do about it.
    context.resume().then(() => {
      isUnlocked = true;
      rest();
    }, () => {});
  }

  /* One that runs takes some percent of a core, silent or not. What a press has unlocked once may be resumed without one. */
  function rest() {
    if (sounding === 0) context?.suspend().catch(() => {});
  }

  function end() {
    sounding -= 1;
    rest();
  }

  function play() {
    if (context === null) return;
    const player = context;
    const asked = Date.now();
    // Counted before it is heard: what unlocks beside it must not silence it.
    sounding += 1;
    player.resume().then(() => {
      // A browser may answer only at the next press: a sound then would tell of a payment that is long over.
      if (Date.now() - asked > LATE_MS) end();
      else sound(player, end);
    }, end);
  }

  return { isPossible, unlock, play };
}

/**
 * @param {AudioContext} context
 * @param {() => void} ended
 */
function sound(context, ended) {
  const { currentTime, destination } = context;
  for (const [place, hertz] of TONES_HZ.entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const from = currentTime + place * TONE_S;
    tone.frequency.value = hertz;
    // It swells and fades: a tone that is cut off clicks.
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(LOUDNESS, from + TONE_S / 4);
    volume.gain.linearRampToValueAtTime(0, from + TONE_S);
    tone.connect(volume).connect(destination);
    tone.start(from);
    tone.stop(from + TONE_S);
    if (place === TONES_HZ.length - 1) tone.addEventListener('ended', ended);
  }
}
