// Picture and sound in a meeting on LiveKit: what the devices give is published, and what others publish is put
// together as the tiles want it, in two streams for each person.

const { LocalAudioTrack, LocalVideoTrack, RoomEvent, Track } = window.LivekitClient;

const { Camera, Microphone, ScreenShare, ScreenShareAudio } = Track.Source;

/** The streams of the other people. LiveKit connects to people by itself. */
export class Pictures extends EventTarget {
  #room;
  #streams = new Map();

  /** `changed` is called with a person who sends something else than before. */
  constructor(room, changed) {
    super();
    this.#room = room;
    const take = (track, publication, participant) => {
      this.#streamOf(participant, publication.source).addTrack(track.mediaStreamTrack);
      changed(participant);
    };
    const drop = (track, publication, participant) => {
      this.#streamOf(participant, publication.source).removeTrack(track.mediaStreamTrack);
      changed(participant);
    };
    const publicationChanged = (_, participant) => changed(participant);
    room
      .on(RoomEvent.TrackSubscribed, take)
      .on(RoomEvent.TrackUnsubscribed, drop)
      .on(RoomEvent.TrackMuted, publicationChanged)
      .on(RoomEvent.TrackUnmuted, publicationChanged)
      .on(RoomEvent.TrackPublished, publicationChanged)
      .on(RoomEvent.TrackUnpublished, publicationChanged)
      .on(RoomEvent.LocalTrackPublished, publicationChanged)
      .on(RoomEvent.LocalTrackUnpublished, publicationChanged);
  }

  /** Returns what a person sends, and in which streams. */
  state(participant) {
    const isOn = (source) => participant.getTrackPublication(source)?.isMuted === false;
    const { camera, screen } = this.#streamsOf(participant);
    return {
      audio: isOn(Microphone),
      video: isOn(Camera),
      screen: isOn(ScreenShare),
      camera_stream: camera.id,
      screen_stream: screen.id,
    };
  }

  /** Gives the tiles the streams of a person. */
  show(participant) {
    if (!participant.isLocal) {
      const { camera, screen } = this.#streamsOf(participant);
      for (const stream of [camera, screen].filter((stream) => stream.getTracks().length > 0)) {
        const detail = { id: participant.identity, stream };
        this.dispatchEvent(new CustomEvent("track", { detail }));
      }
    }
  }

  forget({ identity }) {
    this.#streams.delete(identity);
  }

  connect() {}

  keep() {}

  recover() {}

  close() {}

  /** Returns the statistics of all that others send, for whoever looks into a problem. */
  async statistics() {
    const entries = [...this.#room.remoteParticipants.values()].map(async ({ identity, trackPublications }) => {
      const tracks = [...trackPublications.values()].map((publication) => publication.track);
      const reports = await Promise.all(tracks.map((track) => track?.getRTCStatsReport()));
      return [identity, reports.flatMap((report) => [...(report?.values() ?? [])])];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  #streamsOf({ identity }) {
    const known = this.#streams.get(identity) ?? { camera: new MediaStream(), screen: new MediaStream() };
    this.#streams.set(identity, known);
    return known;
  }

  #streamOf(participant, source) {
    const { camera, screen } = this.#streamsOf(participant);
    return source === ScreenShare || source === ScreenShareAudio ? screen : camera;
  }
}

/** What this person sends. */
export class LocalTracks {
  #room;
  #devices;
  /** What was published, by its source. After a broken connection the library publishes it again by itself. */
  #tracks = new Map();
  /** Whether the microphone was on when it was brought in line the last time. */
  #isHeard = false;
  /** One change at a time: each waits for the server. */
  #work = Promise.resolve();

  /** `muted` is called when somebody else has switched the microphone off. */
  constructor(room, devices, muted) {
    this.#room = room;
    this.#devices = devices;
    room.on(RoomEvent.TrackMuted, (publication, participant) => {
      if (participant.isLocal && publication.source === Microphone && this.#isHeard) {
        muted();
      }
    });
  }

  /** Publishes what the devices give now, and nothing else. */
  sync() {
    this.#work = this.#work.then(() => this.#publishAll());
  }

  async #publishAll() {
    const { microphoneTrack, cameraTrack, screenTracks } = this.#devices;
    const find = (kind) => screenTracks.find((track) => track.kind === kind) ?? null;
    const wanted = [
      [Microphone, microphoneTrack],
      [Camera, cameraTrack],
      [ScreenShare, find("video")],
      [ScreenShareAudio, find("audio")],
    ];
    for (const [source, track] of wanted) {
      try {
        await this.#put(source, track);
      } catch (error) {
        // The connection broke, or the device was closed meanwhile: the next change tries again.
        console.warn(error);
      }
    }
  }

  async #put(source, track) {
    const participant = this.#room.localParticipant;
    const known = this.#tracks.get(source);
    if (!track) {
      if (known) {
        this.#tracks.delete(source);
        await participant.unpublishTrack(known, false);
      }
    } else if (!known) {
      await this.#publish(source, track);
    } else if (known.mediaStreamTrack !== track) {
      await known.replaceTrack(track, true);
    }
    if (source === Microphone && track) {
      this.#isHeard = track.enabled;
      const published = this.#tracks.get(source);
      await (track.enabled ? published.unmute() : published.mute());
    }
  }

  async #publish(source, track) {
    const published = track.kind === "audio" ? new LocalAudioTrack(track) : new LocalVideoTrack(track);
    this.#tracks.set(source, published);
    try {
      await this.#room.localParticipant.publishTrack(published, { source });
    } catch (error) {
      this.#tracks.delete(source);
      throw error;
    }
  }
}
