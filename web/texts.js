// The texts of the page, in the language of the room.

const texts = JSON.parse(document.getElementById("texts").textContent);

/**
 * Returns a text in isolates (U+2068 and U+2069), as a part of another text: such as the name of a person,
 * which may be written from right to left, and must not change the order of the words around it.
 */
export function isolate(value) {
  return `\u2068${value}\u2069`;
}

/** Returns a text; `{name}` in it becomes the value of that name. */
export function text(key, values = {}) {
  const fill = (whole, name) => (name in values ? isolate(values[name]) : whole);
  return texts[key].replace(/\{(\w+)\}/g, fill);
}
