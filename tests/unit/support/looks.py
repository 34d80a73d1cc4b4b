# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks of the monitor, for tests of what is made of them."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import Answer, Look, Problem, Staple

NOW = 1_800_000_000.0
DAY = 86400.0


def staple(name: str = "shop.example.org", **more: t.Any) -> Staple:
    """Return a good staple of seven days, one of which is over."""
    given: dict[str, t.Any] = {
        "server_name": name,
        "port": 443,
        "key_type": "rsa",
        "acceptable": True,
        "present": True,
        "required": False,
        "this_update": NOW - DAY,
        "next_update": NOW + 6 * DAY,
        "problem": None,
        "message": None,
        "hint": None,
    }
    return Staple(**{**given, **more})


def missing(name: str = "bank.example.org", **more: t.Any) -> Staple:
    """Return a staple that is not there."""
    given: dict[str, t.Any] = {
        "acceptable": False,
        "present": False,
        "this_update": None,
        "next_update": None,
        "problem": "no_staple",
        "message": "no_staple: The server sent no OCSP response.",
        "hint": "Look at the log.",
    }
    return staple(name, **{**given, **more})


def seen(*staples: Staple, **more: t.Any) -> Look:
    """Return a look with these staples."""
    given: dict[str, t.Any] = {
        "httpd": "apache2",
        "engine": "mod_ssl",
        "running": True,
        "moment": NOW,
        "duration": 1.7,
        "staples": staples,
        "vhosts": (("leave", "no_ocsp_uri", 1), ("staple", "ok", len(staples))),
        "answers": (Answer("ocsp.example.org:80", True, 0.041, None),),
    }
    return Look(**{**given, **more})


def problem(code: str) -> Problem:
    """Return a problem of the configuration."""
    return Problem(code, f"The sentence of {code}.")
