// The welcome page asks for its own state until the payment is confirmed, then goes where the reader left off.
const EVERY = 1500;
const TIMES = 40;

async function look(turn) {
  const link = document.querySelector("[data-poll]");
  if (!link || turn >= TIMES) return;
  const target = link.closest("[data-fragment-target]");
  try {
    const answer = await fetch(link.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
    if (answer.ok) {
      const text = await answer.text();
      if (!text.includes("data-poll")) {
        target.innerHTML = text;
        const go = target.querySelector("[data-go]");
        if (go) location.assign(go.href);
        return;
      }
    }
  } catch {
    // offline for a moment: the next turn asks again
  }
  setTimeout(() => look(turn + 1), EVERY);
}

setTimeout(() => look(0), EVERY);
