# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The moments at which a responder goes wrong, one after the other on the same hosts."""

from __future__ import annotations

import os
import time
from pathlib import Path

from .lab import Lab, Seen
from .playbook import HostResult, run_playbook
from .rows import Row, make_row
from .subjects import ENGINES, Subject


class Matrix:
    """A fleet that is taken through all moments."""

    def __init__(self, lab: Lab, subjects: list[Subject], directory: Path) -> None:
        self._lab = lab
        self._subjects = subjects
        self._directory = directory
        self._hosts = sorted({subject.host for subject in subjects})
        self._runs = 0
        self.rows: list[Row] = []

    def run(self) -> None:
        """Take the fleet through every moment, and fill `rows`."""
        untouched = self._lab.look(self._hosts)
        self._before(untouched)
        self._during(untouched)
        self._mended("mended after a rollback")
        self._after()
        self._emptied()
        self._mended("mended after confirming")

    def _before(self, untouched: dict[str, Seen]) -> None:
        """Enable stapling on hosts whose responder is wrong from the beginning."""
        self._script("before", "{}")
        results = self._playbook("enable_stapling")
        self._add("before", self._subjects, [results], untouched)
        for row in self._newest("before"):
            subject, run = row.subject, results[row.subject.host]
            if subject.fine:
                _enabled(row, run)
            else:
                _refused(row, run)
                row.check(row.served == "nothing", "stapled")
        fine = sorted({subject.host for subject in self._subjects if subject.fine})
        self._lab.reset(fine)
        for host, seen in self._lab.look(fine).items():
            if seen != untouched[host]:
                raise SystemExit(f"{host} is not as it was before")

    def _during(self, untouched: dict[str, Seen]) -> None:
        """Enable stapling with a responder that is good while the role asks, and wrong when httpd does."""
        self._script("mid-run", "good,{}")
        with self._lab.watching() as watched:
            results = self._playbook("enable_stapling")
        fetches = self._lab.fetches()
        self._add("mid-run", self._subjects, [results], untouched, watched=watched)
        for row in self._newest("mid-run"):
            subject, run = row.subject, results[row.subject.host]
            row.check(run.asked(subject.name) == "ok", "the preflight was not content")
            waited = _waited(subject, run)
            # The role's own question, one by httpd, and where nothing is stapled the role's second.
            questions = 3 if subject.served == "no_staple" and not waited else 2
            row.check(fetches.get(subject.path, 0) >= questions, "httpd has not asked")
            if subject.harmless or (waited and run.green):
                _enabled(row, run)
                continue
            row.check(not run.green and run.state == "rolled_back", "not rolled back")
            if not waited:
                cause = str(run.result.get("cause"))
                row.check(run.problem(subject.name) == subject.served, f"not {subject.served}")
                row.check(f"{subject.reason}: " in cause, f"the cause does not say {subject.reason}")
                row.check(f"{subject.reason}: " in run.sentences, f"the sentence does not say {subject.reason}")
            row.check(row.same, "not byte-identical")
            row.check(row.served == "nothing", "stapled after the rollback")

    def _after(self) -> None:
        """Let the responder go wrong on hosts that staple, and reload httpd."""
        enabled = self._lab.look(self._hosts)
        self._script("after", "{}")
        self._lab.reload(self._hosts)
        confirmed = self._playbook("confirm_stapling")
        staples = self._lab.staples(self._hosts)
        results = self._playbook("enable_stapling")
        self._add("after", self._subjects, [confirmed, results], enabled, staples)
        for row in self._newest("after"):
            subject, first, second = row.subject, confirmed[row.subject.host], results[row.subject.host]
            row.check(first.state == "enabled", "the confirmation does not see that it staples")
            if subject.engine == "mod_md" or subject.harmless:
                # What mod_md has stored outlives the reload and the responder.
                row.check(first.green and first.problem(subject.name) == "ok", "not confirmed")
                row.check(row.served == "good", "not stapled")
            else:
                _not_confirmed(row, first)
            if subject.fine:
                row.check(second.green and second.state == "enabled" and not second.result["changed"], "not left alone")
                row.check(row.same, "not byte-identical")
            elif subject.engine == "mod_md":
                # The responder costs a virtual host that is stapled nothing; the run says what it found.
                row.check(second.green and second.state == "enabled" and not second.result["changed"], "not left alone")
                row.check(second.asked(subject.name) == subject.asked, f"not {subject.asked}")
                warned = {entry["vhost"] for entry in second.result["warnings"] if entry["code"] == "responder_unfit"}
                row.check(any(subject.name in str(vhost) for vhost in warned), "no warning")
                row.check(row.same, "not byte-identical")
            else:
                _refused(row, second)

    def _emptied(self) -> None:
        """Do the same to mod_md after emptying its store, which it does itself on a response's last day."""
        subjects = [subject for subject in self._subjects if subject.engine == "mod_md"]
        hosts = sorted({subject.host for subject in subjects})
        before = self._lab.look(hosts)
        self._lab.reload(hosts, empty_store=True)
        results = self._playbook("confirm_stapling", engines=["mod_md"])
        self._add("after, store lost", subjects, [results], before)
        for row in self._newest("after, store lost"):
            subject, run = row.subject, results[row.subject.host]
            waited = _waited(subject, run)
            if subject.harmless or (waited and run.green):
                row.check(run.green and run.problem(subject.name) == "ok", "not confirmed")
                row.check(row.served == "good", "not stapled")
            elif not waited:
                _not_confirmed(row, run)
            row.check(row.same, "not byte-identical")

    def _mended(self, moment: str) -> None:
        """Mend the responder: one run must be enough, whatever httpd remembers. Only faults become rows."""
        before = self._lab.look(self._hosts)
        self._script(moment, "good")
        results = self._playbook("enable_stapling")
        self._add(moment, self._subjects, [results], before)
        rows = self._newest(moment)
        for row in rows:
            _enabled(row, results[row.subject.host])
        good = [row for row in rows if not row.wrong]
        print(f"{moment}: {len(good)} of {len(rows)} virtual hosts stapled at once")
        self.rows = [row for row in self.rows if row.moment != moment or row.wrong]

    def _script(self, moment: str, form: str) -> None:
        scripts = {subject.path: form.format(_spelled(subject.behaviour)) for subject in self._subjects}
        self._lab.script({**scripts, **{item.path: "good" for item in self._subjects if not item.at(moment)}})

    def _playbook(self, playbook: str, *, engines: list[str] | None = None) -> dict[str, HostResult]:
        self._runs += 1
        started, cpu = time.monotonic(), os.times()
        results = run_playbook(
            playbook,
            inventory=self._lab.inventory,
            engines=engines or list(ENGINES),
            facts=self._directory / "facts",
            directory=self._directory / f"{self._runs:02}",
        )
        used = os.times()
        seconds = used.children_user + used.children_system - cpu.children_user - cpu.children_system
        print(f"{playbook}: {time.monotonic() - started:.0f} s, {seconds:.0f} s of the controller's CPU", flush=True)
        return results

    def _add(
        self,
        moment: str,
        subjects: list[Subject],
        runs: list[dict[str, HostResult]],
        before: dict[str, Seen],
        staples: dict[str, list[dict[str, object]]] | None = None,
        watched: dict[str, list[dict[str, object]]] | None = None,
    ) -> None:
        hosts = sorted({subject.host for subject in subjects})
        staples = staples or self._lab.staples(hosts)
        after = self._lab.look(hosts)
        for subject in subjects:
            if not subject.at(moment):
                continue
            host = subject.host
            self.rows.append(
                make_row(
                    moment,
                    subject,
                    runs=[run[host] for run in runs],
                    found=staples.get(subject.name, []),
                    watched=None if watched is None else watched.get(subject.name, []),
                    before=before[host],
                    after=after[host],
                )
            )

    def _newest(self, moment: str) -> list[Row]:
        return [row for row in self.rows if row.moment == moment]


