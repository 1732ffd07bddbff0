// A meeting on LiveKit, as the other parts of the page see it: the messages that the server of `signalling.js`
// sends and takes are made here from what LiveKit tells.
//
// LiveKit holds everybody to the grants of their token. What it knows no grant for, each page sees to: the one
// that sends, and the one that receives. The role and the settings of a person are in what the server has put
// into the token, and which the person cannot change.

import { Messages } from "./livekit-messages.js";
import { LocalTracks, Pictures } from "./livekit-tracks.js";
import { post } from "./room.js";
import { forgetHostToken } from "./storage.js";

const { ConnectionState, DisconnectReason, Room, RoomEvent, setLogLevel } = window.LivekitClient;

/** The code of the answer to a host link that is not valid, or no longer. */
const HOST_LINK_WRONG = 55;

export class LiveKitMeeting {
  /** What `peers.js` is in a meeting without LiveKit. */
  pictures;
  #answer;
  #askedAt = performance.now();
  /** The secret of the host link; null for a guest, and for a host whose link is no longer valid. */
  #host;
  #room = new Room({ dynacast: true, stopLocalTrackOnUnpublish: false });
  #tracks;
  #messages;
  #handlers = new Map();
  /** Whether messages are sent to the page, and whether this person was let in. */
  #isOpen = false;
  #isIn = false;
  /** The identities of the people of whom the page knows. */
  #known = new Set();
  /** What the server has told of this person in the token. */
  #told = null;

  /** `answer` says where the meeting is, `host` is the secret of a host link or null. */
  constructor(answer, host, devices) {
    setLogLevel("warn");
    this.#answer = answer;
    this.#host = host;
    const changed = (participant) => this.#changed(participant);
    this.pictures = new Pictures(this.#room, changed);
    this.#tracks = new LocalTracks(this.#room, devices, () => this.#emit("mute"));
    this.#messages = new Messages(this.#room, (type, message) => this.#emit(type, message));
    this.#room
      .on(RoomEvent.ParticipantConnected, changed)
      .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => changed(participant))
      .on(RoomEvent.ParticipantPermissionsChanged, (_, participant) => changed(participant))
      .on(RoomEvent.ConnectionQualityChanged, (_, participant) => changed(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => this.#left(participant))
      .on(RoomEvent.DataReceived, (data, sender) => this.#received(data, sender))
      .on(RoomEvent.SignalReconnecting, () => this.#emit("broken"))
      .on(RoomEvent.Reconnecting, () => this.#emit("broken"))
      .on(RoomEvent.Reconnected, () => this.#isIn && this.#joined())
      .on(RoomEvent.Disconnected, (reason) => this.#over(reason));
  }

  /** Connects to the server. */
  connect() {
    const isRelayed = new URLSearchParams(location.search).get("relay") === "1";
    const rtcConfig = { iceTransportPolicy: isRelayed ? "relay" : "all" };
    return this.#room.connect(this.#answer.server, this.#answer.token, { rtcConfig });
  }

  /** Begins with the messages. */
  open() {
    this.#isOpen = true;
    this.#told = JSON.parse(this.#me.metadata);
    if (this.#room.state === ConnectionState.Disconnected) {
      this.#emit("lost");
    } else if (isWaiting(this.#me)) {
      this.#emit("waiting", { reason: "approval" });
    } else {
      this.#joined();
    }
  }

  /** Calls a function with each message of a type. */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? [];
    this.#handlers.set(type, [...handlers, handler]);
  }

  /** Does what a message asks for; returns false for one that cannot be sent now. */
  send(type, values = {}) {
    if (this.#room.state !== ConnectionState.Connected) {
      return false;
    }
    const { id = null } = values;
    switch (type) {
      case "media":
        this.#tracks.sync();
        break;
      case "hand":
        this.#messages.raise(values.raised);
        this.#changed(this.#me);
        break;
      case "admit":
      case "mute":
      case "remove":
        this.#act(type, id);
        break;
      case "turn_away":
        this.#act("remove", id);
        break;
      case "end":
        this.#act("end", null);
        break;
      default:
        this.#messages.send(type, values);
    }
    return true;
  }

  leave() {
    this.#isOpen = false;
    this.#room.disconnect();
  }

  get #me() {
    return this.#room.localParticipant;
  }

  get #people() {
    return [...this.#room.remoteParticipants.values()].filter(isPerson);
  }

  /** The time of the server, whatever the clock of this machine says. */
  get #serverTime() {
    return this.#told.now + performance.now() - this.#askedAt;
  }

  #emit(type, message = {}) {
    if (this.#isOpen) {
      for (const handler of this.#handlers.get(type) ?? []) {
        handler(message);
      }
    }
  }

  #joined() {
    const isNew = !this.#isIn;
    this.#isIn = true;
    const people = this.#people.filter((participant) => !isWaiting(participant));
    this.#known = new Set(people.map((participant) => participant.identity));
    const { settings, can_send: canSend, ends_at: endsAt } = this.#told;
    this.#emit("joined", {
      self: this.#me.identity,
      people: [this.#me, ...people].map((participant) => this.#person(participant)),
      settings: { ...settings, raise_hand: canSend, allow_reactions: settings.allow_reactions && canSend },
      rating: this.#answer.rating,
      ends_at: endsAt,
      can_extend: false,
      server_time: this.#serverTime,
    });
    people.forEach((participant) => this.pictures.show(participant));
    this.#tellWaiting();
    this.#permit();
    if (isNew) {
      this.#messages.greet();
    }
  }

  /** Takes up that a person has come, was let in, or sends something else than before. */
  #changed(participant) {
    if (!this.#isOpen || !isPerson(participant)) {
      return;
    }
    const { identity, isLocal } = participant;
    if (!this.#isIn) {
      if (isLocal && !isWaiting(participant)) {
        this.#joined();
      }
      return;
    }
    this.#tellWaiting();
    if (isWaiting(participant)) {
      return;
    }
    const isKnown = isLocal || this.#known.has(identity);
    this.#known.add(identity);
    this.#emit(isKnown ? "person_changed" : "person_joined", { person: this.#person(participant) });
    this.pictures.show(participant);
    if (!isKnown) {
      this.#permit();
    }
  }

  #left(participant) {
    this.pictures.forget(participant);
    this.#messages.forget(participant);
    if (this.#known.delete(participant.identity)) {
      this.#emit("person_left", { id: participant.identity });
      this.#permit();
    } else {
      this.#tellWaiting();
    }
  }

