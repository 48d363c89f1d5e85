// Signatures on a plane that zooms and pans; reads linked_pictures.js and tip.js before it. data: as SignaturePlane.record() makes it,
// with url (where the points lie: float32 x, y, kind, attack) and alt. A click says which point is meant, a lasso which ones.
const NEAR = 12, STILL = 4; // pixels: from a pointer to the point that it means; of a click that moved

class ReferencePlane extends LinkedPictures {
  constructor(root) {
    super(
      root,
      "plane",
      "+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown",
      "Signatures on a plane",
    );
    const bar = element("div", "bar");
    this.factor = element("span", "factor");
    this.lasso = this.button("Lasso", "Select references by a lasso", () => this.hold(!this.held));
    this.lasso.title = "Or drag with the Shift key held";
    this.clear = this.button("Clear", "Select no reference", () => this.say("selected", []));
    bar.append(...this.zoomButtons(), this.lasso, this.clear, this.factor);
    this.pane = element("div", "pane");
    this.canvas = element("canvas");
    this.canvas.setAttribute("role", "img");
    this.tip = newTip();
    this.legend = element("div", "legend");
    this.failed = element("div", "failed");
    this.failed.setAttribute("role", "status");
    this.pane.append(this.canvas, this.tip);
    this.body.append(bar, this.pane, this.failed, this.legend);
    this.points = new Float32Array();
    this.hold(false);
    this.pane.addEventListener("pointerdown", (event) => this.down(event), true);
    this.pane.addEventListener("pointermove", (event) => this.drag(event), true);
    this.pane.addEventListener("pointerup", (event) => this.up(event), true);
    this.pane.addEventListener("pointercancel", () => this.leave(), true);
    this.watch(this.pane);
    new ResizeObserver(() => this.place()).observe(this.pane);
    this.body.addEventListener("transitionend", ({ target }) => target === this.body && this.place()); // another theme
  }

  wheels(event) { // the plane fills the screen: a bare wheel moves the page
    return event.ctrlKey || event.metaKey;
  }

  hold(lasso) { // takes a lasso in hand, or lays it down
    this.held = lasso;
    this.lasso.setAttribute("aria-pressed", String(lasso));
    this.pane.classList.toggle("lasso", lasso);
  }

  draw(data) {
    this.data = data;
    this.canvas.setAttribute("aria-label", data.alt);
    const keys = [...data.kinds.map(known)];
    if (data.marked.length) keys.push(ringed("nearest", 2));
    if (data.picked !== null) keys.push(ringed("picked", 4));
    if (data.present.some((one) => one.ring.some(Boolean))) keys.push(named("the face's place without one neighbour", (pen) => firm(pen, [9, 9], [7, 7], "#777777")));
    this.legend.replaceChildren(...keys);
    const listed = data.marked.length ? " The table beside it lists the nearest, and picks them by keys." : "";
    this.body.setAttribute("aria-label", `Signatures on a plane. Plus and minus zoom, arrows move, 0 shows all.${listed}`);
    this.clear.disabled = !data.selected.length;
    this.chosen = new Set(data.selected);
    if (data.url !== this.url) this.fetch(data.url);
    this.place();
  }

  fetch(url) { // reads the references; what came too late, or not at all, is not drawn
    this.url = url;
    this.failed.textContent = "";
    bytes(url).then((found) => {
      if (url !== this.url) return;
      this.points = new Float32Array(found);
      this.place();
    }).catch(() => {
      if (url !== this.url) return;
      this.url = null; // asked for again at the next drawing
      this.failed.textContent = "The references could not be fetched from the dashboard. Reload the page to try again.";
    });
  }

  screen(x, y) { // where a place of the plane is, in pixels of the pane
    return [(x - this.view.x) * this.view.zoom * this.pane.clientWidth, (y - this.view.y) * this.view.zoom * this.pane.clientHeight];
  }

  of(index) {
    return this.screen(this.points[4 * index], this.points[4 * index + 1]);
  }

  near(event) { // the index of the reference that a pointer means, or -1
    const { x, y } = this.pixels(event);
    let found = -1, least = NEAR;
    for (let index = 0; index < this.points.length / 4; index++) {
      const [left, top] = this.of(index), far = Math.hypot(left - x, top - y);
      if (far < least) [found, least] = [index, far];
    }
    return found;
  }

