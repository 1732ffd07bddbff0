// The lists of cameras and microphones, in the form before the meeting and in the dialog.

import { byId, fillChoices } from "./dom.js";
import { text } from "./texts.js";

/** Fills two lists with the devices that there are, and chooses those in use. */
export async function fillDeviceLists(devices, camera, microphone) {
  const { cameraTrack, microphoneTrack } = devices;
  const lists = [[camera, "videoinput", cameraTrack], [microphone, "audioinput", microphoneTrack]];
  for (const [id, kind, track] of lists) {
    const found = await devices.list(kind);
    const none = [["", text("no_device")]];
    fillChoices(byId(id), found.length > 0 ? found : none, track?.getSettings().deviceId);
    byId(id).disabled = found.length === 0;
  }
}

/** Opens the device that a person chooses in one of two lists; `tell` gets the promise of a trouble. */
export function openChosen(devices, camera, microphone, tell) {
  byId(camera).addEventListener("change", ({ target }) => tell(devices.openCamera(target.value)));
  byId(microphone).addEventListener("change", ({ target }) => tell(devices.openMicrophone(target.value)));
}
