#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What it costs to find out what a real httpd runs, beside httpd itself and the ways in which it is done by hand.

The measurements run in a container of the lab with Debian's httpd, Python and cryptography. What they are compared with
is run between them, on the same files, and of each the best of several rounds counts.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import typing as t
from pathlib import Path

from _table import Row, show

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = {10: 3, 100: 3, 1000: 9, 5000: 3}
SAMPLE = 50
CRYPTO_SAMPLE = 5
MEBIBYTE = 1024 * 1024

# Inside the container.
TREE = Path("/bench")
SITE = Path("/tmp/site")
MODULES = TREE / "ansible_collections/stapling/httpd/plugins/modules"
COMMUNITY_MODULE = TREE / "ansible_collections/community/crypto/plugins/modules/x509_certificate_info.py"
INFO = 'LoadModule info_module "/usr/lib/apache2/modules/mod_info.so"'

BARE = """
import sys
from cryptography import x509
END = b"-----END CERTIFICATE-----\\n"
for path in open(sys.argv[1]).read().split():
    with open(path, "rb") as file:
        for block in file.read().split(END)[:-1]:
            x509.load_pem_x509_certificate(block + END)
"""


class Cost(t.NamedTuple):
    """Of one run of a command, to the end: wall time, processor time with that of its children, peak memory."""

    seconds: float
    processor: float
    memory: int


