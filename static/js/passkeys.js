/* Passkeys: a form with data-passkey gets its answer from the browser and sends it.
   data-passkey: "add" makes one, "use" shows one that is known, "sign-in" asks the form's address what to show.
   data-options names the element that holds what the server wants. Without this script the button stays hidden. */
const wanted = async (form) => {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
};

const made = async (form) => {
  const options = await wanted(form);
  if (form.dataset.passkey !== "add") return window.webauthnJSON.get(options.request_options);
  const asked = options.creation_options;
  Object.assign(asked.publicKey.authenticatorSelection, {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  return window.webauthnJSON.create(asked);
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("[data-passkey-button]");
  const failed = form.querySelector("[data-passkey-failed]");
  if (!window.PublicKeyCredential || !window.webauthnJSON) continue;
  form.querySelector("[data-passkey-needs]")?.remove();
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await made(form));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
