// What the checklist names is one press away: its field, or the editor that stands for it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-goes-to]");
  const field = link && document.getElementById(`id_${link.dataset.goesTo}`);
  if (!field) return;
  const editor = field.hidden ? field.closest(".sheet-field")?.querySelector("[contenteditable]") : null;
  event.preventDefault();
  (editor ?? field).focus();
  (editor ?? field).scrollIntoView({ block: "center" });
});
