/* One read: the story was seen for five seconds and no wall stood before it. No cookie goes along. */
const { reads } = document.querySelector("[data-reads]").dataset;
let left = 5;
const clock = setInterval(() => {
  if (document.hidden || document.querySelector(".wall") || --left) return;
  clearInterval(clock);
  fetch("/reads/", { method: "POST", body: new URLSearchParams({ story: reads }), credentials: "omit", keepalive: true }).catch(() => {});
}, 1000);
