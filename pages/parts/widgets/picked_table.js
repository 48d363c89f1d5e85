// A table whose rows are picked. data: columns, kinds, rows, picked and alt, as show_picked_table() sends them.
// One row is in the order of the Tab key; arrows, Home and End move through the rows, Enter and the space bar pick.
const KEPT = new WeakMap(); // the table of a place: a row that is picked stays in focus while the page is drawn anew

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
    this.frame = element("div", "frame");
    this.frame.append(this.table);
    root.append(this.frame);
    this.rows = [];
    this.table.addEventListener("click", (event) => this.pick(this.rows.indexOf(event.target.closest("tbody tr"))));
    this.table.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const at = this.rows.indexOf(event.target.closest("tbody tr")), last = this.rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) this.enter(Math.max(0, Math.min(last, to)), true);
    else if (event.key === "Enter" || event.key === " ") this.pick(at);
    else return;
    event.preventDefault(); // the page does not scroll, and no shortcut of it answers
    event.stopPropagation();
  }

  enter(place, now) { // makes a row the one that the Tab key reaches
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
    this.say(place);
  }

  take(data, say) {
    this.say = say;
    this.table.setAttribute("aria-label", data.alt);
    const told = JSON.stringify([data.columns, data.rows]);
    if (told !== this.told) this.draw(data);
    this.told = told;
    this.mark(data.picked);
    if (data.picked !== null) this.enter(data.picked, false);
  }

  draw({ columns, kinds, rows }) {
    const head = element("tr"), body = element("tbody"), top = element("thead");
    columns.forEach((name, k) => {
      const cell = element("th", kinds[k], name);
      cell.scope = "col";
      head.append(cell);
    });
    top.append(head);
    this.rows = rows.map((cells) => {
      const row = element("tr");
      row.append(...cells.map((cell, k) => filled(cell, kinds[k], columns[k])));
      return row;
    });
    body.append(...this.rows);
    this.table.replaceChildren(top, body);
    if (this.rows.length) this.enter(0, false);
  }
}

function filled(cell, kind, column) {
  if (kind !== "picture") return element("td", kind, cell);
  const made = element("td", kind), picture = element("img");
  picture.src = cell;
  picture.alt = column;
  made.append(picture);
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let table = KEPT.get(parentElement);
  if (!table || !table.frame.isConnected) {
    table = new Picked(parentElement);
    KEPT.set(parentElement, table);
  }
  table.take(data, (place) => setTriggerValue("picked", place));
}
