// Sorts and filters the table of images, and opens what is folded before it is printed. The page says the same without.
"use strict";
document.documentElement.classList.add("scripted");
const table = document.querySelector(".services");
if (table) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.querySelectorAll("th"));
  const value = (row, at) => row.cells[at].dataset.sort ?? row.cells[at].textContent;
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  heads.forEach((head, at) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((it) => it.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort((a, b) => compare(value(a, at), value(b, at)) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
  const text = document.getElementById("filter");
  const transform = document.getElementById("transform");
  const shown = document.getElementById("shown");
  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const said = row.textContent.toLowerCase();
      const fits = words.every((it) => said.includes(it)) &&
        (!transform.value || row.dataset.transforms.split(" ").includes(transform.value));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === rows.length ? "" : `${count} of ${rows.length}`;
  };
  text.addEventListener("input", filter);
  transform.addEventListener("input", filter);
}
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.closest("details");
  if (folded) folded.open = true;
};
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
