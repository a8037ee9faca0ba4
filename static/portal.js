// What htmx leaves undone: titles, fields in error, no network, going back, hurrying ahead.
const by = (id) => document.getElementById(id);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const summary = by("error-summary");
  if (summary) document.title = summary.dataset.title;
  const id = ctx.target?.id;
  if (id?.endsWith("-message")) by(id.slice(0, -8))?.setAttribute("aria-invalid", !!by(id).querySelector(".error"));
});
document.addEventListener("htmx:error", ({ target }) => {
  if (target.id === "signup") by("offline").hidden = false;
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) document.querySelectorAll("button:disabled").forEach((it) => (it.disabled = false));
  setTimeout(() => {
    const country = by("country");
    if (country?.selectedOptions[0].defaultSelected === false) country.dispatchEvent(new Event("change"));
  });
});
