/* A soft sound of two tones, made by the browser itself: no file is fetched. */

/** @typedef {ReturnType<typeof createChime>} Chime */

const TONES_HZ = [660, 880];
const TONE_S = 0.18;
const LOUDNESS = 0.06;

export function createChime() {
  /** @type {AudioContext | null} */
  let context = null;

  const isPossible = () => typeof window.AudioContext === 'function';

  /* Get ready inside a press: browsers let no page sound that nobody has touched. */
  function unlock() {
    if (!isPossible()) return;
    context ??= new window.AudioContext();
    // A browser that refuses leaves the page silent; there is nothing more to do about it.
    if (context.state === 'suspended') context.resume().catch(() => {});
  }

  function play() {
    if (context?.state !== 'running') return;
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
    }
  }

  return { isPossible, unlock, play };
}
