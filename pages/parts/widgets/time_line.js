// Scores over the frames of a video; reads pointed_chart.js before it. data: as TimeLine.record() makes it, and alt.
const HIGH = 196, LEFT = 50, RIGHT = 12, TOP = 8, BOTTOM = 40; // pixels of the plot and beside it

class TimeLine extends PointedChart {
  x(frame) {
    return this.across(frame, LEFT, this.frame.clientWidth - RIGHT);
  }

  y(score) {
    return TOP + (HIGH - 12) * (1 - score) + 6;
  }

  draw(wide) {
    const data = this.data, right = wide - RIGHT, parts = [];
    for (const { start, stop, colour } of data.bands) {
      const facts = { x: LEFT, width: right - LEFT, y: this.y(stop), height: this.y(start) - this.y(stop) };
      parts.push(drawn("rect", { ...facts, fill: colour, opacity: 0.13 }));
    }
    for (const score of [0, 0.25, 0.5, 0.75, 1]) {
      const dotted = score === data.even, y = this.y(score);
      parts.push(drawn("line", { x1: LEFT, x2: right, y1: y, y2: y, class: dotted ? "even" : "level" }));
      if (score * 2 % 1 === 0) parts.push(drawn("text", { x: LEFT - 8, y: y + 4, class: "before" }, String(score)));
    }
    const middle = this.y(0.5);
    parts.push(drawn("text", { x: 12, y: middle, class: "middle", transform: `rotate(-90 12 ${middle})` }, data.up));
    for (const { frame, word } of data.ticks) {
      parts.push(drawn("text", { x: this.x(frame), y: HIGH + TOP + 16, class: "middle" }, word));
    }
    parts.push(drawn("text", { x: (LEFT + right) / 2, y: HIGH + TOP + 34, class: "middle" }, data.across));
    if (data.chosen !== null) {
      const x = this.x(data.chosen);
      parts.push(drawn("line", { x1: x, x2: x, y1: TOP, y2: TOP + HIGH, class: "chosen" }));
    }
    this.points = [];
    for (const track of [...data.tracks].sort((one, two) => two.behind - one.behind)) parts.push(...this.line(track));
    this.svg.setAttribute("height", HIGH + TOP + BOTTOM);
    this.svg.replaceChildren(...parts);
  }

  line({ track, name, dash, shape, behind, points }) {
    const placed = points.map((point) => ({ ...point, track, name, x: this.x(point.frame), y: this.y(point.score) }));
    this.points.unshift(...placed); // those in focus are met first
    const path = placed.map(({ x, y }) => `${x},${y}`).join(" ");
    const line = drawn("polyline", { points: path, class: behind ? "line behind" : "line", "stroke-dasharray": dash });
    return [line, ...placed.map(({ x, y, colour }) => mark(shape, x, y, behind ? 3 : 5, { fill: colour, class: "point" }))];
  }

  explain() {
    const tracks = this.data.tracks;
    this.legend.replaceChildren(...(tracks.length > 1 ? tracks.map(known) : []));
  }
}

function known({ name, dash, shape, behind }) {
  const one = document.createElement("span"), key = drawn("svg", { width: 34, height: 14 });
  key.append(
    drawn("line", { x1: 0, x2: 34, y1: 7, y2: 7, class: behind ? "line behind" : "line", "stroke-dasharray": dash }),
    mark(shape, 17, 7, 4, { class: "key" }),
  );
  one.className = "known";
  one.append(key, name);
  return one;
}

export default function ({ data, parentElement, setTriggerValue }) {
  chartAt(parentElement, TimeLine).take(data, (point) => setTriggerValue("picked", [point.track, point.frame]));
}
