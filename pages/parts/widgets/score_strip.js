// Detectors' scores over the frames of a video, a row each; reads pointed_chart.js before it. data: as ScoreStrip.record() makes it, and alt.
const ROW = 44, NAME = 14, LOW = 40, SIDE = 4; // pixels: a row, the name above its marks, what is below the rows, beside them

class ScoreStrip extends PointedChart {
  x(frame) {
    return this.across(frame, SIDE, this.frame.clientWidth - SIDE);
  }

  draw(wide) {
    const { rows, apart, ticks, across, chosen } = this.data, low = ROW * rows.length, parts = [];
    for (const frame of apart) {
      parts.push(drawn("rect", { x: this.x(frame) - 4.5, width: 9, y: 0, height: low, class: "apart" }));
    }
    this.points = [];
    rows.forEach(({ name, points }, number) => {
      const y = ROW * number + NAME + (ROW - NAME) / 2;
      for (const point of points) this.points.push({ ...point, name, x: this.x(point.frame), y });
    });
    if (chosen !== null) parts.push(drawn("line", { x1: this.x(chosen), x2: this.x(chosen), y1: 0, y2: low, class: "chosen" }));
    parts.push(...this.points.map(({ shape, x, y, colour }) => mark(shape, x, y, 7, { fill: colour, class: "point" })));
    rows.forEach(({ name }, number) => parts.push(drawn("text", { x: SIDE, y: ROW * number + NAME - 2, class: "name" }, name)));
    for (const { frame, word } of ticks) {
      parts.push(drawn("text", { x: this.x(frame), y: low + 14, class: "middle" }, word));
    }
    parts.push(drawn("text", { x: wide / 2, y: low + 32, class: "middle" }, across));
    this.svg.setAttribute("height", low + LOW);
    this.svg.replaceChildren(...parts);
  }

  explain() {
    const scale = document.createElement("span");
    scale.className = "scale";
    scale.style.background = `linear-gradient(to right, ${this.data.ramp.join(", ")})`;
    this.legend.replaceChildren("score 0", scale, "1");
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  chartAt(parentElement, ScoreStrip).take(data, (point) => setTriggerValue("picked", point.frame));
}
