# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a lab host: looks at its firewall as a person would, and does to it what sites and bad luck do.

What is open is judged by nc as each user, the ruleset by nft and iptables-save: nothing of the collection judges
itself. All checks of one kind are one call, since a task of Ansible costs more than most of them. Ends with 1 and says
what is wrong at the first thing that is. Beside it are the programs that describe a host and try whether it staples.

The collection's own program is called where it has to refuse: `present` runs what the module runs, from the files that
the role has installed.
"""

from __future__ import annotations

import argparse
import difflib
import http.client
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import doors
from snapshot import files, ruleset

PLACES = Path("/root/places.json")  # addresses of the lab, and what this host is
HOME = Path("/root/judge")
WATCHED = HOME / "watched"
FETCHED = HOME / "fetched"
INSTALLED = Path("/usr/local/lib/ocsp-egress")
PROGRAM = HOME / "program"  # a copy of the collection's program, which outlives the role's own
ROLE = ("/etc/ocsp-egress", "/var/lib/ocsp-egress", str(INSTALLED))
USERS = ("www-data", "root", "nobody")


def fail(*lines: str) -> None:
    print("FAILED:", *lines, sep="\n")
    sys.exit(1)


def run(command: str | list[str], *, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, shell=isinstance(command, str), text=True, capture_output=True, check=False, **options
    )
    if check and done.returncode != 0:
        fail(f"{command}: rc {done.returncode}", done.stdout, done.stderr)
    return done


def places() -> dict[str, str]:
    return json.loads(PLACES.read_text())


# --- what there is


def destinations() -> dict[str, tuple[str, int]]:
    """Return every door that is tried: the responder's, its address at another port, another host at the same port."""
    known = places()
    found = {}
    for version in ("4", "6"):
        found[f"responder{version}:80"] = (known[f"responder{version}"], 80)
        found[f"responder{version}:8081"] = (known[f"responder{version}"], 8081)
        found[f"ocsp{version}:80"] = (known[f"ocsp{version}"], 80)
    return found


def connects(user: str, address: str, port: int) -> bool:
    argv = ["setpriv", f"--reuid={user}", "--clear-groups", "nc", "-z", "-w", "1", address, str(port)]
    return run(argv, check=False).returncode == 0


def reach() -> list[str]:
    tries = [(user, name, place) for user in USERS for name, place in destinations().items()]
    with ThreadPoolExecutor(len(tries)) as pool:
        opened = list(pool.map(lambda door: connects(door[0], *door[2]), tries))
    return [f"{user} {name}" for (user, name, _place), is_open in zip(tries, opened) if is_open]


def expect(expected: list[str], tries: int = 1) -> None:
    for _round in range(tries):
        found = reach()
        if found == expected:
            return
        time.sleep(1)
    fail(f"open is {found}, and should be {expected}", ruleset())


def opened() -> list[str]:
    return ["www-data responder4:80", "www-data responder6:80"]


LOOKS = {"ruleset": ruleset, "files": files}


def keep(name: str, *whats: str) -> None:
    for what in whats or LOOKS:
        (HOME / f"{name}.{what}").write_text(LOOKS[what]())


def same(name: str, *whats: str, apart_from: str = "") -> None:
    for what in whats or LOOKS:
        texts = [(HOME / f"{name}.{what}").read_text(), LOOKS[what]()]
        if what == "ruleset" and not texts[0].strip():
            fail("there was no ruleset to compare with")
        lines = [text.splitlines() for text in texts]
        before, now = ([line for line in some if not (apart_from and line.startswith(apart_from))] for some in lines)
        if before != now:
            fail(f"the {what} differ from {name}:", *difflib.unified_diff(before, now, name, "now", lineterm="", n=2))


def staples() -> None:
    """Fail unless httpd, which has just lost its cache, staples again: it has reached its responder."""
    for name in places()["vhosts"]:
        if not doors.staples(name, 20):
            fail(f"{name} does not staple")


# --- at no instant


