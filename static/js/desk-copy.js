/* Copy buttons beside a field. Without it: the field is there to be selected. */

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy)
  const label = button.textContent
  button.hidden = false
  button.addEventListener("click", async () => {
    field.select()
    try {
      await navigator.clipboard.writeText(field.value)
    } catch {
      return // not allowed here: the text is selected, Ctrl+C takes it
    }
    button.textContent = button.dataset.copied
    setTimeout(() => (button.textContent = label), 2000)
  })
  field.addEventListener("focus", () => field.select())
}