def cost(command: t.Sequence[str], *, log: Path | None = None) -> Cost:
    """Wall time and peak memory of a command, which has to succeed."""
    with open(log or os.devnull, "wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)[:200]} failed with {process.returncode}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def module(name: Path, arguments: dict[str, t.Any]) -> list[str]:
    return [sys.executable, str(name), json.dumps({"ANSIBLE_MODULE_ARGS": arguments})]


def make_site(count: int, *, same: bool = False) -> list[Path]:
    """Make `count` virtual hosts, each with its own certificate and chain, or all with the same."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir()
    start = datetime.datetime(2026, 1, 1)

    def certificate(name: str, number: int, public_key: t.Any, *, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bench CA")]))
            .public_key(public_key)
            .serial_number(number)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        )
        if not ca:
            uri = x509.UniformResourceIdentifier("http://ocsp.bench.test/")
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri)
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(authority, hashes.SHA256())

    authority = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    chain = certificate("Bench CA", 1, authority.public_key(), ca=True).public_bytes(serialization.Encoding.PEM)
    key = ec.generate_private_key(ec.SECP256R1())
    (SITE / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    paths = []
    blocks = []
    for number in range(count):
        name = f"host{number:05d}.bench.test"
        path = SITE / ("same.pem" if same else f"{name}.pem")
        if not path.exists():
            leaf = certificate(name, number + 2, key.public_key(), ca=False)
            path.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + chain)
            paths.append(path)
        blocks.append(
            f"<VirtualHost *:443>\n  ServerName {name}\n  ServerAlias www.{name}\n  SSLEngine on\n"
            f"  SSLCertificateFile {path}\n  SSLCertificateKeyFile {SITE}/key.pem\n</VirtualHost>\n"
        )
    Path("/etc/apache2/sites-enabled/bench.conf").write_text("".join(blocks), encoding="utf-8")
    (SITE / "list").write_text("\n".join(map(str, paths)), encoding="utf-8")
    return paths


def best(rounds: int, commands: dict[str, list[str]]) -> dict[str, Cost]:
    """Each command once a round, one after the other; of each the best round."""
    found: dict[str, list[Cost]] = {}
    for _round in range(rounds):
        for name, command in commands.items():
            found.setdefault(name, []).append(cost(command, log=SITE / "output"))
    return {
        name: Cost(
            min(one.seconds for one in costs), min(one.processor for one in costs), max(one.memory for one in costs)
        )
        for name, costs in found.items()
    }


def openssl_loop(paths: t.Sequence[Path]) -> float:
    """`openssl x509 -noout -ocsp_uri` for each file, from a sample of them."""
    sample = paths[:SAMPLE]
    script = 'for file in "$@"; do openssl x509 -noout -ocsp_uri -in "$file"; done'
    seconds = cost(["/bin/sh", "-c", script, "sh", *map(str, sample)]).seconds
    return seconds / len(sample) * len(paths)


def community_loop(paths: t.Sequence[Path]) -> float:
    """community.crypto.x509_certificate_info for each file, from a sample, without Ansible's own time to call it."""
    sample = paths[:CRYPTO_SAMPLE]
    seconds = sum(cost(module(COMMUNITY_MODULE, {"path": str(path)})).seconds for path in sample)
    return seconds / len(sample) * len(paths)


def check(result: Path, vhosts: int, certificates: int) -> None:
    """Fail unless what was measured has done its work."""
    found = json.loads(result.read_text(encoding="utf-8"))
    seen = sum(vhost["tls"] for vhost in found["vhosts"]), len(found["certificates"])
    issuers = all(certificate["issuer_available"] for certificate in found["certificates"])
    if seen != (vhosts, certificates) or not issuers:
        sys.exit(f"httpd_tls_info saw {seen} virtual hosts and certificates, not {(vhosts, certificates)}")


def measure_inside() -> dict[str, t.Any]:
    info = module(MODULES / "httpd_tls_info.py", {})
    files = module(MODULES / "certificate_ocsp_info.py", {"paths": [f"{SITE}/host*.pem"]})
    commands = {
        "test": ["apache2ctl", "-t"],
        "dump": ["apache2ctl", "-t", "-D", "DUMP_CONFIG", "-C", INFO],
        "bare": [sys.executable, "-c", BARE, str(SITE / "list")],
        "files": files,
        "info": info,
    }
    figures: dict[str, t.Any] = {}
    for count in ROUNDS:
        paths = make_site(count)
        found = best(ROUNDS[count], commands)
        check(SITE / "output", count, count)
        figures[str(count)] = {name: one._asdict() for name, one in found.items()}
        figures[str(count)]["openssl"] = openssl_loop(paths)
        figures[str(count)]["community"] = community_loop(paths)
    make_site(1000, same=True)
    figures["same"] = best(ROUNDS[1000], {"info": info})["info"]._asdict()
    check(SITE / "output", 1000, 1)
    return figures


# On the controller.


def container_figures() -> dict[str, t.Any]:
    """Measure in a container that is gone afterwards."""
    built = subprocess.run(
        [str(ROOT / "tests" / "lab" / "lab"), "images", "debian12"], check=True, stdout=subprocess.PIPE, text=True
    )
    image = built.stdout.split()[-1]
    packages = Path(sysconfig.get_path("purelib"))
    mounts = {
        ROOT: TREE / "ansible_collections/stapling/httpd",
        packages / "ansible": TREE / "ansible",
        packages / "ansible_collections/community/crypto": TREE / "ansible_collections/community/crypto",
    }
    # The shares keep other containers from getting in between; nothing helps against a busy machine.
    command = ["docker", "run", "--rm", "--network", "none", "--cpu-shares", "262144"]
    command += ["--entrypoint", "/usr/bin/python3"]
    for source, target in mounts.items():
        command += ["--volume", f"{source}:{target}:ro"]
    command += ["--env", f"PYTHONPATH={TREE}", "--env", "PYTHONDONTWRITEBYTECODE=1", image]
    script = TREE / "ansible_collections/stapling/httpd/tests/bench/observe.py"
    measured = subprocess.run([*command, str(script), "--inside"], check=True, stdout=subprocess.PIPE, text=True)
    return t.cast("dict[str, t.Any]", json.loads(measured.stdout))


def main() -> None:
    if sys.argv[1:] == ["--inside"]:
        json.dump(measure_inside(), sys.stdout)
        return

    figures = container_figures()
    rows = []
    for count in ROUNDS:
        of = figures[str(count)]
        rows.append(
            Row(
                f"{count} virtual hosts",
                f"httpd_tls_info {of['info']['seconds']:.2f} s, certificate_ocsp_info {of['files']['seconds']:.2f} s,"
                f" httpd -t {of['test']['seconds']:.2f} s, its dump {of['dump']['seconds']:.2f} s,"
                f" bare Python {of['bare']['seconds']:.2f} s",
            )
        )
        rows.append(
            Row(
                "  the same by hand",
                f"openssl loop {of['openssl']:.1f} s, x509_certificate_info loop {of['community']:.0f} s",
            )
        )
    thousand, most = figures["1000"], figures["5000"]
    floor = thousand["dump"]["seconds"] + thousand["bare"]["seconds"]
    kept = [
        show("Finding out what httpd runs", rows),
        show(
            "Against the floor, and against doing it by hand",
            [
                bounded(
                    "httpd_tls_info against httpd's dump and bare Python, 1,000", thousand["info"]["seconds"] / floor, 3
                ),
                by_processor(thousand, "info", "dump", "bare"),
                bounded(
                    "certificate_ocsp_info against bare Python, 1,000",
                    thousand["files"]["seconds"] / thousand["bare"]["seconds"],
                    5,
                ),
                by_processor(thousand, "files", "bare"),
                faster("httpd_tls_info, than the openssl loop", thousand["openssl"] / thousand["info"]["seconds"], 30),
                faster(
                    "certificate_ocsp_info, than the openssl loop",
                    thousand["openssl"] / thousand["files"]["seconds"],
                    30,
                ),
                faster(
                    "httpd_tls_info, than the x509_certificate_info loop",
                    thousand["community"] / thousand["info"]["seconds"],
                    30,
                ),
                bounded(
                    "5,000 against 1,000, per virtual host",
                    most["info"]["seconds"] / thousand["info"]["seconds"] / 5,
                    1.2,
                ),
                # The two are not measured in turn, so the time on the wall would tell what else the machine did.
                bounded(
                    "the same certificate 1,000 times, against 1,000, processor time",
                    figures["same"]["processor"] / thousand["info"]["processor"],
                    1,
                ),
                Row(
                    "memory of httpd_tls_info, 5,000",
                    f"{most['info']['memory'] / MEBIBYTE:.0f} MiB",
                    "under 150 MiB",
                    most["info"]["memory"] < 150 * MEBIBYTE,
                ),
                Row(
                    "memory of certificate_ocsp_info, 5,000",
                    f"{most['files']['memory'] / MEBIBYTE:.0f} MiB",
                    "under 150 MiB",
                    most["files"]["memory"] < 150 * MEBIBYTE,
                ),
            ],
        ),
    ]
    sys.exit(0 if all(kept) else 1)


def by_processor(figures: dict[str, t.Any], measured: str, *floor: str) -> Row:
    """Return the ratio of processor time of all processes, which a busy machine does not spoil."""
    ratio = figures[measured]["processor"] / sum(figures[name]["processor"] for name in floor)
    return Row("  the same in processor time", f"{ratio:.2f}x")


def bounded(what: str, ratio: float, limit: float) -> Row:
    return Row(what, f"{ratio:.2f}x", f"at most {limit:g}x", ratio <= limit)


def faster(what: str, ratio: float, limit: float) -> Row:
    return Row(what, f"{ratio:.0f}x", f"at least {limit:g}x", ratio >= limit)


if __name__ == "__main__":
    main()
