// Pictures side by side that zoom and pan in step; reads linked_pictures.js before it.
// data: {pictures: [{title, alt, url, values?}], size: [width, height], pair: [first, second]}; url: of a PNG; values: where
// float32 lie, one a pixel; pair: the two pictures that are slid and swapped until somebody chooses others.
class Compare extends LinkedPictures {
  constructor(root) {
    super(
      root,
      "compare",
      "+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown S B",
      "Pictures that zoom in step. Plus and minus zoom, arrows move, 0 shows all, S slides one over the other, B swaps them.",
    );
    this.mode = "side";
    this.share = 0.5;
    this.shown = 1; // of the pair, in the mode "blink"
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
    this.pair = [...data.pair];
    this.body.replaceChildren();
    this.body.style.setProperty("--shape", `${data.size[0]} / ${data.size[1]}`);
    this.body.style.setProperty("--count", data.pictures.length);
    const bar = element("div", "bar");
    this.buttons = {};
    for (const [mode, label] of [["side", "Side by side"], ["slide", "Slide (S)"], ["blink", "Swap (B)"]]) {
      this.buttons[mode] = this.button(label, "", () => this.choose(mode));
      if (data.pictures.length > 1) bar.append(this.buttons[mode]);
    }
    this.factor = element("span", "factor");
    bar.append(...this.zoomButtons(), this.factor);
    this.chosen = this.pairChoice(data);
    this.panes = element("div", "panes");
    this.figures = data.pictures.map((one) => this.figure(one));
    this.panes.append(...this.figures.map((one) => one.figure));
    this.split = element("input", "split");
    Object.assign(this.split, { type: "range", min: 0, max: 100, value: 100 * this.share });
    this.split.setAttribute("aria-label", "How much of the second picture is shown");
    this.split.addEventListener("input", () => { this.share = this.split.value / 100; this.place(); });
    this.values = element("div", "values");
    this.values.setAttribute("aria-live", "polite");
    this.body.append(bar, this.chosen, this.panes, this.split, this.values);
    data.pictures.forEach((one, k) => this.fill(k, one));
  }

  pairChoice(data) { // two fields that choose which pictures are slid and swapped
    const row = element("div", "pair");
    ["First", "Second"].forEach((word, side) => {
      const label = element("label", "", word), field = element("select");
      field.append(...data.pictures.map((one, k) => new Option(one.title, k)));
      field.value = this.pair[side];
      field.addEventListener("change", () => { this.pair[side] = Number(field.value); this.place(); });
      label.append(field);
      row.append(label);
    });
    return row;
  }

  figure(one) {
    const figure = element("figure"), pane = element("div", "pane"), image = element("img"), cross = element("div", "cross");
    const over = element("img"); // the second picture over the first one, in the mode "slide"
    image.draggable = over.draggable = false;
    over.hidden = true;
    over.alt = "";
    pane.append(image, over, cross);
    figure.append(pane, element("figcaption", "", one.title));
    this.watch(pane);
    return { figure, pane, image, over, cross, caption: figure.lastChild };
  }

  fill(k, one) {
    const found = this.figures[k];
    if (found.image.dataset.url !== one.url) {
      found.image.dataset.url = found.image.src = one.url;
      found.pixels = null;
    }
    found.image.alt = one.alt;
    found.numbers = null;
    if (one.values) bytes(one.values).then((read) => { if (this.data.pictures[k] === one) found.numbers = new Float32Array(read); });
  }

  choose(mode) {
    if (mode === "blink" && this.mode === "blink") this.shown = 1 - this.shown;
    this.mode = mode;
    this.place();
  }

  act(key) {
    if (this.data.pictures.length < 2 || (key !== "s" && key !== "b")) return false;
    this.choose(key === "b" ? "blink" : this.mode === "slide" ? "side" : "slide");
    return true;
  }

  place() {
    const move = this.moved(), view = this.view, pictures = this.data.pictures;
    const one = this.mode !== "side", [first, second] = this.pair;
    this.body.classList.toggle("one", one);
    this.split.hidden = this.mode !== "slide";
    this.split.value = 100 * this.share;
    this.chosen.hidden = !one || pictures.length < 3;
    for (const [mode, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(mode === this.mode));
    this.figures.forEach((found, k) => {
      found.figure.hidden = one && k !== (this.mode === "slide" ? first : this.pair[this.shown]);
      const sliding = this.mode === "slide" && k === first;
      found.over.hidden = !sliding;
      found.caption.textContent = pictures[k].title;
      if (sliding) {
        found.over.src = pictures[second].url;
        found.over.style.clipPath = `inset(0 0 0 ${100 * (view.x + (1 - this.share) / view.zoom)}%)`;
        found.caption.textContent = `${pictures[first].title} | ${pictures[second].title}`;
      }
      for (const image of [found.image, found.over]) {
        image.style.transform = move;
        image.classList.toggle("near", view.zoom * found.pane.clientWidth > PIXELS * this.data.size[0] / 2);
      }
    });
    this.factor.textContent = this.factorText();
    this.read(this.last);
  }

  read(place) { // place: as shares of the picture; null where the pointer is gone
    this.last = place;
    const at = this.pixel(place);
    this.figures.forEach((found) => this.cross(found.cross, at && place));
    if (!at) { this.values.textContent = ""; return; }
    const said = this.figures.map((found, k) => `${this.data.pictures[k].title} ${this.value(found, at)}`);
    this.values.textContent = `x ${at.x}, y ${at.y}: ${said.join("; ")}`;
  }

  value(found, { x, y }) {
    const [width] = this.data.size;
    if (found.numbers) return signed(found.numbers[y * width + x]);
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
  drawn((root) => new Compare(root), component);
}
