// A grid of maps that zoom and pan in step; reads linked_pictures.js before it.
// data: {size: [width, height], step, across, slots, strength, palettes: {signed, unsigned}, rows: [name], columns: [{title,
// mark, cells}]}; a cell: null, or {alt, lines: [{name, value, help}]} with {image} (where RGB lies) or {values, face, signed,
// scale, bar} (where float32 and grey lie); of size, every step-th row and column is there.
class LinkedGrid extends LinkedPictures {
  constructor(root) {
    super(
      root,
      "linked",
      "+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown",
      "Maps that zoom in step. Plus and minus zoom, arrows move, 0 shows all.",
    );
    const bar = element("div", "bar");
    this.factor = element("span", "factor");
    bar.append(...this.zoomButtons(), this.factor);
    this.frame = element("div", "frame"); // narrower than the grid, it moves it sideways
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "region");
    this.frame.setAttribute("aria-label", "Grid of maps");
    this.values = element("div", "read");
    this.values.hidden = true;
    this.body.append(bar, this.frame, this.values);
  }

  wheels(event) { // the grid fills the screen: a bare wheel moves the page
    return event.ctrlKey || event.metaKey;
  }

  draw(data) {
    const { strength, ...rest } = data, built = JSON.stringify(rest);
    const [across, slots] = [data.across, data.slots];
    this.data = data;
    if (built !== this.built) {
      this.built = built;
      this.body.style.setProperty("--slots", slots);
      this.body.style.setProperty("--shape", `${data.size[0]} / ${data.size[1]}`);
      const grid = element("div", "grid");
      this.cells = [];
      for (let start = 0; start < data.columns.length; start += across) this.band(grid, data.columns.slice(start, start + across));
      this.frame.replaceChildren(grid);
    }
    this.cells.forEach((found) => this.paint(found));
    this.place();
  }

  band(grid, columns) {
    const at = (made, column) => { made.style.gridColumn = column; grid.append(made); };
    columns.forEach((column, k) => {
      const title = element("div", "title");
      title.append(element("strong", "", column.title));
      if (column.mark) title.append(element("em", "", column.mark));
      at(title, k + 2);
    });
    this.data.rows.forEach((name, row) => {
      at(element("div", "row", name), 1);
      columns.forEach((column, k) => {
        const cell = column.cells[row];
        at(cell ? this.cell(column, name, cell) : element("div", "missing", "not computed"), k + 2);
      });
    });
  }

  cell(column, row, cell) {
    const figure = element("figure"), pane = element("div", "pane"), canvas = element("canvas"), cross = element("div", "cross");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", cell.alt);
    pane.append(canvas, cross);
    figure.append(pane);
    if (cell.bar) figure.append(this.scale(cell));
    for (const line of cell.lines) {
      const made = element("div", "line");
      made.append(element("span", "", line.name), element("span", "value", line.value));
      if (line.help) made.title = line.help;
      figure.append(made);
    }
    const found = { column, row, cell, pane, canvas, cross };
    this.watch(pane);
    pane.addEventListener("pointerenter", () => { this.pointed = found; });
    this.cells.push(found);
    return figure;
  }

  scale(cell) { // the colour bar, with the numbers of its ends and of zero
    const made = element("div", "scale"), ticks = element("div", "ticks");
    const bar = element("div", "colours");
    bar.style.background = cell.bar.parts[0].colour;
    ticks.append(...cell.bar.ticks.map((tick) => element("span", "", tick.word)));
    made.append(bar, ticks);
    bar.addEventListener("pointermove", (event) => {
      const box = bar.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
      this.say(signed(cell.scale * (cell.signed ? 2 * share - 1 : share)), event);
    });
    bar.addEventListener("pointerleave", () => this.say("", null));
    return made;
  }

  async paint(found) {
    const { cell, canvas } = found, step = this.data.step, strength = this.data.strength;
    const [width, height] = this.data.size.map((side) => Math.ceil(side / step));
    try {
      const parts = await Promise.all([cell.image || cell.values, cell.face].map((url) => url ? bytes(url) : null));
      if (strength !== this.data.strength) return; // another one was asked for meanwhile
      found.numbers = cell.image ? new Uint8Array(parts[0]) : new Float32Array(parts[0]);
      const image = new ImageData(width, height);
      image.data.fill(255);
      if (cell.image) for (let i = 0; i < width * height * 3; i++) image.data[i + Math.floor(i / 3)] = found.numbers[i];
      else this.colour(image.data, cell, found.numbers, parts[1] && new Uint8Array(parts[1]), strength);
      [canvas.width, canvas.height] = [width, height];
      canvas.getContext("2d").putImageData(image, 0, 0);
    } catch {
      canvas.title = "This picture did not come; draw the page again.";
    }
  }

  colour(pixels, { signed: diverges, scale }, values, grey, strength) {
    const hex = this.data.palettes[diverges ? "signed" : "unsigned"], share = grey ? strength : 1;
    const palette = Uint8Array.from({ length: 768 }, (_, k) => parseInt(hex.slice(2 * k, 2 * k + 2), 16));
    for (let i = 0; i < values.length; i++) {
      const part = diverges ? values[i] / scale / 2 + 0.5 : values[i] / scale;
      const colour = 3 * Math.min(255, Math.max(0, Math.floor(256 * part))), under = grey ? (1 - share) * grey[i] : 0;
      for (let k = 0; k < 3; k++) pixels[4 * i + k] = under + share * palette[colour + k];
    }
  }

  place() {
    const move = this.moved();
    this.cells.forEach(({ pane, canvas }) => {
      canvas.style.transform = move;
      canvas.classList.toggle("near", this.view.zoom * pane.clientWidth > PIXELS * this.data.size[0] / 2);
    });
    this.body.classList.toggle("zoomed", this.view.zoom > 1);
    this.factor.textContent = this.factorText();
  }

  read(place, event) { // says the values of the pointed column's maps there
    const at = this.pixel(place);
    this.cells.forEach(({ cross }) => this.cross(cross, at && place));
    if (!at || !this.pointed) return this.say("", null);
    const column = this.cells.filter((one) => one.column === this.pointed.column && one.numbers);
    const said = column.map((one) => `${one.row} ${this.value(one, at)}`);
    this.say([`${this.pointed.column.title}, row ${at.y}, column ${at.x}`, ...said].join("\n"), event);
  }

  value({ cell, numbers }, { x, y }) {
    const step = this.data.step, at = Math.floor(y / step) * Math.ceil(this.data.size[0] / step) + Math.floor(x / step);
    return cell.image ? [...numbers.subarray(3 * at, 3 * at + 3)].join(" ") : signed(numbers[at]);
  }

  say(words, event) {
    this.values.hidden = !words;
    this.values.textContent = words;
    if (!event) return;
    const room = window.innerWidth - this.values.offsetWidth - 20;
    this.values.style.left = `${Math.max(4, Math.min(room, event.clientX + 16))}px`;
    this.values.style.top = `${Math.min(window.innerHeight - this.values.offsetHeight - 8, event.clientY + 18)}px`;
  }
}

export default function (component) {
  drawn((root) => new LinkedGrid(root), component);
}
