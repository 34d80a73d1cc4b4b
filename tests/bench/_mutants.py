# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Good responses, changed before they are signed: everything that only a reader of DER can find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509

from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

_CONSTRUCTED = 0x20
_TAGS = bytes.fromhex("010203040506 0a0c131718 3031 808182 a0a1a2")
_SPARE = (b"\x05\x00", b"\x01\x01\xff", b"\x01\x01\x00", b"\x02\x01\x00", b"\x30\x00", b"\x04\x00", b"\x02\x02\x00\x01")


# What responders' certificates may have besides their key identifiers and their purpose.
_EXTENSIONS = (
    x509.KeyUsage(True, False, False, False, False, False, False, False, False),
    x509.BasicConstraints(ca=False, path_length=None),
    x509.OCSPNoCheck(),
    x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.test.example/")], None, None, None)]
    ),
    x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]),
)


@dataclass
class Node:
    """An element: its tag, and either what is in it or its content."""

    tag: int
    content: bytes = b""
    parts: list[Node] = field(default_factory=list)

    def encode(self) -> bytes:
        """Return the element in DER."""
        inner = b"".join(part.encode() for part in self.parts) if self.tag & _CONSTRUCTED else self.content
        return answers.tlv(self.tag, inner)

    def everything(self) -> Iterator[Node]:
        """Yield the element and all below it."""
        yield self
        for part in self.parts:
            yield from part.everything()


def parse(data: bytes) -> list[Node]:
    """Return the elements that stand one after the other in DER which is known to be right."""
    found = []
    while data:
        size, start = data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        content, tag = data[start : start + size], data[0]
        found.append(Node(tag, parts=parse(content)) if tag & _CONSTRUCTED else Node(tag, content))
        data = data[start + size :]
    return found


def mutate(root: Node, chance: random.Random) -> None:
    """Change one to three things somewhere in it."""
    for _change in range(chance.choice((1, 1, 1, 2, 3))):
        nodes = list(root.everything())
        node = chance.choice(nodes)
        if node.tag & _CONSTRUCTED:
            _change_parts(node, nodes, chance)
        else:
            _change_content(node, chance)


def _change_parts(node: Node, nodes: list[Node], chance: random.Random) -> None:
    place = chance.randrange(len(node.parts) + 1)
    what = chance.choice(("repeat", "drop", "swap", "insert", "borrow", "tag"))
    if what == "insert":
        node.parts[place:place] = parse(chance.choice(_SPARE))
    elif what == "borrow":
        node.parts[place:place] = parse(chance.choice(nodes).encode())
    elif what == "tag":
        node.tag = chance.choice([tag for tag in _TAGS if tag & _CONSTRUCTED])
    elif node.parts:
        place = chance.randrange(len(node.parts))
        other = chance.randrange(len(node.parts))
        if what == "repeat":
            node.parts[other:other] = parse(node.parts[place].encode())
        elif what == "drop":
            del node.parts[place]
        else:
            node.parts[place], node.parts[other] = node.parts[other], node.parts[place]


def _change_content(node: Node, chance: random.Random) -> None:
    data = bytearray(node.content)
    place = chance.randrange(len(data) + 1)
    what = chance.choice(("set", "flip", "delete", "insert", "pad", "tag", "time"))
    if what == "insert":
        data.insert(place, chance.randrange(256))
    elif what == "pad":
        data[0:0] = chance.choice((b"\x00", b"\x80", b"\xff"))
    elif what == "tag":
        node.tag = chance.choice([tag for tag in _TAGS if not tag & _CONSTRUCTED])
    elif what == "time":
        data = bytearray(bytes(data).replace(b"Z", chance.choice((b".5Z", b"+0000", b"", b".0Z"))))
    elif data:
        place = chance.randrange(len(data))
        if what == "set":
            data[place] = chance.randrange(256)
        elif what == "flip":
            data[place] ^= 1 << chance.randrange(8)
        else:
            del data[place]
    node.content = bytes(data)


class Mutants:
    """Responses of one CA, by itself and by a delegate whose certificate may be changed as well."""

    def __init__(self, seed: int) -> None:
        self.pki = authority.pki()
        self._chance = random.Random(seed)
        self._delegate = authority.certificate(
            "Delegate",
            issuer=self.pki.issuer,
            ocsp_signing=True,
            extensions=[(extension, False) for extension in _EXTENSIONS],
        )
        single = answers.single(self.pki.leaf.certificate, self.pki.issuer.certificate)
        issuer = answers.Signer(self.pki.issuer.key, self.pki.issuer.certificate)
        self._by_issuer = answers.response(single, signer=issuer)
        certificate = self._delegate.certificate
        signer = answers.Signer(self._delegate.key, certificate, send=(certificate,))
        self._by_delegate = answers.response(single, signer=signer, nonce=b"n" * 16)

    def make(self) -> bytes:
        """Return one more, signed again."""
        which = self._chance.choice(("statement", "statement", "delegated", "certificate", "rest"))
        if which == "statement":
            return self._resigned(self._by_issuer, self.pki.issuer.key)
        return self._resigned(self._by_delegate, self._delegate.key, part=which)

    def _resigned(self, response: bytes, key: authority.PrivateKey, part: str = "statement") -> bytes:
        whole = parse(response)[0]
        holder = whole.parts[1].parts[0].parts[1]
        basic = parse(holder.content)[0]
        if part == "certificate":
            certificate = basic.parts[3].parts[0].parts[0]
            mutate(certificate.parts[0], self._chance)
            _sign(certificate, self.pki.issuer.key)
        elif part == "rest":
            rest = Node(0x30, parts=basic.parts[1:])
            mutate(rest, self._chance)
            basic.parts[1:] = rest.parts
        else:
            mutate(basic.parts[0], self._chance)
            _sign(basic, key)
        holder.content = basic.encode()
        return whole.encode()

    def files(self) -> dict[str, bytes]:
        """Return what a client has to know, by file name."""
        known = {"root": self.pki.root, "issuer": self.pki.issuer, "leaf": self.pki.leaf}
        return {f"{name}.pem": identity.pem.encode() for name, identity in known.items()}


def _sign(signed: Node, key: authority.PrivateKey) -> None:
    """Sign the first element; the third one becomes the signature."""
    _name, signature = answers.sign(key, signed.parts[0].encode(), "sha256")
    signed.parts[2] = Node(0x03, b"\x00" + signature)
