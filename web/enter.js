// The page from which people go to a meeting on another server, and to which they come back.

import { byId } from "./dom.js";
import { finish } from "./ending.js";
import { askToJoin } from "./joining.js";
import { enter, state } from "./room.js";
import { keepVisit, remember, remembered, takeHostToken, takeVisit } from "./storage.js";
import { text } from "./texts.js";

/** How long a page that waits bears with a server that does not answer. */
const PATIENCE_MS = 60000;

/** The parameter of the address with which people come back. */
const LEFT = "left";

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

class Entrance {
  /** Whether the person still wants to enter; a new object for each attempt. */
  #attempt = null;

  constructor() {
    byId("name").value = remembered("name") ?? "";
    byId("join-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("waiting-leave").addEventListener("click", () => this.#stop(""));
  }

  async #submit() {
    const name = byId("name").value.trim();
    this.#trouble(name ? "" : text("name_missing"));
    if (!name) {
      byId("name").focus();
      return;
    }
    remember("name", name);
    byId("join").disabled = true;
    const attempt = {};
    this.#attempt = attempt;
    try {
      const answer = await this.#untilOpen(name, attempt);
      if (answer) {
        this.#go(answer);
      }
    } catch (error) {
      this.#stop(error.message);
    }
    byId("join").disabled = false;
  }

  /** Returns the answer that says where the meeting is; null for a person who did not want to wait. */
  async #untilOpen(name, attempt) {
    let answeredAt = performance.now();
    let retryAfter = 3;
    while (this.#attempt === attempt) {
      try {
        const answer = await askToJoin(name, takeHostToken());
        answeredAt = performance.now();
        if (!answer.waiting) {
          return this.#attempt === attempt ? answer : null;
        }
        retryAfter = answer.retry_after;
        enter("waiting");
      } catch (error) {
        const mayPass = error.isPassing && state() === "waiting";
        if (!mayPass || performance.now() - answeredAt > PATIENCE_MS) {
          throw error;
        }
      }
      await pause(retryAfter);
    }
    return null;
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
    this.#trouble(words);
  }

  #trouble(words) {
    byId("join-trouble").textContent = words;
    byId("name").setAttribute("aria-invalid", String(Boolean(words)));
  }
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
  new Entrance();
  enter("join");
}
