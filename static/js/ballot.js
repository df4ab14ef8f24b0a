/* Says to those who hear the page what a press on the ballot did; the answer itself fragments.js puts in place. */
document.addEventListener("fragment", (event) => {
  const status = document.querySelector("[data-ballot-status]");
  const says = event.detail?.querySelector?.("[data-says]");
  if (status) status.textContent = says ? says.textContent : "";
});
