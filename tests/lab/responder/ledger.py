# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The behaviours that are switched on, for all and by path, and the count of every request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .behaviours import Behaviour


class Ledger:
    """Counts and behaviours that all requests share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._behaviour = Behaviour("good")
        self._scripts: dict[str, list[Behaviour]] = {}
        self._paths: Counter[str] = Counter()
        self._serials: Counter[str] = Counter()
        self._requests = 0

    @property
    def behaviour(self) -> Behaviour:
        """Return the behaviour for all paths that have none of their own."""
        with self._lock:
            return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        with self._lock:
            self._behaviour = behaviour

    def script(self, scripts: Mapping[str, list[Behaviour]]) -> None:
        """Give paths behaviours of their own: one per request, of which the last one stays."""
        with self._lock:
            self._scripts.update({path: list(behaviours) for path, behaviours in scripts.items()})

    def next_behaviour(self, path: str) -> Behaviour:
        """Return how this request for that path is to be answered."""
        with self._lock:
            script = self._scripts.get(path)
            if not script:
                return self._behaviour
            return script.pop(0) if len(script) > 1 else script[0]

    def count(self, path: str, serial_number: int | None) -> None:
        """Note a request; one that holds no question has no serial number."""
        with self._lock:
            self._requests += 1
            self._paths[path] += 1
            self._serials["none" if serial_number is None else f"{serial_number:X}"] += 1

    def reset(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests = 0
            self._paths.clear()
            self._serials.clear()

    def summary(self) -> dict[str, Any]:
        """Return all counts, and the behaviour."""
        with self._lock:
            argument = self._behaviour.argument
            behaviour = self._behaviour.name if argument is None else f"{self._behaviour.name}:{argument:g}"
            return {
                "behaviour": behaviour,
                "requests": self._requests,
                "paths": dict(self._paths),
                "serials": dict(self._serials),
            }
