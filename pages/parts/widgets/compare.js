// Pictures side by side that zoom and pan in step.
// data: {pictures: [{title, alt, url, values?}], size: [width, height]}; values: base64 of float32, one a pixel.
const MOST = 32, STEP = 1.25, PIXELS = 4; // most zoom; of one step; from which zoom pixels are drawn as squares
const KEPT = new WeakMap(); // what a person set, by the element: it outlives a new picture

function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

class Compare {
  constructor(root) {
    this.view = { x: 0, y: 0, zoom: 1 }; // x, y: of the left upper corner, as a share of the picture
    this.mode = "side";
    this.share = 0.5;
    this.shown = 1; // of A and B, in the mode "blink"
    this.pointers = new Map();
    this.body = element("div", "compare");
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "group");
    this.body.setAttribute("aria-keyshortcuts", "+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown S B");
    this.body.setAttribute(
      "aria-label",
      "Pictures that zoom in step. Plus and minus zoom, arrows move, 0 shows all, S slides one over the other, B swaps them.",
    );
    root.append(this.body);
    this.body.addEventListener("keydown", (event) => this.key(event));
  }

  draw(data) {
    const same = this.data && JSON.stringify(this.data.pictures.map((one) => one.title)) ===
      JSON.stringify(data.pictures.map((one) => one.title)) && String(this.data.size) === String(data.size);
    this.data = data;
    if (same) data.pictures.forEach((one, k) => this.fill(k, one));
    else this.build(data);
    this.place();
  }

  build(data) {
    this.body.replaceChildren();
    this.body.style.setProperty("--shape", `${data.size[0]} / ${data.size[1]}`);
    this.body.style.setProperty("--count", data.pictures.length);
    this.bar = element("div", "bar");
    this.buttons = {};
    for (const [mode, label] of [["side", "Side by side"], ["slide", "Slide (S)"], ["blink", "Swap (B)"]]) {
      const button = element("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => this.choose(mode));
      this.buttons[mode] = button;
      if (data.pictures.length > 1) this.bar.append(button);
    }
    for (const [label, name, act] of [
      ["\u2212", "Zoom out", () => this.zoomBy(1 / STEP)],
      ["+", "Zoom in", () => this.zoomBy(STEP)],
      ["All", "Show the whole picture", () => this.reset()],
    ]) {
      const button = element("button", "", label);
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.addEventListener("click", act);
      this.bar.append(button);
    }
    this.factor = element("span", "factor");
    this.bar.append(this.factor);
    this.panes = element("div", "panes");
    this.figures = data.pictures.map((one, k) => this.figure(one, k));
    this.panes.append(...this.figures.map((one) => one.figure));
    this.split = element("input", "split");
    Object.assign(this.split, { type: "range", min: 0, max: 100, value: 100 * this.share });
    this.split.setAttribute("aria-label", "How much of the second picture is shown");
    this.split.addEventListener("input", () => { this.share = this.split.value / 100; this.place(); });
    this.values = element("div", "values");
    this.values.setAttribute("aria-live", "polite");
    this.body.append(this.bar, this.panes, this.split, this.values);
    data.pictures.forEach((one, k) => this.fill(k, one));
  }

  figure(one, k) {
    const figure = element("figure"), pane = element("div", "pane"), image = element("img"), cross = element("div", "cross");
    const over = element("img"); // the second picture over the first one, in the mode "slide"
    image.draggable = over.draggable = false;
    over.hidden = true;
    over.alt = "";
    pane.append(image, over, cross);
    figure.append(pane, element("figcaption", "", one.title));
    pane.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && this.view.zoom === 1 && event.deltaY > 0) return; // the page scrolls on
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
    return { figure, pane, image, over, cross, caption: figure.lastChild };
  }

  fill(k, one) {
    const { image } = this.figures[k];
    if (image.dataset.url !== one.url) {
      image.dataset.url = image.src = one.url;
      this.figures[k].pixels = null;
    }
    image.alt = one.alt;
    this.figures[k].numbers = one.values ? numbers(one.values) : null;
  }

  at(pane, event) { // where in the pane, as shares of its sides
    const box = pane.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  move(pane, event) {
    const now = this.at(pane, event), before = this.pointers.get(event.pointerId);
    this.read({ x: this.view.x + now.x / this.view.zoom, y: this.view.y + now.y / this.view.zoom });
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

  choose(mode) {
    if (mode === "blink" && this.mode === "blink") this.shown = 1 - this.shown;
    this.mode = mode;
    this.place();
  }

  key(event) {
    if (event.target instanceof HTMLInputElement) return;
    const far = 0.15 / this.view.zoom;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const several = this.data.pictures.length > 1;
    if (event.key in moves && this.view.zoom > 1) {
      this.view.x += moves[event.key][0];
      this.view.y += moves[event.key][1];
      this.place();
    } else if (event.key === "+" || event.key === "=") this.zoomBy(STEP);
    else if (event.key === "-") this.zoomBy(1 / STEP);
    else if (event.key === "0") this.reset();
    else if (several && event.key.toLowerCase() === "s") this.choose(this.mode === "slide" ? "side" : "slide");
    else if (several && event.key.toLowerCase() === "b") this.choose("blink");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  place() {
    const view = this.view, most = 1 - 1 / view.zoom;
    view.x = Math.min(most, Math.max(0, view.x));
    view.y = Math.min(most, Math.max(0, view.y));
    const move = `scale(${view.zoom}) translate(${-100 * view.x}%, ${-100 * view.y}%)`;
    const one = this.mode !== "side";
    this.body.classList.toggle("one", one);
    this.split.hidden = this.mode !== "slide";
    this.split.value = 100 * this.share;
    for (const [mode, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(mode === this.mode));
    this.figures.forEach((found, k) => {
      found.figure.hidden = one && k !== (this.mode === "slide" ? 0 : Math.min(this.shown, this.figures.length - 1));
      const sliding = this.mode === "slide" && k === 0;
      found.over.hidden = !sliding;
      found.caption.textContent = this.data.pictures[k].title;
      if (sliding) {
        found.over.src = this.data.pictures[1].url;
        found.over.style.clipPath = `inset(0 0 0 ${100 * (view.x + (1 - this.share) / view.zoom)}%)`;
        found.caption.textContent = `${this.data.pictures[0].title} | ${this.data.pictures[1].title}`;
      }
      for (const image of [found.image, found.over]) {
        image.style.transform = move;
        image.classList.toggle("near", view.zoom * found.pane.clientWidth > PIXELS * this.data.size[0] / 2);
      }
    });
    this.factor.textContent = view.zoom > 1 ? `${view.zoom.toFixed(1)} times` : "";
    this.body.dataset.view = [view.x, view.y, view.zoom].map((n) => n.toFixed(4)).join(" ");
    this.read(this.last);
  }

  read(place) { // place: as shares of the picture; null where the pointer is gone
    this.last = place;
    const [width, height] = this.data.size, view = this.view;
    const x = place ? Math.floor(place.x * width) : -1, y = place ? Math.floor(place.y * height) : -1;
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    this.figures.forEach((found) => {
      found.cross.style.display = inside ? "block" : "none";
      if (!inside) return;
      found.cross.style.left = `${100 * (place.x - view.x) * view.zoom}%`;
      found.cross.style.top = `${100 * (place.y - view.y) * view.zoom}%`;
    });
    if (!inside) { this.values.textContent = ""; return; }
    const said = this.figures.map((found, k) => `${this.data.pictures[k].title} ${this.value(found, x, y)}`);
    this.values.textContent = `x ${x}, y ${y}: ${said.join("; ")}`;
  }

  value(found, x, y) {
    const [width] = this.data.size;
    if (found.numbers) {
      const value = found.numbers[y * width + x];
      return (value > 0 ? "+" : "") + value.toPrecision(3).replace("-", "\u2212");
    }
    if (!found.pixels && found.image.complete && found.image.naturalWidth) {
      const canvas = element("canvas");
      [canvas.width, canvas.height] = this.data.size;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(found.image, 0, 0, canvas.width, canvas.height);
      found.pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    }
    if (!found.pixels) return "";
    const at = 4 * (y * width + x);
    return [...found.pixels.slice(at, at + 3)].join(" ");
  }
}

export default function (component) {
  const { data, parentElement } = component;
  let compare = KEPT.get(parentElement);
  if (!compare) {
    compare = new Compare(parentElement);
    KEPT.set(parentElement, compare);
  }
  compare.draw(data);
}
