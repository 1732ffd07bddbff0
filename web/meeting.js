// The page of a meeting: puts its parts together. Messages of the server come in here, by whatever way a page
// opens to its server.

import { arrive } from "./arriving.js";
import { Attendance } from "./attendance.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { Devices } from "./devices.js";
import { byId, show } from "./dom.js";
import { finish } from "./ending.js";
import { JoinForm } from "./join.js";
import { notice, say } from "./notices.js";
import { Panels } from "./panels.js";
import { People } from "./people.js";
import { Remaining } from "./remaining.js";
import { enter, room, state } from "./room.js";
import { text } from "./texts.js";
import { Tiles } from "./tiles.js";
import { Knocking, showReason } from "./waiting.js";

/** Returns true if the browser has what a meeting needs. */
function isSupported() {
  const needed = [window.RTCPeerConnection, window.WebSocket, window.HTMLDialogElement, window.ResizeObserver];
  return needed.every(Boolean) && "addTransceiver" in RTCPeerConnection.prototype;
}

class Meeting {
  #connectTo;
  #devices = new Devices();
  #socket = null;
  #peers = null;
  #rating = null;
  #parts = null;

  constructor(connectTo) {
    this.#connectTo = connectTo;
    new JoinForm(this.#devices, (name, host) => this.#join(name, host));
    this.#devices.addEventListener("change", () => this.#tellMedia());
    byId("waiting-leave").addEventListener("click", () => this.#leave());
  }

  async #join(name, host) {
    const way = await this.#connectTo(name, host, this.#devices);
    if (!way) {
      return;
    }
    this.#socket = way.socket;
    this.#peers = way.peers;
    const send = (type, values) => this.#socket.send(type, values);
    const panels = new Panels();
    this.#parts = {
      attendance: new Attendance(send),
      chat: new Chat(send, panels),
      controls: new Controls(this.#devices, send, () => this.#leave()),
      knocking: new Knocking(send),
      people: new People(send),
      remaining: new Remaining(send),
      tiles: new Tiles(this.#devices),
    };
    this.#peers.addEventListener("track", ({ detail }) => {
      if (detail.stream) {
        this.#parts.tiles.addStream(detail.id, detail.stream);
      }
    });
    this.#peers.addEventListener("state", ({ detail }) => this.#parts.tiles.setState(detail.id, detail.state));
    this.#listen();
    way.open();
  }

