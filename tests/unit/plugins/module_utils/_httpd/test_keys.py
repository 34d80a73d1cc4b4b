# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates that keep httpd from starting again: real ones, judged by the openssl program."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.certificates import CertificateStore
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import (
    Directive,
    Dump,
    Included,
    Place,
    Section,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.keys import KeyReport, check_keys, pairs_of
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import Vhost, read_vhosts

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Site:
    """A configuration with one virtual host, and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "httpd.conf").touch()
        self.dump = Dump(server_root=str(root), modules=["ssl_module"])
        self.dump.includes.append(Included(str(root / "httpd.conf"), None, None, main=True))
        self.section = Section(arguments="*:443", place=Place(str(root / "httpd.conf"), 1))
        self.dump.vhosts.append(self.section)
        self.add("SSLEngine", "on")

    def add(self, name: str, arguments: str, *, server: bool = False) -> None:
        section = self.dump.server if server else self.section
        place = Place(str(self.root / "httpd.conf"), len(section.directives) + 2)
        section.directives.append(Directive(name.lower(), arguments, place))

    def make(self, name: str, *, kind: str = "ec") -> None:
        """Make a certificate NAME.pem and its key NAME.key."""
        key = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}[kind]
        files = ["-keyout", str(self.root / f"{name}.key"), "-out", str(self.root / f"{name}.pem")]
        openssl("req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-newkey", *key, *files)

    def use(self, certificate: str, key: str | None) -> None:
        self.add("SSLCertificateFile", f"{certificate}.pem")
        if key is not None:
            self.add("SSLCertificateKeyFile", f"{key}.key")

    @property
    def vhosts(self) -> list[Vhost]:
        return read_vhosts(self.dump)

    def check(self, *, taken_up: int | None = None) -> KeyReport:
        return check_keys(self.dump, self.vhosts, CertificateStore(), taken_up=taken_up, timeout=30)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def codes(report: KeyReport) -> list[tuple[str, str]]:
    return [(problem["code"], problem["severity"]) for problem in report.problems]


def test_a_key_that_belongs_to_its_certificate(site: Site) -> None:
    site.make("a")
    site.use("a", "a")
    report = site.check()
    assert (codes(report), report.obstacle) == ([], None)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_key_that_belongs_to_another_certificate(site: Site, kind: str) -> None:
    site.make("a", kind=kind)
    site.make("b")
    site.use("a", "b")
    report = site.check()
    assert codes(report) == [("key_mismatch", "fatal")]
    problem = report.problems[0]
    assert (problem["vhost"], problem["file"], problem["line"]) == ("_default_:443", f"{site.root}/httpd.conf", 4)
    assert f"{site.root}/b.key" in problem["message"]
    assert "PRIVATE" not in str(report.problems)
    assert problem["message"] in (report.obstacle or "")


def test_the_key_in_the_file_of_the_certificate(site: Site) -> None:
    site.make("a")
    site.use("a", None)
    assert codes(site.check()) == [("key_unreadable", "fatal")]
    with (site.root / "a.pem").open("ab") as file:
        file.write((site.root / "a.key").read_bytes())
    assert codes(site.check()) == []


def test_a_key_that_was_cut_short(site: Site) -> None:
    site.make("a")
    site.use("a", "a")
    (site.root / "a.key").write_bytes((site.root / "a.key").read_bytes()[:120])
    assert codes(site.check()) == [("key_unreadable", "fatal")]


@pytest.mark.parametrize("first", ["", "a"])
def test_a_certificate_that_was_cut_short(site: Site, first: str) -> None:
    site.make("a")
    site.make("b")
    whole = (site.root / f"{first}.pem").read_bytes() if first else b""
    cut = (site.root / "b.pem").read_bytes()[:300]
    (site.root / "a.pem").write_bytes(whole + cut)
    site.use("a", "a")
    assert codes(site.check()) == [("certificate_damaged", "fatal")]


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"\x30\x82\xff\x00" * 100, None])
def test_a_certificate_file_without_a_certificate(site: Site, content: bytes | None) -> None:
    site.make("a")
    (site.root / "a.pem").write_bytes((site.root / "a.key").read_bytes() if content is None else content)
    site.use("a", "a")
    assert codes(site.check()) == [("certificate_damaged", "fatal")]


@pytest.mark.parametrize("traditional", [False, True])
def test_an_encrypted_key_needs_a_person(site: Site, traditional: bool) -> None:
    site.make("a", kind="rsa")
    key = str(site.root / "a.key")
    form = ["rsa", "-aes256", *(["-traditional"] if supports_traditional() else [])]
    if not traditional:
        form = ["pkcs8", "-topk8", "-v2", "aes256"]
    openssl(*form, "-in", key, "-out", key + ".new", "-passout", "pass:secret")
    os.replace(key + ".new", key)
    site.use("a", "a")
    report = site.check()
    assert codes(report) == [("key_encrypted", "remark")]
    assert "passphrase" in (report.obstacle or "")


def supports_traditional() -> bool:
    return b"-traditional" in subprocess.run(["openssl", "rsa", "-help"], capture_output=True, check=False).stderr


def test_what_httpd_has_loaded_is_good(site: Site) -> None:
    site.make("a")
    site.make("b")
    site.use("a", "b")
    now = time.time_ns()
    # Whatever our own judgement is: it has started with them.
    assert codes(site.check(taken_up=now + 60 * 10**9)) == []
    assert codes(site.check(taken_up=now - 60 * 10**9)) == [("key_mismatch", "fatal")]


def test_a_link_that_leads_elsewhere_now(site: Site) -> None:
    site.make("a")
    site.make("b")
    current = site.root / "current"
    for name in ("old", "new"):
        (site.root / name).mkdir()
    for name in ("pem", "key"):
        shutil.copy(site.root / f"a.{name}", site.root / "old" / f"a.{name}")
    shutil.copy(site.root / "a.pem", site.root / "new" / "a.pem")
    shutil.copy(site.root / "b.key", site.root / "new" / "a.key")
    site.use("current/a", "current/a")
    current.symlink_to("old")
    time.sleep(2.1)
    taken_up = time.time_ns()
    time.sleep(0.1)
    assert codes(site.check(taken_up=taken_up)) == []
    current.unlink()
    current.symlink_to("new")
    assert codes(site.check(taken_up=taken_up)) == [("key_mismatch", "fatal")]


def test_a_configuration_that_has_changed_may_pair_them_again(site: Site) -> None:
    site.make("a")
    site.make("b")
    site.use("a", "b")
    time.sleep(2.1)
    taken_up = time.time_ns()
    (site.root / "httpd.conf").write_text("# changed")
    os.utime(site.root / "httpd.conf", ns=(taken_up + 10**9, taken_up + 10**9))
    assert codes(site.check(taken_up=taken_up)) == [("key_mismatch", "fatal")]


def test_files_are_paired_as_mod_ssl_does(site: Site) -> None:
    site.add("SSLCertificateFile", "one.pem", server=True)
    site.add("SSLCertificateKeyFile", "one.key", server=True)
    for name in ("two.pem", "three.pem", "pkcs11:token=x"):
        site.add("SSLCertificateFile", name)
    site.add("SSLCertificateKeyFile", "two.key")
    pairs = [(Path(pair.certificate).name, Path(pair.key).name) for pair in pairs_of(site.dump, site.vhosts)]
    assert pairs == [("one.pem", "one.key"), ("two.pem", "two.key"), ("three.pem", "three.pem")]


def test_a_virtual_host_without_tls_needs_no_key(site: Site) -> None:
    site.make("a")
    site.make("b")
    site.use("a", "b")
    site.add("SSLEngine", "off")
    assert codes(site.check()) == []


def test_a_certificate_that_is_too_large_is_not_handed_to_openssl(site: Site) -> None:
    """It would take minutes to read it to its end."""
    site.make("a")
    site.use("a", "a")
    os.truncate(site.root / "a.pem", 0)
    os.truncate(site.root / "a.pem", 50 * 1024 * 1024)
    begin = time.monotonic()
    assert codes(site.check()) == []
    assert time.monotonic() - begin < 10


def test_a_key_that_is_too_large_is_not_handed_to_openssl(site: Site) -> None:
    site.make("a")
    site.use("a", "a")
    with open(site.root / "a.key", "wb") as stream:
        stream.write(b"x" * 63 + b"\n")
        stream.write((b"y" * 63 + b"\n") * (50 * 1024 * 1024 // 64))
    begin = time.monotonic()
    found = site.check()
    assert time.monotonic() - begin < 10
    assert codes(found) == [("key_unreadable", "fatal")] and "a.key is too large" in found.problems[0]["message"]
