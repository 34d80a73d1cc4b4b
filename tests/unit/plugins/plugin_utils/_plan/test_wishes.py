# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table row per rule about a virtual host and its certificates."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.hosts import (
    PATH,
    actions,
    all_edits,
    cert,
    directive,
    edits,
    plan,
    refusals,
    vhost,
    warnings,
)

GOOD = ("staple", "ok")
UNREADABLE = {"fingerprint_sha256": None, "problem": "unreadable", "problem_message": "Permission denied"}


@pytest.mark.parametrize(
    "certificate, reason, off",
    [
        pytest.param(cert("x"), "ok", False, id="all well"),
        pytest.param(cert("x", "http://[2001:db8::5]:8080/ocsp"), "ok", False, id="literal address and port"),
        pytest.param(cert("x", "http://10.1.2.3/"), "ok", False, id="private address"),
        pytest.param(cert("x", "http://a.test/", "ldap://b.test/"), "ok", False, id="only the first counts"),
        pytest.param(cert("x", "http://b/", "ldap://c/", "ftp://a/"), "ok", False, id="three, the least of two counts"),
        pytest.param(cert("x", "http://b/", "ftp://a/", "ldap://c/"), "responder_not_http", True, id="three, sorted"),
        pytest.param(cert("x", "ldap://c/", "http://b/", "ftp://a/"), "responder_not_http", True, id="three, unsorted"),
        pytest.param(cert("x", "http://b/", "http://127.1.1.1/", "http://c/"), "destination_forbidden", True, id="sly"),
        pytest.param(cert("x", "http://b/", "http://b/", "ftp://a/"), "ok", False, id="the same twice is one"),
        pytest.param(cert("x", "//ocsp.test/"), "responder_not_http", True, id="no scheme, which crashes httpd"),
        pytest.param(cert("x", ocsp_responders=[]), "no_ocsp_uri", False, id="no URI"),
        pytest.param(cert("x", ocsp_responders=[""]), "no_ocsp_uri", False, id="empty URI"),
        pytest.param(cert("x", "", "http://ocsp.test/"), "ok", False, id="OpenSSL passes over an empty first one"),
        pytest.param(cert("x", ocsp_responders=[], self_signed=True), "self_signed", False, id="self-signed"),
        pytest.param(cert("x", self_signed=True), "self_signed", False, id="self-signed with URI"),
        pytest.param(cert("x", issuer_available=False), "issuer_missing", False, id="issuer missing"),
        pytest.param(cert("x", issuer_available=None), "issuer_missing", False, id="issuer not looked for"),
        pytest.param(cert("x", expired=True), "expired", True, id="expired: httpd would still ask"),
        pytest.param(cert("x", not_yet_valid=True), "not_yet_valid", True, id="not yet valid: httpd would ask already"),
        pytest.param(cert("x", expired=True, ocsp_responders=[]), "no_ocsp_uri", False, id="expired, no URI"),
        pytest.param(cert("x", "https://ocsp.test/"), "responder_not_http", True, id="https"),
        pytest.param(cert("x", "ldap://ocsp.test/"), "responder_not_http", True, id="ldap"),
        pytest.param(
            cert("x", "HTTP://ocsp.test/"), "responder_not_http", True, id="upper case, which mod_ssl refuses"
        ),
        pytest.param(cert("x", "ocsp.test/"), "responder_not_http", True, id="no scheme"),
        pytest.param(
            cert("x", "https://a.test/", "http://b.test/"), "responder_not_http", True, id="http comes second"
        ),
        pytest.param(cert("x", "http://ocsp.test/a b"), "responder_not_http", True, id="blank"),
        pytest.param(cert("x", "http://ocsp.test/\r\nX: y"), "responder_not_http", True, id="line feed"),
        pytest.param(cert("x", "http://ocsp.test/\\x0d\\x0aX"), "responder_not_http", True, id="escaped line feed"),
        pytest.param(cert("x", "http://ocsp.test:0/"), "responder_not_http", True, id="port 0"),
        pytest.param(cert("x", "http://ocsp.test:70000/"), "responder_not_http", True, id="port 70000"),
        pytest.param(cert("x", "http://$(reboot)/"), "responder_not_http", True, id="shell"),
        pytest.param(cert("x", "http:///"), "responder_not_http", True, id="no host"),
        pytest.param(cert("x", "http://ocsp.test/" + "a" * 10000), "responder_not_http", True, id="10,000 letters"),
        pytest.param(
            cert("x", "https://ocsp.test/", issuer_available=False), "responder_not_http", True, id="https goes first"
        ),
        pytest.param(cert("x", "http://127.0.0.1/"), "destination_forbidden", True, id="loopback"),
        pytest.param(cert("x", "http://127.9.9.9:8080/"), "destination_forbidden", True, id="any loopback"),
        pytest.param(cert("x", "http://localhost/"), "destination_forbidden", True, id="localhost"),
        pytest.param(cert("x", "http://LOCALHOST./"), "destination_forbidden", True, id="localhost with a dot"),
        pytest.param(cert("x", "http://a.localhost/"), "destination_forbidden", True, id="below localhost"),
        pytest.param(cert("x", "http://user@ip6-localhost/"), "destination_forbidden", True, id="ip6-localhost"),
        pytest.param(cert("x", "http://169.254.169.254/latest"), "destination_forbidden", True, id="metadata service"),
        pytest.param(cert("x", "http://[::1]/"), "destination_forbidden", True, id="v6 loopback"),
        pytest.param(cert("x", "http://[fe80::1]/"), "destination_forbidden", True, id="v6 link-local"),
        pytest.param(cert("x", "http://[ff02::1]/"), "destination_forbidden", True, id="v6 multicast"),
        pytest.param(cert("x", "http://[::]/"), "destination_forbidden", True, id="v6 unspecified"),
        pytest.param(cert("x", "http://[::ffff:127.0.0.1]/"), "destination_forbidden", True, id="v4-mapped"),
        pytest.param(
            cert("x", "http://[::ffff:a9fe:a9fe]/"), "destination_forbidden", True, id="v4-mapped, hexadecimal"
        ),
        pytest.param(cert("x", "http://[::7f00:1]/"), "destination_forbidden", True, id="v4-compatible"),
        pytest.param(cert("x", "http://[64:ff9b::7f00:1]/"), "destination_forbidden", True, id="NAT64"),
        pytest.param(cert("x", "http://[2002:7f00:1::]/"), "destination_forbidden", True, id="6to4"),
        pytest.param(cert("x", "http://[::2]/"), "destination_forbidden", True, id="v4-compatible, short"),
        pytest.param(cert("x", "http://[2001:0:c000:201::80ff:fffe]/"), "destination_forbidden", True, id="Teredo"),
        pytest.param(cert("x", "http://0.0.0.0/"), "destination_forbidden", True, id="unspecified"),
        pytest.param(cert("x", "http://224.0.0.1/"), "destination_forbidden", True, id="multicast"),
        pytest.param(cert("x", "http://2130706433/"), "responder_not_http", True, id="loopback as one number"),
        pytest.param(cert("x", "http://0x7f.1/"), "responder_not_http", True, id="loopback in hexadecimal"),
        pytest.param(cert("x", **UNREADABLE), "certificate_unreadable", True, id="unreadable"),
        pytest.param(cert("x", problem="pkcs11"), "certificate_unreadable", True, id="in a token"),
    ],
)
def test_certificate_rules_under_global_scope(certificate, reason, off):
    """Beside a virtual host that can be stapled, this one is stapled, left alone, or switched off."""
    result = plan(vhost("good"), vhost("x", certificate))
    action = "staple" if reason == "ok" else "off" if off else "leave"
    assert actions(result) == {"good": GOOD, "x": (action, reason)}
    assert edits(result) == ({"x": "off"} if off else {})
    assert result["safe"] is True
    assert "SSLUseStapling on" in result["directives"]
    assert ("fp-x" in str(result["endpoints"])) == (reason == "ok")
    detail = next(vhost["detail"] for vhost in result["vhosts"] if vhost["id"] == "x:443")
    assert detail.startswith("x: ") and "/etc/ssl/x.pem" in detail and detail.isprintable() and len(detail) < 600


