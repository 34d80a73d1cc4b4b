# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Everything that can be wrong with an OCSP answer or with a handshake, each with its sentence and what to do about it.

The words are part of the public interface: they are what a playbook tests for. ocsp_response_info and
stapled_response_info share this table, so that one fault has one name wherever it is seen.
"""

from __future__ import annotations

import re
import typing as t

# Enough for sixteen addresses and what became of each; details quote what strangers sent.
_LONGEST_DETAIL = 1500

# mod_md has no numbers for what becomes of its questions, and tells them only to those who ask.
_MOD_SSL_LOG = re.compile(r"(?:httpd would log )?AH0[0-9]{4}")
_MOD_MD_LOG = 'httpd would log "OCSP status update failed" at LogLevel md:debug'


class Problem(t.NamedTuple):
    """One kind of fault: what it means, and what mends it."""

    sentence: str
    hint: str


PROBLEMS: dict[str, Problem] = {
    # What was given.
    "certificate_unreadable": Problem(
        "The certificate cannot be read.", "Check that the path exists on this host and holds a PEM or DER certificate."
    ),
    "issuer_missing": Problem(
        "The certificate of the issuing CA is not at hand, so nothing can be asked or verified.",
        "Append the issuing CA's certificate to the file that SSLCertificateFile names; mod_ssl needs it there as"
        " well.",
    ),
    "issuer_mismatch": Problem(
        "The certificate given as issuer did not issue the certificate.",
        "Give the CA certificate whose subject is the certificate's issuer; after a CA has changed its key, that"
        " is the newer one.",
    ),
    "no_ocsp_uri": Problem(
        "The certificate names no OCSP responder.",
        "Stapling cannot work for this certificate; leave it out, or have it issued by a CA that still runs OCSP.",
    ),
    "responder_not_http": Problem(
        "The responder's URI is not an http:// URI.",
        "Keep stapling off for this certificate, set SSLStaplingForceURL to an http:// URI, or use mod_md; mod_ssl"
        " would answer clients that ask for a staple with a fatal alert.",
    ),
    "responder_invalid": Problem(
        "The responder's URI cannot be used.",
        "Set SSLStaplingForceURL to the CA's real responder, or have the certificate reissued.",
    ),
    # The connection to the responder.
    "responder_unresolvable": Problem(
        "The responder's host name cannot be resolved from this host.",
        "Check /etc/resolv.conf and that the firewall lets DNS out; httpd would log AH01972.",
    ),
    "responder_unreachable": Problem(
        "No address of the responder accepts a connection.",
        "Open the outbound rule for this user, destination and port (role ocsp_egress does), or set a proxy; httpd"
        " would log AH01974.",
    ),
    "proxy_unresolvable": Problem(
        "The proxy's host name cannot be resolved from this host.", "Check the host in SSLOCSPProxyURL."
    ),
    "proxy_unreachable": Problem(
        "The proxy does not accept a connection.",
        "Check that the proxy runs and that host and port in SSLOCSPProxyURL are right; the port is mandatory there.",
    ),
    "proxy_invalid": Problem(
        "The URL of the proxy cannot be used.", "Write it as SSLOCSPProxyURL wants it: http://HOST:PORT, with the port."
    ),
    "responder_timeout": Problem(
        "The responder accepted the connection and then did not finish its answer in time.",
        "Ask the CA, or raise the timeout; with httpd every client that asks for a staple would wait as long"
        " (AH01977).",
    ),
    "not_asked": Problem(
        "There was no time left to ask the responder.",
        "Raise total_timeout, or see which responders took so long; this says nothing about this one.",
    ),
    "responder_tls_failed": Problem(
        "The TLS handshake with the responder failed.",
        "An https:// responder needs a certificate that this host trusts; most CAs offer theirs by http://.",
    ),
    "responder_closed": Problem(
        "The responder closed the connection without a complete answer.",
        "Look for a firewall, proxy or intrusion prevention between this host and the responder that cuts HTTP"
        " connections.",
    ),
    "responder_not_speaking_http": Problem(
        "What listens at the responder's address does not answer in HTTP.",
        "Check host and port of the responder, and what a transparent proxy on the way does with the request.",
    ),
    "responder_http_error": Problem(
        "The responder answered with an HTTP error.",
        "An error 5xx is the CA's to mend; 403, 407 or 502 mostly come from a proxy on the way: look at its log"
        " and its filter. httpd would log AH01980.",
    ),
    "responder_redirect": Problem(
        "The responder answered with an HTTP redirect, which httpd does not follow.",
        "Set SSLStaplingForceURL to where it redirects if that is http://, or look for a captive portal or proxy"
        " on the way.",
    ),
    "responder_empty": Problem(
        "The responder answered with HTTP success and an empty body.",
        "Ask the CA; httpd would log AH01988 and staple nothing.",
    ),
    "responder_oversized": Problem(
        "The responder sends more than httpd is willing to read.",
        "Check that the URI really leads to an OCSP responder.",
    ),
    # The answer.
    "not_ocsp": Problem(
        "The answer is not an OCSP response.",
        "Something else answers in the responder's place (a portal, a proxy's error page); httpd would log AH01988.",
    ),
    "malformed_response": Problem(
        "The response is not encoded as every client reads it.",
        "Tell the CA: its responder does not write the DER of RFC 6960, and the detail says where.",
    ),
    "nonce_mismatch": Problem(
        "The response carries another nonce than the request.",
        "Tell the CA that its responder, or a cache before it, has to leave the nonce out or send back that of the"
        " request; mod_md refuses such a response, and mod_ssl, which sends no nonce, staples it.",
    ),
    "malformed_request": Problem(
        "The responder calls the request malformed.", "Check that the URI belongs to this certificate's CA."
    ),
    "internal_error": Problem("The responder reports an internal error.", "Try again later; if it stays, tell the CA."),
    "try_later": Problem(
        "The responder says to try again later.",
        "If httpd served this: set SSLStaplingReturnResponderErrors off and SSLStaplingFakeTryLater off, or strict"
        " clients fail.",
    ),
    "sig_required": Problem(
        "The responder only answers signed requests, which httpd does not send.", "Ask the CA for a public responder."
    ),
    "unauthorized": Problem(
        "The responder says that it may not answer for this certificate.",
        "A certificate that was issued minutes ago may not be known yet; otherwise the URI or the issuer does not"
        " belong to it.",
    ),
    "response_status_unknown": Problem("The response has a status that no standard defines.", "Tell the CA."),
    "other_certificate": Problem(
        "The response is about another certificate.",
        "Check that the issuer is the right one; behind a cache, that it does not mix up POST requests.",
    ),
    "certid_algorithm": Problem(
        "The response names the certificate with another hash function than SHA-1 alone.",
        "Tell the CA: httpd asks with SHA-1 identifiers and discards answers with any other, and so do most clients.",
    ),
    "not_first": Problem(
        "The response speaks of another certificate first.",
        "Tell the CA to put the certificate that was asked for first, or to answer about it alone.",
    ),
    "foreign_statement": Problem(
        "The response also speaks of a certificate of another CA.",
        "Tell the CA to answer about its own certificates only.",
    ),
    "bad_signature": Problem(
        "The signature of the response is wrong.",
        "The response was changed or damaged on its way, or the CA signed with another key; httpd does not check"
        " this and staples it.",
    ),
    "wrong_signer": Problem(
        "The response is signed by somebody who is neither the issuer nor a responder certified by it.",
        "Check that the issuer is the right one (after a CA key change there are two), and that nobody answers in"
        " the responder's place.",
    ),
    "signer_not_authorized": Problem(
        "The responder's own certificate does not allow it to sign OCSP responses.",
        "The CA has to give its responder a certificate of its own with the extended key usage OCSPSigning.",
    ),
    "signer_expired": Problem(
        "The responder's own certificate is not valid now.",
        "Check this host's clock; otherwise the CA has to renew it.",
    ),
    "bad_certificates": Problem(
        "Clients cannot use the certificates that come with the response, or there are too many.",
        "Tell the CA: the responder's own certificate is all that a response has to bring along.",
    ),
    "responder_name_differs": Problem(
        "The response names its responder in other bytes than the signer's certificate does.",
        "Tell the CA: the name has to be copied byte for byte from the certificate.",
    ),
    "signer_malformed": Problem(
        "The responder's own certificate is not encoded as every client reads it.",
        "The CA has to give its responder a new certificate; the detail says what is wrong with this one.",
    ),
    "signer_name_differs": Problem(
        "The responder's own certificate names its issuer in other bytes than the issuer's certificate does.",
        "The CA has to give its responder a new certificate.",
    ),
    "signer_key_identifier": Problem(
        "The responder's own certificate names another key of its issuer than the issuer has.",
        "The CA has to give its responder a new certificate, with the issuer's key identifier.",
    ),
    "signer_critical_extension": Problem(
        "The responder's own certificate has a critical extension that clients do not know.",
        "The CA has to give its responder a new certificate without it.",
    ),
    "weak_signature": Problem(
        "The certificate of the responder is signed with a hash function that clients no longer take.",
        "Tell the CA: GnuTLS and Firefox refuse certificates with SHA-1.",
    ),
    "unsupported_algorithm": Problem(
        "The response is signed in a manner that not every client verifies.",
        "Tell the CA: RSA PKCS#1 and ECDSA on P-256, P-384 or P-521 with SHA-256, SHA-384 or SHA-512 are what every"
        " client takes. If the response uses one of these, this host's OpenSSL refuses it: run the check elsewhere.",
    ),
    "critical_extension": Problem("The response has a critical extension that clients do not know.", "Tell the CA."),
    "revoked": Problem(
        "The certificate is revoked.",
        "Replace the certificate; from httpd 2.4.58 on the revocation is stapled and every client refuses.",
    ),
    "unknown": Problem(
        "The responder does not know the certificate.",
        "A certificate that was issued minutes ago may not be known yet; otherwise the issuer or the responder is"
        " not the right one.",
    ),
    "future": Problem(
        "The response is not valid yet.", "Check this host's clock; if it is right, the responder's clock is ahead."
    ),
    "produced_outside": Problem(
        "The response was signed at a time for which it is not valid.",
        "Tell the CA: producedAt has to lie between thisUpdate and nextUpdate.",
    ),
    "stale": Problem(
        "The response is out of date.",
        "Check this host's clock; otherwise the responder, or a cache on the way to it, hands out old responses.",
    ),
    "too_old": Problem(
        "The response is not out of date by its own account, but older than clients accept.",
        "Tell the CA to sign responses more often: Firefox takes none that is older than 10 days.",
    ),
    "no_next_update": Problem(
        "The response does not say how long it is valid.",
        "Tell the CA; EJBCA and Dogtag leave nextUpdate out unless they are configured to write it. A site whose"
        " clients take such responses can list no_next_update in accept_problems.",
    ),
    "expires_soon": Problem(
        "The response is valid, but for less time than was asked for.",
        "Ask again after the responder has made a new one, or lower min_validity.",
    ),
    "lifetime_too_short": Problem(
        "The response would end before httpd replaces it, and clients would get one that is out of date.",
        "Have the responder sign responses that live longer, and renew them while a third of their life is left."
        " mod_ssl needs lives of 10 seconds; mod_md needs 30, and asks again in an hour if less than a third is left.",
    ),
    "too_large": Problem(
        "The response is too large: mod_ssl would fetch it anew for every handshake, or clients would not take it.",
        "Tell the CA to send fewer certificates in the response. mod_ssl keeps up to 10,239 bytes; with the engine"
        " mod_md the limit is 16,380, the most that OpenSSL's clients take in TLS 1.2.",
    ),
    # Warnings: clients take the response, or it is for the site to judge.
    "go_refuses": Problem(
        "Programs with Go's own OCSP library refuse the response, all other clients take it.",
        "Nothing, unless such programs are among the clients; then tell the CA to send the certificate of a delegated"
        " responder first and no CA certificates, and to sign with RSA PKCS#1 or ECDSA.",
    ),
    "outdated_signature": Problem(
        "The response is signed with SHA-1, which clients with a strict crypto policy refuse.",
        "Tell the CA to sign its responses with SHA-256.",
    ),
    # The judgement itself.
    "judge_failed": Problem(
        "The check failed on what it was shown, which is a fault of this collection.",
        "Report it with the detail and, if you can, with the certificate and the response.",
    ),
    # The handshake.
    "unresolvable": Problem(
        "The address of the target cannot be resolved.", "Give an IP address, or mend the name resolution."
    ),
    "refused": Problem(
        "The connection was refused.", "Check that httpd is running and listens on this address and port."
    ),
    "unreachable": Problem(
        "There is no way to the target.", "Check the address, the routes and the firewall between here and the target."
    ),
    "timeout": Problem(
        "The connection or the handshake was not finished in time.",
        "If the port does not answer at all, check the address and the firewall between here and the target. With"
        " stapling on, a handshake waits while httpd asks the responder: check that, then raise the timeout or the"
        " retries.",
    ),
    "closed": Problem(
        "The server closed the connection in the middle of the handshake.",
        "Look at the server's error log at the time of the check.",
    ),
    "not_tls": Problem(
        "What listens there does not speak TLS.",
        "Check the port; a virtual host without SSLEngine on answers in plain HTTP.",
    ),
    "handshake_failed": Problem(
        "The TLS handshake failed.",
        "The alert says why: internal error with stapling on means that mod_ssl could not prepare a staple (a"
        " responder that is not http://), handshake failure that the virtual host lacks this key type or TLS"
        " version, unrecognized name that it does not know the name.",
    ),
    "address_elsewhere": Problem(
        "The address is not one of this host now.",
        "If it is a floating one, look again on the host that holds it; otherwise take it out of the configuration.",
    ),
    "old_tls_only": Problem(
        "The server offers nothing newer than TLS 1.1, so that there is no staple that clients of today would look at.",
        "Let SSLProtocol allow TLSv1.2, or leave the virtual host as it is.",
    ),
    "client_certificate": Problem(
        "The server takes clients with a certificate only; what it stapled came before.",
        "Nothing: clients that have a certificate get the same staple.",
    ),
    "plain_handshake_failed": Problem(
        "A handshake that does not ask for a staple fails.",
        "Clients that do not ask are cut off too: look at the server's error log.",
    ),
    "invalid_server_name": Problem(
        "The server name cannot be sent as SNI.", "Give a host name of at most 255 characters, or none."
    ),
    "wrong_key_type": Problem(
        "The server presents a certificate with another type of key than was asked for.",
        "Check which certificates this virtual host has.",
    ),
    "key_type_not_forced": Problem(
        "The pyOpenSSL here cannot ask for a certificate with another type of key over TLS 1.3.",
        "Confirm from a host whose python3-cryptography is not 36 or 37, or leave key_types out.",
    ),
    "wrong_certificate": Problem(
        "The server presents another certificate than expected.",
        "Check that the name leads to the right virtual host, and that httpd was reloaded after the certificate"
        " was renewed. If something else takes the connections there (nginx, haproxy, a load balancer), have"
        " ocsp_stapling_confirm_from or ocsp_stapling_confirm_address lead to httpd itself.",
    ),
    "certificate_expired": Problem(
        "The certificate that the server presents is not valid now.", "Renew the certificate."
    ),
    "issuer_expired": Problem(
        "The certificate of the issuing CA is not valid now.",
        "Append the CA's current certificate to the file that SSLCertificateFile names, or have the certificate"
        " reissued.",
    ),
    "chain_invalid": Problem(
        "The chain that the server presents is one that no client accepts for a server.",
        "Have the certificate reissued for the purpose of a server, by a CA that may issue it.",
    ),
    "chain_incomplete": Problem(
        "The chain that the server presents ends below a CA that is not trusted here.",
        "Append the missing intermediate certificates to the file that SSLCertificateFile names; if it is the root of"
        " a private CA that is missing, give it as ca_file, so that the chain can be verified.",
    ),
    "name_mismatch": Problem(
        "The certificate does not cover the name that was asked for.",
        "Have the certificate reissued with the name, or take the name out of the virtual host.",
    ),
    "untrusted": Problem(
        "The chain that the server presents does not lead to a trusted CA.",
        "Check ca_file, and that the server sends its intermediate certificates.",
    ),
    "no_staple": Problem(
        "The server sent no OCSP response.",
        "Look for AH019xx and AH022xx in the server's error log: the responder does not answer this host, the"
        " issuer's certificate is missing in the chain, or SSLUseStapling is off for this virtual host.",
    ),
}


def hint_of(word: str, engine: str = "mod_ssl") -> str:
    """Return what to do about this problem, with what the log of this engine says about it."""
    hint = PROBLEMS[word].hint
    if engine == "mod_md":
        hint = _MOD_SSL_LOG.sub(_MOD_MD_LOG, hint).replace("SSLOCSPProxyURL", "MDHttpProxy")
    return hint


def message_of(word: str, detail: str = "", *, about: str = "") -> str:
    """Return what to show for a problem: its word, what it is about, its sentence, and the details of this case."""
    sentence = PROBLEMS[word].sentence
    if len(detail) > _LONGEST_DETAIL:
        detail = detail[:_LONGEST_DETAIL] + "..."
    text = f"{sentence[:-1]}: {detail}." if detail else sentence
    return f"{word}: {about}: {text}" if about else f"{word}: {text}"


def warning_list(warnings: t.Iterable[tuple[str, str]], *, about: str = "") -> list[dict[str, str]]:
    """Return warnings, words with their details, as modules return them."""
    return [{"code": word, "message": message_of(word, detail, about=about)} for word, detail in warnings]


def problem_fields(word: str | None, detail: str = "", *, about: str = "", engine: str = "mod_ssl") -> dict[str, t.Any]:
    """Return the part of a module's result that says whether something is wrong."""
    return {
        "acceptable": word is None,
        "problem": word,
        "message": message_of(word, detail, about=about) if word else None,
        "hint": hint_of(word, engine) if word else None,
    }