def _spelled(behaviour: str) -> str:
    return "hang:30" if behaviour == "hang" else behaviour


def _waited(subject: Subject, run: HostResult) -> bool:
    """Tell whether the role has waited for so long that what hangs was only slow."""
    return subject.slow and run.problem(subject.name) == "ok"


def _enabled(row: Row, run: HostResult) -> None:
    row.check(run.green and run.state == "enabled", "not enabled")
    row.check(run.problem(row.subject.name) == "ok", "not content")
    row.check(row.served == "good", "not stapled")


def _refused(row: Row, run: HostResult) -> None:
    word = row.subject.asked
    row.check(not run.green and run.state == "refused", "not refused")
    row.check(run.asked(row.subject.name) == word, f"not {word}")
    row.check(f"{word}: " in run.sentences, f"the sentence does not say {word}")
    row.check(row.same, "not byte-identical")


def _not_confirmed(row: Row, run: HostResult) -> None:
    subject = row.subject
    row.check(not run.green, "green, though it does not staple what a strict client accepts")
    row.check(run.problem(subject.name) == subject.served, f"not {subject.served}")
    row.check(f"{subject.reason}: " in run.sentences, f"the sentence does not say {subject.reason}")
    if not subject.slow:
        row.check((row.served == "nothing") == (subject.served == "no_staple"), "served something else")
