// Waiting: the page of a person who waits, and for hosts the list of those who do.

import { byId, make, show } from "./dom.js";
import { say } from "./notices.js";
import { enter } from "./room.js";
import { text } from "./texts.js";

/** Shows why this person waits. */
export function showReason(reason) {
  byId("waiting-reason").textContent = text(reason === "host" ? "waiting_for_host" : "waiting_for_approval");
  enter("waiting");
}

export class Knocking {
  #list = byId("knocking");
  #known = new Set();
  #send;

  constructor(send) {
    this.#send = send;
  }

  /** Shows to a host who waits. */
  update(people) {
    const hadFocus = this.#list.contains(document.activeElement);
    for (const person of people.filter((person) => !this.#known.has(person.id))) {
      // For screen readers; the list itself shows it.
      say(text("person_waits", { name: person.name }));
    }
    this.#known = new Set(people.map((person) => person.id));
    this.#list.replaceChildren(...people.map((person) => this.#line(person)));
    show(this.#list, people.length > 0);
    if (hadFocus) {
      (this.#list.querySelector("button") ?? byId("meeting-heading")).focus();
    }
  }

  #line(person) {
    const words = make("span", { className: "who", textContent: text("person_waits", { name: person.name }) });
    const admit = this.#button("admit", text("admit"), text("admit_person", { name: person.name }), person);
    admit.classList.add("primary");
    const away = this.#button("turn_away", text("turn_away"), text("turn_away_person", { name: person.name }), person);
    const line = make("li", {}, words, admit, away);
    line.dataset.person = person.id;
    return line;
  }

  #button(type, label, description, person) {
    const button = make("button", { type: "button", className: "small", textContent: label });
    button.dataset.action = type.replace("_", "-");
    button.setAttribute("aria-label", description);
    button.addEventListener("click", () => this.#send(type, { id: person.id }));
    return button;
  }
}
