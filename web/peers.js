// The connections to the other browsers: one RTCPeerConnection for each other person. Both sides may offer at
// any time; where offers cross, the polite side gives way ("perfect negotiation" of the W3C's WebRTC
// specification, example in section 10.7).
//
// The first offer is always made by the person who came later, so that offers do not cross while there is no
// connection yet: Chromium does not always look for ways to the other side after it has taken back its very first
// offer. A data channel, which carries nothing, makes an offer even of a person who sends nothing.
//
// Each side sends over media sections of its own, which are `sendonly`, so that what one side starts and stops
// never touches what the other sends.

/** Many connections come back by themselves within this time. */
const DISCONNECTED_MS = 2000;
const POLITE_PAUSE_MS = 4000;
const ANSWER_WITHIN_MS = 8000;

/** Upper bounds in bits a second: a person sends each picture once to every other person. */
const BITS = { camera: 700_000, screen: 1_500_000, sound: 48_000 };

/** The number in the id of a person tells the order of joining. */
function order(id) {
  return Number(id.slice(1));
}

export class Peers extends EventTarget {
  #peers = new Map();
  #configuration;
  #devices;
  #send;

  /** `send` sends a signal to a person. */
  constructor(iceServers, devices, send) {
    super();
    const isRelayed = new URLSearchParams(location.search).get("relay") === "1";
    this.#configuration = { iceServers, iceTransportPolicy: isRelayed ? "relay" : "all" };
    this.#devices = devices;
    this.#send = send;
    devices.addEventListener("change", () => this.sync());
  }

