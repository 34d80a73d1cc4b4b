# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of httpd_tls_info to make plans of: a host as short as a test can say it."""

from __future__ import annotations

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import describe_uri
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan

RESPONDER = "http://ocsp.ca.test/"
PATH = "/etc/apache2/sites-enabled"


def cert(name="a", *responders, **more):
    """Return a certificate that can be stapled, with the usual responder, unless told otherwise."""
    uris = more.get("ocsp_responders", list(responders) if responders else [RESPONDER])
    return {
        "path": f"/etc/ssl/{name}.pem",
        "fingerprint_sha256": f"fp-{name}",
        "key_type": "rsa",
        "ocsp_responders": [escape(uri) for uri in uris],
        "ocsp_endpoints": [describe_uri(uri) for uri in uris],
        "self_signed": False,
        "expired": False,
        "not_after": "2027-01-01T00:00:00Z",
        "must_staple": False,
        "issuer_available": True,
        "issuer_path": f"/etc/ssl/{name}.pem",
        "problem": None,
        **{key: value for key, value in more.items() if key != "ocsp_responders"},
    }


def vhost(name, *certificates, line=1, macro=None, enabled=False, file=None, tool=None, **more):
    """Return a virtual host with these certificates (default: a good one of its own)."""
    return {
        "id": f"{name}:443",
        "names": [name],
        "addresses": [{"address": "*", "port": 443}],
        "source": {"file": file or f"{PATH}/{name}.conf", "line": line, "macro": macro, "tool": tool},
        "tls": True,
        "stapling": {"enabled": enabled},
        "certificates": certificates or (cert(name),),
        **more,
    }


def main_server(*certificates, **more):
    return vhost("main.test", *certificates, **{"source": {"file": None, "line": None, "macro": None}, **more})


def directive(name, arguments, *, vhost=None, managed=False, file="/etc/apache2/site.conf", line=7, **more):
    return {
        **more,
        "name": name,
        "arguments": arguments,
        "file": file,
        "line": line,
        "vhost": None if vhost is None else f"{vhost}:443",
        "managed": managed,
    }


def info(
    *vhosts,
    directives=(),
    md_staples=False,
    modules=("ssl_module", "socache_shmcb_module"),
    stapling=None,
    missing_libraries=(),
    **httpd,
):
    """Return the result of httpd_tls_info for these virtual hosts."""
    certificates = {}
    shown = []
    for one in vhosts:
        for certificate in one["certificates"]:
            certificates[certificate["fingerprint_sha256"] or certificate["path"]] = certificate
        references = [one["fingerprint_sha256"] or one["path"] for one in one["certificates"]]
        shown.append({**one, "certificates": references})
    return {
        "httpd": {
            "version": "2.4.71",
            "layout": "debian",
            "runtime_dir": "/var/run/apache2",
            "server_root": "/etc/apache2",
            "running": True,
            "modules": list(modules),
            **httpd,
        },
        "stapling": {"directives": list(directives), "mod_md": {"stapling": md_staples}, **(stapling or {})},
        "missing_libraries": list(missing_libraries),
        "vhosts": shown,
        "certificates": list(certificates.values()),
    }


def plan(*vhosts, policy=None, **host):
    return make_plan(info(*vhosts, **host), policy or {})


def actions(result):
    """Return what becomes of each virtual host: name to (action, reason)."""
    return {one["id"].split(":")[0]: (one["action"], one["reason"]) for one in result["vhosts"]}


def edits(result):
    """Return what becomes of the line in each virtual host: name to state."""
    return {edit["vhost"].split(":")[0]: edit["state"] for edit in all_edits(result)}


def all_edits(result):
    """Return the edits in the order in which they are made."""
    return result["edits"]["before"] + result["edits"]["after"]


def refusals(result):
    return [one["reason"] for one in result["refused"]]


def warnings(result):
    return [one["code"] for one in result["warnings"]]
