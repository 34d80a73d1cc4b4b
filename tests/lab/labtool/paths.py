# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are, and the names that two checkouts on one machine must not share."""

from __future__ import annotations

import hashlib
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
CHECKOUT = LAB.parent.parent
STATE = CHECKOUT / ".lab"
IMAGES = LAB / "images"
HOSTS = LAB / "hosts"
COMPILED = STATE / ".compiled"  # shared by all hosts, see hosts/lab_compiled.py
LAB_ID = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:6]


def state_directory(fleet: str) -> Path:
    """Return the directory in which the lab keeps what it knows of a fleet."""
    return STATE / fleet


def object_name(fleet: str, host: str | None = None) -> str:
    """Return the name of a host's container, or of a fleet's network."""
    return "-".join(part for part in ("lab", LAB_ID, fleet, host) if part)


def agent_directory(fleet: str, host: str) -> Path:
    """Return the directory of this machine in which a host's agent has its socket (see agent/agent.py)."""
    return state_directory(fleet) / "agents" / host
