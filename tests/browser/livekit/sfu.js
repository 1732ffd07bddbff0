// The part of the stand-in for LiveKit that a browser carries out: rooms, people, and what they send each other.
// It speaks the older of the two protocols of LiveKit's library, with two connections for each person.

"use strict";

const rooms = new Map();
const people = new Map();
const socket = new WebSocket(`ws://${location.host}/relay`);
let lastId = 0;

const newId = (prefix) => `${prefix}_${(lastId += 1)}`;
const tell = (id, message, close = false) => socket.send(JSON.stringify({ to: id, message, close }));

socket.onopen = () => {
  document.body.dataset.state = "ready";
};

socket.onmessage = async ({ data }) => {
  const message = JSON.parse(data);
  if (message.call) {
    const body = calls[message.method](message.body) ?? null;
    socket.send(JSON.stringify({ answer: message.call, body }));
  } else if (message.claims) {
    people.set(message.from, new Person(message.from, message.claims));
  } else if (message.closed) {
    people.get(message.from)?.leave();
  } else {
    const bytes = Uint8Array.from(atob(message.data), (character) => character.charCodeAt(0));
    await people.get(message.from)?.received(decode(bytes));
  }
};

/** Reads the fields of a message of Protocol Buffers, by number. */
function decode(bytes) {
  const fields = {};
  let at = 0;
  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at]);
      at += 1;
      value |= (byte & 127n) << shift;
      if (byte < 128n) {
        return Number(value);
      }
    }
  };
  while (at < bytes.length) {
    const tag = number();
    let value;
    if ((tag & 7) === 0) {
      value = number();
    } else if ((tag & 7) === 2) {
      const length = number();
      value = bytes.slice(at, at + length);
      at += length;
    } else {
      const length = (tag & 7) === 1 ? 8 : 4;
      value = bytes.slice(at, at + length);
      at += length;
    }
    (fields[tag >> 3] ??= []).push(value);
  }
  return fields;
}

const text = (field) => new TextDecoder().decode(field?.[0] ?? new Uint8Array());

const inRoom = (name) => [...people.values()].filter((person) => person.room === name);
const find = ({ room, identity }) => inRoom(room).find((person) => person.info.identity === identity);

const calls = {
  CreateRoom: ({ name, metadata }) => {
    const room = rooms.get(name) ?? { sid: newId("RM"), name, creation_time: String(Math.floor(Date.now() / 1000)) };
    room.metadata = metadata || room.metadata;
    rooms.set(name, room);
    return room;
  },
  ListRooms: () => ({ rooms: [...rooms.values()] }),
  DeleteRoom: ({ room }) => {
    inRoom(room).forEach((person) => person.remove("ROOM_DELETED"));
    return rooms.delete(room) ? {} : null;
  },
  ListParticipants: ({ room }) => ({ participants: inRoom(room).map((person) => person.info) }),
  GetParticipant: (body) => find(body)?.info,
  RemoveParticipant: (body) => {
    const person = find(body);
    person?.remove("PARTICIPANT_REMOVED");
    return person && {};
  },
  MutePublishedTrack: (body) => {
    const person = find(body);
    tell(person.id, { mute: { sid: body.track_sid, muted: true } });
    person.mute(body.track_sid, true);
    return {};
  },
  UpdateParticipant: (body) => {
    const person = find(body);
    person?.update(body);
    return person?.info;
  },
};

class Person {
  constructor(id, claims) {
    const { video } = claims;
    this.id = id;
    this.room = video.room;
    this.info = {
      sid: newId("PA"),
      identity: claims.sub,
      name: claims.name,
      state: "ACTIVE",
      metadata: claims.metadata,
      attributes: claims.attributes,
      permission: {
        canSubscribe: video.canSubscribe,
        canPublish: video.canPublish,
        canPublishData: video.canPublishData,
        canUpdateMetadata: video.canUpdateOwnMetadata,
      },
      tracks: [],
    };
    /** What others subscribe to, by the id of the track. */
    this.media = new Map();
    this.sinks = [];
    /** Who may subscribe; null is everybody. */
    this.permitted = null;
    this.sent = new Map();
    this.from = this.#connection("PUBLISHER");
    this.to = this.#connection("SUBSCRIBER");
    this.channels = ["_reliable", "_lossy"].map((label) => this.to.createDataChannel(label));
    this.from.ondatachannel = ({ channel }) => {
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => this.#relayData(new Uint8Array(data));
    };
    this.from.ontrack = ({ track }) => {
      this.media.set(track.id, track);
      // Chromium sends sound on only while it plays it.
      const sink = new Audio();
      sink.muted = true;
      sink.srcObject = new MediaStream([track]);
      sink.play().catch(() => {});
      this.sinks.push(sink);
      this.#offerToAll();
    };
    const join = {
      room: rooms.get(this.room),
      participant: this.info,
      otherParticipants: this.#others().map((other) => other.info),
      serverVersion: "1.9.0",
      iceServers: [],
      subscriberPrimary: true,
      serverInfo: { version: "1.9.0", protocol: 15 },
    };
    tell(id, { join });
    this.#others().forEach((other) => tell(other.id, { update: { participants: [this.info] } }));
    this.offer();
  }

