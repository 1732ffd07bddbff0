// The page from which people go to a meeting on another server, and to which they come back.

import { askUntilOpen } from "./asking.js";
import { byId } from "./dom.js";
import { finish } from "./ending.js";
import { enter, state } from "./room.js";
import { keepVisit, remember, remembered, takeHostToken, takeVisit } from "./storage.js";
import { text } from "./texts.js";

/** The parameter of the address with which people come back. */
const LEFT = "left";

class Entrance {
  /** Whether the person still wants to enter; a new object for each attempt. */
  #attempt = null;

  constructor() {
    byId("name").value = remembered("name") ?? "";
    byId("enter-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("waiting-leave").addEventListener("click", () => this.#stop(""));
  }

  async #submit() {
    const name = byId("name").value.trim();
    this.trouble(name ? "" : text("name_missing"));
    if (!name) {
      byId("name").focus();
      return;
    }
    remember("name", name);
    byId("join").disabled = true;
    const attempt = {};
    this.#attempt = attempt;
    try {
      const isWanted = () => this.#attempt === attempt;
      const answer = await askUntilOpen(name, isWanted, () => enter("waiting"));
      if (answer) {
        this.#go(answer);
      }
    } catch (error) {
      this.#stop(error.message);
    }
    byId("join").disabled = false;
  }

  #go({ url, rating, return_url: returnUrl }) {
    keepVisit({ rating, returnUrl });
    byId("onward").href = url;
    enter("opening");
    location.assign(url);
  }

  #stop(words) {
    this.#attempt = null;
    enter("join");
    this.trouble(words);
  }

  /** Shows what went wrong; nothing for an empty text. */
  trouble(words) {
    byId("join-trouble").textContent = words;
    byId("name").setAttribute("aria-invalid", String(Boolean(words)));
  }
}

/** Returns whether the meeting server has sent the person back with an error. Its words are not for people. */
function wasRefused() {
  return new URLSearchParams(location.search).has("errors");
}

// A page that the browser kept while the meeting was shown begins anew.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

takeHostToken();
window.addEventListener("hashchange", () => {
  const isHostLink = new URLSearchParams(location.hash.slice(1)).has("host");
  takeHostToken();
  if (isHostLink && state() !== "join") {
    location.reload();
  }
});
if (new URLSearchParams(location.search).has(LEFT)) {
  // To load the page again is to join again.
  history.replaceState(null, "", location.pathname);
  finish("left", takeVisit());
} else {
  const entrance = new Entrance();
  enter("join");
  if (wasRefused()) {
    history.replaceState(null, "", location.pathname);
    entrance.trouble(text("meeting_server_refused"));
  }
}
