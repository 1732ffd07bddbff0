// The page of a meeting on this server: its script begins here.

import { askToJoin } from "./joining.js";
import { openPage } from "./meeting.js";
import { Peers } from "./peers.js";
import { Signalling } from "./signalling.js";

openPage(async (name, host, devices) => {
  const { ticket, ice_servers: iceServers } = await askToJoin(name, host);
  const renew = async () => (await askToJoin(name, host)).ticket;
  const socket = new Signalling(renew);
  const peers = new Peers(iceServers, devices, (to, data) => socket.send("signal", { to, data }));
  return { socket, peers, open: () => socket.open(ticket) };
});
