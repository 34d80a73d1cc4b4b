# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names as clients write them: in ASCII, by the rules that browsers follow, and never an address."""

from __future__ import annotations

import importlib
import stringprep
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._connection import is_address
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

# The four characters for which IDNA 2003, which Python has, and IDNA 2008 lead to different names.
_DEVIATIONS = "\u00df\u03c2\u200c\u200d"
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


class HostNameError(StaplingError):
    """A name that cannot be sent."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_server_name", message)


def sni_name(name: str | None) -> str | None:
    """
    Return the name as it goes into the server name indication (RFC 6066, 3), or HostNameError.

    That is without a dot at its end, and nothing at all for an address.
    """
    if name is None or is_address(name.strip("[]")):
        return None
    encoded = ascii_name(name)
    encoded = encoded[:-1] if encoded.endswith(".") else encoded
    # OpenSSL would leave out a longer one without a word.
    if not 1 <= len(encoded) <= 255 or "\0" in encoded:
        raise HostNameError("it has to have 1 to 255 characters")
    return encoded


def ascii_name(name: str) -> str:
    """
    Return an internationalised name in ASCII, or HostNameError.

    Browsers do it by UTS 46 without its transitional rules: IDNA 2008, and capitals besides.
    Without the package idna, names for which IDNA 2003 may lead elsewhere are refused.
    """
    if name.isascii():
        return name
    library = _library()
    if library is not None:
        try:
            mapped: str = library.uts46_remap(name, std3_rules=False, transitional=False)
        except (library.IDNAError, UnicodeError) as error:
            raise HostNameError("it is not a valid internationalised name") from error
        return ".".join(_label(label) for label in mapped.split("."))
    if any(character in _DEVIATIONS or stringprep.in_table_a1(character) for character in name):
        raise HostNameError("the package idna is needed to write it in ASCII (python3-idna)")
    try:
        return name.translate(_DOTS).encode("idna").decode("ascii")
    except UnicodeError as error:
        raise HostNameError("it is not a valid internationalised name") from error


def _library() -> t.Any:
    """Return the package idna, which most hosts have but no distribution promises."""
    try:
        return importlib.import_module("idna")
    except ImportError:
        return None


def _label(label: str) -> str:
    encoded = label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
    if len(encoded) > 63:
        raise HostNameError("a part of it has more than 63 characters")
    return encoded
