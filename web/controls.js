// The buttons below the pictures.

import { fillDeviceLists, openChosen } from "./device-lists.js";
import { byId, closable, make, show } from "./dom.js";
import { notice } from "./notices.js";
import { room } from "./room.js";
import { text } from "./texts.js";

const REACTIONS = [
  ["👍", text("reaction_good")],
  ["👏", text("reaction_clap")],
  ["❤️", text("reaction_heart")],
  ["😂", text("reaction_laugh")],
  ["😮", text("reaction_wow")],
  ["🎉", text("reaction_party")],
];

export class Controls {
  #devices;
  #send;

  constructor(devices, send, leave) {
    this.#devices = devices;
    this.#send = send;
    const click = (id, action) => byId(id).addEventListener("click", action);
    click("toggle-microphone", () => this.#toggleMicrophone());
    click("toggle-camera", () => this.#toggleCamera());
    click("toggle-screen", () => this.#toggleScreen());
    click("hand", () => send("hand", { raised: !room.me.hand }));
    click("leave", leave);
    this.#prepareReactions();
    this.#prepareDialogs();
    devices.addEventListener("change", () => this.update());
  }

  /** Brings the buttons in line with what is on and what is allowed. */
  update() {
    if (!room.me) {
      return;
    }
    const { isHeard, cameraTrack, isSharing, isAvailable, canShareScreen } = this.#devices;
    const mayShare = room.settings.share_media;
    const press = (id, isOn) => byId(id).setAttribute("aria-pressed", String(Boolean(isOn)));
    press("toggle-microphone", isHeard);
    press("toggle-camera", cameraTrack);
    press("toggle-screen", isSharing);
    press("hand", room.me.hand);
    show(byId("toggle-microphone"), mayShare && isAvailable);
    show(byId("toggle-camera"), mayShare && isAvailable);
    show(byId("toggle-screen"), mayShare && canShareScreen);
    show(byId("settings"), mayShare && isAvailable);
    show(byId("hand"), room.settings.raise_hand ?? true);
    show(byId("reactions").parentElement, room.settings.allow_reactions);
    show(byId("end"), room.isHost);
  }

  async #toggleMicrophone() {
    if (this.#devices.microphoneTrack) {
      this.#devices.setHeard(!this.#devices.isHeard);
    } else {
      this.#tell(await this.#devices.openMicrophone());
    }
  }

  async #toggleCamera() {
    if (this.#devices.cameraTrack) {
      this.#devices.closeCamera();
    } else {
      this.#tell(await this.#devices.openCamera());
    }
  }

  async #toggleScreen() {
    if (this.#devices.isSharing) {
      this.#devices.closeScreen();
    } else {
      this.#tell(await this.#devices.openScreen());
    }
  }

  #tell(trouble) {
    if (trouble) {
      notice(trouble);
    }
  }

  #prepareReactions() {
    const opener = byId("reactions");
    const menu = byId("reaction-menu");
    const set = (isOpen) => {
      show(menu, isOpen);
      opener.setAttribute("aria-expanded", String(isOpen));
    };
    const buttons = REACTIONS.map(([reaction, label]) => {
      const button = make("button", { type: "button", className: "round plain", textContent: reaction });
      button.setAttribute("aria-label", label);
      button.title = label;
      button.addEventListener("click", () => {
        this.#send("reaction", { reaction });
        set(false);
        opener.focus();
      });
      return button;
    });
    menu.replaceChildren(...buttons);
    opener.addEventListener("click", () => {
      set(menu.hidden);
      buttons[0].focus();
    });
    opener.parentElement.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !menu.hidden) {
        set(false);
        opener.focus();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      if (!opener.parentElement.contains(event.target)) {
        set(false);
      }
    });
  }

  #prepareDialogs() {
    const devices = closable(byId("device-dialog"));
    byId("settings").addEventListener("click", async () => {
      await fillDeviceLists(this.#devices, "camera-now", "microphone-now");
      devices.showModal();
    });
    openChosen(this.#devices, "camera-now", "microphone-now", async (opening) => this.#tell(await opening));
    const end = closable(byId("end-dialog"));
    byId("end").addEventListener("click", () => end.showModal());
    byId("end-confirm").addEventListener("click", () => {
      this.#send("end");
      end.close();
    });
  }
}