  #listen() {
    const { attendance, chat, knocking, remaining, tiles } = this.#parts;
    const on = (type, handler) => this.#socket.on(type, handler);
    on("waiting", ({ reason }) => showReason(reason));
    on("new_place", () => this.#beginAnew());
    on("ice_servers", ({ ice_servers: iceServers }) => this.#peers.renew(iceServers));
    on("joined", (message) => this.#joined(message));
    on("person_joined", ({ person }) => this.#personJoined(person));
    on("person_left", ({ id }) => this.#personLeft(id));
    on("person_changed", ({ person }) => this.#personChanged(person));
    on("waiting_people", ({ people }) => knocking.update(people));
    on("signal", ({ from, data }) => this.#peers.receive(from, data));
    on("chat", (message) => chat.receive(message));
    on("chat_cleared", () => chat.clear());
    on("reaction", ({ from, reaction }) => tiles.react(from, reaction));
    on("mute", () => this.#muted());
    on("attendance_check", (message) => attendance.ask(message));
    on("attendance", (message) => attendance.showResults(message));
    on("time", ({ ends_at: endsAt, can_extend: canExtend }) => remaining.update(endsAt, canExtend));
    on("error", ({ code }) => this.#rejected(code));
    on("broken", () => this.#broken());
    on("ended", ({ reason, return_url: returnUrl }) => this.#over(reason, returnUrl));
    on("full", ({ max_people: most }) => {
      room.most = most;
      this.#over("full");
    });
    for (const ending of ["turned_away", "removed", "replaced", "lost", "unreachable"]) {
      on(ending, () => this.#over(ending));
    }
  }

  /** Forgets people and their pictures: in a new place the same ids are of other people. */
  #beginAnew() {
    this.#peers.keep([]);
    this.#parts.tiles.clear();
    this.#parts.chat.forgetIds();
    this.#parts.knocking.update([]);
    room.self = null;
    room.people = new Map();
    show(byId("connection"), false);
  }

  #joined(message) {
    const wasIn = state() === "in";
    room.self = message.self;
    room.settings = message.settings;
    room.people = new Map(message.people.map((person) => [person.id, person]));
    this.#rating = message.rating;
    show(byId("connection"), false);
    if (!room.settings.share_media) {
      this.#devices.closeAll();
    }
    enter("in");
    this.#parts.remaining.setClock(message.server_time);
    this.#parts.remaining.update(message.ends_at, message.can_extend);
    this.#tellMedia();
    this.#connect();
    if (wasIn) {
      this.#peers.recover();
      say(text("connection_back"));
    }
    this.#update();
  }

  /** Connects to all who are in, and to nobody else. */
  #connect() {
    const isOpen = (person) => !room.settings.hide_user_streams || room.isHost || person.role === "host";
    const others = [...room.people.values()].filter((person) => person.id !== room.self && isOpen(person));
    for (const person of others) {
      this.#peers.connect(person.id, room.self);
    }
    this.#peers.keep(others.map((person) => person.id));
  }

  #personJoined(person) {
    room.people.set(person.id, person);
    this.#connect();
    this.#update();
    notice(text("person_joined", { name: person.name }));
  }

  #personLeft(id) {
    const person = room.people.get(id);
    room.people.delete(id);
    this.#connect();
    this.#update();
    if (person) {
      notice(text("person_left", { name: person.name }));
    }
  }

  #personChanged(person) {
    const before = room.people.get(person.id);
    room.people.set(person.id, person);
    this.#connect();
    if (before && !before.connected && person.connected) {
      this.#peers.recover(person.id);
    }
    this.#update();
    if (person.hand && !before?.hand && person.id !== room.self) {
      notice(text("person_raised_hand", { name: person.name }));
    }
  }

  #update() {
    this.#parts.tiles.update();
    this.#parts.people.update();
    this.#parts.controls.update();
    this.#parts.chat.update();
  }

  /** Tells the others what this person sends. */
  #tellMedia() {
    if (state() === "in") {
      this.#socket.send("media", {
        audio: this.#devices.isHeard,
        video: Boolean(this.#devices.cameraTrack),
        screen: this.#devices.isSharing,
        camera_stream: this.#devices.camera.id,
        screen_stream: this.#devices.screen.id,
      });
    }
  }

  #muted() {
    this.#devices.setHeard(false);
    notice(text("muted_by_host"));
  }

  #rejected(code) {
    const words = {
      rate_limited: text("error_rate_limited"),
      chat_off: text("error_chat_off"),
      too_long: text("error_too_long"),
      no_such_person: text("error_no_such_person"),
      not_allowed: text("error_not_allowed"),
      media_off: text("error_media_off"),
      not_done: text("error_not_done"),
      host_link_wrong: text("host_link_wrong"),
    };
    if (["rate_limited", "chat_off", "too_long"].includes(code)) {
      this.#parts.chat.reject(words[code]);
    } else if (words[code]) {
      notice(words[code]);
    }
    if (code === "no_such_person") {
      this.#parts.chat.reject("");
    }
  }

  #broken() {
    show(byId("connection"), state() === "in");
    if (state() === "join") {
      byId("join-trouble").textContent = text("no_socket");
    }
  }

  #leave() {
    this.#socket?.leave();
    this.#over("left", room.settings?.return_url);
  }

  #over(ending, returnUrl) {
    this.#peers?.close();
    this.#devices.closeAll();
    finish(ending, { rating: this.#rating, returnUrl });
  }

  /** Returns the statistics of all connections, for whoever looks into a problem. */
  statistics() {
    return this.#peers?.statistics();
  }
}

/**
 * Opens the page. `connectTo` opens the way to the meeting, for a name, the secret of a host link or null, and
 * the devices: it returns a promise of its two parts, which are those of `signalling.js` and `peers.js` or have
 * the same functions, and of what begins with the messages; or of null for a person who does not want to join
 * any more.
 */
export function openPage(connectTo) {
  arrive();
  if (isSupported()) {
    const meeting = new Meeting(connectTo);
    // For the console of the browser, where operators look for the reason of a bad picture.
    window.roomd = { statistics: () => meeting.statistics() };
    enter("join");
  } else {
    finish("unsupported");
  }
}
