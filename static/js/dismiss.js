/* "Not now": [data-dismiss], or Escape, inside a [data-dismissible] puts every ask away for 90 days, with one key. */
const KEY = "asked-not-before";
const DAYS = 90;
const DAY = 86_400_000;
const ASK = "[data-dismissible]";

function putAway(box) {
  const after = [...document.querySelectorAll(`.story-after > :not(${ASK}, script)`)];
  const next = after.find((part) => box.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING) || after.at(-1);
  try {
    localStorage.setItem(KEY, String(Date.now() + DAYS * DAY));
  } catch {
    // Storage is switched off: it comes back with the next page.
  }
  document.documentElement.classList.add("is-left-alone");
  const place = next || document.getElementById("main");
  if (!place) return;
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-dismiss]")?.closest(ASK);
  if (box) putAway(box);
});

document.addEventListener("keydown", (event) => {
  const box = event.key === "Escape" && !event.defaultPrevented && event.target.closest(ASK);
  if (box) putAway(box);
});
