# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a responder's URI, which may say anything, to an endpoint or a typed error."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils import _names
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import (
    DEFAULT_PORTS,
    EndpointError,
    escape,
    parse_ocsp_uri,
)
from ansible_collections.stapling.httpd.plugins.module_utils._names import ascii_name
from ansible_collections.stapling.httpd.tests.unit.support import hostile


@pytest.mark.parametrize(
    ("uri", "scheme", "host", "port"),
    [
        ("http://ocsp.example.org", "http", "ocsp.example.org", 80),
        ("http://ocsp.example.org/", "http", "ocsp.example.org", 80),
        ("HTTP://OCSP.Example.ORG/Path?q#f", "http", "ocsp.example.org", 80),
        ("http://ocsp.example.org:8080/x", "http", "ocsp.example.org", 8080),
        ("http://ocsp.example.org:/x", "http", "ocsp.example.org", 80),
        ("http://ocsp.example.org:00080/", "http", "ocsp.example.org", 80),
        ("https://ocsp.example.org/", "https", "ocsp.example.org", 443),
        ("ldap://ldap.example.org/cn=x", "ldap", "ldap.example.org", 389),
        ("http://192.0.2.1/", "http", "192.0.2.1", 80),
        ("http://[2001:DB8:0::1]:8080/", "http", "2001:db8::1", 8080),
        ("http://[::ffff:192.0.2.1]/", "http", "::ffff:192.0.2.1", 80),
        ("http://localhost/", "http", "localhost", 80),
        ("http://under_score.example/", "http", "under_score.example", 80),
        ("http://xn--bcher-kva.example/", "http", "xn--bcher-kva.example", 80),
        ("http://ocsp.example.org?x", "http", "ocsp.example.org", 80),
        # Harmless as data: nothing but host and port ever leaves.
        ("http://ocsp.example.org/$(reboot);'x'", "http", "ocsp.example.org", 80),
    ],
)
def test_endpoints(uri: str, scheme: str, host: str, port: int) -> None:
    endpoint = parse_ocsp_uri(uri)
    assert (endpoint.scheme, endpoint.host, endpoint.port, endpoint.warnings) == (scheme, host, port, ())


@pytest.mark.parametrize(
    ("uri", "host", "warnings"),
    [
        ("http://user:pw@ocsp.example.org/", "ocsp.example.org", ("userinfo_dropped",)),
        ("http://evil.example@ocsp.example.org/", "ocsp.example.org", ("userinfo_dropped",)),
        ("http://ocsp.example.org./", "ocsp.example.org", ("trailing_dot",)),
        ("http://bücher.example/", "xn--bcher-kva.example", ("idna",)),
        ("http://BÜCHER。example/", "xn--bcher-kva.example", ("idna",)),
        ("http://u@bücher.example./", "xn--bcher-kva.example", ("userinfo_dropped", "idna", "trailing_dot")),
    ],
)
def test_what_is_changed_is_reported(uri: str, host: str, warnings: tuple[str, ...]) -> None:
    endpoint = parse_ocsp_uri(uri)
    assert (endpoint.host, endpoint.warnings) == (host, warnings)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("", "empty"),
        ("http://ocsp.example.org/" + "a" * 10_000, "too_long"),
        ("http://ocsp.example.org/\nAccept: x", "control_characters"),
        ("http://ocsp.exa mple.org/", "control_characters"),
        ("http://ocsp.example.org/\x00", "control_characters"),
        ("http://ocsp.example.org/\x85", "control_characters"),
        (" http://ocsp.example.org/", "control_characters"),
        ("ocsp.example.org", "no_scheme"),
        ("//ocsp.example.org/", "no_scheme"),
        ("javascript:alert(1)", "unknown_scheme"),
        ("file:///etc/passwd", "unknown_scheme"),
        ("http:ocsp.example.org", "no_host"),
        ("http:///path", "no_host"),
        ("http://:80/", "no_host"),
        ("http://user@/", "no_host"),
        ("http://ocsp.example.org:0/", "invalid_port"),
        ("http://ocsp.example.org:65536/", "invalid_port"),
        ("http://ocsp.example.org:-1/", "invalid_port"),
        ("http://ocsp.example.org:\uff18\uff10/", "invalid_port"),
        ("http://ocsp.example.org:80:80/", "invalid_port"),
        ("http://[2001:db8::1/", "invalid_host"),
        ("http://[2001:db8::1]x/", "invalid_host"),
        ("http://[fe80::1%25eth0]/", "invalid_host"),
        ("http://[192.0.2.1]/", "invalid_host"),
        ("http://2130706433/", "invalid_host"),
        ("http://127.1/", "invalid_host"),
        ("http://0x7f.0.0.1/", "invalid_host"),
        ("http://0x7f000001/", "invalid_host"),
        ("http://127.0.0.010/", "invalid_host"),
        ("http://256.0.0.1/", "invalid_host"),
        ("http://a..b/", "invalid_host"),
        ("http://-a.example/", "invalid_host"),
        ("http://a%2eexample/", "invalid_host"),
        ("http://$(reboot)/", "invalid_host"),
        ("http://`reboot`/", "invalid_host"),
        ("http://a;b/", "invalid_host"),
        ('http://a"b/', "invalid_host"),
        ("http://a\\b/", "invalid_host"),
        ("http://" + "a" * 64 + ".example/", "invalid_host"),
        ("http://" + "a." * 130 + "example/", "invalid_host"),
        ("http://ocsp.example.org/\u00fc", "invalid_characters"),
        ('http://ocsp.example.org/"', "invalid_characters"),
        ("http://ocsp.example.org/\\", "invalid_characters"),
        ("http://ocsp.example.org/<x>", "invalid_characters"),
        ('http://"@ocsp.example.org/', "invalid_characters"),
    ],
)
def test_what_is_no_endpoint(uri: str, code: str) -> None:
    with pytest.raises(EndpointError) as caught:
        parse_ocsp_uri(uri)
    assert caught.value.code == code
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()


