/* Copy buttons beside a field. Without it: the field is there to be selected. */

function bind(button) {
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

const start = () => document.querySelectorAll("[data-copy][hidden]").forEach(bind) // a bound one is not hidden
document.addEventListener("fragment", start)
start()
