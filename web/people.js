// The list of the people who are in, with what a host may do to them.

import { byId, make, nameOf, show, symbol } from "./dom.js";
import { room } from "./room.js";
import { text } from "./texts.js";

export class People {
  #list = byId("people-list");
  #send;

  constructor(send) {
    this.#send = send;
    byId("mute-all").addEventListener("click", () => send("mute", { id: null }));
  }

  /** Shows who is in: raised hands first, else in the order in which they came. */
  update() {
    const people = [...room.people.values()];
    people.sort((one, other) => Number(other.hand) - Number(one.hand));
    const focused = document.activeElement?.closest?.("#people-list li")?.dataset;
    const action = document.activeElement?.dataset?.action;
    this.#list.replaceChildren(...people.map((person) => this.#line(person)));
    byId("count").textContent = String(people.length);
    show(byId("mute-all"), room.isHost && people.some((person) => person.role !== "host"));
    if (focused && action) {
      const line = this.#list.querySelector(`[data-person="${CSS.escape(focused.person)}"]`);
      const target = line?.querySelector(`[data-action="${action}"]`) ?? byId("people-heading");
      target.focus();
    }
  }

  #line(person) {
    const about = [];
    if (person.id === room.self) {
      about.push(text("you"));
    }
    if (person.role === "host") {
      about.push(text("host"));
    }
    if (!person.connected) {
      about.push(text("person_reconnects"));
    }
    const line = make("li", {}, make("span", { className: "who" }, nameOf(person.name)));
    if (about.length > 0) {
      line.firstChild.append(make("span", { className: "soft", textContent: ` ${about.join(", ")}` }));
    }
    line.append(...this.#signs(person));
    if (room.isHost && person.id !== room.self) {
      line.append(...this.#actions(person));
    }
    line.dataset.person = person.id;
    return line;
  }

  #signs(person) {
    const signs = [];
    if (person.hand) {
      signs.push(["hand", text("hand_raised")]);
    }
    if (!person.audio) {
      signs.push(["microphone-off", text("muted")]);
    }
    return signs.map(([name, label]) => {
      const words = make("span", { className: "unseen", textContent: label });
      return make("span", { className: "sign", title: label }, symbol(name), words);
    });
  }

  #actions(person) {
    const mute = this.#button("mute", text("mute"), text("mute_person", { name: person.name }), person);
    mute.disabled = !person.audio;
    const remove = this.#button("remove", text("remove"), text("remove_person", { name: person.name }), person);
    return [mute, remove];
  }

  #button(action, label, description, person) {
    const button = make("button", { type: "button", className: "small", textContent: label });
    button.dataset.action = action;
    button.setAttribute("aria-label", description);
    button.addEventListener("click", () => this.#send(action, { id: person.id }));
    return button;
  }
}
