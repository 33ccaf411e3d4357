// Runs before the first paint, as a file because the content security policy allows no inline script: a reload never flashes.
(function () {
  var choice = "system";
  try {
    choice = localStorage.getItem("headgate:theme") || "system";
  } catch {
    // Storage is blocked: follow the system.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
