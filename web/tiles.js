// The pictures: one tile for each person, and one for each shared screen.

import { byId, make, nameOf, show, symbol } from "./dom.js";
import { keepInShape } from "./layout.js";
import { room } from "./room.js";
import { Speaking } from "./speaking.js";
import { text } from "./texts.js";

const REACTION_MS = 4000;

export class Tiles {
  #grid = byId("grid");
  #devices;
  #streams = new Map();
  #states = new Map();
  #speaking = new Speaking((id, isSpeaking) => {
    this.#tile(id, "camera")?.classList.toggle("speaking", isSpeaking);
  });

  constructor(devices) {
    this.#devices = devices;
    keepInShape(this.#grid);
    devices.addEventListener("change", () => this.update());
    byId("play").addEventListener("click", () => {
      show(byId("play-trouble"), false);
      this.#grid.querySelectorAll("video").forEach((video) => this.#play(video));
    });
  }

  /** Takes a stream that a person sends; what it is says the person's own entry. */
  addStream(id, stream) {
    const streams = this.#streams.get(id) ?? new Map();
    streams.set(stream.id, stream);
    this.#streams.set(id, streams);
    this.update();
  }

  /** Takes the state of the connection to a person. */
  setState(id, state) {
    this.#states.set(id, state);
    this.update();
  }

  /** Brings the tiles in line with who is in and what they send. */
  update() {
    if (!room.me) {
      return;
    }
    const wanted = new Set();
    const others = [...room.people.values()].filter((person) => person.id !== room.self);
    for (const person of [...others, room.me]) {
      wanted.add(this.#showCamera(person));
      if (person.screen) {
        wanted.add(this.#showScreen(person));
      }
    }
    for (const tile of [...this.#grid.children]) {
      if (!wanted.has(tile)) {
        tile.querySelector("video").srcObject = null;
        tile.remove();
      }
    }
    for (const id of [...this.#streams.keys()].filter((id) => !room.people.has(id))) {
      this.#streams.delete(id);
      this.#states.delete(id);
      this.#speaking.listen(id, null);
    }
    show(byId("alone"), others.length === 0);
  }

  /** Removes all tiles, and forgets what people send. */
  clear() {
    for (const tile of [...this.#grid.children]) {
      this.#speaking.listen(tile.dataset.person, null);
      tile.querySelector("video").srcObject = null;
      tile.remove();
    }
    this.#streams.clear();
    this.#states.clear();
  }

  /** Shows a reaction on the tile of a person for a moment. */
  react(id, reaction) {
    const tile = this.#tile(id, "camera");
    if (tile) {
      const picture = make("span", { className: "reaction", textContent: reaction });
      tile.append(picture);
      setTimeout(() => picture.remove(), REACTION_MS);
    }
  }

  #showCamera(person) {
    const isSelf = person.id === room.self;
    const tile = this.#tile(person.id, "camera") ?? this.#add(person, "camera");
    const stream = isSelf ? this.#devices.camera : this.#stream(person.id, person.camera_stream);
    const video = isSelf ? Boolean(this.#devices.cameraTrack) : person.video;
    const audio = isSelf ? this.#devices.isHeard : person.audio;
    this.#attach(tile, stream);
    tile.classList.toggle("without-picture", !video || !stream);
    tile.classList.toggle("hand-up", person.hand);
    tile.querySelector(".name").replaceChildren(nameOf(person.name), isSelf ? ` (${text("you")})` : "");
    show(tile.querySelector(".muted"), !audio);
    show(tile.querySelector(".raised"), person.hand);
    tile.querySelector(".trouble").textContent = isSelf ? "" : this.#trouble(person);
    const track = audio ? stream?.getAudioTracks()[0] : null;
    this.#speaking.listen(person.id, track ?? null);
    return tile;
  }

  #showScreen(person) {
    const tile = this.#tile(person.id, "screen") ?? this.#add(person, "screen");
    const isSelf = person.id === room.self;
    const stream = isSelf ? this.#devices.screen : this.#stream(person.id, person.screen_stream);
    this.#attach(tile, stream);
    tile.querySelector(".name").textContent = text("screen_of", { name: person.name });
    return tile;
  }

  #trouble(person) {
    if (!person.connected) {
      return text("person_reconnects");
    }
    const state = this.#states.get(person.id);
    return ["failed", "disconnected"].includes(state) ? text("no_way_to_person") : "";
  }

  #tile(id, kind) {
    return this.#grid.querySelector(`[data-person="${CSS.escape(id)}"][data-kind="${kind}"]`);
  }

  #stream(id, streamId) {
    return this.#streams.get(id)?.get(streamId) ?? null;
  }

  #add(person, kind) {
    const isSelf = person.id === room.self;
    const video = make("video", { autoplay: true, playsInline: true, muted: isSelf });
    video.setAttribute("aria-hidden", "true");
    const letter = make("span", { className: "letter", textContent: [...person.name][0] ?? "" });
    letter.setAttribute("aria-hidden", "true");
    const muted = make("span", { className: "muted" }, symbol("microphone-off"), this.#unseen("muted"));
    const raised = make("span", { className: "raised" }, symbol("hand"), this.#unseen("hand_raised"));
    const label = make("p", { className: "label" }, muted, raised, make("span", { className: "name" }));
    const trouble = make("p", { className: "trouble" });
    const parts = kind === "camera" ? [video, letter, trouble, label] : [video, label];
    const tile = make("li", { className: isSelf ? "tile own" : "tile" }, ...parts);
    tile.dataset.person = person.id;
    tile.dataset.kind = kind;
    if (isSelf && kind === "camera") {
      tile.id = "self";
    }
    show(muted, false);
    show(raised, false);
    if (kind === "screen") {
      this.#grid.prepend(tile);
    } else {
      // The own picture stays the last.
      this.#grid.insertBefore(tile, byId("self"));
    }
    return tile;
  }

  #unseen(key) {
    return make("span", { className: "unseen", textContent: text(key) });
  }

  #attach(tile, stream) {
    const video = tile.querySelector("video");
    if (video.srcObject !== stream) {
      video.srcObject = stream;
      if (stream) {
        this.#play(video);
      }
    }
  }

  #play(video) {
    video.play().catch((error) => {
      // Some browsers play sound only after a click.
      show(byId("play-trouble"), error.name === "NotAllowedError");
    });
  }
}
