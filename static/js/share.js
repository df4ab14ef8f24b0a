/* [data-share]: its link copies the story's address, and a device with a sheet of its own shows it. */
for (const box of document.querySelectorAll("[data-share]")) {
  const { share: url, title } = box.dataset;
  const copy = box.querySelector("[data-share-copy]");
  const sheet = box.querySelector("[data-share-sheet]");
  copy.addEventListener("click", async (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || !navigator.clipboard) return;
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(url);
      box.querySelector("[data-share-said]").textContent = copy.dataset.copied;
    } catch {
      location.assign(url); // the browser keeps its clipboard to itself: the address bar has it
    }
  });
  if (!navigator.share) continue;
  sheet.closest("[hidden]").hidden = false;
  sheet.addEventListener("click", () => navigator.share({ url, title }).catch(() => {})); // closing the sheet is no error
}
