// Scores over the frames of a video; reads tip.js before it. data: as TimeLine.record() makes it, and alt. A click says which point is meant.
const HIGH = 196, LEFT = 50, RIGHT = 12, TOP = 8, BOTTOM = 40; // pixels of the plot and beside it
const NEAR = 24; // pixels from a pointer to the point that it means
const SVG = "http://www.w3.org/2000/svg";
const CORNERS = { // of a point, in shares of its radius
  square: "-.9,-.9 .9,-.9 .9,.9 -.9,.9",
  diamond: "0,-1.25 1.25,0 0,1.25 -1.25,0",
  cross: "-.4,-1.1 .4,-1.1 .4,-.4 1.1,-.4 1.1,.4 .4,.4 .4,1.1 -.4,1.1 -.4,.4 -1.1,.4 -1.1,-.4 -.4,-.4",
  x: "-1.1,-.6 -.6,-1.1 0,-.5 .6,-1.1 1.1,-.6 .5,0 1.1,.6 .6,1.1 0,.5 -.6,1.1 -1.1,.6 -.5,0",
  up: "0,-1.1 1.1,.9 -1.1,.9",
  down: "0,1.1 1.1,-.9 -1.1,-.9",
};
const KEPT = new WeakMap(); // the chart of a place: what is drawn anew keeps its size and its listeners

function drawn(name, facts, text) {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(facts)) one.setAttribute(key, value);
  if (text) one.textContent = text;
  return one;
}

function mark(shape, x, y, radius, facts) {
  if (shape === "circle") return drawn("circle", { cx: x, cy: y, r: radius, ...facts });
  const points = CORNERS[shape].split(" ").map((pair) => {
    const [across, down] = pair.split(",").map(Number);
    return `${x + across * radius},${y + down * radius}`;
  });
  return drawn("polygon", { points: points.join(" "), ...facts });
}

class Chart {
  constructor(root) {
    this.frame = document.createElement("div");
    this.legend = document.createElement("div");
    this.tip = newTip();
    this.frame.className = "frame";
    this.legend.className = "legend";
    this.svg = drawn("svg", { role: "img" });
    this.frame.append(this.legend, this.svg, this.tip);
    root.append(this.frame);
    this.svg.addEventListener("pointermove", (event) => this.show(this.near(event)));
    this.svg.addEventListener("pointerleave", () => this.show(null));
    this.svg.addEventListener("click", (event) => {
      const point = this.near(event);
      if (point) this.pick([point.track, point.frame]);
    });
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  x(frame) {
    const [first, last] = this.data.ends;
    const wide = this.frame.clientWidth - LEFT - RIGHT - 2 * NEAR;
    return LEFT + NEAR + wide * (last > first ? (frame - first) / (last - first) : 0.5);
  }

  y(score) {
    return TOP + (HIGH - 12) * (1 - score) + 6;
  }

  near(event) { // the point that a pointer means, or null
    const box = this.svg.getBoundingClientRect();
    let found = null, least = NEAR;
    for (const point of this.points) {
      const far = Math.hypot(event.clientX - box.left - point.x, event.clientY - box.top - point.y);
      if (far < least) [found, least] = [point, far];
    }
    return found;
  }

  show(point) {
    this.svg.style.cursor = point ? "pointer" : "";
    if (!point) return hideTip(this.tip);
    showTip(this.tip, this.frame, `${point.name}, ${point.said}`, point.x, this.svg.getBoundingClientRect().top - this.frame.getBoundingClientRect().top + point.y);
  }

  draw() {
    const wide = this.frame.clientWidth, data = this.data;
    if (!wide || !data) return;
    const right = wide - RIGHT, parts = [];
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

  take(data, pick) {
    this.data = data;
    this.pick = pick;
    this.svg.setAttribute("aria-label", data.alt);
    this.legend.replaceChildren(...(data.tracks.length > 1 ? data.tracks.map(known) : []));
    this.show(null);
    this.draw();
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
  let chart = KEPT.get(parentElement);
  if (!chart || !chart.frame.isConnected) {
    chart = new Chart(parentElement);
    KEPT.set(parentElement, chart);
  }
  chart.take(data, (point) => setTriggerValue("picked", point));
}
