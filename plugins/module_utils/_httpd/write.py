# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write files of httpd's configuration, all or none, in an order that is safe at every moment."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.config_files import (
    DROP_IN_ITSELF,
    INCLUDE,
    MOMENTS,
    Target,
    with_include,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import is_copy_name


class WriteError(StaplingError):
    """Writing failed; the message says what became of the files, `restored` whether all are as they were."""

    def __init__(self, code: str, message: str, *, restored: bool = True) -> None:
        super().__init__(code, message)
        self.restored = restored


class Host(t.Protocol):
    """What a module of Ansible can do with files; AnsibleModule has all of it."""

    @property
    def tmpdir(self) -> t.Any:
        """Return a directory for temporary files, which goes when the module ends."""

    def atomic_move(self, src: t.Any, dest: t.Any) -> t.Any:
        """Replace `dest`; owner, mode and SELinux context are taken over from the file that is there."""


class Checks(t.Protocol):
    """What judges the configuration; each raises StaplingError."""

    def alone(self, target: Target, file: str) -> None:
        """Judge the future content of the drop-in, or of the main file, in `file`, before it is in its place."""

    def in_place(self) -> None:
        """Judge the files in their places, since a section alone cannot be judged."""


class Writer:
    """Writes targets, keeps copies of what was there, and puts everything back when something goes wrong."""

    def __init__(self, host: Host, targets: t.Sequence[Target], *, checks: Checks, keep_copies: bool = True) -> None:
        self._host = host
        self._checks = checks
        self._keep_copies = keep_copies
        self._targets = [target for target in targets if target.changes]
        self._now: dict[str, bytes | None] = {target.path: target.found for target in self._targets}
        self._touched: list[Target] = []
        self._copies: dict[str, str | None] = {}

    @property
    def copies(self) -> dict[str, str | None]:
        """The copy of each file that was written, newest first; null for one that was not there."""
        return dict(reversed(list(self._copies.items())))

    def write(self, moments: t.Iterable[str] = MOMENTS) -> bool:
        """Write what is due at these moments, and return whether that was anything; raise WriteError otherwise."""
        wrote = False
        accepted = False
        try:
            for moment in moments:
                wrote = self._write_moment(moment) or wrote
            accepted = True
        except StaplingError as error:
            raise self._failure(error.code, error.message) from error
        except OSError as error:
            raise self._failure("write_failed", str(error)) from error
        finally:
            # Also when something else ends the run here, such as a signal that Python turns into an exception.
            if not accepted:
                self._put_back()
        return wrote

    def _failure(self, code: str, message: str) -> WriteError:
        became = self._put_back()
        return WriteError(code, f"{message}; {became}", restored=not self._touched)

    def _write_moment(self, moment: str) -> bool:
        due = [target for target in self._targets if self._is_due(target, moment)]
        # A drop-in is judged as an addition to the configuration, the main file as the configuration itself.
        alone = [moment == DROP_IN_ITSELF or (moment == INCLUDE and target.whole) for target in due]
        for target, judge_first in zip(due, alone):
            self._write(target, target.contents[moment], judge_first=judge_first)
        if not all(alone):
            self._checks.in_place()
        return bool(due)

    def _is_due(self, target: Target, moment: str) -> bool:
        return target.contents[moment] != self._now[target.path] or (
            moment == DROP_IN_ITSELF and target.wrong_mode and target not in self._touched
        )

    def _write(self, target: Target, content: bytes | None, *, judge_first: bool) -> None:
        temporary = None
        if content is not None:
            temporary = _temporary(self._host, content)
            if judge_first:
                self._checks.alone(target, temporary)
        if target not in self._touched:
            self._touched.append(target)
            self._copy(target)
        if temporary is None:
            os.unlink(target.path)
        else:
            _move(self._host, temporary, target.path)
            if target.managed:
                os.chown(target.path, os.geteuid(), os.getegid())
                os.chmod(target.path, 0o644)
        self._now[target.path] = content

    def _copy(self, target: Target) -> None:
        self._copies[target.path] = None
        # What is taken out altogether would have no owner and no mode to come back to.
        if target.found is not None and (self._keep_copies or target.managed):
            self._copies[target.path] = name = copy_name(target)
            copy_file(target.path, name)

    def _put_back(self) -> str:
        """Give every file back what was found in it, and return in words how that went.

        The way back is as safe as the way there, since it is the same one: the last file comes first.
        """
        failed = []
        for target in reversed(self._touched):
            try:
                self._put_one_back(target)
            except OSError as error:
                failed.append(f"{target.path} could not be restored ({error})")
        if not failed:
            # Nobody would look for a copy of what has not changed, and an Include may have httpd read it.
            for copy in filter(None, self._copies.values()):
                with contextlib.suppress(OSError):
                    os.unlink(copy)
            self._touched, self._copies = [], {}
        return "; ".join(failed) or "all files have their previous content"

    def _put_one_back(self, target: Target) -> None:
        copy = self._copies.get(target.path)
        if target.found is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target.path)
        elif target.managed and copy is not None and os.path.lexists(copy):
            os.rename(copy, target.path)
        elif _content(target.path) != target.found:
            _move(self._host, _temporary(self._host, target.found), target.path)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def copy_name(target: Target) -> str:
    """Return the name of a copy beside the file, by which an interrupted run is known.

    It begins with a dot, so that no Include with a wildcard reads it; that of the drop-in ends in ~ as well and
    begins with its own name, since such a copy may be all that is left of it.
    """
    directory, name = os.path.split(target.path)
    dot = "" if target.managed else "."
    return os.path.join(directory, f"{dot}{name}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S~')}")


