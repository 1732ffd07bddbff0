// What the browser keeps for this page. A browser that keeps nothing is served too.

/** How much of the secret of a host link is looked at. */
const MOST_CHARACTERS = 1000;

/** Returns a value that was kept, or null. */
function read(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch {
    // The next visit asks again.
  }
}

/** Returns what was remembered from an earlier visit of any room. */
export function remembered(key) {
  return read("localStorage", `roomd-${key}`);
}

export function remember(key, value) {
  write("localStorage", `roomd-${key}`, value);
}

/** Returns the key of the room's name in storage: the end of the address, which no other room has. */
function hostKey() {
  return `roomd-host-${location.pathname.replace(/\/+$/, "").split("_").pop().toLowerCase()}`;
}

/**
 * Takes the secret of a host link out of the address bar, where others could read it, and keeps it for
 * this tab. Returns it, or null for a guest.
 */
export function takeHostToken() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  // A longer one is wrong: the server says so of as much as this.
  const token = parameters.get("host")?.slice(0, MOST_CHARACTERS) ?? null;
  if (token !== null) {
    history.replaceState(null, "", location.pathname + location.search);
    write("sessionStorage", hostKey(), token);
    return token || null;
  }
  return read("sessionStorage", hostKey()) || null;
}

/** Keeps what this tab needs when the person comes back from a meeting elsewhere. */
export function keepVisit(visit) {
  write("sessionStorage", "roomd-visit", JSON.stringify(visit));
}

/** Returns what was kept of the last visit, once. */
export function takeVisit() {
  const visit = read("sessionStorage", "roomd-visit");
  write("sessionStorage", "roomd-visit", "");
  return visit ? JSON.parse(visit) : {};
}

/** Forgets a secret that the server does not take. */
export function forgetHostToken() {
  write("sessionStorage", hostKey(), "");
}
