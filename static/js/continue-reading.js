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
      document.querySelectorAll(".prose.is-cut").forEach((opening) => opening.classList.remove("is-cut"));
      if (location.hash === "#continue") arrived.scrollIntoView();
    }
  } catch {
    // No connection: the form on the page still works.
  }
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
