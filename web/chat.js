// The chat. The server decides who may write to whom; the page shows only what is allowed.

import { byId, fillChoices, make, nameOf, show } from "./dom.js";
import { chime, notice } from "./notices.js";
import { nameById, room } from "./room.js";
import { isolate, text } from "./texts.js";

const EVERYBODY = "";

/** An id that no person has: the first one is p1. */
const NOBODY = "p0";

export class Chat {
  #log = byId("chat-log");
  #field = byId("chat-text");
  #shown = new Set();
  #unread = 0;
  #panels;
  #send;
  /** What was sent and has not come back yet. */
  #sent = "";

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
    byId("chat-open").addEventListener("click", () => {
      this.#read();
      // What came while the chat was closed is at the end.
      this.#log.scrollTop = this.#log.scrollHeight;
    });
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
    const canWrite = choices.length > 0;
    // What is being written to one person must not go to all, because that person left meanwhile.
    const select = byId("chat-to");
    if (select.value !== EVERYBODY && !choices.some(([id]) => id === select.value)) {
      choices.push([select.value, select.selectedOptions[0].label]);
    }
    fillChoices(select, choices);
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
    if (isMine) {
      this.#sent = "";
    } else {
      this.#announce(message);
    }
  }

  /** Takes messages with ids that were shown already: a new meeting counts them, and people, anew. */
  forgetIds() {
    this.#shown.clear();
    const chosen = byId("chat-to").selectedOptions[0];
    if (chosen?.value) {
      chosen.value = NOBODY;
    }
  }

  clear() {
    this.#log.replaceChildren();
    this.#shown.clear();
    this.#read();
    show(byId("chat-empty"), true);
  }

  /** Shows why a message was not sent, and gives it back. */
  reject(words) {
    byId("chat-trouble").textContent = words;
    if (!this.#field.value) {
      this.#field.value = this.#sent;
    }
    this.#sent = "";
  }

  #write() {
    const words = this.#field.value.trim();
    byId("chat-trouble").textContent = "";
    if (words) {
      const to = byId("chat-to").value;
      this.#sent = words;
      this.#field.value = "";
      if (!this.#send("chat", { to: to === EVERYBODY ? null : to, text: words })) {
        this.reject(text("connection_lost"));
      }
    }
    this.#field.focus();
  }

  #line(message) {
    const at = new Date(message.at);
    const clock = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const time = make("time", { dateTime: at.toISOString(), textContent: clock });
    const head = make("p", { className: "head" }, nameOf(message.name), " ", time);
    if (message.to !== null) {
      const isForMe = message.to === room.self;
      const reader = isForMe ? text("chat_private_you") : text("chat_private", { name: nameById(message.to) });
      head.append(" ", make("span", { className: "private", textContent: reader }));
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
      notice(`${isolate(message.name)}: ${isolate(message.text.slice(0, 120))}`);
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
