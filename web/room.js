// The address of the room, the state of the page, and who is in.

import { show } from "./dom.js";

/** What the server told of the meeting. */
export const room = {
  self: null,
  people: new Map(),
  settings: null,
  get me() {
    return this.people.get(this.self);
  },
  get isHost() {
    return this.me?.role === "host";
  },
};

/** Returns the address of a part of the room, such as `join`, below the address of the page. */
export function address(part) {
  const url = new URL(location.href);
  url.hash = "";
  url.search = "";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${part}`;
  return url;
}

/** A request that a dead network swallows would else keep the page from trying again. */
const ANSWER_WITHIN_MS = 10000;

/** Posts JSON to a part of the room. */
export function post(part, body) {
  const headers = { "Content-Type": "application/json" };
  const signal = AbortSignal.timeout?.(ANSWER_WITHIN_MS);
  return fetch(address(part), { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** Returns the state of the page. */
export function state() {
  return document.body.dataset.state;
}

/** Brings the page into a state: shows what belongs to it, and moves the focus to its heading. */
export function enter(next) {
  if (state() === next) {
    return;
  }
  document.body.dataset.state = next;
  for (const element of document.querySelectorAll("[data-for]")) {
    const isShown = element.dataset.for.split(" ").includes(next);
    // Some parts of a meeting are shown only to some people.
    show(element, isShown && element.tagName === "SECTION");
  }
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
  }
  const heading = document.querySelector(`section[data-for~="${next}"] [tabindex="-1"]`);
  heading?.focus({ preventScroll: true });
}

/** Returns the name of a person who is in, or was. */
export function nameById(id) {
  return room.people.get(id)?.name ?? "";
}