def watch() -> None:
    """Print, as httpd's user and without a pause, when the firewall is wider open or more closed than the site has it.

    A datagram says so at once: the kernel refuses to send one that the firewall drops. The site lets questions to its
    name server out, and no datagram to anybody else; what is opened for OCSP is for TCP only.
    """
    known, account = places(), pwd.getpwnam("www-data")
    os.setgroups([])
    os.setuid(account.pw_uid)
    targets = [("dns4", known["dns4"], 53), *((name, known[name], 80) for name in ("ocsp4", "ocsp6", "responder4"))]
    kinds = {name: socket.AF_INET6 if ":" in address else socket.AF_INET for name, address, _port in targets}
    sockets = {name: socket.socket(kind, socket.SOCK_DGRAM) for name, kind in kinds.items()}
    was: dict[str, bool] = {}
    since: dict[str, float] = {}
    while True:
        for name, address, port in targets:
            try:
                sockets[name].sendto(b"", (address, port))
                gets_out = True
            except PermissionError:
                gets_out = False
            if was.get(name) != gets_out:
                now = time.monotonic()
                print(f"{name} {'open' if gets_out else 'shut'} after {now - since.get(name, now):.3f}", flush=True)
                was[name], since[name] = gets_out, now
        time.sleep(0.004)


def watch_start() -> None:
    run(["systemctl", "reset-failed"])
    output = f"--property=StandardOutput=file:{WATCHED}"
    run(["systemd-run", "--quiet", "--unit=lab-watch", output, "/usr/bin/python3", __file__, "watch"])
    for _round in range(100):
        if WATCHED.exists() and len(WATCHED.read_text().splitlines()) >= 4:
            return
        time.sleep(0.1)
    fail("the watch has not begun")


def watch_stop() -> None:
    run(["systemctl", "stop", "lab-watch"])
    lines = WATCHED.read_text().splitlines()
    WATCHED.unlink()
    first, later = sorted(line.rsplit(" ", 2)[0] for line in lines[:4]), lines[4:]
    if first != ["dns4 open", "ocsp4 shut", "ocsp6 shut", "responder4 shut"]:
        fail(f"at first: {first}")
    wider = [line for line in later if not line.startswith("dns4")]
    if wider:
        fail("the firewall was wider open:", *wider)
    closed = [float(line.rpartition(" ")[2]) for line in later if line.startswith("dns4 open")]
    print(f"wider at no instant; more closed {len(closed)} times, for {max(closed, default=0):.3f} s at most")
    if places()["firewall"] != "firewalld.service" and later:
        fail("the firewall was more closed:", *later)


# --- what sites, bad luck and attackers do


