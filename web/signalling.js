// The web socket to the server. It is opened again when it breaks: with the secret for resuming once this
// person is in, else with a new ticket.

import { address } from "./room.js";

const PING_EVERY_MS = 5000;

/** The server answers every ping, so that a longer silence means a dead connection. */
const SILENCE_MS = 12000;

/** The server notices a dead socket within 25 s, and keeps the place for 30 s more. */
const RESUME_WITHIN_MS = 56000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 3000;

/** Messages after which the server closes the socket for good. */
const LAST = ["full", "turned_away", "removed", "replaced", "ended"];

export class Signalling {
  #handlers = new Map();
  #socket = null;
  #resume = null;
  #isOver = false;
  #lostAt = null;
  #heardAt = 0;
  #pause = FIRST_PAUSE_MS;
  #retry = null;
  #renew;

  /** `renew` returns a promise of a new ticket, for a person who waits and is not in yet. */
  constructor(renew) {
    this.#renew = renew;
    setInterval(() => this.#watch(), PING_EVERY_MS);
    window.addEventListener("online", () => this.#tryNow());
    window.addEventListener("pagehide", () => this.leave());
  }

  /** Calls a function with each message of a type; also `lost` (broken for good) and `broken`. */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? [];
    this.#handlers.set(type, [...handlers, handler]);
  }

  /** Sends a message; one that cannot be sent now is dropped. */
  send(type, values = {}) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ ...values, type }));
    }
  }

  open(ticket) {
    this.#connect("ticket", ticket);
  }

  /** Leaves the meeting at once. */
  leave() {
    this.send("leave");
    this.#finish();
  }

  #connect(parameter, secret) {
    const url = address("socket");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set(parameter, secret);
    const socket = new WebSocket(url);
    this.#socket?.close();
    this.#socket = socket;
    this.#heardAt = performance.now();
    const ifCurrent = (handler) => (event) => {
      if (this.#socket === socket) {
        handler(event);
      }
    };
    socket.addEventListener("message", ifCurrent((event) => this.#receive(event.data)));
    socket.addEventListener("close", ifCurrent(() => this.#broken()));
  }

  #receive(data) {
    this.#heardAt = performance.now();
    const message = JSON.parse(data);
    if (message.type === "joined" || message.type === "waiting") {
      this.#resume = message.resume ?? null;
      this.#lostAt = null;
      this.#pause = FIRST_PAUSE_MS;
    }
    if (LAST.includes(message.type)) {
      this.#finish();
    }
    this.#emit(message.type, message);
  }

  #emit(type, message = {}) {
    for (const handler of this.#handlers.get(type) ?? []) {
      handler(message);
    }
  }

  #broken() {
    if (this.#isOver) {
      return;
    }
    this.#socket = null;
    this.#lostAt ??= performance.now();
    this.#emit("broken");
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#again(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  async #again() {
    if (this.#isOver || this.#socket) {
      return;
    }
    if (performance.now() - this.#lostAt > RESUME_WITHIN_MS) {
      this.#finish();
      this.#emit("lost");
      return;
    }
    if (this.#resume) {
      this.#connect("resume", this.#resume);
      return;
    }
    try {
      this.#connect("ticket", await this.#renew());
    } catch {
      this.#broken();
    }
  }

  #tryNow() {
    if (this.#lostAt !== null && !this.#socket) {
      clearTimeout(this.#retry);
      this.#again();
    }
  }

  #watch() {
    if (this.#isOver || !this.#socket) {
      return;
    }
    if (performance.now() - this.#heardAt > SILENCE_MS) {
      const socket = this.#socket;
      this.#broken();
      socket.close();
    } else {
      this.send("ping");
    }
  }

  #finish() {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#socket?.close(1000);
    this.#socket = null;
  }
}
