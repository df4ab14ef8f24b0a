/* A box with data-dismissible goes away when its [data-dismiss] is pressed, and stays away for data-days. */
const KEY = "dismissed-";
const DAY = 86_400_000;

for (const box of document.querySelectorAll("[data-dismissible]")) {
  const name = KEY + box.dataset.dismissible;
  if (Number(read(name)) > Date.now()) {
    box.remove();
    continue;
  }
  box.querySelector("[data-dismiss]")?.addEventListener("click", (event) => {
    event.preventDefault();
    write(name, String(Date.now() + Number(box.dataset.days) * DAY));
    box.remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  });
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is switched off
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // As above: it comes back with the next page.
  }
}
