# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How report.html looks: light and dark, on a narrow screen and on paper."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = """--back: #fff; --card: #f3f5f7; --text: #1b1f24; --soft: #57606a; --line: #c8ced5; --link: #0a55b0;
  --critical: #b3001e; --high: #a83a00; --medium: #7a5600; --low: #205c8a; --info: #57606a; --good: #12662f;"""
_DARK: Final = """--back: #14171b; --card: #1f242a; --text: #e8ecf0; --soft: #a6b0bb; --line: #3d4650; --link: #7db4ff;
  --critical: #ff8593; --high: #ffa570; --medium: #f0c85a; --low: #8cc6f5; --info: #a6b0bb; --good: #76d995;"""

# The reader's choice (data-theme) goes before that of the system, and paper before both.
_COLOURS: Final = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
:root[data-theme=light] {{ color-scheme: light; {_LIGHT} }}
:root[data-theme=dark] {{ color-scheme: dark; {_DARK} }}
"""
_LAYOUT: Final = """* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { margin: .5rem 0 0; font-size: 1.1rem; color: var(--soft); }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.3rem; }
.verdict { margin: .25rem 0; font-size: 1.6rem; line-height: 1.25; font-weight: 650; }
.soft { color: var(--soft); }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
.tiles a { display: block; min-width: 7.5rem; padding: .5rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: var(--text); text-decoration: none; }
.tiles a:hover, .tiles a:focus, .tiles a[aria-current] { border-color: var(--link); outline: 2px solid var(--link); }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.low { color: var(--low); } .info { color: var(--info); } .good { color: var(--good); }
details { margin: .5rem 0; padding: .5rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
summary { cursor: pointer; font-weight: 600; }
code { padding: .1rem .3rem; border-radius: .25rem; background: var(--back); overflow-wrap: anywhere; }
.tools { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .75rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
figcaption { font-weight: 600; }
figure ul { margin: .4rem 0 0; padding: 0; list-style: none; }
figure a { display: block; padding: .15rem 0; color: var(--text); text-decoration: none; }
figure a:hover, figure a:focus { color: var(--link); text-decoration: underline; }
figure span { display: flex; justify-content: space-between; gap: 1rem; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: .6rem; fill: currentColor; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
tr:target { outline: 2px solid var(--link); }
fieldset { display: flex; flex-wrap: wrap; gap: .2rem .9rem; width: 100%; padding: .4rem .7rem;
  border: 1px solid var(--line); border-radius: .35rem; font-size: .85rem; color: var(--soft); }
.tools fieldset label { display: block; }
.tools label { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 100%;
  font-size: .85rem; color: var(--soft); }
input, select, button { max-width: 100%; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: .35rem;
  background: var(--back); color: var(--text); font: inherit; }
.wide { overflow-x: auto; }
table { width: 100%; overflow-wrap: normal; border-collapse: collapse; font-size: .9rem; }
caption { padding: .25rem 0; text-align: left; color: var(--soft); }
th, td { max-width: 30rem; padding: .3rem .7rem .3rem 0; overflow-wrap: break-word;
  border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th button { padding: 0; border: 0; background: none; font-weight: 650; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 1.5rem; }
[hidden] { display: none; }
@media print {
  .tools, .skip, pre + button, code + button, #more { display: none; }
  details, tr { break-inside: avoid; } thead { display: table-header-group; }
  body { max-width: none; padding: 0; font-size: .8rem; } }
"""
_PAPER: Final = f"@media print {{ :root:root:root {{ color-scheme: light; {_LIGHT} --card: #fff; }} }}\n"

STYLE: Final = _COLOURS + _LAYOUT + _PAPER
