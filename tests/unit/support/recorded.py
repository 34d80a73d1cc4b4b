# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a real httpd printed about the configurations in fixtures/httpd, and an httpd that prints it again."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import is_relevant
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, read_dump
from ansible_collections.stapling.httpd.tests.unit.support.pki import Identity, certificate, pki

FIXTURES = Path(__file__).parents[1] / "plugins" / "module_utils" / "_httpd" / "fixtures" / "httpd"
ROOT = "/etc/apache2/fixture"
"""Where the configurations stood when they were recorded."""

_SCRIPT = """#!/bin/sh
echo "$@" >>{root}/calls
case "$*" in
    -v) echo "Server version: Apache/2.4.71 (Test)" ;;
    *DUMP_CONFIG*)
        cat {root}/{name}.err >&2
        [ -s {root}/{name}.out ] || exit 1
        sed '/^ServerRoot/,$d' {root}/{name}.out ;;
    *DUMP_VHOSTS*) sed '/^# In file/,/^ServerRoot/{{/^ServerRoot/!d;}}' {root}/{name}.out ;;
esac
"""


def dump(name: str) -> Dump:
    return read_dump((FIXTURES / f"{name}.out").read_text(), keep=is_relevant)


def make_site(root: Path) -> Path:
    """Make the files that the configurations point to, below this directory instead of ROOT."""
    (root / "conf.d").mkdir(parents=True)
    for source in FIXTURES.iterdir():
        text = source.read_text().replace(ROOT, str(root)).replace("fixture/", f"{root}/")
        (root / source.name).write_text(text.replace("/run/apache2/", f"{root}/"))
    (root / "drop-in.conf").rename(root / "conf.d" / "drop-in.conf")
    modules = root.parent / "modules"
    modules.mkdir()
    (modules / "mod_info.so").touch()
    chain = pki("ecdsa")
    for name, key_type in (("rsa", "rsa"), ("ecdsa", "ecdsa")):
        issuer = Identity(chain.issuer.certificate, chain.issuer.key)
        leaf = certificate(name, issuer=issuer, key_type=key_type, ocsp_uris=["http://ocsp.example/"])
        (root / f"{name}.pem").write_text(leaf.chain_pem)
    (root / "with space.pem").write_text((root / "rsa.pem").read_text())
    (root / "ca.pem").write_text(chain.issuer.pem)
    return root


def make_httpd(site: Path, name: str) -> str:
    """Make a program that answers like the httpd that was recorded, and writes each call into the file "calls"."""
    path = site.parent / "bin" / "httpd"
    path.parent.mkdir(exist_ok=True)
    for kind in ("out", "err"):
        (site / f"{name}.{kind}").touch()
    path.write_text(_SCRIPT.format(root=site, name=name))
    path.chmod(0o755)
    return str(path)
