# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a certificate: what it says of the responders that the certificate names."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.tests.unit.support.hosts import RESPONDER, actions, cert, edits, plan, vhost

IDN = "http://b\u00fccher.example/"


def detail(result):
    return result["vhosts"][0]["detail"]


class TestHostThatIsNotAscii:
    @pytest.mark.parametrize("engine", ["mod_ssl", "mod_md"])
    def test_the_sentence_is_right_and_escaped_once(self, engine):
        """It is http://, and still not one that httpd could ask."""
        result = plan(vhost("a", cert("a", IDN)), policy={"engine": engine})
        assert actions(result) == {"a": ("leave", "responder_not_http")}
        assert r"names http://b\xfccher.example/ as its responder" in detail(result)
        assert "whose host is not written in ASCII" in detail(result)
        assert "not as xn--bcher-kva.example" in detail(result)
        assert "http:// only" not in detail(result)

    def test_it_is_switched_off_where_others_are_stapled(self):
        result = plan(vhost("a", cert("a", IDN)), vhost("b"))
        assert edits(result) == {"a": "off"}

    def test_as_a_further_responder(self):
        result = plan(vhost("a", cert("a", RESPONDER, IDN)))
        assert actions(result) == {"a": ("staple", "ok")}
        assert [endpoint["host"] for endpoint in result["endpoints"]] == ["ocsp.ca.test"]
        assert [warning["code"] for warning in result["warnings"]] == ["responder_ignored"]
        assert r"http://b\xfccher.example/ is not one that httpd could ask" in result["warnings"][0]["message"]


@pytest.mark.parametrize("uri", ["http://a b/", "http://[::1/", "http://a:0/", "nonsense"])
def test_a_uri_that_leads_nowhere(uri):
    assert actions(plan(vhost("a", cert("a", uri)))) == {"a": ("leave", "responder_not_http")}


def test_what_is_shown_does_not_decide():
    """The plan reads the endpoints; the list of URIs is for people."""
    certificate = {**cert("a"), "ocsp_responders": ["https://shown.test/"]}
    assert [endpoint["host"] for endpoint in plan(vhost("a", certificate))["endpoints"]] == ["ocsp.ca.test"]