  /** Takes new credentials for the TURN servers, for connections to come and those there are. */
  renew(iceServers) {
    this.#configuration = { ...this.#configuration, iceServers };
    for (const peer of this.#peers.values()) {
      peer.configure(this.#configuration);
    }
  }

  /** Connects to a person. Exactly one of two sides came later: it offers first, and later it is the polite one. */
  connect(id, self) {
    if (this.#peers.has(id)) {
      return;
    }
    const cameLater = order(self) > order(id);
    const send = (data) => this.#send(id, data);
    const peer = new Peer(this.#configuration, cameLater, send, (type, detail) => {
      this.dispatchEvent(new CustomEvent(type, { detail: { id, ...detail } }));
    });
    this.#peers.set(id, peer);
    peer.sync(this.#devices);
  }

  disconnect(id) {
    this.#peers.get(id)?.close();
    this.#peers.delete(id);
  }

  /** Disconnects from all but these people. */
  keep(ids) {
    for (const id of [...this.#peers.keys()].filter((id) => !ids.includes(id))) {
      this.disconnect(id);
    }
  }

  receive(id, data) {
    return this.#peers.get(id)?.receive(data, this.#devices);
  }

  /** Sends to all what the devices give now. */
  sync() {
    for (const peer of this.#peers.values()) {
      peer.sync(this.#devices);
    }
  }

  /** Repairs the connection to a person, or to all, after signals may have been lost. */
  recover(id) {
    for (const [key, peer] of this.#peers) {
      if (id === undefined || id === key) {
        peer.recover();
      }
    }
  }

  /** Returns the statistics of all connections, for whoever looks into a problem. */
  async statistics() {
    const entries = [...this.#peers].map(async ([id, peer]) => [id, [...(await peer.statistics()).values()]]);
    return Object.fromEntries(await Promise.all(entries));
  }

  close() {
    this.keep([]);
  }
}

class Peer {
  #connection;
  #isPolite;
  #send;
  #emit;
  /** False while the other side has to offer first. */
  #isStarted;
  #isOffering = false;
  #isIgnoring = false;
  #isTakingAnswer = false;
  #transceivers = new Map();
  #timers = { restart: null, answer: null };

  constructor(configuration, isPolite, send, emit) {
    this.#isPolite = isPolite;
    this.#send = send;
    this.#emit = emit;
    const connection = new RTCPeerConnection(configuration);
    this.#connection = connection;
    connection.onnegotiationneeded = () => this.#offer();
    connection.onicecandidate = ({ candidate }) => send({ candidate });
    connection.onconnectionstatechange = () => this.#connectionChanged();
    connection.onsignalingstatechange = () => this.#signalingChanged();
    connection.ontrack = ({ track, streams }) => emit("track", { track, stream: streams[0] });
    this.#isStarted = isPolite;
    if (isPolite) {
      connection.createDataChannel("first offer");
    }
  }

  async #offer() {
    try {
      this.#isOffering = true;
      await this.#connection.setLocalDescription();
      this.#send({ description: this.#connection.localDescription });
    } catch {
      // The connection was closed meanwhile, or an offer of the other side came first.
    } finally {
      this.#isOffering = false;
    }
  }

  async receive({ description, candidate }, devices) {
    const connection = this.#connection;
    try {
      if (description) {
        const isReady = connection.signalingState === "stable" || this.#isTakingAnswer;
        const isCollision = description.type === "offer" && (this.#isOffering || !isReady);
        this.#isIgnoring = isCollision && !this.#isPolite;
        if (this.#isIgnoring) {
          return;
        }
        this.#isTakingAnswer = description.type === "answer";
        await connection.setRemoteDescription(description);
        this.#isTakingAnswer = false;
        if (description.type === "offer") {
          await connection.setLocalDescription();
          this.#send({ description: connection.localDescription });
          this.#isStarted = true;
          this.sync(devices);
        }
      } else if (candidate) {
        await connection.addIceCandidate(candidate);
      }
    } catch {
      // A signal that belongs to an offer which was given up. If more is wrong, a timer repairs it.
      this.#isTakingAnswer = false;
    }
  }

  /** Makes the media sections send what the devices give. */
  sync(devices) {
    if (!this.#isStarted) {
      return;
    }
    const screen = devices.screenTracks;
    const find = (kind) => screen.find((track) => track.kind === kind) ?? null;
    this.#put("microphone", devices.microphoneTrack, devices.camera, BITS.sound);
    this.#put("camera", devices.cameraTrack, devices.camera, BITS.camera);
    this.#put("screen", find("video"), devices.screen, BITS.screen);
    this.#put("screen sound", find("audio"), devices.screen, BITS.sound);
  }

  #put(name, track, stream, maxBitrate) {
    const transceiver = this.#transceivers.get(name);
    if (!transceiver) {
      if (track) {
        const settings = { direction: "sendonly", streams: [stream], sendEncodings: [{ maxBitrate }] };
        this.#transceivers.set(name, this.#connection.addTransceiver(track, settings));
      }
    } else if (transceiver.sender.track !== track) {
      transceiver.sender.replaceTrack(track).catch(() => {});
    }
  }

  /** What changes is used the next time that the connection looks for ways to the other side. */
  configure(configuration) {
    this.#connection.setConfiguration(configuration);
  }

  recover() {
    const { signalingState, connectionState, localDescription } = this.#connection;
    if (signalingState === "have-local-offer") {
      this.#send({ description: localDescription });
    }
    if (connectionState !== "connected" && connectionState !== "new") {
      this.#restartSoon(0);
    }
  }

  /** Looks for new ways to the other side. The polite side waits, so that the two do not offer at once. */
  #restartSoon(pause) {
    clearTimeout(this.#timers.restart);
    const restart = () => {
      if (this.#connection.connectionState !== "connected") {
        this.#connection.restartIce();
      }
    };
    this.#timers.restart = setTimeout(restart, pause + (this.#isPolite ? POLITE_PAUSE_MS : 0));
  }

  statistics() {
    return this.#connection.getStats();
  }

  close() {
    clearTimeout(this.#timers.restart);
    clearTimeout(this.#timers.answer);
    this.#connection.close();
  }

  #connectionChanged() {
    const state = this.#connection.connectionState;
    clearTimeout(this.#timers.restart);
    if (state === "failed") {
      this.#restartSoon(0);
    } else if (state === "disconnected") {
      this.#restartSoon(DISCONNECTED_MS);
    }
    this.#emit("state", { state });
  }

  #signalingChanged() {
    clearTimeout(this.#timers.answer);
    if (this.#connection.signalingState === "have-local-offer") {
      const repeat = () => {
        this.recover();
        this.#timers.answer = setTimeout(repeat, ANSWER_WITHIN_MS);
      };
      this.#timers.answer = setTimeout(repeat, ANSWER_WITHIN_MS);
    }
  }
}