def copy_file(path: str, copy: str) -> None:
    """Copy a file with its owner, mode, times, ACL and SELinux context.

    The attributes of chattr are not taken over: nobody could rename or remove a copy that is immutable.
    """
    status = os.stat(path)
    # Not made beforehand: whoever kills this process in between must find no copy that holds nothing.
    if os.path.lexists(copy):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), copy)
    umask = os.umask(0o077)
    try:
        shutil.copy2(path, copy)
    finally:
        os.umask(umask)
    os.chown(copy, status.st_uid, status.st_gid)


Copies = t.Sequence[t.Mapping[str, t.Any]]


def restore(copies: Copies) -> list[str]:
    """Put the files back that the copies were made of, in their order, and return in words what failed.

    Of several copies of one file the last one counts, which is the oldest where they come newest first. A file with
    nothing but a null copy was not there and goes.
    """
    failed = []
    by_path: dict[str, list[str]] = {}
    for entry in copies:
        by_path.setdefault(entry["path"], []).extend(filter(None, [entry["backup_file"]]))
    for path, its_copies in by_path.items():
        try:
            if its_copies:
                os.rename(its_copies[-1], os.path.realpath(path))
            elif os.path.lexists(path):
                os.unlink(path)
            _remove(its_copies[:-1])
        except OSError as error:
            failed.append(f"{path} could not be restored ({error})")
    return failed


def with_kept_drop_in(host: Host, copies: Copies, *, path: str, content: bytes, include_in: str | None) -> Copies:
    """Return copies that give the drop-in this content, and leave the line that includes it where it is.

    The copies themselves are changed before any of them is put back, so that each file still goes from one state to
    the next in one step: a cache that is gone for a moment kills an httpd that is reloaded in that moment.
    """
    main = os.path.realpath(include_in) if include_in is not None else None
    for entry in copies:
        copy = entry["backup_file"]
        if copy and os.path.realpath(entry["path"]) == main:
            found = _content(copy)
            if found is not None:
                _move(host, _temporary(host, with_include(found, path)), copy)
    kept = copy_name(Target(path, None, {}, managed=True))
    _move(host, _temporary(host, content), kept)
    os.chown(kept, os.geteuid(), os.getegid())
    os.chmod(kept, 0o644)
    return [*copies, {"path": path, "backup_file": kept}]


def _temporary(host: Host, content: bytes) -> str:
    handle, temporary = tempfile.mkstemp(dir=str(host.tmpdir))
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return temporary


def _move(host: Host, temporary: str, path: str) -> None:
    """Put a file in its place, or raise OSError; ansible-core's own exception has no class that could be told."""
    try:
        host.atomic_move(temporary, path)
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{path} cannot be written: {error.__cause__ or error}") from error


def tidy(copies: Copies) -> tuple[list[str], list[str]]:
    """Remove the copies, and return those that were there, and in words what could not be removed.

    A copy that stays hurts nobody, and the next run tries again.
    """
    return _remove([entry["backup_file"] for entry in copies if entry["backup_file"]])


def _remove(copies: t.Iterable[str]) -> tuple[list[str], list[str]]:
    removed, failed = [], []
    for copy in filter(is_copy_name, copies):
        try:
            os.unlink(copy)
            removed.append(copy)
        except FileNotFoundError:
            pass
        except OSError as error:
            failed.append(f"{copy} could not be removed ({error.strerror})")
    return removed, failed
