// What all parts of the page need of the document. Texts of people are only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** Returns the element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element; `properties` are set on it, and texts among the children stay texts. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Makes a picture from the symbols of the page. */
export function symbol(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#s-${name}`);
  picture.append(use);
  return picture;
}

/** Makes a span for the name of a person, which may be written from right to left. */
export function nameOf(name) {
  return make("bdi", { textContent: name });
}

/** Shows or hides an element. */
export function show(element, isShown) {
  element.hidden = !isShown;
}

/** Lets the buttons of a dialog with `data-close` close it. */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => dialog.close());
  }
  return dialog;
}

/** Fills a list of choices with pairs of value and label, and keeps what was chosen if it is still there. */
export function fillChoices(select, choices, chosen = select.value) {
  select.replaceChildren(...choices.map(([value, label]) => new Option(label, value)));
  if (choices.some(([value]) => value === chosen)) {
    select.value = chosen;
  }
}
