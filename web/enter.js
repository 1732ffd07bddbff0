// The page from which people go to a meeting on another server, and to which they come back.

import { arrive, NameField } from "./arriving.js";
import { askUntilOpen } from "./asking.js";
import { byId } from "./dom.js";
import { finish } from "./ending.js";
import { enter } from "./room.js";
import { keepVisit, takeVisit } from "./storage.js";
import { text } from "./texts.js";

/** The parameter of the address with which people come back. */
const LEFT = "left";

class Entrance {
  #name = new NameField();
  /** Whether the person still wants to enter; a new object for each attempt. */
  #attempt = null;

  constructor() {
    byId("enter-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("waiting-leave").addEventListener("click", () => this.stop(""));
  }

  async #submit() {
    const name = this.#name.take();
    if (!name) {
      return;
    }
    byId("join").disabled = true;
    const attempt = {};
    this.#attempt = attempt;
    // An attempt that was given up goes on until its last answer has come, which is nothing to the person.
    const isWanted = () => this.#attempt === attempt;
    try {
      const answer = await askUntilOpen(name, isWanted, () => enter("waiting"));
      if (answer) {
        this.#go(answer);
      }
    } catch (error) {
      if (isWanted()) {
        this.stop(error.message);
      }
    }
  }

  #go({ url, rating, return_url: returnUrl }) {
    keepVisit({ rating, returnUrl });
    byId("onward").href = url;
    // Some browsers keep what is disabled over a visit elsewhere.
    byId("join").disabled = false;
    enter("opening");
    location.assign(url);
  }

  /** Gives up what was begun, and shows the form with what went wrong. */
  stop(words) {
    this.#attempt = null;
    byId("join").disabled = false;
    enter("join");
    this.#name.trouble(words);
  }
}

/** Returns whether the meeting server has sent the person back with an error. Its words are not for people. */
function wasRefused() {
  return new URLSearchParams(location.search).has("errors");
}

arrive();
if (new URLSearchParams(location.search).has(LEFT)) {
  // To load the page again is to join again.
  history.replaceState(null, "", location.pathname);
  finish("left", takeVisit());
} else {
  const words = wasRefused() ? text("meeting_server_refused") : "";
  if (words) {
    history.replaceState(null, "", location.pathname);
  }
  new Entrance().stop(words);
}
