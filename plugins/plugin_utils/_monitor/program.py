# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role ocsp_monitor leaves on a host: a program that looks at the staples of its httpd. It needs no Ansible there.

It runs as C(python3 monitor.pyz) with the settings beside it. Everything that it writes, it writes with C(--record).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
import typing as t
from dataclasses import replace

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError, describe_unforeseen
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor import levels, output
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.look import look, shake_hands
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.metrics import render
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.settings import Settings, read_settings
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.state import (
    State,
    changes,
    only_one,
    read_state,
    write_state,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.textfile import (
    find_directory,
    remove,
    write_whole,
)

# Looks that may fail before the last one is no longer believed, and at least this many seconds.
MISSED = 3
LEAST_AGE = 900.0


def main(arguments: t.Sequence[str], *, version: str = "unknown") -> int:
    """Do what the arguments say, and return the exit code of a monitoring plugin: 0 to 3."""
    try:
        given = _parser().parse_args(list(arguments))
        settings = read_settings(given.settings)
        if given.forget:
            return _forget(settings)
        if given.warm:
            _warm(settings)
        monitor = _Monitor(settings, version)
        return monitor.record(given.format) if given.record else monitor.show(given.format, last=given.last)
    except StaplingError as error:
        sys.stderr.write(f"OCSP STAPLING UNKNOWN: {error.code}: {error.message}\n")
        return levels.UNKNOWN


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="ocsp-stapling-monitor", description="Look at what the httpd of this host staples.")
    parser.add_argument("--settings", default=_beside("monitor.json"), help="file with the settings (%(default)s)")
    parser.add_argument(
        "--format", choices=["text", "json", "prometheus", "nagios"], help="how to print what was seen (text)"
    )
    parser.add_argument("--last", action="store_true", help="print what the last recorded look has seen; needs no root")
    parser.add_argument("--record", action="store_true", help="write the metrics, and print only what has changed")
    parser.add_argument(
        "--warm", action="store_true", help="first shake hands with every virtual host of the last recorded look"
    )
    parser.add_argument("--forget", action="store_true", help="remove the metrics and what was recorded")
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose exit code for wrong arguments is the one of a monitoring plugin that knows nothing."""

    def error(self, message: str) -> t.NoReturn:
        """Print what is wrong and how it is right, and end."""
        self.print_usage(sys.stderr)
        self.exit(levels.UNKNOWN, f"{message}\n")


def _beside(name: str) -> str:
    """Return the path of a file in the directory that holds this program."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), name)


def _warm(settings: Settings) -> None:
    """Have httpd fetch what its reload has lost, before the first client waits for it."""
    seen = read_state(settings.state_dir).seen
    if seen is not None and seen.targets:
        shake_hands(seen.targets, settings)


def _looked(settings: Settings, before: State) -> State:
    """Look, and return the new state; where the look fails, what was seen before stays."""
    try:
        seen = look(settings)
    except StaplingError as error:
        return State(before.seen, time.time(), f"{error.code}: {error.message}")
    except Exception as error:  # noqa: BLE001
        # Whatever nobody foresaw must not leave the metrics as if all were well.
        return State(before.seen, time.time(), f"look_failed: {describe_unforeseen(error)}")
    return State(seen, seen.moment)


class _Monitor:
    """The monitor of one httpd, by its settings and the version of the collection."""

    def __init__(self, settings: Settings, version: str) -> None:
        self.settings = settings
        self.version = version

    def show(self, chosen: str | None, *, last: bool) -> int:
        """Print what is seen now, or what the last recorded look has seen, and return its level."""
        state = read_state(self.settings.state_dir) if last else _looked(self.settings, State())
        return self._print(state, chosen or "text")

    def _print(self, state: State, chosen: str) -> int:
        now = time.time()
        stale_after = max(LEAST_AGE, MISSED * float(self.settings.interval))
        if chosen == "prometheus":
            sys.stdout.write(self._metrics(state))
        else:
            show = {"nagios": output.nagios, "json": output.as_json, "text": output.text}[chosen]
            sys.stdout.write(show(state, now=now, stale_after=stale_after) + "\n")
        return output.level_of(state, now=now, stale_after=stale_after)[0]

    def record(self, chosen: str | None) -> int:
        """Look, write the metrics and the state, and tell what has changed; 3 if one of these went wrong."""
        with only_one(self.settings.state_dir):
            before = read_state(self.settings.state_dir)
            state = _looked(self.settings, before)
            state = self._with_metrics(state, before.metrics_file)
            write_state(self.settings.state_dir, state)
        if chosen is not None:
            return self._print(state, chosen)
        for line in changes(before, state, now=time.time()):
            sys.stdout.write(f"{' '.join(line.split())}\n")
        return levels.UNKNOWN if state.failure or state.complaint else levels.OK

    def _with_metrics(self, state: State, earlier: str | None) -> State:
        """Write the metrics, remove those that nobody reads any more, and return the state with what came of it.

        Before the first look that comes to its end there is nothing to write; without an exporter, nobody reads it.
        """
        directory = self.settings.textfile_dir or find_directory()
        path = os.path.join(directory, self.settings.metrics_file) if directory is not None else None
        text = self._metrics(state)
        try:
            if path is not None and text:
                write_whole(path, text)
            if earlier is not None and earlier != path:
                remove(earlier)
        except StaplingError as error:
            return replace(state, complaint=error.message, metrics_file=earlier or path)
        return replace(state, metrics_file=path)

    def _metrics(self, state: State) -> str:
        if state.seen is None:
            return ""
        return render(
            state.seen,
            version=self.version,
            per_vhost=self.settings.per_vhost,
            success=state.failure is None,
            last_run=state.last_run,
        )


def _forget(settings: Settings) -> int:
    """Remove all that was written."""
    if os.path.isdir(settings.state_dir):
        with only_one(settings.state_dir):
            path = read_state(settings.state_dir).metrics_file
            if path is not None:
                remove(path)
        shutil.rmtree(settings.state_dir)
    return levels.OK


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
