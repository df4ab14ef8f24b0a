/* Stands right before the first ask, as a plain script: who said "not now" never sees one painted and taken away. */
try {
  if (Number(localStorage.getItem("asked-not-before")) > Date.now()) document.documentElement.classList.add("is-left-alone");
} catch {
  // Storage is switched off: the ask stands.
}
