// Words beside the point that a pointer means.
const APART = 12, FRAME = 40; // pixels: from the point to the words; from the upper edge, below which words stand above

function newTip() {
  const made = document.createElement("div");
  made.className = "tip";
  return made;
}

function showTip(tip, inside, text, x, y) { // x, y: of the point within the element `inside`, whose width bounds the words
  tip.classList.add("there");
  tip.textContent = text;
  tip.style.left = `${Math.max(0, Math.min(x - tip.offsetWidth / 2, inside.clientWidth - tip.offsetWidth))}px`;
  tip.style.top = `${y > FRAME ? y - tip.offsetHeight - APART : y + APART + 2}px`;
}

function hideTip(tip) {
  tip.classList.remove("there");
}
