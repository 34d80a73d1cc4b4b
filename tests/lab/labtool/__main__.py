# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's commands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import yaml

from .clients import ask_clients, clients_table
from .engine import ensure_engine
from .errors import LabError
from .fleet import down, fleets, up
from .images import KNOWN, ensure_image
from .infra import call_responder, move_name, read_names, switch_service
from .renew import renew
from .staples import judge, watch


def main() -> int:
    """Run one command; return 1, with one line on stderr, when it cannot be done."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/lab/lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    engine = commands.add_parser("engine", help="find docker, or install and start it (Debian, as root)")
    engine.set_defaults(command=lambda _: print("docker", ensure_engine()))

    images = commands.add_parser("images", help="build images: " + " ".join(KNOWN))
    images.add_argument("names", nargs="*", metavar="NAME")
    images.set_defaults(command=_images)

    bring_up = commands.add_parser("up", help="bring a fleet up; prints the path of its inventory")
    bring_up.add_argument("fleet_file", type=Path)
    bring_up.add_argument("--group", help="a group of the inventory that holds every host")
    bring_up.set_defaults(command=lambda given: print(up(given.fleet_file, given.group)))

    bring_down = commands.add_parser("down", help="remove a fleet")
    bring_down.add_argument("name", nargs="?")
    bring_down.add_argument("--all", action="store_true", help="every fleet of this checkout")
    bring_down.set_defaults(command=_down)

    behaviour = commands.add_parser("behaviour", help="switch the scripted responder, or show how it is switched")
    behaviour.add_argument("name", nargs="?", help="such as good, stale, hang:5")
    behaviour.add_argument(
        "--paths", metavar="FILE", type=Path,
        help="for single paths: JSON, such as {\"/host/a\": \"good,stale\"}; one per request, the last one stays",
    )  # fmt: skip
    behaviour.set_defaults(command=_behaviour)

    fetches = commands.add_parser("fetches", help="how many requests the scripted responder has had")
    fetches.add_argument("--reset", action="store_true")
    fetches.add_argument("--json", action="store_true", help="also by path and by serial number")
    fetches.set_defaults(command=_fetches)

    service = commands.add_parser("service", help="stop a service of the lab, as an outage does, or start it again")
    service.add_argument("action", choices=["stop", "start"])
    service.add_argument("names", nargs="+", metavar="NAME", help="ocsp, responder or dns")
    service.set_defaults(command=_service)

    move = commands.add_parser("move", help="let a name stand for other addresses (for none: no such name)")
    move.add_argument("name")
    move.add_argument("addresses", nargs="*", metavar="ADDRESS")
    move.set_defaults(command=lambda given: move_name(_fleet(given), given.name, given.addresses))

    names = commands.add_parser("names", help="every name of the lab and its addresses")
    names.set_defaults(command=lambda given: print(json.dumps(read_names(_fleet(given)), indent=1)))

    staples = commands.add_parser("staples", help="what every vhost serves, in the judgement of the openssl command")
    staples.add_argument("hosts", nargs="*", metavar="HOST")
    staples.add_argument("--json", action="store_true")
    staples.add_argument(
        "--plain",
        action="store_true",
        help="also a handshake that asks for no staple, and how long each took (in --json)",
    )
    staples.add_argument(
        "--watch", metavar="SECONDS", type=float,
        help="go on until stdin ends, and no longer than this: one entry per change, with its time, in JSON",
    )  # fmt: skip
    staples.set_defaults(command=_staples)

    clients = commands.add_parser("clients", help="whether real TLS clients are content with what every vhost serves")
    clients.add_argument("hosts", nargs="*", metavar="HOST")
    clients.add_argument("--only", action="append", default=[], metavar="CLIENT", help="this client; all by default")
    clients.add_argument("--name", action="append", default=[], help="the vhosts of this name; all by default")
    clients.add_argument("--watch", type=float, default=0, metavar="SECONDS", help="look again every 10 s for so long")
    clients.add_argument("--image", choices=["clients", "clients13"], default="clients", help="of Debian 12, or of 13")
    clients.add_argument("--json", action="store_true", help="also why a client refuses")
    clients.set_defaults(command=_clients)

    renewal = commands.add_parser("renew", help="new certificates for a vhost, in place, as a renewal does")
    renewal.add_argument("vhost")
    renewal.add_argument(
        "changes", nargs="?", default="{}", help="YAML, such as '{responder: none, must_staple: true}'"
    )
    renewal.add_argument("--no-reload", action="store_true", help="leave httpd with the old ones until it is reloaded")
    renewal.set_defaults(command=_renew)

    for command in (behaviour, fetches, service, move, names, staples, clients, renewal):
        command.add_argument(
            "--fleet", default=os.environ.get("LAB_FLEET"), help="which fleet, when several are up (or LAB_FLEET)"
        )
    return parser


def _images(arguments: argparse.Namespace) -> None:
    unknown = sorted(set(arguments.names) - set(KNOWN))
    if unknown:
        raise LabError(f"no image {unknown[0]!r}; known: {', '.join(KNOWN)}")
    ensure_engine()
    for name in arguments.names or KNOWN:
        print(name, ensure_image(name), flush=True)


def _down(arguments: argparse.Namespace) -> None:
    if not arguments.all and arguments.name is None:
        arguments.name = _fleet(arguments)
    for name in down(None if arguments.all else arguments.name):
        print("removed", name)


def _behaviour(arguments: argparse.Namespace) -> None:
    fleet = _fleet(arguments)
    if arguments.paths:
        call_responder(fleet, "PUT", "/paths", arguments.paths.read_bytes())
    path = f"/behaviour/{arguments.name}" if arguments.name else "/"
    print(call_responder(fleet, "PUT" if arguments.name else "GET", path)["behaviour"])


def _fetches(arguments: argparse.Namespace) -> None:
    answer = call_responder(_fleet(arguments), "DELETE" if arguments.reset else "GET", "/counts")
    print(json.dumps(answer, indent=1) if arguments.json else answer["requests"])


def _service(arguments: argparse.Namespace) -> None:
    for name in arguments.names:
        switch_service(_fleet(arguments), name, arguments.action)


def _renew(arguments: argparse.Namespace) -> None:
    try:
        changes = yaml.safe_load(arguments.changes)
    except yaml.YAMLError as error:
        raise LabError(f"changes: {error}") from error
    if not isinstance(changes, dict):
        raise LabError("changes: not a mapping")
    renew(_fleet(arguments), arguments.vhost, changes, reload=not arguments.no_reload)


def _staples(arguments: argparse.Namespace) -> None:
    if arguments.watch is not None:
        found = watch(_fleet(arguments), arguments.hosts, seconds=arguments.watch)
    else:
        found = judge(_fleet(arguments), arguments.hosts, plain=arguments.plain)
    if arguments.json or arguments.watch is not None:
        print(json.dumps(found, indent=1))
        return
    for item in found:
        staple = (
            f"{item['certificate_status']}, until {item['next_update']}" if item["acceptable"] else "NOT ACCEPTABLE"
        )
        shown = staple if item["stapled"] else "none"
        vhost = f"{item['host']:12} {item['name']:32} {item['port']:5}"
        print(f"{vhost} {item['key_type']:8} TLS {item['tls']}  {item['detail'] or shown}")


def _clients(arguments: argparse.Namespace) -> None:
    found = ask_clients(
        _fleet(arguments),
        arguments.hosts,
        arguments.only,
        names=arguments.name,
        seconds=arguments.watch,
        image=arguments.image,
    )
    print(json.dumps(found, indent=1) if arguments.json else "\n".join(clients_table(found)))


def _fleet(arguments: argparse.Namespace) -> str:
    chosen: str | None = getattr(arguments, "fleet", None)
    running = fleets()
    if chosen is None and len(running) == 1:
        return running[0]
    if chosen is None or chosen not in running:
        asked = f"no fleet {chosen!r} is up" if chosen else "which fleet?"
        raise LabError(f"{asked} up: {', '.join(running) or 'none'}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
