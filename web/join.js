// The form before the meeting: name, preview, choice of devices.

import { NameField } from "./arriving.js";
import { fillDeviceLists, openChosen } from "./device-lists.js";
import { byId, show } from "./dom.js";
import { audioContext } from "./notices.js";
import { state } from "./room.js";
import { loudness } from "./speaking.js";
import { remember, takeHostToken } from "./storage.js";
import { text } from "./texts.js";

const LEVEL_EVERY_MS = 100;

export class JoinForm {
  #devices;
  #name = new NameField();
  #meter = null;

  /** `join` is called with name and host token, and returns a promise. */
  constructor(devices, join) {
    this.#devices = devices;
    show(byId("insecure"), !devices.isAvailable);
    byId("use-camera").addEventListener("click", () => this.#toggleCamera());
    byId("use-microphone").addEventListener("click", () => this.#toggleMicrophone());
    openChosen(devices, "camera", "microphone", (opening) => this.#tell(opening));
    devices.addEventListener("change", () => this.#update());
    byId("join-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(join);
    });
    this.#update();
    this.#tell(devices.openBoth());
  }

  async #submit(join) {
    const name = this.#name.take();
    if (!name) {
      return;
    }
    audioContext();
    byId("join").disabled = true;
    try {
      await join(name, takeHostToken());
      this.#stopMeter();
      byId("preview").srcObject = null;
    } catch (error) {
      this.#name.trouble(error.message);
      byId("join").disabled = false;
    }
  }

  async #tell(opening) {
    byId("device-trouble").textContent = await opening;
    if (byId("device-trouble").textContent) {
      byId("device-trouble").textContent += ` ${text("join_without")}`;
    }
    this.#update();
  }

  #toggleCamera() {
    if (this.#devices.cameraTrack) {
      remember("camera-off", "yes");
      this.#devices.closeCamera();
    } else {
      remember("camera-off", "no");
      this.#tell(this.#devices.openCamera());
    }
  }

  #toggleMicrophone() {
    if (this.#devices.microphoneTrack) {
      remember("microphone-off", "yes");
      this.#devices.closeMicrophone();
    } else {
      remember("microphone-off", "no");
      this.#tell(this.#devices.openMicrophone());
    }
  }

  async #update() {
    if (state() !== "join" && state() !== "loading") {
      this.#stopMeter();
      return;
    }
    const { cameraTrack, microphoneTrack, isAvailable } = this.#devices;
    for (const [id, track] of [["use-camera", cameraTrack], ["use-microphone", microphoneTrack]]) {
      byId(id).setAttribute("aria-pressed", String(Boolean(track)));
      byId(id).disabled = !isAvailable;
    }
    // A video of a stream without tracks would keep the page loading for ever.
    const picture = cameraTrack ? this.#devices.camera : null;
    if (byId("preview").srcObject !== picture) {
      byId("preview").srcObject = picture;
    }
    show(byId("preview-off"), !cameraTrack);
    show(byId("level-field"), Boolean(microphoneTrack));
    this.#meterFor(microphoneTrack);
    await fillDeviceLists(this.#devices, "camera", "microphone");
  }

  /** Shows how loud the microphone is. */
  #meterFor(track) {
    if (this.#meter?.track === track) {
      return;
    }
    this.#stopMeter();
    if (track) {
      const context = audioContext();
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const analyser = context.createAnalyser();
      analyser.fftSize = 512;
      source.connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const measure = () => {
        byId("level").value = Math.min(1, 5 * loudness(analyser, samples));
      };
      this.#meter = { track, source, timer: setInterval(measure, LEVEL_EVERY_MS) };
    }
  }

  #stopMeter() {
    if (this.#meter) {
      clearInterval(this.#meter.timer);
      this.#meter.source.disconnect();
      this.#meter = null;
    }
  }
}
