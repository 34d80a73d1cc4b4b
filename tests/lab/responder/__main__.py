# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the responder and its control port."""

from __future__ import annotations

import argparse
from pathlib import Path

from .authority import Authority
from .ledger import Ledger
from .listener import serve_until_told
from .service import ControlHandler, OcspHandler, Server


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="responder", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, required=True, help="the authority's certificates, keys and index.txt"
    )
    parser.add_argument("--address", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--control-port", type=int, default=8081)
    arguments = parser.parse_args()
    authority = Authority(arguments.directory)
    ledger = Ledger()
    serve_until_told(
        Server((arguments.address, arguments.port), OcspHandler, authority, ledger),
        Server((arguments.address, arguments.control_port), ControlHandler, authority, ledger),
    )


if __name__ == "__main__":
    main()
