# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firefox without a window, one start for all servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .marionette import Marionette, MarionetteError
from .target import NO_VERDICT, ROOT_FILE, SECONDS, Target

_PORT = 2828
_START_SECONDS = 180
_PREFERENCES = {
    "marionette.port": _PORT,
    "security.ssl.disable_session_identifiers": True,  # each handshake is a whole one
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.trr.mode": 5,
    "dom.security.https_first": False,
}
# Only the page that Firefox shows instead knows the reason.
_REASON = """
try { return document.getNetErrorInfo().errorCodeString; } catch (error) {}
try { return document.getFailedCertSecurityInfo().errorCodeString; } catch (error) {}
"""


class Firefox:
    """Firefox with `security.OCSP.require`, or as it is by default."""

    def __init__(self, *, require: bool) -> None:
        self._preferences = {**_PREFERENCES, "security.OCSP.require": require}

    def judge(self, targets: list[Target]) -> list[str]:
        """Open each target's page."""
        with TemporaryDirectory(prefix="firefox-") as directory, self._running(Path(directory)) as marionette:
            return [_judge(marionette, target) for target in targets]

    @contextmanager
    def _running(self, profile: Path) -> Iterator[Marionette]:
        lines = [f"user_pref({name!r}, {str(value).lower()});\n" for name, value in self._preferences.items()]
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        trust_root(profile)
        command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        log = profile / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen([*command, "--profile", str(profile)], stdout=stream, stderr=stream)
            try:
                marionette = Marionette(_PORT, _START_SECONDS)
                marionette.call("WebDriver:NewSession", pageLoadStrategy="normal")
                marionette.call("WebDriver:SetTimeouts", pageLoad=SECONDS * 1000)
                yield marionette
                marionette.close()
            finally:
                process.terminate()
                try:
                    process.wait(timeout=SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def trust_root(database: Path) -> None:
    """Make an NSS database that trusts the root."""
    place = ["-d", f"sql:{database}"]
    subprocess.run(["certutil", "-N", *place, "--empty-password"], check=True, timeout=SECONDS)
    command = ["certutil", "-A", *place, "-n", "root", "-t", "CT,,", "-i", str(ROOT_FILE)]
    subprocess.run(command, check=True, timeout=SECONDS)


def _judge(marionette: Marionette, target: Target) -> str:
    try:
        marionette.call("WebDriver:Navigate", url=target.url)
    except MarionetteError as error:
        if str(error).startswith("timeout"):
            return f"{NO_VERDICT}: {error}"
        return _reason(marionette, str(error))
    return ""


def _reason(marionette: Marionette, message: str) -> str:
    code = marionette.call("WebDriver:ExecuteScript", script=_REASON, args=[], sandbox="system")["value"]
    return str(code or message[:200])
