# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates from files and bytes: whatever stands there, the answer is certificates or a CertificateError."""

from __future__ import annotations

import binascii
import errno
import os
import stat
import warnings
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import DerError, read_tbs
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError

if HAS_CRYPTOGRAPHY:
    from cryptography import x509
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs7

# All of Mozilla's roots take 220 kB; a certificate file that is larger than this is something else.
MAXIMUM_FILE_SIZE = 4 * 1024 * 1024

_BEGIN = b"-----BEGIN "
_DASHES = b"-----"
_CERTIFICATE_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_PKCS7_LABELS = (b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS")


class CertificateError(StaplingError):
    """A certificate that cannot be read. The code is a stable word, the message one sentence."""


def read_certificate_file(path: str, *, maximum: int = MAXIMUM_FILE_SIZE) -> bytes:
    """Return the bytes of a regular file of at most `maximum` bytes. Never blocks on a FIFO, never reads a device."""
    try:
        # O_NONBLOCK: open() of a FIFO would wait for a writer. It has no effect on regular files.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _file_error(path, error) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise CertificateError("not_a_file", f"{path} is not a regular file")
        if status.st_size > maximum:
            raise CertificateError("too_large", f"{path} has {status.st_size} bytes, more than {maximum}")
        data = _read(descriptor, status.st_size, maximum)
    except OSError as error:
        raise _file_error(path, error) from None
    finally:
        os.close(descriptor)
    if len(data) > maximum:
        raise CertificateError("too_large", f"{path} has more than {maximum} bytes")
    if not data.strip():
        raise CertificateError("empty", f"{path} is empty")
    return data


def _read(descriptor: int, size: int, maximum: int) -> bytes:
    """Return all there is, up to one byte too many."""
    # To ask for the size of the file is cheaper than to ask for the maximum.
    data = os.read(descriptor, size + 1)
    while len(data) > size and len(data) <= maximum:
        # It has grown meanwhile, or it is one of those that have no size.
        size = len(data)
        more = os.read(descriptor, maximum + 1 - size)
        if not more:
            break
        data += more
    return data


def _file_error(path: str, error: OSError | ValueError) -> CertificateError:
    if isinstance(error, ValueError):
        return CertificateError("not_found", "the path contains a NUL character")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return CertificateError("not_found", f"{path} does not exist")
    if error.errno in (errno.ENXIO, errno.EISDIR):
        return CertificateError("not_a_file", f"{path} is not a regular file")
    return CertificateError("unreadable", f"{path} cannot be read: {error.strerror}")


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """Return every certificate in a PEM bundle (other PEM blocks are skipped), in DER or in PKCS#7, in order."""
    return [load_der(der) for der in split_certificates(data)]


def split_certificates(data: bytes) -> list[bytes]:
    """Return every certificate in a PEM bundle, in DER or in PKCS#7 as DER that was not looked into yet."""
    if not data.strip():
        raise CertificateError("empty", "there is nothing in it")
    certificates = _split_pem(data) if _BEGIN in data else _split_binary(data)
    if not certificates:
        raise CertificateError("not_a_certificate", "there is no certificate in it")
    return certificates


def load_der(der: bytes) -> x509.Certificate:
    """Return the certificate in these bytes, or raise CertificateError."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InternalError, x509.InvalidVersion):
        raise CertificateError("not_a_certificate", "it is not a certificate, or a damaged one") from None


def load_if_possible(der: bytes) -> x509.Certificate | None:
    """Return the certificate in these bytes, None where nothing can load it, or raise CertificateError."""
    if HAS_CRYPTOGRAPHY:
        return load_der(der)
    try:
        read_tbs(der)
    except DerError:
        raise CertificateError("not_a_certificate", "it is not a certificate, or a damaged one") from None
    return None


def _split_pem(data: bytes) -> list[bytes]:
    certificates: list[bytes] = []
    offset = data.find(_BEGIN)
    while offset >= 0:
        label_start = offset + len(_BEGIN)
        label_end = data.find(_DASHES, label_start, label_start + 80)
        if label_end < 0:
            raise CertificateError("not_a_certificate", "a PEM header is damaged")
        label = data[label_start:label_end]
        body_start = label_end + len(_DASHES)
        footer = b"-----END " + label + _DASHES
        body_end = data.find(footer, body_start)
        if body_end < 0:
            raise CertificateError("not_a_certificate", "a PEM block has no end: the file is truncated")
        if label in _CERTIFICATE_LABELS:
            der = _base64(data[body_start:body_end])
            # OpenSSL appends its trust settings to a trusted certificate.
            certificates.append(der[: _outer_length(der)] if label.startswith(b"TRUSTED") else der)
        elif label in _PKCS7_LABELS:
            certificates.extend(_split_pkcs7(_base64(data[body_start:body_end])))
        offset = data.find(_BEGIN, body_end + len(footer))
    return certificates


@lru_cache(maxsize=64)
def _base64(body: bytes) -> bytes:
    # Cached for the sake of the authority that stands behind thousands of certificates.
    if not body.translate(None, _BASE64_BYTES) == b"":
        raise CertificateError("not_a_certificate", "a PEM block contains characters that are not base64")
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        raise CertificateError("not_a_certificate", "a PEM block is not valid base64") from None


_BASE64_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"


def _outer_length(der: bytes) -> int:
    if len(der) < 4 or der[0] != 0x30:
        return len(der)
    if not der[1] & 0x80:
        return 2 + der[1]
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count], "big")


def _split_binary(data: bytes) -> list[bytes]:
    if data[:1] != b"\x30":
        raise CertificateError("not_a_certificate", "it is neither PEM nor DER")
    try:
        load_if_possible(data)
        return [data]
    except CertificateError:
        try:
            return _split_pkcs7(data)
        except CertificateError:
            raise CertificateError("not_a_certificate", "it is not a certificate, or a damaged one") from None


def _split_pkcs7(der: bytes) -> list[bytes]:
    if not HAS_CRYPTOGRAPHY:
        raise CertificateError("unsupported", "a PKCS#7 bundle of certificates takes cryptography to be read")
    try:
        with warnings.catch_warnings():
            # Bundles are often in BER, of which it warns in a category of its own.
            warnings.simplefilter("ignore")
            found = pkcs7.load_der_pkcs7_certificates(der)
        return [certificate.public_bytes(serialization.Encoding.DER) for certificate in found]
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InternalError, x509.InvalidVersion):
        raise CertificateError("not_a_certificate", "it is not a PKCS#7 bundle of certificates") from None
