# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils import _names
from ansible_collections.stapling.httpd.plugins.module_utils._names import HostNameError, ascii_name, sni_name

# What Firefox and Chrome look up.
LIKE_BROWSERS = {
    "www.example.org": "www.example.org",
    "B\u00dcCHER.example": "xn--bcher-kva.example",
    "b\u00fccher\u3002example": "xn--bcher-kva.example",
    "\u4f8b\u3048.test": "xn--r8jz45g.test",
}
NEWER = {
    "fa\u00df.example": "xn--fa-hia.example",
    "\u03b2\u03cc\u03bb\u03bf\u03c2.example": "xn--nxasmm1c.example",
    "\U0001f512.example": "xn--lv8h.example",
}


@pytest.mark.parametrize(("name", "expected"), [*LIKE_BROWSERS.items(), *NEWER.items()])
def test_names_as_browsers_write_them(name: str, expected: str) -> None:
    pytest.importorskip("idna")
    assert ascii_name(name) == expected


@pytest.mark.parametrize(("name", "expected"), LIKE_BROWSERS.items())
def test_without_the_package_most_names_are_the_same(name: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_names, "_library", lambda: None)
    assert ascii_name(name) == expected


@pytest.mark.parametrize("name", NEWER)
def test_without_the_package_no_name_leads_elsewhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_names, "_library", lambda: None)
    with pytest.raises(HostNameError, match="the package idna is needed"):
        ascii_name(name)


@pytest.mark.parametrize("with_package", [True, False])
@pytest.mark.parametrize("name", ["\u00fc" * 80, "\ud800.example", "\u00fc..example"])
def test_names_that_are_none(name: str, with_package: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not with_package:
        monkeypatch.setattr(_names, "_library", lambda: None)
    try:
        encoded = ascii_name(name)
    except HostNameError as error:
        assert error.code == "invalid_server_name"
    else:
        # Browsers look an empty label up, and nobody answers.
        assert (name, encoded) == ("\u00fc..example", "xn--tda..example")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, None),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("[2001:db8::1]", None),
        ("::ffff:192.0.2.1", None),
        ("a.example", "a.example"),
        ("a.example.", "a.example"),
        ("B\u00fccher.example.", "xn--bcher-kva.example"),
        ("127.1", "127.1"),
    ],
)
def test_what_is_sent(name: str | None, expected: str | None) -> None:
    assert sni_name(name) == expected


@pytest.mark.parametrize("name", ["", ".", "x" * 256, "a\0b"])
def test_what_cannot_be_sent(name: str) -> None:
    with pytest.raises(HostNameError):
        sni_name(name)
