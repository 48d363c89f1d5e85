// What pictures share that zoom and pan in step: pointers, wheel and keys. Stands before the script that draws them.
const MOST = 32, STEP = 1.25, PIXELS = 4; // most zoom; of one step; from which zoom pixels are drawn as squares
const MOST_READ = 200; // files
const KEPT = new WeakMap(); // what a person set, by the element: it outlives a new picture

const READ = new Map(); // what was fetched, by its address: the name of a file is its hash

function bytes(url) { // a promise of what lies there; a failure is not kept
  let found = READ.get(url);
  if (!found) {
    found = fetch(url).then((answer) => answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status)));
    found.catch(() => READ.delete(url));
    READ.set(url, found);
    if (READ.size > MOST_READ) READ.delete(READ.keys().next().value);
  }
  return found;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function signed(value) {
  return (value > 0 ? "+" : "") + value.toPrecision(3).replace("-", "\u2212");
}

class LinkedPictures { // a subclass places the pictures in `place`, and reads the pixel under the pointer in `read`
  constructor(root, className, keys, label) {
    this.view = { x: 0, y: 0, zoom: 1 }; // x, y: of the left upper corner, as a share of the picture
    this.pointers = new Map();
    this.body = element("div", className);
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "group");
    this.body.setAttribute("aria-keyshortcuts", keys);
    this.body.setAttribute("aria-label", label);
    root.append(this.body);
    this.body.addEventListener("keydown", (event) => this.key(event));
  }

  button(label, name, act) {
    const button = element("button", "", label);
    button.type = "button";
    if (name) button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    return button;
  }

  zoomButtons() {
    return [
      this.button("\u2212", "Zoom out", () => this.zoomBy(1 / STEP)),
      this.button("+", "Zoom in", () => this.zoomBy(STEP)),
      this.button("All", "Show the whole picture", () => this.reset()),
    ];
  }

  watch(pane) {
    pane.addEventListener("wheel", (event) => {
      if (!this.wheels(event)) return; // the page scrolls on
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, this.at(pane, event));
    }, { passive: false });
    pane.addEventListener("pointerdown", (event) => {
      pane.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.at(pane, event));
      pane.classList.add("dragged");
    });
    pane.addEventListener("pointermove", (event) => this.move(pane, event));
    for (const name of ["pointerup", "pointercancel"]) {
      pane.addEventListener(name, (event) => { this.pointers.delete(event.pointerId); pane.classList.remove("dragged"); });
    }
    pane.addEventListener("pointerleave", () => this.read(null));
    pane.addEventListener("dblclick", () => this.reset());
  }

  wheels(event) { // tells whether the wheel zooms
    return event.ctrlKey || event.metaKey || this.view.zoom > 1 || event.deltaY < 0;
  }

  at(pane, event) { // where in the pane, as shares of its sides
    const box = pane.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  move(pane, event) {
    const now = this.at(pane, event), before = this.pointers.get(event.pointerId);
    this.read({ x: this.view.x + now.x / this.view.zoom, y: this.view.y + now.y / this.view.zoom }, event);
    if (!before) return;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length) { // pinch
      const far = (a, b) => Math.max(1e-3, Math.hypot(a.x - b.x, a.y - b.y));
      const middle = { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 };
      this.zoomBy(far(now, others[0]) / far(before, others[0]), middle);
    } else {
      this.view.x -= (now.x - before.x) / this.view.zoom;
      this.view.y -= (now.y - before.y) / this.view.zoom;
      this.place();
    }
    this.pointers.set(event.pointerId, now);
  }

  zoomBy(factor, about = { x: 0.5, y: 0.5 }) {
    const zoom = Math.min(MOST, Math.max(1, this.view.zoom * factor));
    this.view.x += about.x / this.view.zoom - about.x / zoom;
    this.view.y += about.y / this.view.zoom - about.y / zoom;
    this.view.zoom = zoom;
    this.place();
  }

  reset() {
    this.view = { x: 0, y: 0, zoom: 1 };
    this.place();
  }

  key(event) {
    if (event.target instanceof HTMLInputElement) return;
    const far = 0.15 / this.view.zoom;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (event.key in moves && this.view.zoom > 1) {
      this.view.x += moves[event.key][0];
      this.view.y += moves[event.key][1];
      this.place();
    } else if (event.key === "+" || event.key === "=") this.zoomBy(STEP);
    else if (event.key === "-") this.zoomBy(1 / STEP);
    else if (event.key === "0") this.reset();
    else if (!this.act(event.key.toLowerCase())) return;
    event.preventDefault();
    event.stopPropagation();
  }

  act() { // does what a key of its own asks for; tells whether there is such a key
    return false;
  }

  moved() { // keeps the view inside the picture; returns how its pictures are moved
    const view = this.view, most = 1 - 1 / view.zoom;
    view.x = Math.min(most, Math.max(0, view.x));
    view.y = Math.min(most, Math.max(0, view.y));
    this.body.dataset.view = [view.x, view.y, view.zoom].map((n) => n.toFixed(4)).join(" ");
    return `scale(${view.zoom}) translate(${-100 * view.x}%, ${-100 * view.y}%)`;
  }

  factorText() {
    return this.view.zoom > 1 ? `${this.view.zoom.toFixed(1)} times` : "";
  }

  pixel(place) { // the pixel at a place, given in shares of the picture; null outside of it
    const [width, height] = this.data.size;
    const x = place ? Math.floor(place.x * width) : -1, y = place ? Math.floor(place.y * height) : -1;
    return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null;
  }

  cross(cross, place) { // draws the cross hair of a pane, or takes it away
    cross.style.display = place ? "block" : "none";
    if (!place) return;
    cross.style.left = `${100 * (place.x - this.view.x) * this.view.zoom}%`;
    cross.style.top = `${100 * (place.y - this.view.y) * this.view.zoom}%`;
  }
}

function drawn(made, { data, parentElement }) { // draws into what was made for this element before, or makes it
  let one = KEPT.get(parentElement);
  if (!one) {
    one = made(parentElement);
    KEPT.set(parentElement, one);
  }
  one.draw(data);
}
