// Bars in groups, each group with a line. data: as GroupedBars.record() makes it, and alt.
function made(className, style, text) {
  const one = document.createElement("div");
  one.className = className;
  Object.assign(one.style, style);
  if (text) one.textContent = text;
  return one;
}

const per = (share) => `${(100 * share).toFixed(1)}%`;

function drawnGroup(data, k) {
  const group = made("group", {}), bars = made("bars", {});
  for (const { name, colour, values } of data.rows) {
    const share = values[k], bar = made("bar", { height: per((share ?? 0) / data.end), background: colour });
    bar.title = share === null ? `${data.groups[k]}, ${name}: none` : `${data.groups[k]}, ${name}: ${per(share)}`;
    bars.append(bar);
  }
  const line = made("line", { bottom: per(data.marks[k] / data.end) });
  line.title = `${data.groups[k]}: ${per(data.marks[k])}, ${data.mark}`;
  bars.append(line);
  group.append(bars, made("name", {}, data.groups[k]));
  return group;
}

export default function ({ data, parentElement }) {
  const chart = made("chart", {}), plot = made("plot", {}), legend = made("legend", {});
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", data.alt);
  for (const { name, colour } of data.rows) {
    const one = made("known", {}, name);
    one.prepend(made("square", { background: colour }));
    legend.append(one);
  }
  const mark = made("known", {}, data.mark);
  mark.prepend(made("dash", {}));
  legend.append(mark);
  for (const part of [0, 0.5, 1]) {
    plot.append(made("level", { bottom: per(part) }, `${Math.round(100 * part * data.end)}%`));
  }
  const groups = made("groups", {});
  groups.append(...data.groups.map((_, k) => drawnGroup(data, k)));
  plot.append(groups);
  chart.append(legend, made("about", {}, data.about), plot);
  parentElement.querySelector(".chart")?.remove();
  parentElement.append(chart);
}
