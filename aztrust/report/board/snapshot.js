// A saved board does not move: this says how old it is by the clock of the machine that shows it.
"use strict";
(() => {
  const at = Number(document.documentElement.dataset.at);
  const age = document.getElementById("age");
  function tick() {
    const seconds = Math.floor((Date.now() - at) / 1000);
    const units = [["days", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const [unit, length] = units.find(([, size]) => seconds >= 2 * size) || ["s", 1];
    const text = `${Math.floor(seconds / length)} ${unit} old by the clock of this machine`;
    age.textContent = seconds < 0 ? "; the clock of this machine is behind it" : `; ${text}`;
  }
  tick();
  setInterval(tick, 1000);
})();
