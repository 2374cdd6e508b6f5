function govsimDark() {
  const saved = localStorage.getItem("govsim-dark");
  return saved === null ? matchMedia("(prefers-color-scheme: dark)").matches : saved === "1";
}
function govsimShow(dark) {
  document.documentElement.classList.toggle("is-dark", dark);
  if (window.setDark) setDark(dark);
}
govsimShow(govsimDark());
function govsimToggle() {
  const dark = !govsimDark();
  localStorage.setItem("govsim-dark", dark ? "1" : "0");
  govsimShow(dark);
}
document.addEventListener("DOMContentLoaded", () => govsimShow(govsimDark()));

// NiceGUI makes the cells of a table anew whenever anything on the page changes: who was on one stays on it.
let govsimCell = null;
document.addEventListener("focusin", ({ target }) => {
  if (!target.closest("main")) return;  // what lies above the page leads back to it
  const cell = target.closest(".q-table td, .q-table th");
  const row = cell?.parentElement.rowIndex;
  govsimCell = cell && { target, row, place: cell.cellIndex, table: cell.closest("table") };
});
document.addEventListener("pointerdown", () => { govsimCell = null; });
new MutationObserver(() => {
  if (!govsimCell || govsimCell.target.isConnected || document.activeElement !== document.body) return;
  const cell = govsimCell.table.rows[govsimCell.row]?.cells[govsimCell.place];
  cell?.querySelector("a, button")?.focus({ preventScroll: true });
}).observe(document, { childList: true, subtree: true });

// Browsers offer the clipboard to secure pages only; elsewhere a selected text can still be copied.
async function govsimCopy(path) {
  const link = new URL(path, location.href).href;
  if (navigator.clipboard) return navigator.clipboard.writeText(link).then(() => true, () => false);
  const field = document.createElement("textarea");
  field.value = link;
  (document.querySelector(".q-dialog .sheet") || document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
