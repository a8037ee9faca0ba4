// What htmx leaves undone: the window's title, which field is in error, no network, and the way back.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const summary = document.getElementById("error-summary");
  if (summary) document.title = summary.dataset.title;
  const message = ctx.target;
  if (!message?.id.endsWith("-message")) return;
  const field = document.getElementById(message.id.replace("-message", ""));
  field?.setAttribute("aria-invalid", !!message.querySelector(".error"));
});
document.addEventListener("htmx:error", ({ target }) => {
  if (target.id === "signup") document.getElementById("offline").hidden = false;
});
addEventListener("pageshow", ({ persisted }) => {
  // A country chosen before htmx listened, or put back by the browser, brings its fields too.
  setTimeout(() => {
    const country = document.getElementById("country");
    if (country && !country.selectedOptions[0]?.defaultSelected) country.dispatchEvent(new Event("change"));
  });
  // A page that comes back as it was left would keep its button disabled.
  if (persisted) document.querySelectorAll("button:disabled").forEach((it) => (it.disabled = false));
});
