// The request to join.

import { post } from "./room.js";
import { forgetHostToken } from "./storage.js";
import { text } from "./texts.js";

/**
 * Asks the server to let a person in. Throws an error with a text for the person; its `isPassing` tells that
 * the same request may succeed a little later.
 */
export async function askToJoin(name, host) {
  let answer;
  try {
    answer = await post("join", { name, host });
  } catch {
    throw trouble("no_answer", true);
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) {
    return body;
  }
  const known = {
    12: "name_wrong",
    55: "host_link_wrong",
    56: "foreign_page",
    70: "no_such_room_heading",
    94: "too_often",
    95: "server_full",
    98: "people_of_network",
    99: "meeting_server_failed",
  };
  if (body.code === 55) {
    forgetHostToken();
  }
  // Those who are on their way at this moment arrive within seconds.
  const isPassing = answer.status >= 500 || body.code === 98;
  throw trouble(known[body.code] ?? "join_failed", isPassing);
}

function trouble(name, isPassing) {
  return Object.assign(new Error(text(name)), { isPassing });
}
