// Attendance: now and then a person says that they are there; hosts see who did.

import { byId, make, nameOf, show } from "./dom.js";
import { chime, notice } from "./notices.js";
import { text } from "./texts.js";

export class Attendance {
  #dialog = byId("attendance");
  #check = null;
  #clock = null;

  constructor(send) {
    byId("attendance-answer").addEventListener("click", () => {
      send("attendance", { check: this.#check });
      this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => clearInterval(this.#clock));
  }

  /** Asks this person to answer within some seconds. */
  ask({ check, seconds }) {
    this.#check = check;
    const until = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - performance.now()) / 1000);
      byId("attendance-left").textContent = text("attendance_left", { seconds: Math.max(0, left) });
      if (left <= 0) {
        this.#dialog.close();
      }
    };
    clearInterval(this.#clock);
    this.#clock = setInterval(tick, 1000);
    tick();
    if (!this.#dialog.open) {
      this.#dialog.showModal();
      chime();
    }
  }

  /** Shows to a host who has answered how often. */
  showResults({ results }) {
    const lines = results.map(({ name, asked, answered }) => {
      const count = make("span", { className: "soft", textContent: ` ${answered} / ${asked}` });
      return make("li", {}, nameOf(name), count);
    });
    byId("attendance-list").replaceChildren(...lines);
    show(byId("attendance-results"), lines.length > 0);
    notice(text("attendance_done"));
  }
}
