// A form with data-passkey has a passkey made ("create") or used ("get"), and is sent with what came of it.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const { passkey, options } = form.dataset;
  const read = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" }[passkey];
  if (!window.PublicKeyCredential?.[read]) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const publicKey = PublicKeyCredential[read](JSON.parse(options));
      const answer = await navigator.credentials[passkey]({ publicKey });
      form.elements.answer.value = JSON.stringify(answer);
      form.submit();
    } catch {
      form.querySelector(".error").hidden = false;
    }
  });
}
