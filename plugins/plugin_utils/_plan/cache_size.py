# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of stapled responses: what a configured one holds, and how large a new one must be.

httpd's shmcb cache is a row of small caches: the first byte of a certificate's digest picks one, and each throws out
its oldest entry when it is full, without a word. So a cache fails long before the responses add up to its size, and
its capacity has to be reckoned for the fullest of its parts.
"""

from __future__ import annotations

import math

from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import SHMCB_LIMIT

SMALLEST_AUTO = 128 * 1024
STEP = 64 * 1024

# With a delegated signer's certificate and RSA keys, responses are about 2 kB; a new cache has room for twice that.
TYPICAL_RESPONSE = 2048
GENEROUS_RESPONSE = 4096

_HEADER = 88
_SUBCACHE = 16
_INDEX = 24
_HINTED_ENTRY = 1500 + 20
_ENTRY_OVERHEAD = 21  # the certificate's digest and one byte of state


def shmcb_geometry(size: int) -> tuple[int, int, int]:
    """Return how httpd divides a cache of this size: number of parts, entries per part, bytes for data per part."""
    inside = size - _HEADER
    entries = inside // _HINTED_ENTRY
    parts = 256
    while parts > 1 and entries // parts < 2 * parts:
        parts //= 2
    per_part = entries // parts
    part_size = (inside // parts) & ~7
    return parts, per_part, part_size - _SUBCACHE - per_part * _INDEX


def shmcb_capacity(size: int, response_bytes: int) -> tuple[int, int]:
    """Return the number of parts, and how many responses of this size each part holds."""
    parts, per_part, data = shmcb_geometry(size)
    return parts, max(0, min(per_part, data // (response_bytes + _ENTRY_OVERHEAD)))


def fullest_part(certificates: int, parts: int) -> int:
    """Return how many entries the fullest part gets in 999 of 1000 cases: digests are spread like thrown dice."""
    if parts == 1 or certificates <= 1:
        return certificates
    for load in range(math.ceil(certificates / parts), certificates):
        if parts * _tail(certificates, 1.0 / parts, load) < 0.001:
            return load
    return certificates


def _tail(trials: int, chance: float, load: int) -> float:
    """Return the probability that a binomial variable exceeds this load."""
    log_chance, log_other = math.log(chance), math.log1p(-chance)
    total = 0.0
    for count in range(load + 1, trials + 1):
        term = math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(count + 1)
            - math.lgamma(trials - count + 1)
            + count * log_chance
            + (trials - count) * log_other
        )
        total += term
        if term < 1e-12 * max(total, 1e-300) or (count > trials * chance and term < 1e-15):
            break
    return total


def holds(size: int, certificates: int, response_bytes: int) -> bool:
    """Tell whether a shmcb cache of this size keeps one response for each of the certificates."""
    parts, capacity = shmcb_capacity(size, response_bytes)
    return fullest_part(certificates, parts) <= capacity


def held_certificates(size: int, response_bytes: int) -> int:
    """Return for how many certificates a shmcb cache of this size keeps one response each."""
    parts, capacity = shmcb_capacity(size, response_bytes)
    fewest, most = 0, parts * capacity
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if fullest_part(middle, parts) <= capacity:
            fewest = middle
        else:
            most = middle - 1
    return fewest


def needed_bytes(certificates: int, response_bytes: int, *, smallest: int = SMALLEST_AUTO) -> int:
    """Return the smallest size, in steps, that keeps a response for each certificate; httpd's limit where none does."""
    size = smallest
    while not holds(size, certificates, response_bytes):
        # Coarser steps for larger ones: a size is no science, and it should not change with every new certificate.
        size += max(STEP, 1 << (size.bit_length() - 4))
        if size >= SHMCB_LIMIT:
            return SHMCB_LIMIT - STEP
    return size
