// The web socket to the server. It is opened again when it breaks: with the secret for resuming once this
// person is in, else with a new ticket. A browser does not tell a page whether the server refused a socket or
// could not be reached. So a resuming that failed is tried once more when the server has just given out a ticket,
// and if it fails again, the ticket is used: the server has started anew, or has waited for too long.

import { address } from "./room.js";

const PING_EVERY_MS = 5000;

/** The server answers every ping, so that a longer silence means a dead connection. */
const SILENCE_MS = 12000;

/** The server notices a dead socket within 25 s, and keeps the place for 30 s more. */
const RESUME_WITHIN_MS = 56000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 3000;

/** The code with which a server that stops closes the socket. */
const STOPPING = 1001;

/** Messages after which the server closes the socket for good. */
const LAST = ["full", "turned_away", "removed", "replaced", "ended"];

export class Signalling {
  #handlers = new Map();
  #socket = null;
  #resume = null;
  /** Whether a socket with the present secret for resuming has failed. */
  #isDoubtful = false;
  /** A ticket that was not used, because resuming comes first. */
  #ticket = null;
  /** Whether the first message of the socket is about a new place. */
  #isNew = true;
  #isOver = false;
  #lostAt = null;
  #heardAt = 0;
  #watchedAt = performance.now();
  /** Whether any message ever came. */
  #wasHeard = false;
  #pause = FIRST_PAUSE_MS;
  #retry = null;
  #renew;

  /** `renew` returns a promise of a new ticket. */
  constructor(renew) {
    this.#renew = renew;
    setInterval(() => this.#watch(), PING_EVERY_MS);
    window.addEventListener("online", () => this.#tryNow());
    window.addEventListener("pagehide", () => this.leave());
  }

  /** Calls a function with each message of a type; also `broken`, `lost` (broken for good),
   * `unreachable` (no socket ever worked), and `new_place` before the first message of a place in which nothing of an earlier one is valid. */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? [];
    this.#handlers.set(type, [...handlers, handler]);
  }

  /** Sends a message; returns false for one that cannot be sent now, which is dropped. */
  send(type, values = {}) {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN;
    if (isOpen) {
      this.#socket.send(JSON.stringify({ ...values, type }));
    }
    return isOpen;
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
    this.#isNew = parameter === "ticket";
    this.#socket?.close();
    this.#socket = socket;
    this.#heardAt = performance.now();
    const ifCurrent = (handler) => (event) => {
      if (this.#socket === socket) {
        handler(event);
      }
    };
    socket.addEventListener("message", ifCurrent((event) => this.#receive(event.data)));
    socket.addEventListener("close", ifCurrent(({ code }) => this.#closed(code)));
  }

  #receive(data) {
    this.#heardAt = performance.now();
    this.#wasHeard = true;
    const message = JSON.parse(data);
    if (message.type === "joined" || message.type === "waiting") {
      this.#resume = message.resume ?? null;
      this.#isDoubtful = false;
      this.#ticket = null;
      this.#lostAt = null;
      this.#pause = FIRST_PAUSE_MS;
      if (this.#isNew) {
        this.#isNew = false;
        this.#emit("new_place");
      }
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

  #closed(code) {
    if (code === STOPPING) {
      this.#resume = null;
    }
    this.#broken();
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
      this.#emit(this.#wasHeard ? "lost" : "unreachable");
      return;
    }
    if (this.#ticket) {
      const ticket = this.#ticket;
      this.#ticket = null;
      this.#isDoubtful = false;
      this.#connect("ticket", ticket);
    } else if (this.#resume && !this.#isDoubtful) {
      this.#isDoubtful = true;
      this.#connect("resume", this.#resume);
    } else {
      await this.#askForTicket();
    }
  }

  async #askForTicket() {
    let ticket;
    try {
      ticket = await this.#renew();
    } catch {
      this.#isDoubtful = false;
      this.#broken();
      return;
    }
    if (this.#isOver || this.#socket) {
      return;
    }
    if (this.#resume) {
      this.#ticket = ticket;
      this.#connect("resume", this.#resume);
    } else {
      this.#connect("ticket", ticket);
    }
  }

  #tryNow() {
    if (this.#lostAt !== null && !this.#socket) {
      clearTimeout(this.#retry);
      this.#again();
    }
  }

  #watch() {
    const now = performance.now();
    // Browsers call the timers of a hidden page once a minute: nobody asked meanwhile, so silence means nothing.
    const isLate = now - this.#watchedAt > SILENCE_MS;
    this.#watchedAt = now;
    if (this.#isOver || !this.#socket) {
      return;
    }
    if (!isLate && now - this.#heardAt > SILENCE_MS) {
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