  #received(data, sender) {
    if (this.#isIn && sender && this.#known.has(sender.identity) && this.#messages.receive(data, sender)) {
      this.#changed(sender);
    }
  }

  /** Tells a host who waits. */
  #tellWaiting() {
    if (roleOf(this.#me) === "host") {
      const people = this.#people.filter(isWaiting).map(({ identity, name }) => ({ id: identity, name }));
      this.#emit("waiting_people", { people });
    }
  }

  /** Lets only hosts see and hear a guest where guests are hidden from each other. The server sees to that. */
  #permit() {
    if (this.#told.settings.hide_user_streams && roleOf(this.#me) === "guest") {
      const hosts = this.#people.filter((participant) => roleOf(participant) === "host");
      const permissions = hosts.map(({ identity }) => ({ participantIdentity: identity, allowAll: true }));
      this.#me.setTrackSubscriptionPermissions(false, permissions);
    }
  }

  #person(participant) {
    return {
      id: participant.identity,
      name: participant.name,
      role: roleOf(participant),
      hand: this.#messages.hasRaised(participant),
      connected: participant.connectionQuality !== "lost",
      ...this.pictures.state(participant),
    };
  }

  /** Lets the server do what only hosts may do, as long as it takes the host link. */
  async #act(action, person) {
    if (this.#host === null) {
      this.#emit("error", { code: "host_link_wrong" });
      return;
    }
    try {
      const answer = await post("host", { host: this.#host, action, person });
      const { code, done } = await answer.json();
      if (code === HOST_LINK_WRONG) {
        this.#host = null;
        forgetHostToken();
        this.#emit("error", { code: "host_link_wrong" });
      } else if (done !== true) {
        this.#emit("error", { code: done === false ? "no_such_person" : "not_done" });
      }
    } catch {
      this.#emit("error", { code: "not_done" });
    }
  }

  #over(reason) {
    if (!this.#isOpen) {
      return;
    }
    const { ends_at: endsAt, settings } = this.#told;
    const returnUrl = settings.return_url;
    const isTimeOver = endsAt !== null && this.#serverTime >= endsAt - 1000;
    switch (reason) {
      case DisconnectReason.CLIENT_INITIATED:
        break;
      case DisconnectReason.PARTICIPANT_REMOVED:
        this.#emit(this.#isIn ? "removed" : "turned_away");
        break;
      case DisconnectReason.DUPLICATE_IDENTITY:
        this.#emit("replaced");
        break;
      case DisconnectReason.ROOM_DELETED:
      case DisconnectReason.ROOM_CLOSED:
        this.#emit("ended", { reason: isTimeOver ? "time" : "all", return_url: returnUrl });
        break;
      default:
        this.#emit("lost");
    }
    this.#isOpen = false;
  }
}

/** Returns whether a participant is a person with a role, and not a program that others have let in. */
function isPerson(participant) {
  return "role" in participant.attributes;
}

function roleOf(participant) {
  return participant.attributes.role === "host" ? "host" : "guest";
}

/** Returns whether a host has to let a person in. Who was let in gets their rights a moment later. */
function isWaiting({ attributes, isLocal, permissions }) {
  return Boolean(attributes.waiting) || (isLocal && permissions?.canSubscribe === false);
}
