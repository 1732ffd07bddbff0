// Asking a server whose meetings take place elsewhere to let a person in, until it does.

import { askToJoin } from "./joining.js";
import { state } from "./room.js";
import { takeHostToken } from "./storage.js";

/** How long a page that waits bears with a server that does not answer. */
const PATIENCE_MS = 60000;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/**
 * Returns the answer that says where the meeting is; null once `isWanted` says that the person does not want to
 * wait any more. `waits` is called with the reason when the person has to wait.
 */
export async function askUntilOpen(name, isWanted, waits) {
  let answeredAt = performance.now();
  let retryAfter = 3;
  while (isWanted()) {
    try {
      const answer = await askToJoin(name, takeHostToken());
      answeredAt = performance.now();
      if (!isWanted()) {
        return null;
      }
      if (!answer.waiting) {
        return answer;
      }
      retryAfter = answer.retry_after;
      waits(answer.waiting);
    } catch (error) {
      const mayPass = error.isPassing && state() === "waiting";
      if (!mayPass || performance.now() - answeredAt > PATIENCE_MS) {
        throw error;
      }
    }
    await pause(retryAfter);
  }
  return null;
}
