// Camera, microphone and screen of this person. The two streams stay the same for the whole meeting, so
// that the others know them by their ids; tracks come and go.

import { remember, remembered } from "./storage.js";
import { text } from "./texts.js";

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Enough for a tile: each picture is sent to every other person. */
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };

export class Devices extends EventTarget {
  camera = new MediaStream();
  screen = new MediaStream();
  /** False where the browser gives no devices, as on a page that came over plain HTTP. */
  isAvailable = Boolean(navigator.mediaDevices?.getUserMedia);
  canShareScreen = Boolean(navigator.mediaDevices?.getDisplayMedia);

  constructor() {
    super();
    const changed = () => this.#changed();
    navigator.mediaDevices?.addEventListener?.("devicechange", changed);
  }

  get cameraTrack() {
    return this.camera.getVideoTracks()[0] ?? null;
  }

  get microphoneTrack() {
    return this.camera.getAudioTracks()[0] ?? null;
  }

  get screenTracks() {
    return this.screen.getTracks();
  }

  get isHeard() {
    return this.microphoneTrack?.enabled ?? false;
  }

  get isSharing() {
    return this.screen.getVideoTracks().length > 0;
  }

  /** Opens what the person used the last time. Returns what went wrong, as text; empty if all went well. */
  async openBoth() {
    if (!this.isAvailable) {
      return "";
    }
    const wantsCamera = remembered("camera-off") === null || remembered("camera-off") === "no";
    const wantsMicrophone = remembered("microphone-off") !== "yes";
    if (wantsCamera && wantsMicrophone) {
      // One question of the browser instead of two.
      const both = { audio: this.#sound(), video: this.#picture() };
      try {
        this.#take(await navigator.mediaDevices.getUserMedia(both));
        return "";
      } catch (error) {
        if (error.name === "NotAllowedError") {
          return this.#trouble(error, text("camera_and_microphone"));
        }
      }
    }
    const troubles = [
      wantsCamera ? await this.openCamera() : "",
      wantsMicrophone ? await this.openMicrophone() : "",
    ];
    return troubles.filter(Boolean).join(" ");
  }

  /** Opens the camera, or another one. Returns what went wrong, as text; empty if it went well. */
  async openCamera(deviceId) {
    return this.#open({ video: this.#picture(deviceId) }, text("camera"));
  }

  async openMicrophone(deviceId) {
    return this.#open({ audio: this.#sound(deviceId) }, text("microphone"));
  }

  /** Switches the camera off: its light goes out. */
  closeCamera() {
    this.#drop(this.cameraTrack);
    this.#changed();
  }

  closeMicrophone() {
    this.#drop(this.microphoneTrack);
    this.#changed();
  }

  /** Mutes the microphone, which stays open so that it can be switched on at once. */
  setHeard(isHeard) {
    if (this.microphoneTrack) {
      this.microphoneTrack.enabled = isHeard;
      this.#changed();
    }
  }

  /** Shares the screen or a window that the person chooses. */
  async openScreen() {
    try {
      const wanted = { video: { frameRate: { max: 15 } }, audio: true };
      const stream = await navigator.mediaDevices.getDisplayMedia(wanted);
      for (const track of stream.getTracks()) {
        this.screen.addTrack(track);
        // The browser has a button of its own that ends it.
        track.addEventListener("ended", () => this.closeScreen());
      }
      this.#changed();
      return "";
    } catch (error) {
      // Whoever closes the browser's question changed their mind.
      return error.name === "NotAllowedError" ? "" : text("screen_failed");
    }
  }

  closeScreen() {
    for (const track of this.screenTracks) {
      track.stop();
      this.screen.removeTrack(track);
    }
    this.#changed();
  }

  closeAll() {
    this.#drop(this.cameraTrack);
    this.#drop(this.microphoneTrack);
    this.closeScreen();
  }

  /** Returns the devices of a kind, as pairs of id and label. */
  async list(kind) {
    if (!this.isAvailable) {
      return [];
    }
    const all = await navigator.mediaDevices.enumerateDevices();
    // Without permission the browser tells neither id nor label.
    const known = all.filter((device) => device.kind === kind && device.deviceId);
    return known.map((device) => [device.deviceId, device.label]);
  }

  #picture(deviceId = remembered("camera")) {
    return deviceId ? { ...PICTURE, deviceId: { ideal: deviceId } } : PICTURE;
  }

  #sound(deviceId = remembered("microphone")) {
    return deviceId ? { ...SOUND, deviceId: { ideal: deviceId } } : SOUND;
  }

  async #open(constraints, device) {
    if (!this.isAvailable) {
      return text("insecure");
    }
    try {
      this.#take(await navigator.mediaDevices.getUserMedia(constraints));
      return "";
    } catch (error) {
      return this.#trouble(error, device);
    }
  }

  /** Puts new tracks in the place of the old ones. */
  #take(stream) {
    for (const track of stream.getTracks()) {
      const isVideo = track.kind === "video";
      this.#drop(isVideo ? this.cameraTrack : this.microphoneTrack);
      this.camera.addTrack(track);
      track.addEventListener("ended", () => {
        this.#drop(track);
        this.#changed();
      });
      const { deviceId } = track.getSettings();
      if (deviceId) {
        remember(isVideo ? "camera" : "microphone", deviceId);
      }
    }
    this.#changed();
  }

  #drop(track) {
    if (track) {
      track.stop();
      this.camera.removeTrack(track);
    }
  }

  #trouble(error, device) {
    if (error.name === "NotAllowedError") {
      return text("device_refused", { device });
    }
    return text(error.name === "NotFoundError" ? "device_missing" : "device_busy", { device });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
