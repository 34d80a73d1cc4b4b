# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between hosts: where httpd's files are, and who starts and stops it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Where httpd keeps its configuration, and what its service is called."""

    sites: str
    enabled: str | None  # directory of links into `sites`, where the layout has one
    server: str  # a file read at server level
    service: str


@dataclass(frozen=True)
class Init:
    """The shell commands by which a host is waited for and its httpd looked after; {service} is httpd's service.

    A command that is empty is one that the host cannot have.
    """

    name: str
    booted: str
    active: str  # for the lab: ends with 0 while httpd runs
    status: str  # for a person: says whether httpd runs, and as which process
    reload: str
    restart: str = ""
    disable: str = ""
    log: str = "tail -n 5 /var/log/apache2/error.log"
    systemd: bool = False


DEBIAN = Layout(
    "/etc/apache2/sites-available", "/etc/apache2/sites-enabled", "/etc/apache2/conf-enabled/lab.conf", "apache2"
)
REDHAT = Layout("/etc/httpd/conf.d", None, "/etc/httpd/conf.d/00-lab.conf", "httpd")
_UPSTREAM_SITES = "/usr/local/apache2/conf/sites"
UPSTREAM = Layout(_UPSTREAM_SITES, None, f"{_UPSTREAM_SITES}/00-lab.conf", "httpd")
SUSE = Layout("/etc/apache2/vhosts.d", None, "/etc/apache2/vhosts.d/00-lab.conf", "apache2")
ALPINE = Layout("/etc/apache2/conf.d", None, "/etc/apache2/conf.d/00-lab.conf", "apache2")
ARCH = Layout("/etc/httpd/conf/extra", None, "/etc/httpd/conf/extra/00-lab.conf", "httpd")
GENTOO = Layout("/etc/apache2/vhosts.d", None, "/etc/apache2/vhosts.d/00-lab.conf", "apache2")

SYSTEMD = Init(
    "systemd",
    # "degraded" is an answer too: the units that matter are looked at one by one.
    booted="case $(systemctl is-system-running --wait) in running|degraded) ;; *) exit 1 ;; esac",
    active="systemctl is-active --quiet {service}",
    status="systemctl status --no-pager {service}",
    reload="systemctl reload {service}",
    restart="systemctl restart {service}",
    disable="systemctl disable --now {service}",
    log="journalctl --unit={service} --lines=5 --no-pager --output=cat",
    systemd=True,
)
_RUNS = "sv status {service} | grep -q ^run:"
RUNIT = Init("runit", _RUNS, _RUNS, "sv status {service}", "sv 1 {service}", "sv restart {service}")
_RUNS = "supervisorctl status {service} | grep -q RUNNING"
SUPERVISOR = Init(
    "supervisor",
    _RUNS,
    _RUNS,
    "supervisorctl status {service}",
    "supervisorctl signal USR1 {service}",
    "supervisorctl restart {service}",
)
_STATUS = "service {service} status"
SYSVINIT = Init("sysvinit", _STATUS, _STATUS, _STATUS, "service {service} reload", "service {service} restart")
_STATUS = "rc-service {service} status"
OPENRC = Init("openrc", _STATUS, _STATUS, _STATUS, "rc-service {service} reload", "rc-service {service} restart")
# httpd is process 1, or the only child of it: nothing can start it again in its container.
_RUNS = "kill -0 $(cat /run/apache2/apache2.pid)"
CONTAINER = Init(
    "container", _RUNS, _RUNS, "cat /run/apache2/apache2.pid", "kill -USR1 $(cat /run/apache2/apache2.pid)"
)
