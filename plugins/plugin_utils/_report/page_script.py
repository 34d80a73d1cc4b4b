# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What report.html does where scripts run: its table sorts, filters and searches, and its address says how.

Texts reach the page by textContent alone, never as markup.
"""

from __future__ import annotations

from typing import Final

_DATA: Final = r"""
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
  const {rows, columns, filters, severities, shown: usual} = await new Response(unpacked).json();
  const names = Object.keys(columns);
  const titles = new Map([...document.querySelectorAll("#chooser input")].map(
    box => [box.value, box.parentElement.textContent.trim()]));
  const code = (name, row) => columns[name].codes ? columns[name].codes[row] : row;
  const cell = (name, row) => columns[name].values[code(name, row)];
  const most = 200;
  const onPaper = 2000;
  let limit = most;
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
  const chosenColumns = now => {
    const asked = (now.get("columns") || "").split(",").filter(name => names.includes(name));
    return asked.length ? asked : usual;
  };

  const compare = (one, other) => one < other ? -1 : one > other ? 1 : 0;
  const orders = {};
  // Where each value of a column comes when it is sorted: ranks are compared faster than texts.
  function order(name) {
    if (!orders[name]) {
      const values = columns[name].values;
      const rank = name === "severity" ? value => severities.indexOf(value) : value => value;
      const ranks = values.map(rank);
      const sorted = values.map((value, index) => index).sort((one, other) => compare(ranks[one], ranks[other]));
      orders[name] = new Uint32Array(values.length);
      sorted.forEach((index, place) => { orders[name][index] = place; });
    }
    return orders[name];
  }
  // Rows by the rank of their value, those of one value in their former order. Counted and not compared: 100,000 rows
  // take a few milliseconds.
  function arrange(list, name, down) {
    const places = order(name);
    const last = places.length - 1;
    const place = row => down ? last - places[code(name, row)] : places[code(name, row)];
    const starts = new Uint32Array(places.length + 1);
    for (const row of list) { starts[place(row) + 1]++; }
    for (let index = 0; index < last; index++) { starts[index + 1] += starts[index]; }
    const sorted = new Array(list.length);
    for (const row of list) { sorted[starts[place(row)]++] = row; }
    return sorted;
  }
  const lower = {};
  // Which rows have the word in any of their cells; each value is looked at once.
  function rowsWith(word) {
    const has = new Uint8Array(rows);
    for (const name of names) {
      lower[name] ??= columns[name].values.map(value => value.toLowerCase());
      const hits = lower[name].map(value => value.includes(word));
      if (hits.includes(true)) {
        const codes = columns[name].codes;
        for (let row = 0; row < rows; row++) { if (hits[codes ? codes[row] : row]) { has[row] = 1; } }
      }
    }
    return has;
  }
"""

_TABLE: Final = r"""
  function select(now) {
    const words = (now.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean).map(rowsWith);
    const set = filters.filter(name => now.get(name));
    const chosen = set.map(name => [name, columns[name].values.indexOf(now.get(name))]);
    found = [];
    for (let row = 0; row < rows; row++) {
      if (chosen.every(([name, value]) => code(name, row) === value) && words.every(has => has[row])) {
        found.push(row);
      }
    }
    const sort = now.get("sort") || "severity";
    const name = sort.replace(/^-/, "");
    if (names.includes(name)) {
      found = arrange(found, name, sort.startsWith("-"));
    }
    return sort;
  }

  function head(shown, sort) {
    const line = document.createElement("tr");
    for (const name of shown) {
      const column = document.createElement("th");
      column.scope = "col";
      column.dataset.column = name;
      if (sort === name) { column.setAttribute("aria-sort", "ascending"); }
      if (sort === "-" + name) { column.setAttribute("aria-sort", "descending"); }
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = titles.get(name);
      button.addEventListener("click", () => {
        write({sort: sort === name ? "-" + name : name});
        document.querySelector(`th[data-column="${name}"] button`).focus();
      });
      column.append(button);
      line.append(column);
    }
    find("table").tHead.replaceChildren(line);
  }

  function body(shown) {
    const made = document.createElement("tbody");
    for (const row of found.slice(0, limit)) {
      const line = made.insertRow();
      for (const name of shown) {
        const place = line.insertCell();
        place.textContent = cell(name, row);
        if (name === "severity") { place.className = cell(name, row); }
      }
    }
    find("table").tBodies[0].replaceWith(made);
  }

  function show() {
    const now = read();
    const shown = chosenColumns(now);
    const sort = select(now);
    head(shown, sort);
    body(shown);
    const cut = found.length > limit ? `; the first ${limit} are shown` : "";
    status.textContent = `${found.length} of ${rows} rows${cut}`;
    find("more").hidden = found.length <= limit;
    find("q").value = now.get("q") || "";
    for (const name of filters) { find(name).value = now.get(name) || ""; }
    for (const box of document.querySelectorAll("#chooser input")) { box.checked = shown.includes(box.value); }
    for (const link of document.querySelectorAll(".tiles a, figure a")) {
      if (link.hash.length > 1 && link.hash === location.hash) { link.setAttribute("aria-current", "true"); }
      else { link.removeAttribute("aria-current"); }
    }
  }
"""

_CONTROLS: Final = r"""
  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type}));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  const guard = text => /^\s*[=+@]|^\s*-./.test(text) ? "'" + text : text;
  const quote = text => '"' + guard(String(text)).replaceAll('"', '""') + '"';
  const cells = row => names.map(name => cell(name, row));
  const named = row => Object.fromEntries(names.map(name => [name, cell(name, row)]));

  for (const name of filters) {
    for (const value of [...columns[name].values].sort()) { find(name).add(new Option(value, value)); }
    find(name).addEventListener("change", event => write({[name]: event.target.value}));
  }
  find("chooser").addEventListener("change", () => {
    const boxes = [...document.querySelectorAll("#chooser input:checked")];
    write({columns: boxes.map(box => box.value).join(",")});
  });
  find("q").addEventListener("input", event => write({q: event.target.value}));
  find("more").addEventListener("click", () => { limit += 2000; show(); });
  find("reset").addEventListener("click", () => { limit = most; history.replaceState(null, "", "#"); show(); });
  find("csv").addEventListener("click", () => {
    const lines = [names, ...found.map(cells)].map(row => row.map(quote).join(",") + "\n");
    save("filtered.csv", "text/csv", lines.join(""));
  });
  find("json").addEventListener("click", () =>
    save("filtered.json", "application/json", JSON.stringify(found.map(named))));
  find("print").addEventListener("click", () => print());
  find("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  });
  for (const source of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = source.dataset.copy || "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        // Pages that did not come over https:// have no clipboard: what is to be copied is marked.
        getSelection().selectAllChildren(source);
      }
    });
    source.after(" ", button);
  }
  addEventListener("hashchange", () => { limit = most; show(); });
  addEventListener("beforeprint", () => {
    for (const block of document.querySelectorAll("details")) { block.open = true; }
    if (limit < onPaper) { limit = onPaper; show(); }
  });
  find("tools").hidden = false;
  show();
})();
"""

SCRIPT: Final = _DATA + _TABLE + _CONTROLS
