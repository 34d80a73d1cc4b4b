# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of a survey: from a list, or from text that people keep in files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint, parse_live_endpoint
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

COLUMNS: Final = ("address", "port", "server_name")
# What the head of a CSV may call the columns.
_NAMES: Final[Mapping[str, str]] = {
    **{name: name for name in COLUMNS},
    "host": "address",
    "hostname": "address",
    "ip": "address",
    "sni": "server_name",
    "name": "server_name",
}


def parse_endpoints(given: Any) -> list[LiveEndpoint]:
    """Return the endpoints of a list, or of the text of a file, each once and in their order.

    One that cannot be understood is a StaplingError that says where it stands.
    """
    entries = _of_text(given) if isinstance(given, str) else _of_list(given)
    found: dict[LiveEndpoint, None] = {}
    for where, entry in entries:
        try:
            found[parse_live_endpoint(entry)] = None
        except ValueError as error:
            raise StaplingError("endpoint_malformed", f"ocsp_survey_endpoints, {where}: {error}.") from error
    if not found:
        raise StaplingError("endpoint_missing", "ocsp_survey_endpoints has no endpoint, such as www.example.org:443.")
    return list(found)


def _of_list(given: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(given, Iterable) or isinstance(given, Mapping):
        message = f"ocsp_survey_endpoints is a {type(given).__name__}; it must be a list, or the text of a file."
        raise StaplingError("endpoint_malformed", message)
    for number, entry in enumerate(given, 1):
        yield f"entry {number}", dict(entry) if isinstance(entry, Mapping) else _of_cells([str(entry)])


def _of_text(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the lines `host:port`, `host:port,name` or `host,port,name`; a head may put the columns in other orders."""
    columns: list[str | None] | None = None
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        (row,) = csv.reader([line], delimiter=";" if ";" in line else ",")
        cells = [cell.strip() for cell in row]
        if columns is None:
            names = [_NAMES.get(cell.lower()) for cell in cells]
            columns = names if "address" in names else []
            if columns:
                continue
        yield f"line {number}", _of_columns(columns, cells) if columns else _of_cells(cells)


def _of_columns(columns: list[str | None], cells: list[str]) -> Any:
    entry = {name: cell for name, cell in zip(columns, cells) if name and cell}
    if set(entry) == {"address"}:
        return entry["address"]
    return entry


def _of_cells(cells: list[str]) -> Any:
    """Return what parse_live_endpoint takes for the cells of a line without a head."""
    first, *rest = cells
    if rest and rest[0].isdigit():
        return {"address": first, "port": rest[0], "server_name": rest[1] if len(rest) > 1 else None}
    first, _hash, name = first.partition("#")
    name = name or (rest[0] if rest else "")
    if not name:
        return first
    endpoint = parse_live_endpoint(first)
    return {"address": endpoint.address, "port": endpoint.port, "server_name": name}
