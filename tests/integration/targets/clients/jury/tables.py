# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two tables, and what must hold in each line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .fleet import Odd

Table = tuple[list[str], int]  # its lines, and how many of them are not as they must be
_CELLS = {True: "ok", False: "NO"}
_NO_VERDICT = "no verdict"  # how the lab's reason begins where a client has not judged


def kinds_table(kinds: dict[str, dict[str, Any]], found: list[dict[str, Any]]) -> Table:
    """Show who is content with what the role has enabled: everybody but those of whom the run has to warn."""
    rows, reasons, wrong = [], [], 0
    for entry in found:
        verdicts = entry["verdicts"]
        rows.append([entry["host"], entry["name"], *(_cell(entry, client) for client in verdicts)])
        reasons += [f"{entry['name']}: {client}: {reason}" for client, reason in verdicts.items() if reason]
        known = kinds.get(entry["name"].partition(".")[0], {}).get("refuse", [])
        wrong += sorted(known) != sorted(client for client, reason in verdicts.items() if reason)
    headline = ["HOST", "NAME", *(found[0]["verdicts"] if found else [])]
    return [*_lines([headline, *rows]), *reasons, f"{len(found)} names after a green run", ""], wrong


def odd_table(odd: list[Odd], module: dict[str, dict[str, Any]], found: list[dict[str, Any]]) -> Table:
    """Show who refuses which answer, and what the module says of it."""
    judged = {entry["name"]: entry for entry in found}
    clients = list(found[0]["verdicts"]) if found else []
    rows, wrong = [], 0
    for answer in odd:
        result, reasons = module[answer.name], judged[answer.name]["verdicts"]
        complaints = _complaints(answer, result, {client for client, reason in reasons.items() if reason})
        complaints += [f"{client}: {reason}" for client, reason in reasons.items() if reason.startswith(_NO_VERDICT)]
        wrong += bool(complaints)
        cells = [_cell(judged[answer.name], client) for client in clients]
        rows.append([answer.label, answer.engine, result["problem"] or "ok", *cells, "; ".join(complaints)])
    headline = ["ANSWER", "ENGINE", "THE MODULE", *clients, ""]
    return [*_lines([headline, *rows]), f"{len(odd)} answers stapled by hand", ""], wrong


def watch_table(found: list[dict[str, Any]], seconds: float) -> Table:
    """Show what became of responses that live for two minutes only."""
    lines = [
        f"{entry['name']}: {client}: {reason or f'content for {seconds:.0f} s'}"
        for entry in found
        for client, reason in entry["verdicts"].items()
    ]
    return [*lines, ""], sum(bool(reason) for entry in found for reason in entry["verdicts"].values())


def _cell(entry: dict[str, Any], client: str) -> str:
    """Return what a client says, and the release of Debian if only that of one of them says so."""
    release = entry["only"].get(client)
    return _CELLS[not entry["verdicts"][client]] + (f" {release}" if release else "")


def _complaints(answer: Odd, result: dict[str, Any], refuse: set[str]) -> list[str]:
    if not result["stapled"]:
        return ["nothing is stapled, so there is nothing to judge"]
    wrong = [f"{client} is known to refuse it" for client in answer.refuse if client not in refuse]
    serious = refuse - {"go"}
    if serious and result["acceptable"]:
        wrong.append("acceptable to the module alone")
    if not serious and not result["acceptable"]:
        wrong.append("refused by the module alone")
    if refuse == {"go"} and "go_refuses" not in str(result.get("warnings")):
        wrong.append("the module does not warn of Go")
    return wrong


def _lines(rows: Iterable[list[str]]) -> list[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
