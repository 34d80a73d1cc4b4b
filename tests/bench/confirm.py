#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What it costs to confirm a thousand stapled virtual hosts of a real httpd, beside the ways in which it is done by hand.

Also: what a handshake costs a client with stapling and without.
"""

from __future__ import annotations

import gc
import socket
import statistics
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from _table import Row, show
from OpenSSL import SSL

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import load_certificates
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Settings, Target, confirm
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "tests" / "lab" / "lab"
FLEET = ROOT / "tests" / "bench" / "fleets" / "confirm.yml"
VHOSTS = 1000
# Of the loops that take minutes, so many are run, and the time is scaled.
SAMPLE = 250
WORKERS = 16
ROUNDS = 5
HANDSHAKES = 8000
PAIRS = ("rsa", "ecdsa")


class Host(t.NamedTuple):
    address: str
    anchors: bytes

    @property
    def names(self) -> list[str]:
        return [f"bulk{number:05d}.web.lab.test" for number in range(1, VHOSTS + 1)]


def bring_up() -> Host:
    printed = subprocess.run([str(LAB), "up", str(FLEET)], check=True, stdout=subprocess.PIPE, text=True).stdout
    inventory = yaml.safe_load(Path(printed.split()[-1]).read_text())["all"]
    anchors = Path(inventory["vars"]["lab_directory"], "ca.pem").read_bytes()
    return Host(inventory["hosts"]["web"]["ansible_host"], anchors)


def timed(work: t.Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def timed_twice(work: t.Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and those of them that this process worked: other load changes little about the latter."""
    begin = time.process_time()
    return timed(work), time.process_time() - begin


def ours(host: Host, names: t.Sequence[str]) -> None:
    findings = confirm(
        [Target(HandshakeRequest(host.address, 443, name)) for name in names],
        trust=Trust(load_certificates(host.anchors)),
        settings=Settings(workers=WORKERS, retries=0, strict_trust=True),
    )
    bad = [finding.problem for finding in findings if finding.problem]
    if bad:
        sys.exit(f"{len(bad)} of {len(names)} virtual hosts are not stapled well: {sorted(set(bad))}")


def bare_pool(host: Host, names: t.Sequence[str]) -> None:
    """Fetch the staple and nothing else, as a bare script would."""
    context = SSL.Context(SSL.TLS_METHOD)
    seen: list[bytes] = []

    def keep(_connection: SSL.Connection, staple: bytes, _data: object) -> bool:
        seen.append(staple)
        return True

    context.set_ocsp_client_callback(keep)

    def shake_hands(name: str) -> None:
        with socket.create_connection((host.address, 443)) as sock:
            connection = SSL.Connection(context, sock)
            connection.set_tlsext_host_name(name.encode("ascii"))
            connection.request_ocsp()
            connection.set_connect_state()
            connection.do_handshake()
            connection.shutdown()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(shake_hands, names))
    if len(seen) != len(names) or not all(seen):
        sys.exit("the bare pool did not see every staple")


def s_client(host: Host, names: t.Sequence[str], at_once: int) -> None:
    """`openssl s_client -status`, as the manuals tell one to confirm stapling."""

    def ask(name: str) -> bool:
        command = ["openssl", "s_client", "-connect", f"{host.address}:443", "-servername", name, "-status"]
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
        return b"OCSP Response Status: successful" in said.stdout

    with ThreadPoolExecutor(at_once) as pool:
        if not all(pool.map(ask, names)):
            sys.exit("openssl s_client did not see every staple")


