# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet in the lab: its responder, its hosts, and what they serve."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[5]
LAB = ROOT / "tests" / "lab" / "lab"
# Seconds, only for what hangs: the longest command of all is a playbook over 84 hosts, beside other work.
LONGEST = 3600

# All of httpd's configuration, the links among it too; what mod_md stores is httpd's own.
_SUMS = (
    "cd /etc/apache2 && find . -path ./md -prune -o -type f -exec sha256sum {} + | sort -k2;"
    " find . -path ./md -prune -o -type l -printf '%p %l\\n' | sort"
)
_ALIVE = "systemctl is-active -q apache2 && pgrep -u www-data -x apache2 >/dev/null"
# As it was when the lab made it; mod_ssl keeps its cache and mod_md its stapling until there is a new process.
_RESET = "rm -rf /etc/apache2/conf-enabled/zz-ocsp-stapling.conf /etc/apache2/md; systemctl restart apache2"


@dataclass(frozen=True)
class Seen:
    """A host at one moment."""

    sums: str
    serves: bool


class Lab:
    """One fleet that is up."""

    def __init__(self, name: str, description: dict[str, Any], directory: Path) -> None:
        self.name = name
        self._directory = directory
        file = directory / "fleet.yml"
        file.write_text(yaml.safe_dump(description, sort_keys=False), encoding="utf-8")
        self.inventory = Path(self._lab("up", str(file), fleet=False).strip().splitlines()[-1])
        hosts = yaml.safe_load(self.inventory.read_text(encoding="utf-8"))["all"]["hosts"]
        self._containers: dict[str, str] = {host: found["ansible_docker_host"] for host, found in hosts.items()}

    def down(self) -> None:
        self._lab("down", self.name, fleet=False)

    def script(self, scripts: dict[str, str]) -> None:
        """Tell the responder how to behave for each path, and to count from here on."""
        file = self._directory / "scripts.json"
        file.write_text(json.dumps(scripts), encoding="utf-8")
        self._lab("behaviour", "--paths", str(file))
        self._lab("fetches", "--reset")

    def fetches(self) -> dict[str, int]:
        """Return how often each path was asked for."""
        counts: dict[str, int] = json.loads(self._lab("fetches", "--json"))["paths"]
        return counts

    def staples(self, hosts: list[str]) -> dict[str, list[dict[str, Any]]]:
        """Return what every virtual host serves, as openssl judges it: per name, an entry for each TLS version."""
        found: dict[str, list[dict[str, Any]]] = {}
        for item in json.loads(self._lab("staples", *hosts, "--json", "--plain")):
            found.setdefault(item["name"], []).append(item)
        return found

    @contextmanager
    def watching(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        """Judge until the end of the block; only then fill the dictionary: per name, an entry for each change."""
        command = [str(LAB), "staples", "--watch", str(LONGEST), "--fleet", self.name]
        found: dict[str, list[dict[str, Any]]] = {}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as observer:
            yield found
            answer = observer.communicate()[0]
        if observer.returncode:
            raise SystemExit(f"{' '.join(command)}: exit status {observer.returncode}")
        (self._directory / "watched.json").write_text(answer, encoding="utf-8")
        for item in json.loads(answer):
            found.setdefault(item["name"], []).append(item)

    def look(self, hosts: list[str]) -> dict[str, Seen]:
        """Return a digest of each configuration, and whether its httpd serves."""
        command = f"{{ {_SUMS}; }}; if {_ALIVE}; then echo alive; else echo dead; fi"

        def seen(host: str) -> Seen:
            lines = self._run(host, command).splitlines()
            return Seen(hashlib.sha256("\n".join(lines[:-1]).encode()).hexdigest(), lines[-1] == "alive")

        return self._each(hosts, seen)

    def reset(self, hosts: list[str]) -> None:
        """Take stapling out by hand, stores and caches included."""
        self._each(hosts, lambda host: self._run(host, _RESET))

    def reload(self, hosts: list[str], *, empty_store: bool = False) -> None:
        """Reload httpd gracefully, as log rotation does; mod_ssl's cache goes with it, mod_md's store by hand."""
        empty = "rm -rf /etc/apache2/md/ocsp; " if empty_store else ""
        self._each(hosts, lambda host: self._run(host, f"{empty}systemctl reload apache2"))

    def _each(self, hosts: list[str], action: Any) -> dict[str, Any]:
        with ThreadPoolExecutor(4) as pool:
            return dict(zip(hosts, pool.map(action, hosts)))

    def _run(self, host: str, command: str) -> str:
        return _output("docker", "exec", self._containers[host], "sh", "-c", command)

    def _lab(self, *command: str, fleet: bool = True) -> str:
        return _output(str(LAB), *command, *(["--fleet", self.name] if fleet else []))


def _output(*command: str) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
