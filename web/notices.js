// Short messages that go by themselves, words for screen readers, and the sound of a new message.

import { byId, make } from "./dom.js";

const SHOWN_FOR_MS = 6000;
const MOST_AT_ONCE = 4;

let audio = null;

/** Shows a message for some seconds; screen readers read it. */
export function notice(message) {
  const list = byId("notices");
  const line = make("p", { textContent: message, dir: "auto" });
  list.append(line);
  while (list.children.length > MOST_AT_ONCE) {
    list.firstChild.remove();
  }
  setTimeout(() => line.remove(), SHOWN_FOR_MS);
}

/** Says a message to screen readers only. */
export function say(message) {
  const line = make("p", { textContent: message });
  byId("news").replaceChildren(line);
}

/** Returns the audio context of the page, which may start once a person has clicked. */
export function audioContext() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") {
    audio.resume().catch(() => {});
  }
  return audio;
}

/** Plays two short tones. */
export function chime() {
  const context = audioContext();
  for (const [start, frequency] of [[0, 660], [0.12, 880]]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + start;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}
