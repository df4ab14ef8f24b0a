/* Asks for this reader's own rest of a gated story once the page is really seen: the same form, the same
   address. Never while prerendering; without an answer the page stays as it was sent. */
import { fetchFragment, replace } from "./fragments.js";

async function goOn(wall) {
  const method = wall.dataset.continue === "post" ? "POST" : "GET";
  try {
    const { ok, html } = await fetchFragment(wall.dataset.address, { method });
    if (!ok) return;
    const arrived = replace(wall, html);
    if (arrived?.classList.contains("prose")) {
      endWithNotes(arrived);
      ask(arrived.parentElement.querySelector(":scope > .appeal"));
      document.querySelectorAll(".prose.is-cut").forEach((opening) => opening.classList.remove("is-cut"));
      if (location.hash === "#continue") arrived.scrollIntoView();
    }
  } catch {
    // No connection: the form on the page still works.
  }
}

/* With the wall gone the page may ask: as it was sent, or in the words that came for this reader. */
function ask(own) {
  const standing = document.querySelector(".story-after > .appeal");
  if (own && standing) standing.replaceWith(own);
  else if (standing) standing.hidden = false;
}

/* The opening's notes stood at its end; now that the text goes on they stand at the end of all of it. */
function endWithNotes(rest) {
  const notes = document.querySelector(".prose > .footnotes");
  if (!notes || rest.contains(notes)) return;
  const own = rest.querySelector(".footnotes");
  if (own) own.before(notes);
  else rest.append(notes);
}

function whenSeen(act) {
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", () => whenSeen(act), { once: true });
  } else if (document.visibilityState !== "visible") {
    document.addEventListener("visibilitychange", () => whenSeen(act), { once: true });
  } else {
    act();
  }
}

const wall = document.querySelector("[data-continue]");
if (wall) whenSeen(() => goOn(wall));
