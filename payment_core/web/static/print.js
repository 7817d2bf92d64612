// Without JavaScript the browser's own menu prints; with it, one button does.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