URIS = st.one_of(
    st.text(max_size=80),
    st.builds("{}://{}".format, st.sampled_from(sorted(DEFAULT_PORTS)), st.text(max_size=40)),
    st.from_regex(r"http://[^/]{0,20}(:[0-9]{0,6})?/.{0,10}", fullmatch=True),
    hostile.responders().map(lambda responder: responder.uri),
)


@given(hostile.responders())
def test_what_is_fine_leads_to_its_host(responder: hostile.Responder) -> None:
    endpoint = parse_ocsp_uri(responder.uri)
    assert (endpoint.scheme, endpoint.host, endpoint.port) == (responder.scheme, responder.host, responder.port)


@given(URIS)
def test_nothing_but_a_plain_host_and_a_port_comes_out(uri: str) -> None:
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError as error:
        assert re.fullmatch(r"[a-z_]+", error.code)
        return
    assert endpoint.scheme in DEFAULT_PORTS
    assert re.fullmatch(r"[a-z0-9._:-]+", endpoint.host)
    assert not endpoint.host.startswith("-")
    assert 1 <= endpoint.port <= 65535
    assert endpoint.is_address == (":" in endpoint.host or endpoint.host.replace(".", "").isdigit())
    assert not re.search(r"[\s\"\\<>^`{|}]", endpoint.path)


@given(URIS)
def test_the_canonical_form_is_stable(uri: str) -> None:
    try:
        endpoint = parse_ocsp_uri(uri)
    except EndpointError:
        return
    again = parse_ocsp_uri(f"{endpoint.scheme}://{endpoint.authority}/")
    assert (again.scheme, again.host, again.port, again.warnings) == (endpoint.scheme, endpoint.host, endpoint.port, ())


@given(st.text())
def test_what_is_shown_is_printable_ascii_and_unambiguous(text: str) -> None:
    shown = escape(text)
    assert shown.isascii()
    assert shown.isprintable() or not shown
    back = re.sub(
        r"\\(?:(\\)|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))",
        lambda match: match[1] or chr(int(match[2] or match[3] or match[4], 16)),
        shown,
    )
    assert back == text


@pytest.mark.parametrize("uri", ["http://faß.example/", "http://\u03b2\u03cc\u03bb\u03bf\u03c2.example/"])
def test_hosts_are_written_in_ascii_as_browsers_do_it(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_names, "_library", lambda: None)
    with pytest.raises(EndpointError, match="the package idna is needed"):
        parse_ocsp_uri(uri)
    monkeypatch.undo()
    pytest.importorskip("idna")
    assert parse_ocsp_uri(uri).host == ascii_name(uri[7:-1]) != uri[7:-1].encode("idna").decode()


def test_no_mapping_leads_past_the_rules() -> None:
    pytest.importorskip("idna")
    address = parse_ocsp_uri("http://\uff11\uff12\uff17.0.0.1/")
    assert (address.host, address.is_address) == ("127.0.0.1", True)
    with pytest.raises(EndpointError) as failed:  # it becomes a/c.example
        parse_ocsp_uri("http://\u2100.example/")
    assert failed.value.code == "invalid_host"
