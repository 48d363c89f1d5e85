// A drawing with points, one of which a pointer can mean; reads tip.js before it. A click says which point is meant.
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

class PointedChart { // others draw: they set this.points, each with its x, y and words
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
      if (point) this.pick(point);
    });
    new ResizeObserver(() => this.redraw()).observe(this.frame);
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
    const down = this.svg.getBoundingClientRect().top - this.frame.getBoundingClientRect().top;
    showTip(this.tip, this.frame, `${point.name}, ${point.said}`, point.x, down + point.y);
  }

  across(frame, left, right) { // where a frame stands between both edges
    const [first, last] = this.data.ends, wide = right - left - 2 * NEAR;
    return left + NEAR + wide * (last > first ? (frame - first) / (last - first) : 0.5);
  }

  redraw() {
    const wide = this.frame.clientWidth;
    if (wide && this.data) this.draw(wide);
  }

  take(data, pick) {
    this.data = data;
    this.pick = pick;
    this.svg.setAttribute("aria-label", data.alt);
    this.explain();
    this.show(null);
    this.redraw();
  }
}

function chartAt(root, Chart) { // the chart of a place
  let chart = KEPT.get(root);
  if (!chart || !chart.frame.isConnected) {
    chart = new Chart(root);
    KEPT.set(root, chart);
  }
  return chart;
}
