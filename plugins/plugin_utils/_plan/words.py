# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a plan, each with what it means and what to do about it.

Words are stable, because people write conditions on them. A new reason, refusal or warning is a constant and an entry
here, the rule that uses it, and a test of that rule.
"""

from __future__ import annotations

import typing as t

OK = "ok"
DISABLED = "disabled"
EXCLUDED = "excluded"
EXPLICIT_OFF = "explicit_off"
CERTIFICATE_UNREADABLE = "certificate_unreadable"
RESPONDER_NOT_HTTP = "responder_not_http"
RESPONDER_UNFIT = "responder_unfit"
DESTINATION_FORBIDDEN = "destination_forbidden"
EXPIRED = "expired"
NOT_YET_VALID = "not_yet_valid"
ISSUER_MISSING = "issuer_missing"
SELF_SIGNED = "self_signed"
NO_OCSP_URI = "no_ocsp_uri"
MACRO_GENERATED = "macro_generated"
MAIN_SERVER = "main_server"
DIRECTORY_INCLUDED_WHOLE = "directory_included_whole"
PANEL_GENERATED = "panel_generated"
INCLUDE_IN_UNFIT = "include_in_unfit"
SHARED_BLOCK = "shared_block"
HTTPD_TOO_OLD = "httpd_too_old"
HTTPD_NOT_RUNNING = "httpd_not_running"
HTTPD_CANNOT_START = "httpd_cannot_start"
HTTPD_MAY_NOT_CONNECT = "httpd_may_not_connect"
CANNOT_RESTART = "cannot_restart"
LIBRARY_MISSING = "library_missing"
KNOWN_FAULT = "known_fault"
MODULE_MISSING = "module_missing"
OTHER_ENGINE = "other_engine"
SCOPE_NOT_SUPPORTED = "scope_not_supported"
CACHE_INVALID = "cache_invalid"
CACHE_DIRECTORY_MISSING = "cache_directory_missing"
UNSAFE_VALUE = "unsafe_value"
MUST_STAPLE = "must_staple"
PARTLY_STAPLED = "partly_stapled"
RESPONDER_IGNORED = "responder_ignored"
CACHE_TOO_SMALL = "cache_too_small"
OFF_OVERRIDDEN = "off_overridden"
SWITCHED_ONE_BY_ONE = "switched_one_by_one"
CACHE_DUPLICATE = "cache_duplicate"
CACHE_REPLACED = "cache_replaced"
CACHE_EXISTS = "cache_exists"
CACHE_NEEDED = "cache_needed"
DIRECTIVE_CONFLICT = "directive_conflict"
VERSION_UNKNOWN = "version_unknown"
CLIENTS_ELSEWHERE = "clients_elsewhere"
STALE_BLOCK = "stale_block"
OFF_MISSING = "off_missing"
FILE_RENDERED = "file_rendered"
CRASH_AT_START = "crash_at_start"
ONE_MUTEX = "one_mutex"
CVE_MOD_SSL = "CVE-2026-44185"
CVE_MOD_MD = "CVE-2026-29168"

# Dates that pass: such a certificate has a responder, and will want a staple again.
OUT_OF_DATE = (EXPIRED, NOT_YET_VALID)

# Where a word may stand: at a virtual host, at the refusal of the whole host, at a warning.
REASON = "reason"
REFUSAL = "refusal"
WARNING = "warning"


class Word(t.NamedTuple):
    """One word of a plan: where it may stand, what it means, and what mends it.

    `rank` orders the words for a certificate: of several, a virtual host tells the lowest, since what endangers
    clients comes first, then what somebody can mend.
    """

    places: frozenset[str]
    sentence: str
    remedy: str
    rank: int | None = None


def _word(*places: str, sentence: str, remedy: str, rank: int | None = None) -> Word:
    return Word(frozenset(places), sentence, remedy, rank)


WORDS: t.Final[dict[str, Word]] = {
    OK: _word(REASON, sentence="It can be stapled.", remedy="There is nothing to do."),
    DISABLED: _word(
        REASON,
        sentence="The plan takes out all that the collection has put in.",
        remedy="Run enable_stapling.yml to staple it again.",
    ),
    EXCLUDED: _word(
        REASON,
        sentence="It is not among the virtual hosts that were asked for, and stays as it is.",
        remedy="Change ocsp_stapling_include or ocsp_stapling_exclude to have it stapled.",
    ),
    EXPLICIT_OFF: _word(
        REASON,
        sentence="The site has switched stapling off for it.",
        remedy="Remove the site's own SSLUseStapling off to have it stapled.",
    ),
    CERTIFICATE_UNREADABLE: _word(
        REASON,
        REFUSAL,
        sentence="A certificate cannot be read, so nobody can tell what stapling would do to its clients.",
        remedy="Make the file that SSLCertificateFile names a readable PEM file.",
        rank=1,
    ),
    RESPONDER_NOT_HTTP: _word(
        REASON,
        REFUSAL,
        WARNING,
        sentence="The responder is not an http:// URI, and mod_ssl would refuse every client that asks for a staple.",
        remedy="Have the certificate reissued with an http:// OCSP URI, or use the engine mod_md for https://.",
        rank=2,
    ),
    RESPONDER_UNFIT: _word(
        REASON,
        REFUSAL,
        WARNING,
        sentence="The responder cannot be reached from this host, or answers what clients would refuse.",
        remedy="Mend what the sentence says of the responder and enable stapling again, or name the virtual host in"
        " ocsp_stapling_exclude.",
    ),
    DESTINATION_FORBIDDEN: _word(
        REASON,
        REFUSAL,
        WARNING,
        sentence="The responder is at an address to which no host may be sent by a certificate.",
        remedy="Have the certificate replaced, or change ocsp_egress_forbidden_networks if the address is right.",
        rank=3,
    ),
    EXPIRED: _word(
        REASON,
        REFUSAL,
        WARNING,
        sentence="The certificate has expired.",
        remedy="Renew the certificate.",
        rank=4,
    ),
    NOT_YET_VALID: _word(
        REASON,
        REFUSAL,
        WARNING,
        sentence="The certificate is not valid yet.",
        remedy="Serve another certificate until then, or correct the clock of the host.",
        rank=5,
    ),
    ISSUER_MISSING: _word(
        REASON,
        REFUSAL,
        sentence="The certificate comes without its issuer's certificate, so httpd cannot ask about it.",
        remedy="Append the issuer's certificate to the file, or correct SSLCertificateChainFile.",
        rank=6,
    ),
    SELF_SIGNED: _word(
        REASON,
        REFUSAL,
        sentence="The certificate is self-signed, so there is no authority that could vouch for it.",
        remedy="Serve a certificate of an authority if clients are to check it.",
        rank=7,
    ),
    NO_OCSP_URI: _word(
        REASON,
        REFUSAL,
        sentence="The certificate names no OCSP responder, so there is nothing to staple.",
        remedy="There is nothing to do.",
        rank=8,
    ),
    MACRO_GENERATED: _word(
        REASON,
        REFUSAL,
        sentence="The virtual host comes from a macro, and a line in it would change the macro's other uses too.",
        remedy="Write the virtual host without the macro, or use the scope that needs no line in it.",
    ),
    MAIN_SERVER: _word(
        REASON,
        REFUSAL,
        sentence="The main server serves TLS without a <VirtualHost> section, so no line can be put into one.",
        remedy="Move its TLS settings into a <VirtualHost> section, or use the scope global.",
    ),
    DIRECTORY_INCLUDED_WHOLE: _word(
        REASON,
        REFUSAL,
        sentence="An Include has httpd read every file of the directory, copies that are kept during a change as well.",
        remedy="Let the Include name *.conf only, or set ocsp_stapling_config_file to a file elsewhere.",
    ),
    PANEL_GENERATED: _word(
        REASON,
        REFUSAL,
        sentence="The file is generated by a hosting panel, which takes out of it whatever others have written.",
        remedy="Write the line where the panel keeps what the site adds, which the sentence names; for the whole server"
        " that file is ocsp_stapling_include_in.",
    ),
    INCLUDE_IN_UNFIT: _word(
        REFUSAL,
        sentence="The file that is to include the collection's own is not read by httpd at server level.",
        remedy="Name one in ocsp_stapling_include_in that httpd reads outside of every section.",
    ),
    SHARED_BLOCK: _word(
        REFUSAL,
        sentence="One <VirtualHost> section is read more than once, and not all that come of it can be stapled.",
        remedy="Give each virtual host a section of its own.",
    ),
    HTTPD_TOO_OLD: _word(
        REFUSAL,
        sentence="This httpd is too old for what was asked for.",
        remedy="Upgrade httpd.",
    ),
    HTTPD_NOT_RUNNING: _word(
        REFUSAL,
        sentence="httpd is not running, so nothing could be proved afterwards.",
        remedy="Start httpd, or find out why it does not start.",
    ),
    HTTPD_MAY_NOT_CONNECT: _word(
        REFUSAL,
        sentence="SELinux keeps httpd from connecting to responders, whatever other programs of the host may.",
        remedy="Switch the boolean httpd_can_network_connect on.",
    ),
    HTTPD_CANNOT_START: _word(
        REFUSAL,
        sentence="httpd accepts its configuration, and would end at its next reload or start: a key does not match its"
        " certificate, or a key or a certificate is damaged.",
        remedy="Put the right key and certificate in place; whoever reloads httpd before that ends it.",
    ),
    CANNOT_RESTART: _word(
        REFUSAL,
        sentence="To take over from mod_ssl, mod_md needs a new process, and this httpd cannot be restarted, or may not"
        " (ocsp_stapling_absent_by).",
        remedy="Use the engine mod_ssl, or allow the restart; where there can be none, disable stapling, take out the"
        " cache that stays, and start httpd again.",
    ),
    LIBRARY_MISSING: _word(
        REFUSAL,
        WARNING,
        sentence="The host is to make the confirming handshakes, and has nothing that can: neither pyOpenSSL nor the"
        " program openssl.",
        remedy="Install python3-openssl, python3-pyOpenSSL or openssl, or set ocsp_stapling_confirm_from to another"
        " machine.",
    ),
    KNOWN_FAULT: _word(
        REFUSAL,
        sentence="This version of httpd has a fault that keeps the engine from stapling.",
        remedy="Upgrade httpd, or use the other engine.",
    ),
    MODULE_MISSING: _word(
        REFUSAL,
        sentence="httpd has not loaded mod_ssl, so it serves no TLS.",
        remedy="Load mod_ssl first.",
    ),
    OTHER_ENGINE: _word(
        REFUSAL,
        sentence="The site staples with the other engine already, and nobody could tell which one clients get.",
        remedy="Set ocsp_stapling_engine to that engine, or remove the site's own line.",
    ),
    SCOPE_NOT_SUPPORTED: _word(
        REFUSAL,
        sentence="The engine mod_md staples for the whole server or not at all.",
        remedy="Use the scope global, or the engine mod_ssl.",
    ),
    CACHE_INVALID: _word(
        REFUSAL,
        sentence="httpd would not take this SSLStaplingCache.",
        remedy="Correct ocsp_stapling_cache, or leave it at auto.",
    ),
    CACHE_DIRECTORY_MISSING: _word(
        REFUSAL,
        sentence="The directory of a dbm cache does not exist, and httpd would die of that after the reload.",
        remedy="Create the directory, or use shmcb, which needs none.",
    ),
    UNSAFE_VALUE: _word(
        REFUSAL,
        sentence="A value would become more than one directive.",
        remedy="Remove line breaks, quotes and control characters from the value.",
    ),
    MUST_STAPLE: _word(
        REFUSAL,
        WARNING,
        sentence="The certificate obliges clients to insist on a staple, and would lose it.",
        remedy="Replace the certificate first, or set ocsp_stapling_force.",
    ),
    PARTLY_STAPLED: _word(
        WARNING,
        sentence="Not every certificate of the virtual host can be stapled.",
        remedy="Replace the certificate that the sentence names; clients that get it see no staple.",
    ),
    RESPONDER_IGNORED: _word(
        WARNING,
        sentence="A further responder of the certificate cannot be asked by httpd, and no path is opened to it.",
        remedy="There is nothing to do as long as the first responder answers.",
    ),
    OFF_OVERRIDDEN: _word(
        WARNING,
        sentence="The site switches stapling off at server level, and the collection's own setting holds against it.",
        remedy="There is nothing to do. To keep stapling off for a virtual host, say so inside it, or leave it out by"
        " ocsp_stapling_exclude.",
    ),
    SWITCHED_ONE_BY_ONE: _word(
        WARNING,
        sentence="Stapling is switched on for single virtual hosts, since a tool may write the file of one again that"
        " must not staple.",
        remedy="There is nothing to do; once whatever writes that file has its certificate changed or keeps"
        " SSLUseStapling off in it, the whole server is switched on again.",
    ),
    CACHE_TOO_SMALL: _word(
        WARNING,
        sentence="The cache is too small for the certificates, so httpd asks the responders again and again.",
        remedy="Enlarge the cache to the size that the sentence names.",
    ),
    CACHE_REPLACED: _word(
        WARNING,
        sentence="The site's own cache is too small, so a larger one is written that httpd reads later.",
        remedy="There is nothing to do; remove the site's own line, or enlarge it, to have one cache only.",
    ),
    CACHE_DUPLICATE: _word(
        WARNING,
        sentence="SSLStaplingCache stands more than once, and httpd uses the last one only.",
        remedy="Remove all but one.",
    ),
    CACHE_EXISTS: _word(
        WARNING,
        sentence="The site has a cache of its own, so the one asked for was not written.",
        remedy="Remove the site's own SSLStaplingCache, or leave ocsp_stapling_cache at auto.",
    ),
    CACHE_NEEDED: _word(
        WARNING,
        sentence="The site's own SSLUseStapling on has no cache but the collection's, so that line stays.",
        remedy="Remove the site's line, or give it an SSLStaplingCache of its own, and disable again.",
    ),
    DIRECTIVE_CONFLICT: _word(
        WARNING,
        sentence="The site sets a directive to another value, and the one that httpd reads last counts.",
        remedy="Remove the site's own line, or ask for the same value.",
    ),
    CLIENTS_ELSEWHERE: _word(
        WARNING,
        sentence="httpd serves TLS on loopback only, or not on port 443: clients may get to something in front of it.",
        remedy="If nginx, haproxy or a load balancer ends TLS there, have that staple; httpd's staples end at it.",
    ),
    VERSION_UNKNOWN: _word(
        WARNING,
        sentence="The version of httpd cannot be compared, so known faults were not checked.",
        remedy="Check by hand whether this httpd has the faults that the role's README names.",
    ),
    STALE_BLOCK: _word(
        WARNING,
        sentence="Lines of the collection belong to no virtual host that httpd names.",
        remedy="Remove them by hand at the place that the sentence names.",
    ),
    FILE_RENDERED: _word(
        WARNING,
        sentence="A line has to stand in a file that another tool may write again, without that line.",
        remedy="Have that tool write the line itself, or enable stapling after each of its runs.",
    ),
    OFF_MISSING: _word(
        WARNING,
        sentence="The virtual host must not staple, and staples: the line that kept it out is gone, or never was.",
        remedy="Enable stapling again, and have whatever renders the file that the sentence names keep the line.",
    ),
    CRASH_AT_START: _word(
        WARNING,
        sentence="This version of httpd crashes at its start when stapling is on.",
        remedy="Upgrade httpd, unless your distribution has backported the fix.",
    ),
    ONE_MUTEX: _word(
        WARNING,
        sentence="This version of httpd lets every handshake wait while one response is fetched.",
        remedy="Upgrade httpd, unless your distribution has backported the fix.",
    ),
    CVE_MOD_SSL: _word(
        WARNING,
        sentence="This version of mod_ssl has a published vulnerability in its handling of OCSP responses.",
        remedy="Upgrade httpd, unless your distribution has backported the fix.",
    ),
    CVE_MOD_MD: _word(
        WARNING,
        sentence="This version of mod_md has a published vulnerability in its handling of OCSP responses.",
        remedy="Upgrade httpd, unless your distribution has backported the fix.",
    ),
}

# Words of a policy and of a plan that are values, not findings.
MOD_SSL = "mod_ssl"
MOD_MD = "mod_md"
AUTO = "auto"
GLOBAL = "global"
VHOST = "vhost"
PRESENT = "present"
ABSENT = "absent"

RELOAD = "reload"
RESTART = "restart"

STAPLE = "staple"
LEAVE = "leave"
OFF = "off"


def rank(word: str) -> int:
    """Return the rank of a word for a certificate; a word without a rank comes last."""
    found = WORDS[word].rank
    return len(WORDS) if found is None else found
