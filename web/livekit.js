// The page of a meeting on LiveKit: its script begins here.

import { askUntilOpen } from "./asking.js";
import { openPage } from "./meeting.js";
import { LiveKitMeeting } from "./livekit-meeting.js";
import { enter, state } from "./room.js";
import { text } from "./texts.js";
import { showReason } from "./waiting.js";

openPage(async (name, host, devices) => {
  let hasWaited = false;
  // The button with which a person stops waiting brings the page into another state.
  const isWanted = () => !hasWaited || state() === "waiting";
  const waits = (reason) => {
    hasWaited = true;
    showReason(reason);
  };
  try {
    const answer = await askUntilOpen(name, isWanted, waits);
    if (!answer) {
      return null;
    }
    const meeting = new LiveKitMeeting(answer, host, devices);
    try {
      await meeting.connect();
    } catch (error) {
      console.warn(error);
      throw new Error(text("meeting_server_failed"));
    }
    if (!isWanted()) {
      meeting.leave();
      return null;
    }
    return { socket: meeting, peers: meeting.pictures, open: () => meeting.open() };
  } catch (error) {
    if (isWanted()) {
      enter("join");
    }
    throw error;
  }
});
