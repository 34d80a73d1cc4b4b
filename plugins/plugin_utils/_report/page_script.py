# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What report.html does where scripts run: its table sorts, filters and searches, and its address says how.

Texts reach the page by textContent alone, never as markup.
"""

from __future__ import annotations

from typing import Final

SCRIPT: Final = r"""
"use strict";
(async () => {
  const find = id => document.getElementById(id);
  const status = find("count");
  if (!("DecompressionStream" in window)) {
    status.textContent = "This browser is too old to search: the table has what is not good, and no more.";
    return;
  }
  const packed = Uint8Array.from(atob(find("data").textContent), letter => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const {columns, rows, filters, severities} = await new Response(unpacked).json();
  const texts = rows.map(row => row.join("\n").toLowerCase());
  const at = name => columns.indexOf(name);
  const shownColumns = columns.filter(name => !["state", "outcome"].includes(name));
  const most = 500;
  let shown = most;
  let found = [];

  const read = () => new URLSearchParams(location.hash.slice(1));
  const write = changes => {
    const now = read();
    for (const [name, value] of Object.entries(changes)) {
      if (value) { now.set(name, value); } else { now.delete(name); }
    }
    history.replaceState(null, "", "#" + now);
    show();
  };
  const rank = (row, column) => column === at("severity") ? severities.indexOf(row[column]) : row[column];
  const compare = (one, other) => one < other ? -1 : one > other ? 1 : 0;

  function select() {
    const now = read();
    const words = (now.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = filters.map(name => [at(name), now.get(name)]).filter(([, value]) => value);
    found = [];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      const chosenRow = chosen.every(([column, value]) => row[column] === value);
      if (chosenRow && words.every(word => texts[index].includes(word))) {
        found.push(row);
      }
    }
    const sort = now.get("sort") || "severity";
    const column = at(sort.replace(/^-/, ""));
    const sign = sort.startsWith("-") ? -1 : 1;
    if (column >= 0) { found.sort((one, other) => sign * compare(rank(one, column), rank(other, column))); }
    return [now, sort];
  }

  function show() {
    const [now, sort] = select();
    const body = document.createElement("tbody");
    for (const row of found.slice(0, shown)) {
      const line = body.insertRow();
      for (const name of shownColumns) {
        const cell = line.insertCell();
        cell.textContent = row[at(name)];
        if (name === "severity") { cell.className = row[at(name)]; }
      }
    }
    find("table").tBodies[0].replaceWith(body);
    const cut = found.length > shown ? `; the first ${shown} are shown` : "";
    status.textContent = `${found.length} of ${rows.length} rows${cut}`;
    find("more").hidden = found.length <= shown;
    for (const head of document.querySelectorAll("th[data-column]")) {
      const name = head.dataset.column;
      if (sort === name) { head.setAttribute("aria-sort", "ascending"); }
      else if (sort === "-" + name) { head.setAttribute("aria-sort", "descending"); }
      else { head.removeAttribute("aria-sort"); }
    }
    find("q").value = now.get("q") || "";
    for (const name of filters) { find(name).value = now.get(name) || ""; }
    for (const tile of document.querySelectorAll(".tiles a")) {
      if (tile.hash.length > 1 && tile.hash === location.hash) { tile.setAttribute("aria-current", "true"); }
      else { tile.removeAttribute("aria-current"); }
    }
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type}));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  const guard = cell => /^\s*[=+@]|^\s*-./.test(cell) ? "'" + cell : cell;
  const quote = cell => '"' + guard(String(cell)).replaceAll('"', '""') + '"';

  for (const head of document.querySelectorAll("th[data-column]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const name = head.dataset.column;
      write({sort: head.getAttribute("aria-sort") === "ascending" ? "-" + name : name});
    });
    head.replaceChildren(button);
  }
  for (const name of filters) {
    for (const value of [...new Set(rows.map(row => row[at(name)]))].sort()) {
      find(name).add(new Option(value, value));
    }
    find(name).addEventListener("change", event => write({[name]: event.target.value}));
  }
  find("q").addEventListener("input", event => write({q: event.target.value}));
  find("more").addEventListener("click", () => { shown += 2000; show(); });
  find("reset").addEventListener("click", () => { shown = most; history.replaceState(null, "", "#"); show(); });
  find("csv").addEventListener("click", () =>
    save("filtered.csv", "text/csv", [columns, ...found].map(row => row.map(quote).join(",")).join("\n") + "\n"));
  const named = row => Object.fromEntries(columns.map((name, index) => [name, row[index]]));
  find("json").addEventListener("click", () =>
    save("filtered.json", "application/json", JSON.stringify(found.map(named))));
  for (const code of document.querySelectorAll("code[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => navigator.clipboard.writeText(code.textContent));
    code.after(" ", button);
  }
  addEventListener("hashchange", () => { shown = most; show(); });
  addEventListener("beforeprint", () => {
    for (const block of document.querySelectorAll("details")) { block.open = true; }
  });
  find("tools").hidden = false;
  show();
})();
"""
