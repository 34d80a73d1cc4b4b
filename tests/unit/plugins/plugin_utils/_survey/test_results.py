# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint
from ansible_collections.stapling.httpd.plugins.plugin_utils._survey.results import survey_results
from ansible_collections.stapling.httpd.tests.unit.support import reports

A = LiveEndpoint("a.example", 443, "a.example")
A_8443 = LiveEndpoint("a.example", 8443, "other.example")


def certificate(endpoint: LiveEndpoint, *uris: str, **more: Any) -> dict[str, Any]:
    """Return what certificate_ocsp_info says of an endpoint."""
    return {
        "endpoint": endpoint.label,
        "problem": None,
        "fingerprint_sha256": endpoint.label,
        "ocsp_responders": list(uris),
        "ocsp_endpoints": [
            {"uri": uri, "scheme": uri.split(":")[0], "host": uri.split("/")[2], "port": 80, "problem": None}
            for uri in uris
        ],
        "ca_issuers": ["http://ca.example/ca.der"],
        "must_staple": False,
        "self_signed": False,
        **more,
    }


def lost(endpoint: LiveEndpoint) -> dict[str, Any]:
    return {"endpoint": endpoint.label, "problem": "timeout", "problem_message": "It took too long."}


def shaken(endpoint: LiveEndpoint, problem: str | None = None) -> dict[str, Any]:
    return {"id": endpoint.label, **reports.handshake(problem)}


def test_an_endpoint_that_staples_is_a_virtual_host_of_its_address() -> None:
    seen = [certificate(A, "http://ocsp.example/"), certificate(A_8443, "http://ocsp.example/", must_staple=True)]
    found = survey_results([A, A_8443], seen, [shaken(A), shaken(A_8443, "no_staple")])["a.example"]
    assert (found["state"], found["cause"]) == ("enabled", None)
    first, second = found["vhosts"]
    assert (first["id"], first["names"], first["acceptable"]) == ("a.example:443", ["a.example"], True)
    assert (second["id"], second["names"]) == ("a.example:8443#other.example", ["other.example"])
    assert (second["problem"], second["must_staple"]) == ("no_staple", True)
    assert first["ca_issuers"] == ["http://ca.example/ca.der"]
    (responder,) = found["endpoints"]
    assert (responder["host"], responder["port"], len(responder["needed_by"])) == ("ocsp.example", 80, 2)


def test_what_could_be_stapled_and_is_not_is_off() -> None:
    found = survey_results([A], [certificate(A, "http://ocsp.example/")], [shaken(A, "no_staple")])["a.example"]
    assert (found["state"], found["vhosts"][0]["stapled"]) == ("disabled", False)


def test_nobody_is_blamed_for_what_cannot_be_stapled() -> None:
    for seen, reason in (
        (certificate(A), "no_ocsp_uri"),
        (certificate(A, "https://ocsp.example/"), "responder_not_http"),
        (certificate(A, "http://ocsp.example/", self_signed=True), "self_signed"),
    ):
        found = survey_results([A], [seen], [shaken(A, "no_staple")])["a.example"]
        assert (found["state"], found["vhosts"][0]["reason"]) == ("nothing_to_do", reason)
        assert found["vhosts"][0]["handshakes"] == []


def test_a_host_that_nobody_can_speak_to_is_unreachable() -> None:
    found = survey_results([A, A_8443], [lost(A), lost(A_8443)], [shaken(A, "timeout")])["a.example"]
    assert (found["state"], found["cause"]) == ("unreachable", "It took too long.")
    found = survey_results([A, A_8443], [lost(A), certificate(A_8443)], [{**shaken(A, "timeout"), "stapled": None}])[
        "a.example"
    ]
    assert (found["state"], found["vhosts"][0]["reason"]) == ("nothing_to_do", "timeout")
    assert found["vhosts"][0]["acceptable"] is False


def test_an_endpoint_that_nothing_was_seen_of_is_unreachable_too() -> None:
    assert survey_results([A], [], [])["a.example"]["state"] == "unreachable"


def test_the_certificate_of_the_server_counts_and_not_those_after_it() -> None:
    seen = [certificate(A, "http://ocsp.example/"), certificate(A, must_staple=True)]
    assert survey_results([A], seen, [shaken(A)])["a.example"]["vhosts"][0]["reason"] == "ok"