  #others() {
    return inRoom(this.room).filter((other) => other !== this);
  }

  #connection(target) {
    const connection = new RTCPeerConnection();
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) {
        tell(this.id, { trickle: { candidateInit: JSON.stringify(candidate), target } });
      }
    };
    return connection;
  }

  #offerToAll() {
    inRoom(this.room).forEach((person) => person.offer());
  }

  /** Offers what the person may see and hear. */
  async offer() {
    if (this.isOffering) {
      this.mustOffer = true;
      return;
    }
    this.isOffering = true;
    this.mustOffer = false;
    const { canSubscribe } = this.info.permission;
    for (const other of canSubscribe ? this.#others() : []) {
      const isPermitted = other.permitted === null || other.permitted.includes(this.info.identity);
      for (const info of isPermitted ? other.info.tracks : []) {
        const track = other.media.get(info.cid);
        if (track && !this.sent.has(info.sid)) {
          const stream = new MediaStream();
          this.to.addTrack(track, stream);
          this.sent.set(info.sid, { stream: stream.id, name: `${other.info.sid}|${info.sid}` });
        }
      }
    }
    await this.to.setLocalDescription();
    let { sdp } = this.to.localDescription;
    for (const { stream, name } of this.sent.values()) {
      sdp = sdp.replaceAll(stream, name);
    }
    tell(this.id, { offer: { type: "offer", sdp } });
  }

  async received(fields) {
    const [number] = Object.keys(fields);
    const message = fields[number][0];
    const inner = message instanceof Uint8Array ? decode(message) : {};
    switch (Number(number)) {
      case 1:
        await this.from.setRemoteDescription({ type: "offer", sdp: text(inner[2]) });
        await this.from.setLocalDescription();
        tell(this.id, { answer: { type: "answer", sdp: this.from.localDescription.sdp, id: inner[3]?.[0] } });
        break;
      case 2:
        await this.to.setRemoteDescription({ type: "answer", sdp: text(inner[2]) });
        this.isOffering = false;
        if (this.mustOffer) {
          this.offer();
        }
        break;
      case 3:
        await (inner[2]?.[0] === 1 ? this.to : this.from).addIceCandidate(JSON.parse(text(inner[1])));
        break;
      case 4:
        this.publish(inner);
        break;
      case 5:
        this.mute(text(inner[1]), inner[2]?.[0] === 1);
        break;
      case 8:
        this.leave();
        break;
      case 11:
        this.permitted = inner[1]?.[0] === 1 ? null : (inner[2] ?? []).map((bytes) => text(decode(bytes)[4]));
        this.#offerToAll();
        break;
      default:
    }
  }

  publish(request) {
    const source = ["UNKNOWN", "CAMERA", "MICROPHONE", "SCREEN_SHARE", "SCREEN_SHARE_AUDIO"][request[8]?.[0] ?? 0];
    const track = {
      sid: newId("TR"),
      cid: text(request[1]),
      type: request[3]?.[0] === 1 ? "VIDEO" : "AUDIO",
      source,
      muted: request[6]?.[0] === 1,
    };
    if (this.info.permission.canPublish) {
      this.info.tracks.push(track);
      const { cid, ...shown } = track;
      tell(this.id, { trackPublished: { cid, track: shown } });
      this.tellInfo();
      this.#offerToAll();
    }
  }

  mute(sid, isMuted) {
    const track = this.info.tracks.find((known) => known.sid === sid);
    if (track) {
      track.muted = isMuted;
      this.tellInfo();
    }
  }

  update({ attributes, permission }) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === "") {
        delete this.info.attributes[name];
      } else {
        this.info.attributes[name] = value;
      }
    }
    // The server tells the two in this order, each by itself.
    this.tellInfo();
    this.info.permission = {
      canSubscribe: permission.can_subscribe,
      canPublish: permission.can_publish,
      canPublishData: permission.can_publish_data,
      canUpdateMetadata: permission.can_update_metadata,
    };
    this.tellInfo();
    this.offer();
  }

  tellInfo() {
    const { tracks, ...info } = this.info;
    const shown = tracks.map(({ cid: _, ...track }) => track);
    const update = { participants: [{ ...info, tracks: shown }] };
    inRoom(this.room).forEach((person) => tell(person.id, { update }));
  }

  #relayData(bytes) {
    const [user] = decode(bytes)[2] ?? [];
    if (!user || !this.info.permission.canPublishData) {
      return;
    }
    const readers = (decode(user)[6] ?? []).map((reader) => text([reader]));
    const sender = new TextEncoder().encode(this.info.identity);
    // The last field with a number counts: this says who has sent it.
    const stamped = new Uint8Array([...bytes, 34, sender.length, ...sender]);
    for (const other of this.#others()) {
      if (readers.length === 0 || readers.includes(other.info.identity)) {
        other.channels[0].send(stamped);
      }
    }
  }

  remove(reason) {
    tell(this.id, { leave: { reason, action: "DISCONNECT" } }, true);
    this.leave();
  }

  leave() {
    if (people.delete(this.id)) {
      // The other side, which was told, closes them first.
      setTimeout(() => [this.from, this.to].forEach((connection) => connection.close()), 1000);
      this.info.state = "DISCONNECTED";
      this.#others().forEach((other) => tell(other.id, { update: { participants: [this.info] } }));
    }
  }
}
