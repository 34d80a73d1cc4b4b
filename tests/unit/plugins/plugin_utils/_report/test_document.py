# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ansible_collections.stapling.httpd.plugins.plugin_utils._report import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.benchmark import STATUSES
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import to_line
from ansible_collections.stapling.httpd.tests.unit.support import reports

SCHEMA = json.loads((Path(__file__).parents[5] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


def keys_of(value, path=""):
    """Yield the path of every key of every object, with * for the names of hosts."""
    if isinstance(value, dict):
        for key, part in value.items():
            here = f"{path}.{'*' if path == '.hosts' else key}"
            yield here
            yield from keys_of(part, here)
    elif isinstance(value, list):
        for part in value:
            yield from keys_of(part, f"{path}[]")


def errors(schema: dict, value: object) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def test_the_report_fits_its_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors(SCHEMA, json.loads(json.dumps(reports.fleet()))) == []
    assert errors(SCHEMA, reports.document()) == []


def test_a_line_fits_its_schema() -> None:
    schema = {"$ref": "#/$defs/line", "$defs": SCHEMA["$defs"]}
    document = reports.document()
    for entry in (reports.entry("web1", reports.vhost("a.example", reports.handshake())), reports.lost("b", "failed")):
        assert errors(schema, to_line(entry, document["run"])) == []


# What the plan, the responders and httpd say in their own words has no schema.
FREE = re.compile(
    r"[.]\*$|[.](cache|log|warnings|responder_checks)\b.*[.]|[.]endpoints.*[.](vhosts|addresses|needed_by)$"
)
FIXED = sorted(path for path in set(keys_of(reports.fleet())) if not FREE.search(path))


@pytest.mark.parametrize("path", FIXED)
def test_the_schema_misses_every_key_that_is_not_there(path: str) -> None:
    broken = copy.deepcopy(reports.fleet())
    *parents, last = path.strip(".").split(".")
    places = [broken]
    for name in parents:
        places = [part for place in places for part in parts(place, name)]
    for place in places:
        place.pop(last)
    assert errors(SCHEMA, broken)


def parts(place: dict, name: str) -> list:
    if name == "*":
        return list(place.values())
    found = place[name.removesuffix("[]")]
    return found if name.endswith("[]") else [found]


def test_the_enums_of_the_schema_are_the_words() -> None:
    definitions = SCHEMA["$defs"]
    assert definitions["host_of_line"]["properties"]["state"]["enum"] == list(words.STATES)
    assert definitions["finding"]["properties"]["severity"]["enum"] == list(words.SEVERITIES)
    assert definitions["host"]["properties"]["cis"]["properties"]["status"]["enum"] == list(STATUSES)


def test_totals_count_what_is_there() -> None:
    document = reports.fleet()
    assert document["totals"]["hosts"] == {
        "total": 9,
        "enabled": 2,
        "disabled": 1,
        "nothing_to_do": 1,
        "refused": 1,
        "rolled_back": 1,
        "failed": 1,
        "unreachable": 1,
        "not_reached": 1,
    }
    assert document["totals"]["virtual_hosts"] == {
        "total": 8,
        "stapled": 4,
        "acceptable": 1,
        "not_acceptable": 4,
        "not_confirmed": 2,
        "left": 1,
    }
    assert document["totals"]["must_staple"]["not_acceptable"] == 1


def test_the_totals_count_the_hosts_by_the_benchmark() -> None:
    document = reports.fleet()
    counted = {"total": 9, "pass": 1, "fail": 2, "not_applicable": 1, "unknown": 5}
    assert document["totals"]["cis"] == counted
    assert document["hosts"]["web1"]["cis"]["status"] == "pass"


def test_time_left_is_counted_from_the_moment_of_the_report() -> None:
    vhost = reports.fleet()["hosts"]["web1"]["vhosts"][0]
    assert (vhost["next_update"], vhost["seconds_left"]) == ("2026-11-28T12:00:00Z", 12 * 3600)
