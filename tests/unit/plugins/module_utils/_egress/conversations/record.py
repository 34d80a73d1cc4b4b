# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record what passes between a backend and the real tool, for the tests that play it back.

    record.sh nftables > nftables.json
    record.sh nftables redirect > redirect_nftables.json
    record.sh nftables engine > engine.json

Runs as root in a container that has the tool and the site's own firewall; record.sh makes one. The functions
here are what the tests do, too, so a test that fails after a change of the backend means: record again, and read the
difference.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t

OPENED = [(4, "192.0.2.1", 80), (6, "2001:db8::1", 8080)]
UID = 33
REDIRECTION: dict[str, t.Any] = {
    "proxy_uid": 101,
    "uid": UID,
    "port": 8888,
    "versions": (4, 6),
    "exempt": ["10.10.10.0/24"],
}


def open_and_close(backend: t.Any, openings: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """Open the path, find nothing to do the second time, and close it; return what the backend has answered."""
    found: dict[str, t.Any] = {"filters": backend.filters()}
    backend.require_valid_site()
    found["before"] = backend.current()
    found["opens"] = backend.plan(openings, UID)
    backend.apply()
    found["open"] = backend.current()
    found["opens again"] = backend.plan(openings, UID)
    found["after a restart"] = backend.after_restart(openings, UID)
    found["closes"] = backend.plan((), None)
    backend.apply()
    found["closed"] = backend.current()
    found["closes again"] = backend.plan((), None)
    return found


def redirect_and_back(tool: t.Any, redirect: t.Any) -> dict[str, t.Any]:
    """Redirect, find nothing to do the second time, and take it back; return what the tool has answered."""
    tool.require_valid_site()
    found = {"missing": list(tool.missing_tables()), "before": tool.current(), "changes": tool.plan(redirect)}
    tool.apply()
    found["rules"] = len(tool.current()) > 0
    found["changes again"] = tool.plan(redirect)
    found["goes"] = tool.plan(None)
    tool.apply()
    tool.drop_tables(found["missing"])
    found["after"] = tool.current()
    return found


def present_and_absent(engine: t.Any) -> list[tuple[t.Any, ...]]:
    """Open as the module does, open again as the unit does after a restart, and close; return the outcomes."""
    settings = engine.EgressSettings(
        endpoints=[{"host": address, "port": port} for _version, address, port in OPENED], user="www-data"
    )
    outcomes = [
        engine.present(settings, check=True),
        engine.present(settings, check=False),
        engine.present(settings, check=False),
        engine.repeat(ask=False),
        engine.absent(check=False),
        engine.absent(check=False),
    ]
    return [(item.changed, item.backend, item.reason, item.per_user, len(item.endpoints)) for item in outcomes]


def main(name: str, kind: str = "backend") -> None:
    """Print the conversation as JSON."""
    from recorded._egress import engine
    from recorded._egress.backends import BACKENDS
    from recorded._egress.policy import Opening
    from recorded._firewall import host
    from recorded._proxy import redirect, redirect_rules

    tools: dict[str, bool] = {}
    files: dict[str, str | None] = {}
    written: set[str] = set()
    exchanges: list[dict[str, t.Any]] = []
    texts: list[str] = []  # each once: a tool says the same many times

    def number(text: str) -> int:
        if text not in texts:
            texts.append(text)
        return texts.index(text)

    really = {name: getattr(host, name) for name in ("find", "run", "read", "write", "remove")}

    def find(tool: str) -> str | None:
        # What it checks is a copy in a directory that has another name each time.
        path = None if tool == "firewall-offline-cmd" else really["find"](tool)
        tools[tool] = path is not None
        return path

    def run(argv: t.Sequence[str], *, stdin: str = "", timeout: float = 60) -> t.Any:
        done = really["run"](argv, stdin=stdin, timeout=timeout)
        shown = [os.path.basename(argv[0]), *argv[1:]]
        exchanges.append(
            {"argv": shown, "stdin": number(stdin), "rc": done.rc, "out": number(done.out), "err": number(done.err)}
        )
        return done

    def read(path: str) -> str | None:
        content = really["read"](path)
        if path not in written:
            files.setdefault(path, content)
        return content

    def write(path: str, content: str) -> None:
        written.add(path)
        really["write"](path, content)

    def remove(path: str, *, directory: bool = True) -> None:
        written.add(path)
        really["remove"](path, directory=directory)

    for replacement in (find, run, read, write, remove):
        setattr(host, replacement.__name__, replacement)
    host.exists = lambda path: read(path) is not None
    if kind == "engine":
        present_and_absent(engine)
    elif kind == "redirect":
        redirect_and_back(redirect.REDIRECTORS[name](), redirect_rules.redirect(**REDIRECTION))
    else:
        open_and_close(BACKENDS[name](), [Opening(*item) for item in OPENED])
    json.dump(
        {
            "tools": sorted(tool for tool, there in tools.items() if there),
            "files": {path: content for path, content in sorted(files.items()) if content is not None},
            "exchanges": exchanges,
            "texts": texts,
        },
        sys.stdout,
        indent=1,
    )
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
