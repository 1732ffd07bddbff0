// The texts of the page, in the language of the room.

const texts = JSON.parse(document.getElementById("texts").textContent);

/** Returns a text; `{name}` in it becomes the value of that name. */
export function text(key, values = {}) {
  const fill = (whole, name) => (name in values ? String(values[name]) : whole);
  return texts[key].replace(/\{(\w+)\}/g, fill);
}
