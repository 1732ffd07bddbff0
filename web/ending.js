// The pages after a meeting, and those of a meeting that could not begin.

import { byId, make, show, symbol } from "./dom.js";
import { enter, post, room } from "./room.js";
import { text } from "./texts.js";

const MOST_STARS = 5;

/** People read where they are taken before it happens. */
const RETURN_AFTER_MS = 4000;

/** Texts of each ending, and whether it makes sense to try again. */
const ENDINGS = {
  left: ["ended", () => text("left"), () => text("left_text"), true],
  host: ["ended", () => text("ended"), () => text("ended_by_host"), false],
  time: ["ended", () => text("ended"), () => text("ended_by_time"), false],
  room: ["ended", () => text("ended"), () => text("ended_by_room"), false],
  all: ["ended", () => text("ended"), () => text("ended_for_all"), false],
  full: ["full", () => text("full"), () => text("full_text", { count: room.most ?? "" }), true],
  removed: ["removed", () => text("removed"), () => text("removed_text"), false],
  turned_away: ["turned-away", () => text("turned_away"), () => text("turned_away_text"), false],
  replaced: ["error", () => text("replaced"), () => text("replaced_text"), false],
  lost: ["error", () => text("lost"), () => text("lost_text"), true],
  unreachable: ["error", () => text("unreachable"), () => text("unreachable_text"), true],
  unsupported: ["unsupported", () => text("unsupported"), () => text("unsupported_text"), false],
};

/** Returns the address that people go to after the meeting; only a web address. */
function returnAddress(value) {
  try {
    const url = new URL(value);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Shows how the meeting ended; `rating` is the ticket for stars, `returnUrl` where people go then. */
export function finish(ending, { rating = null, returnUrl = "" } = {}) {
  const [state, heading, words, canTryAgain] = ENDINGS[ending];
  byId("after-heading").textContent = heading();
  byId("after-text").textContent = words();
  show(byId("again"), canTryAgain);
  byId("again").onclick = () => location.reload();
  const address = returnAddress(returnUrl);
  const link = byId("return");
  show(link, address !== null);
  if (address) {
    link.href = address;
  }
  const goes = address !== null && state === "ended";
  const isRated = Boolean(rating) && state === "ended";
  show(byId("rating"), isRated);
  if (isRated) {
    offerStars(rating, goes ? address : null);
  } else if (goes) {
    goTo(address);
  }
  byId("notices").replaceChildren();
  enter(state);
}

function goTo(address) {
  const host = new URL(address).host;
  const words = make("span", { textContent: ` ${text("returning", { host })}` });
  byId("after-text").append(words);
  setTimeout(() => location.assign(address), RETURN_AFTER_MS);
}

function offerStars(ticket, address) {
  const row = byId("stars");
  const give = async (stars) => {
    row.querySelectorAll("button").forEach((button, index) => {
      button.disabled = true;
      button.classList.toggle("given", index < stars);
    });
    const isTaken = await post("rating", { ticket, stars }).then((answer) => answer.ok, () => false);
    byId("rating-thanks").textContent = text(isTaken ? "rating_thanks" : "rating_failed");
    if (address) {
      goTo(address);
    }
  };
  const star = (_, index) => {
    const stars = index + 1;
    const button = make("button", { type: "button", className: "star" }, symbol("star"));
    button.dataset.stars = String(stars);
    button.setAttribute("aria-label", text("stars", { stars, most: MOST_STARS }));
    button.addEventListener("click", () => give(stars));
    return button;
  };
  row.replaceChildren(...Array.from({ length: MOST_STARS }, star));
}