def peak_memory(host: Host) -> int:
    """Bytes that a process takes which does nothing but confirm all virtual hosts; by the kernel's account."""
    # The resource usage that wait4() tells would begin with what this process takes.
    script = (
        f"import confirm; host = confirm.Host({host.address!r}, {host.anchors!r}); confirm.ours(host, host.names)\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:')))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit("the process that was to be measured has failed")
    return int(done.stdout.split()[-1]) * 1024


def handshake_times(host: Host, names: tuple[str, str], count: int) -> tuple[list[float], list[float]]:
    """
    Handshakes with two virtual hosts: on, off, off, on and so on.

    Whatever else the machine does then meets both alike, and so does what grows or shrinks in the course of time.
    """
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_ocsp_client_callback(lambda _connection, staple, _data: seen.append(bool(staple)) or True)
    seen: list[bool] = []
    times: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    for number in range(2 * count):
        if number % 1000 == 0:
            gc.collect()
        which = (number + number // 2) % 2
        with socket.create_connection((host.address, 443)) as sock:
            connection = SSL.Connection(context, sock)
            connection.set_tlsext_host_name(names[which].encode("ascii"))
            connection.request_ocsp()
            connection.set_connect_state()
            begin = time.perf_counter()
            connection.do_handshake()
            times[which].append(time.perf_counter() - begin)
        if seen[-1] != (which == 0):
            sys.exit(f"{names[which]}: stapling is not as it should be")
    gc.enable()
    return times


def scale(host: Host) -> list[Row]:
    """From 10 to 5,000 handshakes: what one of them takes must not grow."""
    each: dict[int, float] = {}
    for count in (10, 100, 1000, 5000):
        names = (host.names * 5)[:count]
        each[count] = min(timed(lambda names=names: ours(host, names)) for _round in range(2)) / count
    rows = [Row(f"{count} virtual hosts", f"{seconds * 1000:.2f} ms each") for count, seconds in each.items()]
    growth = each[5000] / each[100]
    return [*rows, Row("5,000 against 100, each", f"{growth:.2f}x", "at most 1.3x", growth <= 1.3)]


def speed(host: Host) -> list[Row]:
    pairs = [
        (timed_twice(lambda: bare_pool(host, host.names)), timed_twice(lambda: ours(host, host.names)))
        for _round in range(ROUNDS)
    ]
    bare, own = (statistics.median(pair[which][0] for pair in pairs) for which in (0, 1))
    bare_work, own_work = (statistics.median(pair[which][1] for pair in pairs) for which in (0, 1))
    one_by_one, four = (timed(lambda n=n: s_client(host, host.names[:SAMPLE], n)) / SAMPLE * VHOSTS for n in (1, 4))
    memory = peak_memory(host)
    return [
        Row("bare pyOpenSSL pool, checks nothing", f"{bare:.2f} s"),
        Row("stapled_response_info", f"{own:.2f} s"),
        Row(f"openssl s_client, one at a time (of {SAMPLE})", f"{one_by_one:.2f} s"),
        Row(f"openssl s_client, 4 at a time (of {SAMPLE})", f"{four:.2f} s"),
        Row("against the bare pool", f"{own / bare:.2f}x", "at most 1.5x", own / bare <= 1.5),
        Row(f"  in processor time, {own_work:.2f} s against {bare_work:.2f} s", f"{own_work / bare_work:.2f}x"),
        Row("faster than s_client, one at a time", f"{one_by_one / own:.1f}x", "at least 10x", one_by_one / own >= 10),
        Row("faster than s_client, 4 at a time", f"{four / own:.1f}x"),
        Row("memory", f"{memory / 1e6:.0f} MB", "under 60 MB", memory < 60e6),
    ]


def cost_for_clients(host: Host, key_type: str) -> list[Row]:
    stapled, plain = handshake_times(
        host, (f"stapled-{key_type}.lab.test", f"unstapled-{key_type}.lab.test"), HANDSHAKES
    )
    rows = []
    for what, pick in (("median", 50), ("p99", 99)):
        on, off, one, other = (percentile(times, pick) for times in (stapled, plain, plain[::2], plain[1::2]))
        rows.append(Row(f"{what} with stapling, {key_type}", f"{on * 1000:.3f} ms"))
        rows.append(Row(f"{what} without", f"{off * 1000:.3f} ms"))
        rows.append(Row("with against without", f"{on / off:.3f}x", "at most 1.05x", on / off <= 1.05))
        # What two halves of the same differ by is what this run cannot tell from nothing.
        rows.append(Row("  one half of those without against the other", f"{max(one, other) / min(one, other):.3f}x"))
    return rows


def percentile(times: t.Sequence[float], pick: int) -> float:
    return statistics.quantiles(times, n=100)[pick - 1]


def main() -> None:
    try:
        kept = measure(bring_up())
    finally:
        subprocess.run([str(LAB), "down", "bench-confirm"], check=True, stdout=subprocess.DEVNULL)
    sys.exit(0 if kept else 1)


def measure(host: Host) -> bool:
    # The first round makes httpd fetch; what is measured is a warm server.
    warm = [*host.names, *(f"stapled-{key_type}.lab.test" for key_type in PAIRS)]
    confirm(
        [Target(HandshakeRequest(host.address, 443, name)) for name in warm],
        trust=Trust(),
        settings=Settings(workers=WORKERS, timeout=60),
    )
    kept = [
        show(f"Confirming {VHOSTS} virtual hosts of one httpd", speed(host)),
        show("Confirming more and more of them", scale(host)),
        *(show(f"What {HANDSHAKES:,} handshakes cost a client", cost_for_clients(host, key)) for key in PAIRS),
    ]
    return all(kept)


if __name__ == "__main__":
    main()
