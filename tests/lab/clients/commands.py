# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that are a command: one process for each server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .target import NO_VERDICT, ROOT_FILE, SECONDS, Target

Done = Any  # subprocess.CompletedProcess[str], which Python 3.9 cannot subscribe in an alias that runs


@dataclass(frozen=True)
class Command:
    """A command, and how to tell that it is content."""

    arguments: Callable[[Target], list[str]]
    is_content: Callable[[Done], bool]
    marks: tuple[str, ...] = ()  # of the lines that say why not; without any the last line does

    def judge(self, targets: list[Target]) -> list[str]:
        """Run it for each target."""
        return [self._judge(target) for target in targets]

    def _judge(self, target: Target) -> str:
        environment = {**os.environ, "GIT_SSL_CAINFO": str(ROOT_FILE), "GIT_TERMINAL_PROMPT": "0"}
        try:
            done = subprocess.run(
                self.arguments(target),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return f"{NO_VERDICT} within {SECONDS} seconds"
        return "" if self.is_content(done) else self._reason(done)

    def _reason(self, done: Done) -> str:
        lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
        telling = [line for line in lines if any(mark in line for mark in self.marks)]
        reason = (telling or lines or [""])[-1]
        return f"{reason[:200]} (exit status {done.returncode})"


def succeeded(done: Done) -> bool:
    """Tell whether a command ended with 0."""
    return bool(done.returncode == 0)


def _curl(target: Target) -> list[str]:
    return ["curl", "-sS", "--cert-status", "--cacert", str(ROOT_FILE), "-o", "/dev/null", target.url]


def _wget(target: Target) -> list[str]:
    options = ["-nv", "--no-hsts", "--tries=1", f"--timeout={SECONDS}", f"--ca-certificate={ROOT_FILE}"]
    return ["wget", *options, "-O", "/dev/null", target.url]


def _git(target: Target) -> list[str]:
    return ["git", "ls-remote", target.url + "nothing.git"]


def _gnutls(target: Target) -> list[str]:
    return ["gnutls-cli", f"--x509cafile={ROOT_FILE}", f"--port={target.port}", target.name]


CURL = Command(_curl, succeeded)
WGET = Command(_wget, succeeded, ("ERROR", "failed"))
# There is no repository: whoever is told so has shaken hands.
GIT = Command(_git, lambda done: "not found" in done.stderr)
GNUTLS = Command(_gnutls, succeeded, ("Status: The certificate is NOT",))
