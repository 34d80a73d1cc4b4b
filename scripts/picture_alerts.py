# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/alerts.png: what Debian's Prometheus shows of a revoked staple, as docs/monitoring.md has it.

Everything is real: the hosts of scenario monitor in the lab, the monitor's metrics, the rules of the examples.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "alerts.png"
SCENARIO = ROOT / "molecule" / "monitor"
LAB = ROOT / "tests" / "lab" / "lab"
FLEET = "monitor"
HOST = "watched"
ALERT = "HttpdOcspMustStapleBroken"
SIZE = {"width": 1200, "height": 900}


def run(*command: str | Path) -> str:
    """Run a command to a good end, and return what it prints."""
    environment = {**os.environ, "MOLECULE_PROJECT_DIRECTORY": str(ROOT)}
    done = subprocess.run(list(map(str, command)), env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} has ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def bring_up() -> tuple[str, str]:
    """Bring the hosts up, stapled and watched; return container and address of the one with Prometheus."""
    inventory = run(LAB, "up", "--group", "molecule", SCENARIO / "fleet.yml").splitlines()[-1]
    playbook = Path(sys.executable).with_name("ansible-playbook")
    run(playbook, "-i", inventory, f"--limit={HOST},localhost", SCENARIO / "prepare.yml", SCENARIO / "converge.yml")
    variables = yaml.safe_load(Path(inventory).read_text(encoding="utf-8"))["all"]["hosts"][HOST]
    return variables["ansible_docker_host"], variables["ansible_host"]


def break_staples(container: str) -> None:
    """Have the must-staple certificate revoked, and wait until Prometheus has an alert of it."""
    run(LAB, "behaviour", "revoked", "--fleet", FLEET)
    run("docker", "exec", container, "apache2ctl", "graceful")
    ask = ("docker", "exec", container, "curl", "--silent", "http://127.0.0.1:9090/api/v1/alerts")
    fired = 0
    for _second in range(90):
        alerts = json.loads(run(*ask))["data"]["alerts"]
        fires = any(alert["state"] == "firing" and alert["labels"]["alertname"] == ALERT for alert in alerts)
        # A look that comes in the middle of the reload sees what is over a moment later.
        fired = fired + 1 if fires else 0
        if fired == 10:
            return
        time.sleep(1)
    sys.exit(f"{ALERT} does not fire: {alerts}")


def draw(address: str) -> None:
    """Draw the page of alerts, with the one that fires unfolded."""
    with sync_playwright() as playwright:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page(viewport=SIZE)
        page.goto(f"http://{address}:9090/classic/alerts")
        page.get_by_text(ALERT).first.click()
        page.wait_for_timeout(1000)
        page.screenshot(path=PICTURE)
        browser.close()


def main() -> int:
    try:
        container, address = bring_up()
        break_staples(container)
        draw(address)
    finally:
        run(LAB, "down", FLEET)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
