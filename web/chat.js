// The chat. The server decides who may write to whom; the page shows only what is allowed.

import { byId, fillChoices, make, nameOf, show } from "./dom.js";
import { chime, notice } from "./notices.js";
import { nameById, room } from "./room.js";
import { text } from "./texts.js";

const EVERYBODY = "";

export class Chat {
  #log = byId("chat-log");
  #field = byId("chat-text");
  #shown = new Set();
  #unread = 0;
  #panels;
  #send;

  constructor(send, panels) {
    this.#send = send;
    this.#panels = panels;
    byId("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#write();
      }
    });
    byId("chat-clear").addEventListener("click", () => send("clear_chat"));
    byId("chat-open").addEventListener("click", () => this.#read());
    this.clear();
  }

  /** Brings the choice of readers in line with who is in and what is allowed. */
  update() {
    const { chat } = room.settings;
    const choices = chat.everybody ? [[EVERYBODY, text("chat_everybody")]] : [];
    for (const person of room.people.values()) {
      const isAllowed = person.role === "host" ? chat.private_to_hosts : chat.private_to_guests;
      if (person.id !== room.self && isAllowed) {
        choices.push([person.id, text("chat_to_one", { name: person.name })]);
      }
    }
    fillChoices(byId("chat-to"), choices);
    const canWrite = choices.length > 0;
    show(byId("chat-form"), canWrite);
    const isOff = !chat.everybody && !chat.private_to_hosts && !chat.private_to_guests;
    show(byId("chat-open"), !isOff || this.#shown.size > 0);
    show(byId("chat-clear"), room.isHost && chat.clear);
  }

  /** Shows a message that came. */
  receive(message) {
    if (this.#shown.has(message.id)) {
      return;
    }
    this.#shown.add(message.id);
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#log.append(this.#line(message));
    show(byId("chat-empty"), false);
    show(byId("chat-open"), true);
    const isMine = message.from === room.self;
    if (isAtEnd || isMine) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
    if (!isMine) {
      this.#announce(message);
    }
  }

  /** Takes messages with ids that were shown already: a new meeting counts them from the start. */
  forgetIds() {
    this.#shown.clear();
  }

  clear() {
    this.#log.replaceChildren();
    this.#shown.clear();
    this.#read();
    show(byId("chat-empty"), true);
  }

  /** Shows why a message was not sent. */
  trouble(words) {
    byId("chat-trouble").textContent = words;
  }

  #write() {
    const words = this.#field.value.trim();
    this.trouble("");
    if (words) {
      const to = byId("chat-to").value;
      this.#send("chat", { to: to === EVERYBODY ? null : to, text: words });
      this.#field.value = "";
    }
    this.#field.focus();
  }

  #line(message) {
    const at = new Date(message.at);
    const clock = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const time = make("time", { dateTime: at.toISOString(), textContent: clock });
    const head = make("p", { className: "head" }, nameOf(message.name), " ", time);
    if (message.to !== null) {
      const to = message.to === room.self ? text("you") : nameById(message.to);
      head.append(" ", make("span", { className: "private", textContent: text("chat_private", { name: to }) }));
    }
    const words = make("p", { className: "words", dir: "auto", textContent: message.text });
    return make("div", { className: message.from === room.self ? "own" : "" }, head, words);
  }

  #announce(message) {
    const { sound, notify } = room.settings.chat;
    const isPrivate = message.to !== null;
    if (sound === "all" || (sound === "private" && isPrivate)) {
      chime();
    }
    if (this.#panels.isOpen("chat")) {
      return;
    }
    this.#unread += 1;
    this.#showUnread();
    if (notify === "all" || isPrivate) {
      notice(`${message.name}: ${message.text.slice(0, 120)}`);
    }
  }

  #read() {
    this.#unread = 0;
    this.#showUnread();
  }

  #showUnread() {
    const badge = byId("unread");
    badge.textContent = String(this.#unread);
    show(badge, this.#unread > 0);
  }
}
