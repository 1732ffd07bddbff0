// What people in a meeting on LiveKit send each other besides picture and sound: the chat, reactions, raised
// hands. LiveKit says who has sent a message, and brings it only to the people to whom it is addressed.

const TOPIC = "roomd";
const MOST_CHARACTERS = 2000;
const LONGEST_REACTION = 8;

/** How many messages to everybody a guest writes within the time. */
const MOST_MESSAGES = 10;
const WITHIN_MS = 60000;

export class Messages {
  #room;
  #emit;
  #hands = new Set();
  #count = 0;
  /** When this person has written to everybody. */
  #times = [];

  /** `emit` sends a message to the page. */
  constructor(room, emit) {
    this.#room = room;
    this.#emit = emit;
  }

  /** Asks those who are in to tell what a person who comes now cannot know. */
  greet() {
    this.#publish({ type: "hello" });
  }

  raise(isRaised) {
    this.#setHand(this.#me, isRaised);
    this.#publish({ type: "hand", raised: isRaised });
  }

  hasRaised({ identity }) {
    return this.#hands.has(identity);
  }

  forget({ identity }) {
    this.#hands.delete(identity);
  }

  /** Sends what others get, too. */
  send(type, values) {
    if (type === "chat") {
      this.#write(values);
    } else if (type === "reaction") {
      this.#publish({ type, reaction: values.reaction });
      this.#emit("reaction", { from: this.#me.identity, reaction: values.reaction });
    } else if (type === "clear_chat") {
      this.#publish({ type });
      this.#emit("chat_cleared");
    }
  }

  /** Takes a message of somebody who is in. Returns whether it says something else about this person. */
  receive(data, sender) {
    const message = read(data);
    const { settings } = toldOf(sender);
    switch (message.type) {
      case "hello":
        if (this.hasRaised(this.#me)) {
          this.#publish({ type: "hand", raised: true }, [sender.identity]);
        }
        return false;
      case "hand":
        this.#setHand(sender, message.raised === true);
        return true;
      case "reaction":
        if (settings.allow_reactions && isText(message.reaction, LONGEST_REACTION)) {
          this.#emit("reaction", { from: sender.identity, reaction: message.reaction });
        }
        return false;
      case "chat":
        this.#read(message, sender, settings.chat);
        return false;
      case "clear_chat":
        if (settings.chat.clear) {
          this.#emit("chat_cleared");
        }
        return false;
      default:
        return false;
    }
  }

  get #me() {
    return this.#room.localParticipant;
  }

  #setHand({ identity }, isRaised) {
    if (isRaised) {
      this.#hands.add(identity);
    } else {
      this.#hands.delete(identity);
    }
  }

  #write({ to, text }) {
    const reader = to === null ? null : this.#room.remoteParticipants.get(to);
    if (reader === undefined) {
      this.#emit("error", { code: "no_such_person" });
    } else if (!mayWrite(toldOf(this.#me).settings.chat, reader)) {
      this.#emit("error", { code: "chat_off" });
    } else if (reader === null && !this.#isInTime()) {
      this.#emit("error", { code: "rate_limited" });
    } else {
      this.#count += 1;
      const message = { type: "chat", number: this.#count, to, text };
      this.#publish(message, reader ? [reader.identity] : undefined);
      this.#show(message, this.#me);
    }
  }

  #read(message, sender, chat) {
    const isWhole = isText(message.text, MOST_CHARACTERS) && Number.isSafeInteger(message.number);
    const reader = message.to === null ? null : this.#me;
    if (isWhole && mayWrite(chat, reader)) {
      this.#show({ ...message, to: reader && reader.identity }, sender);
    }
  }

  #show({ number, to, text }, { identity, name }) {
    this.#emit("chat", { id: `${identity}/${number}`, from: identity, name, to, text, at: Date.now() });
  }

  /** Returns whether this person may write to everybody now, and counts it. */
  #isInTime() {
    const now = performance.now();
    this.#times = this.#times.filter((time) => now - time < WITHIN_MS);
    if (toldOf(this.#me).limits_writing && this.#times.length >= MOST_MESSAGES) {
      return false;
    }
    this.#times.push(now);
    return true;
  }

  /** Sends a message, else to all who are in: those who wait get none. */
  #publish(message, readers = this.#everybody()) {
    if (readers.length > 0 && toldOf(this.#me).can_send) {
      const data = new TextEncoder().encode(JSON.stringify(message));
      const options = { reliable: true, topic: TOPIC, destinationIdentities: readers };
      this.#me.publishData(data, options).catch(() => this.#emit("error", { code: "not_done" }));
    }
  }

  #everybody() {
    const people = [...this.#room.remoteParticipants.values()];
    const isIn = ({ attributes }) => "role" in attributes && !attributes.waiting;
    return people.filter(isIn).map((participant) => participant.identity);
  }
}

/** Returns what the server has told of a person in the token. */
function toldOf(participant) {
  return JSON.parse(participant.metadata);
}

/** Returns whether a person with these settings of the chat may write to a reader, or to everybody (null). */
function mayWrite(chat, reader) {
  if (reader === null) {
    return chat.everybody;
  }
  return reader.attributes.role === "host" ? chat.private_to_hosts : chat.private_to_guests;
}

function isText(value, most) {
  return typeof value === "string" && value !== "" && [...value].length <= most;
}

/** Reads a message; one that is none has no type. */
function read(data) {
  try {
    return JSON.parse(new TextDecoder().decode(data)) ?? {};
  } catch {
    return {};
  }
}
