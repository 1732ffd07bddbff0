// Who speaks: the loudness of each person's sound, measured in the page.

import { audioContext } from "./notices.js";

const EVERY_MS = 150;
const LOUD = 0.02;

/** How long a person counts as speaking after the last loud moment. */
const HOLD_MS = 600;

export class Speaking {
  #sources = new Map();
  #samples = new Float32Array(512);
  #changed;

  /** `changed` is called with an id and whether that person speaks. */
  constructor(changed) {
    this.#changed = changed;
    setInterval(() => this.#measure(), EVERY_MS);
  }

  /** Listens to a track of sound instead of the one before; null: to none. */
  listen(id, track) {
    const known = this.#sources.get(id);
    if ((known?.track ?? null) === track) {
      return;
    }
    known?.source.disconnect();
    this.#sources.delete(id);
    this.#changed(id, false);
    if (track) {
      const context = audioContext();
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const analyser = context.createAnalyser();
      analyser.fftSize = this.#samples.length;
      source.connect(analyser);
      this.#sources.set(id, { track, source, analyser, loudAt: -HOLD_MS, isSpeaking: false });
    }
  }

  #measure() {
    const now = performance.now();
    for (const [id, source] of this.#sources) {
      if (this.#loudness(source) > LOUD) {
        source.loudAt = now;
      }
      const isSpeaking = now - source.loudAt < HOLD_MS;
      if (isSpeaking !== source.isSpeaking) {
        source.isSpeaking = isSpeaking;
        this.#changed(id, isSpeaking);
      }
    }
  }

  #loudness({ track, analyser }) {
    return track.enabled ? loudness(analyser, this.#samples) : 0;
  }
}

/** Returns the loudness at this moment, from 0 to 1. */
export function loudness(analyser, samples) {
  analyser.getFloatTimeDomainData(samples);
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return Math.sqrt(sum / samples.length);
}
