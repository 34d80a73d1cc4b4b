# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What became of the handshakes of steady.py in each phase: `judge.py HANDSHAKES PHASES`.

PHASES is a JSON list of {name, by, begin, end}. Prints a JSON list with an entry per phase and host: handshakes,
stapled, failures by their kind, and the gap: the seconds from the last handshake that went well before the first
failure to the first one after the last failure.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any


def gap(handshakes: list[dict[str, Any]]) -> float:
    bad = [item for item in handshakes if item["end"] != "ok"]
    if not bad:
        return 0.0
    first, last = min(item["begin"] for item in bad), max(item["begin"] for item in bad)
    good = [item for item in handshakes if item["end"] == "ok"]
    before = max((item["begin"] for item in good if item["begin"] < first), default=first)
    after = min((item["begin"] + item["seconds"] for item in good if item["begin"] > last), default=float("inf"))
    return round(after - before, 3)


def judge(handshakes: list[dict[str, Any]], phase: dict[str, Any]) -> dict[str, Any]:
    return {
        "phase": phase["name"],
        "by": phase["by"],
        "handshakes": len(handshakes),
        "asking": sum(item["asking"] for item in handshakes),
        "stapled": sum(item["stapled"] for item in handshakes),
        "failures": dict(Counter(item["end"].partition(":")[0] for item in handshakes if item["end"] != "ok")),
        "examples": sorted({item["end"] for item in handshakes if item["end"] != "ok"})[:5],
        "gap": gap(handshakes),
        "slowest": round(max((item["seconds"] for item in handshakes), default=0.0), 3),
    }


def main() -> None:
    handshakes = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    verdicts = []
    for phase in json.loads(sys.argv[2]):
        for host in sorted({item["host"] for item in handshakes}):
            within = [
                item for item in handshakes if item["host"] == host and phase["begin"] <= item["begin"] < phase["end"]
            ]
            verdicts.append({"host": host, **judge(within, phase)})
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main()
