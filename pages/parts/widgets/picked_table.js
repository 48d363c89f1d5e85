// A table whose rows are picked. data: ids, columns, kinds, rows, colours, sorts, sorted, picked and alt, as
// show_picked_table() sends them. One row is in the order of the Tab key; arrows, Home and End move through the rows,
// Enter and the space bar pick. Rows are made as they come into sight: a queue may have thousands.
const KEPT = new WeakMap(); // the table of a place: a row stays in focus while the page is drawn anew
const TABLES = new Set(); // those that may be printed
const AT_ONCE = 100; // rows

addEventListener("beforeprint", () => TABLES.forEach((one) => {
  if (one.frame.isConnected) one.grow(Infinity);
  else TABLES.delete(one);
}));

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

class Picked {
  constructor(root) {
    this.table = element("table");
    this.table.setAttribute("role", "grid");
    this.head = element("thead");
    this.body = element("tbody");
    this.table.append(this.head, this.body);
    this.frame = element("div", "frame");
    this.end = element("div", "end");
    this.frame.append(this.table, this.end);
    root.append(this.frame);
    this.made = new Map(); // rows by their ids: a row stays its file's wherever that moves
    this.shown = 0;
    TABLES.add(this);
    this.head.addEventListener("click", (event) => this.sort(event.target.closest("button")));
    this.body.addEventListener("pointerdown", (event) => { this.pressed = this.idAt(event.target); });
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.watcher = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.grow(this.shown + AT_ONCE));
  }

  idAt(element) { return element.closest("tr")?.dataset.id; }
  rowInFocus() { return this.frame.getRootNode().activeElement?.closest("tbody tr"); }

  click(event) { // of the row that was pressed, though another may have come under the pointer since
    const id = this.pressed ?? this.idAt(event.target), place = this.data.ids.indexOf(id);
    this.pressed = undefined;
    if (place < 0) return;
    this.mark(place); // at once: the page follows
    this.enter(place, true);
    this.say(event.target.closest("button") ? "opened" : "picked", id);
  }

  sort(button) {
    if (button) this.say("sorted", button.textContent);
  }

  key(event) {
    const at = this.data.ids.indexOf(event.target.dataset.id), last = this.data.ids.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) this.enter(Math.max(0, Math.min(last, to)), true);
    else if (event.key === "Enter" || event.key === " ") this.pick(at);
    else return;
    event.preventDefault(); // the page does not scroll, and no shortcut of it answers
    event.stopPropagation();
  }

  pick(place) {
    this.mark(place);
    this.say("picked", this.data.ids[place]);
  }

  enter(place, now, options) { // makes a row the one that the Tab key reaches
    this.grow(place + 1);
    [...this.body.rows].forEach((row, index) => { row.tabIndex = index === place ? 0 : -1; });
    if (now) this.body.rows[place].focus(options);
  }

  mark(place) {
    [...this.body.rows].forEach((row, index) => row.setAttribute("aria-selected", String(index === place)));
  }

  take(data, say) {
    const was = this.data?.ids[this.data.picked], held = this.rowInFocus()?.dataset.id;
    this.data = data;
    this.say = say;
    this.table.setAttribute("aria-label", data.alt);
    this.table.setAttribute("aria-rowcount", data.ids.length + 1);
    this.title(data);
    this.lay(Math.max(AT_ONCE, this.shown, (data.picked ?? -1) + 1));
    this.mark(data.picked);
    this.keepFocus(was, held);
    this.watcher.unobserve(this.end); // it tells of changes alone: the end may be in sight as before
    this.watcher.observe(this.end);
  }

  keepFocus(was, held) { // on the file that had it, or on the one that keys of the page picked instead of it
    const { ids, picked } = this.data, moved = held === was && picked !== null;
    const to = held === undefined ? -1 : moved ? picked : ids.indexOf(held);
    if (to >= 0) return this.enter(to, this.rowInFocus()?.dataset.id !== ids[to], { preventScroll: true });
    if (ids.length) this.enter(picked ?? 0, false);
  }

  title({ columns, kinds, sorts, sorted }) {
    const told = JSON.stringify([columns, kinds, sorts]);
    if (told !== this.titles) {
      const row = element("tr");
      row.setAttribute("aria-rowindex", 1);
      row.append(...columns.map((name, k) => {
        const cell = element("th", kinds[k]);
        cell.scope = "col";
        cell.append(sorts.includes(name) ? element("button", "", name) : name);
        return cell;
      }));
      this.head.replaceChildren(row);
      this.body.replaceChildren();
      this.made.clear();
    }
    this.titles = told;
    columns.forEach((name, k) => { // beside the titles: a title that is in focus keeps it
      const way = name === sorted ? "other" : "none";
      if (sorts.includes(name)) this.head.rows[0].cells[k].setAttribute("aria-sort", way);
    });
  }

  grow(count) {
    if (Math.min(count, this.data.ids.length) > this.shown) this.lay(count);
  }

  lay(count) { // makes rows up to this count, and puts them in their order
    const { ids, picked } = this.data;
    this.shown = Math.min(count, ids.length);
    for (let index = 0; index < this.shown; index++) {
      const row = this.made.get(ids[index]) ?? this.make(ids[index]), there = this.body.rows[index];
      if (there !== row) this.body.insertBefore(row, there ?? null);
      row.setAttribute("aria-rowindex", index + 2);
      row.setAttribute("aria-selected", String(index === picked));
      this.fill(row, index);
    }
    for (const row of [...this.body.rows].slice(this.shown)) {
      row.remove();
      this.made.delete(row.dataset.id);
    }
  }

  make(id) {
    const row = element("tr");
    row.dataset.id = id;
    row.tabIndex = -1;
    row.told = [];
    this.made.set(id, row);
    return row;
  }

  fill(row, index) { // the cells that changed
    const { columns, kinds, rows, colours } = this.data;
    rows[index].forEach((cell, k) => {
      const told = JSON.stringify([kinds[k], cell]), there = row.cells[k];
      if (told === row.told[k]) return;
      row.told[k] = told;
      const made = filled(cell, kinds[k], columns[k], colours);
      if (there) there.replaceWith(made);
      else row.append(made);
    });
  }
}

function filled(cell, kind, column, colours) {
  const made = element("td", kind, ["picture", "open", "chip"].includes(kind) ? "" : cell);
  if (!cell) return made;
  if (kind === "picture") {
    const picture = element("img");
    picture.src = cell;
    picture.alt = column;
    made.append(picture);
  } else if (kind === "open") {
    const button = element("button", "", cell);
    button.tabIndex = -1; // the row is reached by keys
    button.title = cell; // it may be cut
    made.append(button);
  } else if (kind === "chip") {
    const chip = element("span", "", cell), colour = colours[cell] ?? "gray";
    chip.style.color = `var(--st-${colour}-text-color)`;
    chip.style.background = `var(--st-${colour}-background-color)`;
    made.append(chip);
  }
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let table = KEPT.get(parentElement);
  if (!table || !table.frame.isConnected) {
    table = new Picked(parentElement);
    KEPT.set(parentElement, table);
  }
  table.take(data, setTriggerValue);
}
