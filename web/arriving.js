// What the pages of a room have in common until a person joins: the host link, and the name.

import { byId } from "./dom.js";
import { state } from "./room.js";
import { remember, remembered, takeHostToken } from "./storage.js";
import { text } from "./texts.js";

/** Begins the page of a room: takes the host link out of the address, now and whenever another one is opened. */
export function arrive() {
  // A page that the browser kept while another one was shown has left its meeting.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  takeHostToken();
  // A host link that is opened in the same tab only changes what follows the address.
  window.addEventListener("hashchange", () => {
    const isHostLink = new URLSearchParams(location.hash.slice(1)).has("host");
    takeHostToken();
    if (isHostLink && state() !== "join") {
      location.reload();
    }
  });
}

/** The field for the name, with what is wrong with it or keeps the person from joining. */
export class NameField {
  constructor() {
    byId("name").value = remembered("name") ?? "";
  }

  /** Returns the name, which is remembered; an empty text without one, after the person is told. */
  take() {
    const name = byId("name").value.trim();
    this.trouble(name ? "" : text("name_missing"));
    if (name) {
      remember("name", name);
    } else {
      byId("name").focus();
    }
    return name;
  }

  /** Shows what went wrong; nothing for an empty text. */
  trouble(words) {
    byId("join-trouble").textContent = words;
    byId("name").setAttribute("aria-invalid", String(Boolean(words)));
  }
}
