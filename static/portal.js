// What htmx leaves undone after a swap: the window's title, and which field is in error.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const summary = document.getElementById("error-summary");
  if (summary) document.title = summary.dataset.title;
  const message = ctx.target;
  const field = document.getElementById(message?.id?.replace(/-message$/, ""));
  if (field && field !== message) field.setAttribute("aria-invalid", !!message.querySelector(".error"));
});
