// A matrix of coloured numbers as a table. data: as NumberMatrix.record() makes it, and alt.
function made(kind, className, text) {
  const one = document.createElement(kind);
  if (className) one.className = className;
  if (text) one.textContent = text;
  return one;
}

function header(text, scope) {
  const one = made("th", "");
  one.scope = scope;
  one.append(made("span", "", text));
  return one;
}

export default function ({ data, parentElement }) {
  const frame = made("div", "frame"), table = made("table", ""), head = made("tr", "");
  table.style.minWidth = `${6 + 2.3 * data.names.length}rem`; // a narrow screen moves a wide one sideways
  if (data.names.length > 7) frame.tabIndex = 0;
  table.append(made("caption", "", data.alt));
  head.append(made("td", ""), ...data.names.map((name) => header(name, "col")));
  table.append(head);
  data.cells.forEach((cells, row) => {
    const line = made("tr", "");
    line.append(header(data.names[row], "row"));
    cells.forEach(({ word, colour, ink, about }, column) => {
      const cell = made("td", "value", word);
      [cell.style.background, cell.style.color] = [colour, ink];
      cell.title = [`${data.names[row]}, ${data.names[column]}: ${word || "none"}`, about].filter(Boolean).join("\n");
      line.append(cell);
    });
    table.append(line);
  });
  const scale = made("div", "scale"), colours = made("div", "colours");
  colours.style.background = `linear-gradient(to right, ${data.scale.join(", ")})`;
  scale.append(made("span", "", data.ends[0]), colours, made("span", "", data.ends[1]));
  frame.append(table, scale);
  parentElement.querySelector(".frame")?.remove();
  parentElement.append(frame);
}
