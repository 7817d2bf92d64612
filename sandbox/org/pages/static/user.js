// Switches the page to the user that was chosen.
const form = document.querySelector("[data-switch-user]");
form?.addEventListener("change", () => form.submit());
