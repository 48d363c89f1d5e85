// A table whose rows are picked. data: columns, kinds, rows, colours, sorts, sorted, picked, opens and alt, as
// show_picked_table() sends them. One row is in the order of the Tab key; arrows, Home and End move through the rows,
// Enter and the space bar pick. Rows are made as they come into sight: a queue may have thousands.
const KEPT = new WeakMap(); // the table of a place: a row that is picked stays in focus while the page is drawn anew
const AT_ONCE = 100; // rows

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
    this.rows = [];
    this.told = []; // of each row that is made, what it shows
    this.head.addEventListener("click", (event) => this.sort(event.target.closest("button")));
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("keydown", (event) => this.key(event));
    new IntersectionObserver(([one]) => one.isIntersecting && this.grow(this.rows.length + AT_ONCE)).observe(this.end);
  }

  click(event) {
    const place = this.rows.indexOf(event.target.closest("tr"));
    if (event.target.closest("button")) this.say("opened", this.data.ids[place]);
    else this.pick(place);
  }

  sort(button) {
    if (button) this.say("sorted", button.textContent);
  }

  key(event) {
    const at = this.rows.indexOf(event.target), last = this.data.rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) this.enter(Math.max(0, Math.min(last, to)), true);
    else if (event.key === "Enter" || event.key === " ") this.pick(at);
    else return;
    event.preventDefault(); // the page does not scroll, and no shortcut of it answers
    event.stopPropagation();
  }

  enter(place, now) { // makes a row the one that the Tab key reaches
    this.grow(place + 1);
    this.rows.forEach((row, index) => { row.tabIndex = index === place ? 0 : -1; });
    if (now) this.rows[place].focus();
  }

  mark(place) {
    this.rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === place)));
  }

  pick(place) {
    if (place < 0) return;
    this.mark(place); // at once: the page follows
    this.enter(place, true);
    this.say("picked", this.data.ids[place]);
  }

  take(data, say) {
    this.data = data;
    this.say = say;
    this.table.setAttribute("aria-label", data.alt);
    this.table.setAttribute("aria-rowcount", data.rows.length + 1);
    const titles = JSON.stringify([data.columns, data.sorts, data.sorted]);
    if (titles !== this.titles) this.title(data);
    this.titles = titles;
    this.rows.splice(data.rows.length).forEach((row) => row.remove());
    this.rows.forEach((row, index) => this.fill(row, index)); // in their places: a row in focus keeps it
    this.grow(Math.max(AT_ONCE, (data.picked ?? -1) + 1));
    this.mark(data.picked);
    if (data.picked !== null) this.enter(data.picked, false);
    else if (this.rows.length && !this.rows.some((row) => row.tabIndex === 0)) this.enter(0, false);
  }

  title({ columns, kinds, sorts, sorted }) {
    const row = element("tr");
    columns.forEach((name, k) => {
      const cell = element("th", kinds[k]), can = sorts.includes(name);
      cell.scope = "col";
      cell.append(can ? element("button", "", name) : name);
      if (can) cell.setAttribute("aria-sort", name === sorted ? "other" : "none");
      row.append(cell);
    });
    this.head.replaceChildren(row);
  }

  grow(count) { // makes rows up to this count
    for (let index = this.rows.length; index < Math.min(count, this.data.rows.length); index++) {
      const row = element("tr");
      row.tabIndex = -1;
      row.setAttribute("aria-rowindex", index + 2);
      row.setAttribute("aria-selected", String(index === this.data.picked));
      this.rows.push(row);
      this.told[index] = null;
      this.fill(row, index);
      this.body.append(row);
    }
  }

  fill(row, index) {
    const { columns, kinds, rows, colours } = this.data, told = JSON.stringify([kinds, rows[index]]);
    if (told === this.told[index]) return;
    this.told[index] = told;
    row.replaceChildren(...rows[index].map((cell, k) => filled(cell, kinds[k], columns[k], colours)));
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