@pytest.mark.parametrize(
    "certificates, reason, action",
    [
        pytest.param([cert("rsa"), cert("ec", key_type="ecdsa")], "ok", "staple", id="both"),
        pytest.param([cert("rsa"), cert("ec", ocsp_responders=[])], "ok", "staple", id="one has no URI"),
        pytest.param([cert("rsa"), cert("ec", issuer_available=False)], "ok", "staple", id="one has no issuer"),
        pytest.param([cert("rsa"), cert("ec", expired=True)], "ok", "staple", id="one has expired"),
        pytest.param([cert("rsa"), cert("ec", self_signed=True)], "ok", "staple", id="one is self-signed"),
        pytest.param([cert("rsa"), cert("ec", "https://o.test/")], "responder_not_http", "off", id="one locks out"),
        pytest.param([cert("rsa"), cert("ec", "http://[::1]/")], "destination_forbidden", "off", id="one is forbidden"),
        pytest.param([cert("rsa"), cert("ec", **UNREADABLE)], "certificate_unreadable", "off", id="one is unreadable"),
        pytest.param(
            [cert("rsa", ocsp_responders=[]), cert("ec", issuer_available=False)],
            "issuer_missing",
            "leave",
            id="none: what can be mended is told",
        ),
        pytest.param([], "certificate_unreadable", "off", id="no certificate known"),
    ],
)
def test_several_certificates(certificates, reason, action):
    one = {**vhost("x"), "certificates": tuple(certificates)}
    result = plan(vhost("good"), one)
    assert actions(result)["x"] == (action, reason)
    parts = [code for code in warnings(result) if code == "partly_stapled"]
    stapled = next(vhost["stapled_certificates"] for vhost in result["vhosts"] if vhost["id"] == "x:443")
    if action == "staple":
        assert stapled[0] == "fp-rsa"
        assert bool(parts) == (len(stapled) == 1)
    else:
        assert stapled == [] and parts == []


