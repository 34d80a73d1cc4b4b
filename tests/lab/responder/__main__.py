# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the responder and its control port."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from .authority import Authority
from .ledger import Ledger
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
    servers = [
        Server((arguments.address, arguments.port), OcspHandler, authority, ledger),
        Server((arguments.address, arguments.control_port), ControlHandler, authority, ledger),
    ]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    # The ports as they are: port 0 asks for any free one.
    print("listening on", *(server.server_port for server in servers), flush=True)
    stop.wait()
    for server in servers:
        server.shutdown()


if __name__ == "__main__":
    main()
