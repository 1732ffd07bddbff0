// The time that is left of a meeting that ends by itself.

import { byId, closable, show } from "./dom.js";
import { notice } from "./notices.js";
import { room, state } from "./room.js";
import { text } from "./texts.js";

/** At these numbers of minutes before the end, everybody is told. */
const WARNINGS = [10, 5, 1];

export class Remaining {
  #endsAt = null;
  #offset = 0;
  #minutes = null;

  constructor(send) {
    const dialog = closable(byId("extend-dialog"));
    byId("extend").addEventListener("click", () => dialog.showModal());
    byId("extend-confirm").addEventListener("click", () => {
      send("extend", { minutes: Number(byId("extend-minutes").value) });
      dialog.close();
    });
    setInterval(() => this.#tick(), 1000);
  }

  /** Takes the clock of the server, which may differ from the one of this machine. */
  setClock(serverTime) {
    this.#offset = serverTime - Date.now();
  }

  update(endsAt, canExtend) {
    const wasLater = this.#endsAt !== null && endsAt !== null && endsAt > this.#endsAt;
    this.#endsAt = endsAt;
    this.#minutes = null;
    show(byId("time"), endsAt !== null);
    show(byId("extend"), endsAt !== null && canExtend && room.isHost);
    this.#tick();
    if (wasLater) {
      notice(text("extended"));
    }
  }

  #tick() {
    if (this.#endsAt === null || state() !== "in") {
      return;
    }
    const left = Math.max(0, this.#endsAt - Date.now() - this.#offset);
    const seconds = Math.ceil(left / 1000);
    const minutes = Math.floor(seconds / 60);
    const clock = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    byId("time").textContent = text("time_left", { time: clock });
    byId("time").classList.toggle("soon", seconds <= 60);
    const warning = WARNINGS.find((warning) => seconds <= warning * 60 && seconds > warning * 60 - 2);
    if (warning && warning !== this.#minutes) {
      this.#minutes = warning;
      notice(text("minutes_left", { minutes: warning }));
    }
  }
}