  pixels(event) {
    const box = this.pane.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (event.button !== 0 || !event.isPrimary) return this.leave();
    this.from = this.pixels(event);
    this.path = this.held || event.shiftKey ? [this.from] : null;
    if (!this.path) return;
    event.stopImmediatePropagation(); // the plane does not move
    this.pane.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.path) return;
    event.stopImmediatePropagation();
    this.path.push(this.pixels(event));
    this.place();
  }

  up(event) {
    const path = this.path, to = this.pixels(event), from = this.from;
    this.path = this.from = null;
    if (from && Math.hypot(to.x - from.x, to.y - from.y) < STILL && !(path?.length > 3)) {
      const index = this.near(event);
      if (index >= 0) this.say("picked", index);
    } else if (path) {
      this.hold(false);
      this.say("selected", this.inside(path));
    }
    this.place();
  }

  leave() { // forgets a click or lasso that was begun
    this.path = this.from = null;
    this.place();
  }

  inside(path) { // the references within a closed path, by crossings of a ray
    const found = [];
    for (let index = 0; index < this.points.length / 4; index++) {
      const [x, y] = this.of(index);
      let odd = false;
      path.forEach((one, k) => {
        const two = path[(k + 1) % path.length];
        if (one.y > y !== two.y > y && x < (two.x - one.x) * (y - one.y) / (two.y - one.y) + one.x) odd = !odd;
      });
      if (odd) found.push(index);
    }
    return found;
  }

  read(place, event) {
    const index = place && event ? this.near(event) : -1;
    this.pane.style.cursor = index >= 0 ? "pointer" : "";
    if (index < 0) return hideTip(this.tip);
    const [left, top] = this.of(index), { kinds, attacks } = this.data;
    const said = `${kinds[this.points[4 * index + 2]].name}, attack: ${attacks[this.points[4 * index + 3]]}, reference ${index}`;
    showTip(this.tip, this.pane, said, left, top);
  }

  place() {
    const wide = this.pane.clientWidth, high = this.pane.clientHeight, fine = window.devicePixelRatio || 1;
    this.moved();
    this.factor.textContent = this.factorText();
    if (!wide || !this.data) return;
    [this.canvas.width, this.canvas.height] = [wide * fine, high * fine];
    const pen = this.canvas.getContext("2d"), ink = getComputedStyle(this.body).color;
    pen.scale(fine, fine);
    for (let index = 0; index < this.points.length / 4; index++) {
      pen.globalAlpha = !this.chosen.size ? 0.45 : this.chosen.has(index) ? 0.9 : 0.12;
      const { colour, shape } = this.data.kinds[this.points[4 * index + 2]];
      pen.fillStyle = colour;
      dot(pen, shape, ...this.of(index), 2.7);
    }
    pen.globalAlpha = 1;
    for (const index of this.points.length ? this.data.marked : []) ring(pen, ...this.of(index), 6.5, 2, "#777777");
    if (this.data.picked !== null && this.points.length) ring(pen, ...this.of(this.data.picked), 13, 4, "#777777");
    this.present(pen, ink);
    if (this.path) trace(pen, this.path, ink);
  }

  present(pen, ink) {
    const there = this.data.present.map((one) => ({ ...one, to: this.screen(...one.at) }));
    if (there.length > 1) arrow(pen, there[0].to, there[1].to, ink);
    pen.font = `14px ${getComputedStyle(this.body).fontFamily}`;
    for (const { name, colour, ring: [wide, high], to: [x, y] } of there) {
      star(pen, x, y, 10, colour);
      if (wide && high) firm(pen, [x, y], [wide * this.view.zoom * this.pane.clientWidth, high * this.view.zoom * this.pane.clientHeight], ink);
      const right = x > this.pane.clientWidth / 2;
      pen.textAlign = right ? "right" : "left";
      pen.fillStyle = ink;
      pen.fillText(name, x + (right ? -12 : 12), y - 10);
    }
  }
}

function dot(pen, shape, x, y, radius) {
  pen.beginPath();
  if (shape === "square") pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else if (shape === "diamond") pen.moveTo(x, y - 1.3 * radius), pen.lineTo(x + 1.3 * radius, y), pen.lineTo(x, y + 1.3 * radius), pen.lineTo(x - 1.3 * radius, y);
  else pen.arc(x, y, radius, 0, 7);
  pen.fill();
}

function ring(pen, x, y, radius, width, colour) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  [pen.lineWidth, pen.strokeStyle] = [width, colour];
  pen.stroke();
}

function firm(pen, [x, y], [wide, high], colour) { // how far a place moves: the plane's sides have scales of their own
  pen.beginPath();
  pen.ellipse(x, y, wide, high, 0, 0, 7);
  [pen.lineWidth, pen.strokeStyle] = [1.5, colour];
  pen.setLineDash([3, 3]);
  pen.stroke();
  pen.setLineDash([]);
}

function star(pen, x, y, radius, colour) {
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const far = k % 2 ? 0.42 * radius : radius, angle = Math.PI * (k / 5 - 0.5);
    pen.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
  }
  pen.closePath();
  [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [colour, "#222222", 1.5];
  pen.fill();
  pen.stroke();
}

function arrow(pen, [x0, y0], [x1, y1], ink) {
  const angle = Math.atan2(y1 - y0, x1 - x0), end = [x1 - 12 * Math.cos(angle), y1 - 12 * Math.sin(angle)];
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(...end);
  for (const turn of [-0.5, 0.5]) {
    pen.moveTo(...end);
    pen.lineTo(end[0] - 9 * Math.cos(angle + turn), end[1] - 9 * Math.sin(angle + turn));
  }
  [pen.strokeStyle, pen.lineWidth] = [ink, 2];
  pen.stroke();
}

function trace(pen, path, ink) {
  pen.beginPath();
  for (const { x, y } of path) pen.lineTo(x, y);
  pen.closePath();
  [pen.strokeStyle, pen.lineWidth] = [ink, 1];
  pen.setLineDash([4, 4]);
  pen.stroke();
  pen.setLineDash([]);
}

function named(name, paint) { // an entry of the legend
  const one = element("span", "known"), key = element("canvas");
  [key.width, key.height] = [18, 18];
  paint(key.getContext("2d"));
  one.append(key, name);
  return one;
}

function known({ name, colour, shape }) {
  return named(name, (pen) => {
    pen.fillStyle = colour;
    dot(pen, shape, 9, 9, 5);
  });
}

function ringed(name, width) {
  return named(name, (pen) => ring(pen, 9, 9, 6, width, "#777777"));
}

export default function (given) {
  drawn((root) => new ReferencePlane(root), given);
  KEPT.get(given.parentElement).say = given.setTriggerValue;
}
