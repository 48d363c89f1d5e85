// A bar with numbers under it. data: as ScaleBar.record() makes it, and alt; places are shares of the bar's length.
// Where a word is wider than its part of the bar, all words stand below it.
function made(className, style, text) {
  const one = document.createElement("div");
  one.className = className;
  Object.assign(one.style, style);
  if (text) one.textContent = text;
  return one;
}

const per = (share) => `${100 * share}%`;
const SPACE = 4; // pixels beside a word

export default function ({ data, parentElement }) {
  const scale = made("scale", {}), bar = made("parts", {}), ticks = made("ticks", {});
  const below = made("below", {}), words = [];
  scale.setAttribute("role", "img");
  scale.setAttribute("aria-label", data.alt);
  scale.title = data.hover;
  for (const { start, stop, colour, word } of data.parts) {
    const part = made("part", { left: per(start), width: per(stop - start), background: colour });
    if (word) {
      words.push(made("word", {}, word));
      part.append(words.at(-1));
      const named = made("named", {}, word);
      named.prepend(made("patch", { background: colour }));
      below.append(named);
    }
    bar.append(part);
  }
  if (data.line) bar.append(made("line", { left: per(data.line[0]), width: per(data.line[1] - data.line[0]) }));
  if (data.mark !== null) {
    bar.append(made("mark", { left: per(data.mark) }));
    scale.classList.add("high");
  }
  let before = -1;
  for (const { at, word } of data.ticks) {
    const near = at - before < 0.06; // two numbers would overprint: the later one goes below
    ticks.append(made(near ? "tick lower" : "tick", { left: per(at) }, word));
    before = near ? -1 : at;
  }
  parentElement.querySelector(".scale")?.remove();
  scale.append(bar, ticks);
  if (words.length) scale.append(below);
  parentElement.append(scale);
  const wide = (word) => word.offsetWidth + SPACE > word.parentElement.clientWidth;
  new ResizeObserver(() => scale.classList.toggle("narrow", words.some(wide))).observe(scale);
}