def test_no_tls_at_all():
    result = plan({**vhost("plain"), "tls": False})
    assert result["safe"] is True and result["vhosts"] == [] and result["directives"] == []


@pytest.mark.parametrize(
    "policy, expected",
    [
        pytest.param({}, {"a.test": GOOD, "b.test": GOOD}, id="all"),
        pytest.param({"include": ["a.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="include a name"),
        pytest.param({"include": ["A.*"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="glob, other case"),
        pytest.param({"include": ["alias.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="alias"),
        pytest.param({"include": ["*.wild.test"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="literal alias"),
        pytest.param({"exclude": ["b.*"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="exclude"),
        pytest.param({"exclude": ["b.test:443"]}, {"a.test": GOOD, "b.test": ("off", "excluded")}, id="by id"),
        pytest.param(
            {"include": ["*"], "exclude": ["a.test"]},
            {"a.test": ("off", "excluded"), "b.test": GOOD},
            id="exclude wins",
        ),
        pytest.param(
            {"include": ["nowhere"]},
            {"a.test": ("leave", "excluded"), "b.test": ("leave", "excluded")},
            id="nothing is meant",
        ),
        pytest.param(
            {"include": ["a.test"], "scope": "vhost"},
            {"a.test": GOOD, "b.test": ("leave", "excluded")},
            id="no off under vhost scope",
        ),
    ],
)
def test_include_and_exclude(policy, expected):
    result = plan({**vhost("a.test"), "names": ["a.test", "alias.test", "*.wild.test"]}, vhost("b.test"), policy=policy)
    assert actions(result) == expected
    assert result["safe"] is True


def test_an_excluded_vhost_that_httpd_would_not_staple_anyway_needs_no_line():
    result = plan(vhost("a"), vhost("b", cert("b", ocsp_responders=[])), policy={"exclude": ["b"]})
    assert actions(result)["b"] == ("leave", "excluded") and all_edits(result) == []


def test_an_excluded_vhost_that_the_site_staples_itself_stays_so():
    site = directive("SSLUseStapling", "on", vhost="b")
    result = plan(vhost("a"), vhost("b", enabled=True), directives=[site], policy={"exclude": ["b"]})
    assert actions(result)["b"] == ("leave", "excluded") and all_edits(result) == []


def test_now_decides_about_validity():
    early = cert("a", not_before="2026-06-01T00:00:00Z")
    assert actions(plan(vhost("a", early), policy={"now": "2026-05-31T23:59:59Z"}))["a"] == ("leave", "not_yet_valid")
    assert actions(plan(vhost("a", early), policy={"now": "2026-06-01T00:00:00Z"}))["a"] == GOOD
    assert actions(plan(vhost("a"), policy={"now": "2027-01-01T00:00:01Z"}))["a"] == ("leave", "expired")
    assert actions(plan(vhost("a", cert("a", expired=True)), policy={"now": "2026-12-31T23:59:59Z"}))["a"] == GOOD


def test_forbidden_networks_can_be_chosen():
    hosts = [vhost("a", cert("a", "http://10.0.0.1/")), vhost("b", cert("b", "http://127.0.0.1/")), vhost("c")]
    result = plan(*hosts, policy={"forbidden_networks": ["10.0.0.0/8"]})
    assert actions(result) == {"a": ("off", "destination_forbidden"), "b": GOOD, "c": GOOD}
    assert set(actions(plan(*hosts, policy={"forbidden_networks": []})).values()) == {GOOD}
    assert actions(plan(*hosts, policy={"forbidden_networks": None}))["b"] == ("off", "destination_forbidden")


LOCKED = cert("locked", "https://ocsp.ca.test/")
WHOLE = {"copies_read": [{"path": f"{PATH}/b.conf", "file": "/etc/apache2/apache2.conf", "line": 9}]}


def test_no_copy_is_put_where_httpd_reads_every_file():
    """A section there would need an off of its own, and a copy of the file stands beside it while that is on trial."""
    result = plan(vhost("a"), vhost("b", LOCKED), **WHOLE)
    assert refusals(result) == ["directory_included_whole"]
    assert "Include at /etc/apache2/apache2.conf:9" in result["refused"][0]["detail"]
    assert refusals(plan(vhost("b"), **WHOLE)) == []
    result = plan(vhost("a"), vhost("b"), policy={"scope": "vhost"}, **WHOLE)
    assert actions(result) == {"a": ("staple", "ok"), "b": ("leave", "directory_included_whole")}


def test_the_managed_file_is_not_put_there_either():
    policy = {"managed_file": f"{PATH}/zz-ocsp-stapling.conf"}
    assert refusals(plan(vhost("a"), policy=policy, **WHOLE)) == ["directory_included_whole"]
    assert refusals(plan(vhost("a"), policy={"managed_file": "/etc/apache2/zz.conf"}, **WHOLE)) == []