def present(options: dict[str, Any] | None, *, check: bool = False) -> dict[str, Any]:
    """Do what the module does, by the program's own files; without options: state absent."""
    code = (
        "import dataclasses, json, sys\n"
        "from stapling_egress._egress import engine\n"
        "from stapling_egress._firewall.errors import FirewallError\n"
        "from stapling_egress._addresses import FORBIDDEN_NETWORKS\n"
        "options, check = json.load(sys.stdin)\n"
        "try:\n"
        "    if options is None:\n"
        "        outcome = engine.absent(check=check)\n"
        "    else:\n"
        "        settings = engine.EgressSettings(**{'forbidden_networks': list(FORBIDDEN_NETWORKS), **options})\n"
        "        outcome = engine.present(settings, check=check)\n"
        "    print(json.dumps(dataclasses.asdict(outcome)))\n"
        "except FirewallError as exc:\n"
        "    print(json.dumps({'reason': exc.code, 'message': exc.message}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM), "PYTHONDONTWRITEBYTECODE": "1"}
    return json.loads(run([sys.executable, "-c", code], input=json.dumps([options, check]), env=environment).stdout)


def disturb(disturbances: list[str]) -> None:
    """Fail unless exactly the responder is open after each thing that a site does to its firewall."""
    for disturbance in disturbances:
        print(disturbance, flush=True)
        run(disturbance)
        expect(opened(), tries=20)


def check_mode() -> None:
    """Fail unless check mode sees the change that it does not make."""
    other = {"endpoints": [{"host": "ocsp.lab.test", "port": 80}], "user": "www-data"}
    keep("good")
    if present(other, check=True).get("changed") is not True:
        fail("check mode sees no change")
    same("good")


def refuse(sabotages: list[dict[str, str]]) -> None:
    """Break something; fail unless the host is refused with its word, its ruleset and files untouched."""
    expect(opened())
    for sabotage in sabotages:
        print(sabotage["name"], flush=True)
        run(sabotage.get("break", "true"))
        keep("broken")
        options = {name: sabotage[name] for name in ("backend", "chain") if name in sabotage}
        user = sabotage.get("user", "www-data")
        tried = present({"endpoints": [{"host": "ocsp.lab.test", "port": 80}], "user": user, **options})
        same("broken")
        run(sabotage.get("undo", "true"))
        if tried["reason"] != sabotage["refusal"] or not tried.get("message"):
            fail(json.dumps(tried))
        print(f"  {tried['reason']}: {tried['message']}")
    expect(opened(), tries=5)


def damage(damages: list[str]) -> None:
    """Damage a file of the role and load the site's firewall again; fail unless its own rules load as without the role.

    ufw leaves alone what is loaded in OUTPUT, and firewalld the table that makes one half of the opening: no more than
    before is open there.
    """
    unit = places()["firewall"]
    for name in damages:
        print(name, flush=True)
        archive = HOME / "role.tar"
        run(["tar", "-C", "/", "-cf", str(archive), *(path[1:] for path in ROLE)])
        run(name)
        run(["systemctl", "restart", unit])
        if unit == "firewalld.service":
            # It counts as started before its rules are in.
            loaded = "firewall-cmd --get-active-policies | grep -q site-output"
            run(f"for try in $(seq 120); do {loaded} && break; sleep 0.5; done")
        run("systemctl restart ocsp-egress.service", check=False)
        if unit in ("ufw.service", "firewalld.service"):
            found = reach()
            if found not in ([], opened()):
                fail(f"open is {found}")
        else:
            expect([])
            same("before", "ruleset")
        run(["tar", "-C", "/", "-xf", str(archive)])
        run("systemctl reset-failed; systemctl restart ocsp-egress.service")
    expect(opened(), tries=5)


# --- a responder that moves


def fetch() -> None:
    """Fetch, as httpd's user, one time after the other from the address that was open first; print each result."""
    responder, account = places()["responder4"], pwd.getpwnam("www-data")
    os.setgroups([])
    os.setuid(account.pw_uid)
    while True:
        connection = http.client.HTTPConnection(responder, 80, timeout=2)
        try:
            connection.request("GET", "/")
            print(connection.getresponse().status, flush=True)
        except OSError as exc:
            print(exc, flush=True)
        finally:
            connection.close()
        time.sleep(0.04)


def fetch_start() -> None:
    FETCHED.unlink(missing_ok=True)
    shutil.copytree(INSTALLED, PROGRAM, dirs_exist_ok=True)
    output = f"--property=StandardOutput=file:{FETCHED}"
    run(["systemd-run", "--quiet", "--unit=lab-fetch", output, "/usr/bin/python3", __file__, "fetch"])
    for _round in range(100):
        if FETCHED.exists() and FETCHED.read_text().startswith("200"):
            return
        time.sleep(0.1)
    fail("no fetch has succeeded", FETCHED.read_text() if FETCHED.exists() else "")


def fetched(_options: dict[str, Any]) -> None:
    """Update what is open, again and again, until 200 fetches are made; fail if one of them has failed."""
    settings = json.loads(Path("/etc/ocsp-egress/settings.json").read_text())
    more = {**settings, "endpoints": [*settings["endpoints"], {"host": places()["ocsp4"], "port": 80}]}
    updates, deadline = 0, time.monotonic() + 120
    while (len(FETCHED.read_text().splitlines()) < 200 or updates < 6) and time.monotonic() < deadline:
        # There and gone again: an even number leaves what was open before.
        for options in (more, settings):
            tried = present(options)
            if tried.get("changed") is not True:
                fail(json.dumps(tried))
            updates += 1
    run(["systemctl", "stop", "lab-fetch"], check=False)
    results = FETCHED.read_text().splitlines()
    failed = [line for line in results if line != "200"]
    if len(results) < 200 or updates < 6 or failed:
        fail(f"{len(failed)} of {len(results)} fetches failed", *failed[:5])
    print(f"{len(results)} fetches while the name moved and what is open was updated {updates} times: none failed")


def moved(move: dict[str, Any]) -> None:
    """Fail unless the refresh reports in the log that a name has moved, and the right addresses are open then."""
    if move.get("after"):
        # So long after the address has left the name, which the run before has seen.
        time.sleep(max(0.0, (HOME / "moved").stat().st_mtime + move["after"] - time.time()))
    else:
        (HOME / "moved").touch()
    run(["systemctl", "start", "ocsp-egress-refresh.service"])
    for _round in range(20):
        log = run(["journalctl", "-u", "ocsp-egress-refresh.service", "-o", "cat", "--no-pager"]).stdout
        if move["says"] in log:
            break
        time.sleep(0.5)
    else:
        fail(f"not in the log: {move['says']}", log)
    only(move)


def only(move: dict[str, Any]) -> None:
    for address, is_open in [*((item, True) for item in move["open"]), *((item, False) for item in move["closed"])]:
        for _round in range(10):
            if connects("www-data", address, 80) == is_open:
                break
            time.sleep(0.3)
        else:
            fail(f"{address} is {'closed' if is_open else 'open'}", ruleset())
    if move.get("by_name"):
        argv = ["setpriv", "--reuid=www-data", "--clear-groups", "curl", "-sSf", "-m", "5", "http://moving.lab.test/"]
        run(argv)


def own() -> None:
    same("before", "ruleset")


def reloaded(move: dict[str, Any]) -> None:
    run(["systemctl", "restart", places()["firewall"]])
    only(move)


# --- the steps of a scenario


def start() -> None:
    """Fail if something is open on a host that is as its site made it."""
    if places()["firewall"] == "ufw.service":
        # What ufw loads at its first start is not quite what it loads at the next one.
        run(["systemctl", "restart", "ufw.service"])
    keep("before")
    expect([])
    if places()["watched"]:
        watch_start()


def verify(disturbances: list[str]) -> None:
    watch_stop()
    expect(opened(), tries=5)
    shutil.copytree(INSTALLED, PROGRAM, dirs_exist_ok=True)
    disturb(disturbances)


def restarted() -> None:
    unit = places()["firewall"]
    run(f"for try in $(seq 60); do systemctl is-active -q ocsp-egress.service {unit} && break; sleep 0.5; done")
    expect(opened(), tries=20)
    staples()


def side_effects(lists: dict[str, Any]) -> None:
    refuse(lists["sabotages"])
    damage(lists["damages"])
    run(lists["before_closing"] or "true")
    watch_start()
    check_mode()
    keep("good", "ruleset")


def trapped() -> None:
    """Fail if one of the hostile endpoints has got into a rule, or the good one no longer works."""
    same("good", "ruleset")
    expect(opened())


def sealed() -> None:
    """Fail unless a host with a read-only file system, and the firewall of another one, is refused, untouched."""
    try:
        Path("/etc/ocsp-egress/written").touch()
    except OSError as exc:
        print(exc)
    else:
        fail("/etc can be written")
    before = ruleset()
    for options in ({"endpoints": [{"host": places()["ocsp4"], "port": 80}], "user": "www-data"}, None):
        tried = present(options)
        if tried["reason"] != "read_only" or ruleset() != before or "ocsp" not in before.lower():
            fail(json.dumps(tried), before, ruleset())
        print(f"{tried['reason']}: {tried['message']}")


def closed(options: dict[str, Any]) -> None:
    """Fail unless all is the site's own, and nothing is written where a site filters no output."""
    watch_stop()
    same("before", apart_from=options.get("apart_from", ""))
    expect([])
    if re.search("ocsp.?egress", ruleset(), re.IGNORECASE):
        fail(ruleset())
    for site in options["unfiltered"]:
        print(site["by"], flush=True)
        run(site["by"])
        keep("wide", "files")
        tried = present({"endpoints": [{"host": "responder.lab.test", "port": 80}], "user": "www-data"})
        same("wide", "files")
        if (tried["reason"], tried.get("backend"), tried.get("changed")) != (site["reason"], "none", False):
            fail(json.dumps(tried))
        if site["reason"] == "open_output" and "ocsp" in ruleset().lower():
            fail(ruleset())


STEPS = {
    "verify": verify,
    "side_effects": side_effects,
    "closed": closed,
    "moved": moved,
    "fetched": fetched,
    "reloaded": reloaded,
}
CALLS = {
    "start": start,
    "restarted": restarted,
    "trapped": trapped,
    "sealed": sealed,
    "watch": watch,
    "fetch": fetch,
    "fetching": fetch_start,
    "own": own,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=[*STEPS, *CALLS])
    step = parser.parse_args().step
    if step != "sealed":
        HOME.mkdir(exist_ok=True)
    if step in STEPS:
        STEPS[step](json.load(sys.stdin))
    else:
        CALLS[step]()


if __name__ == "__main__":
    main()
