// The panels beside the pictures: chat and people. One is open at a time; Escape closes it.

import { byId, show } from "./dom.js";

const PANELS = ["chat", "people"];

export class Panels {
  constructor() {
    for (const name of PANELS) {
      byId(`${name}-open`).addEventListener("click", () => this.#toggle(name));
      byId(`${name}-close`).addEventListener("click", () => this.#close(name));
      byId(name).addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          this.#close(name);
        }
      });
    }
  }

  isOpen(name) {
    return !byId(name).hidden;
  }

  #toggle(name) {
    if (this.isOpen(name)) {
      this.#close(name);
      return;
    }
    for (const other of PANELS) {
      this.#set(other, other === name);
    }
    const field = name === "chat" && !byId("chat-form").hidden ? byId("chat-text") : byId(`${name}-heading`);
    field.focus();
  }

  #close(name) {
    this.#set(name, false);
    byId(`${name}-open`).focus();
  }

  #set(name, isOpen) {
    show(byId(name), isOpen);
    byId(`${name}-open`).setAttribute("aria-expanded", String(isOpen));
    byId("meeting").classList.toggle("with-panel", PANELS.some((panel) => this.isOpen(panel)));
  }
}
