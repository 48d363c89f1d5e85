// Give the focus back where the page took it: a browser takes it from a button that is disabled while work runs, and
// from whatever is drawn anew. What was pressed gets it once it can be pressed again; where it is gone, the headline.
const HEADLINES = ["h2", "h1"].map((one) => `[data-testid=stMain] ${one}`); // the result's before the page's
const FOCUSABLE = "a, button, summary, input, textarea, [tabindex]";
const QUIET = 250; // milliseconds in which nothing changed: the page is drawn

const label = (one) => one.ariaLabel || one.textContent;
const nowhere = () => document.activeElement === null || document.activeElement === document.body;
const open = (one) => one.isConnected && !one.disabled;
const seen = (one) => one.getClientRects().length > 0; // those of tabs that are not open are not
const drawn = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning";

function keepFocus() {
  if (window.prosoponKeptFocus) return;
  window.prosoponKeptFocus = true;
  let last = null, quiet = 0, looking = 0, leaving = 0;

  function note(element) {
    const key = [...(element.closest("[class*=st-key-]")?.classList ?? [])].find((one) => one.startsWith("st-key-"));
    last = { element, tag: element.tagName, label: label(element), within: key ? `.${CSS.escape(key)} ` : "" };
  }

  function found() {
    if (last.element.isConnected) return last.element;
    return [...document.querySelectorAll(last.within + last.tag)].find((one) => label(one) === last.label);
  }

  function giveBack() {
    if (!last || leaving || !nowhere()) return;
    const same = found();
    if (same && open(same)) return same.focus({ preventScroll: true });
    clearTimeout(quiet);
    quiet = setTimeout(goToHeadline, QUIET);
  }

  function goToHeadline() {
    if (!last || !nowhere() || !drawn()) return;
    const headline = HEADLINES.flatMap((one) => [...document.querySelectorAll(one)]).find(seen);
    if (!headline) return;
    headline.tabIndex = -1;
    headline.focus({ preventScroll: true });
  }

  document.addEventListener("pointerdown", () => { last = null; }, true);
  document.addEventListener("focusin", (event) => note(event.target), true);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.(FOCUSABLE);
    if (pressed) note(pressed);
  }, true);
  document.addEventListener("focusout", (event) => {
    leaving++;
    setTimeout(() => {
      leaving--;
      if (last?.element === event.target && open(event.target) && nowhere() && document.hasFocus()) {
        last = null; // left on purpose: nothing took it away
      }
      giveBack();
    });
  }, true);
  const watched = { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "data-test-script-state"] };
  new MutationObserver(() => { // later: while the focus moves on, it is nowhere for a moment
    looking ||= setTimeout(() => { looking = 0; giveBack(); });
  }).observe(document.body, watched);
}
