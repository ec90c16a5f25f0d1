"""What lies open to others: secrets, settings, syncd's own memory, the way to a bucket; and whether
anybody hears of syncd's own troubles.

Told by `check`, and once by the service when it starts; nothing is refused for it, as an operator
may know better. Nobody else is in a container: what is its own there is open to nobody.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from grp import getgrgid
from pathlib import Path
from urllib.parse import urlsplit

from syncd.actions.mounts import mount_of
from syncd.config.configuration import App
from syncd.config.settings import (
    DEFAULT_SECRETS_DIR,
    PREFIX,
    Settings,
    dotenv_has_secret,
)
from syncd.core.hosts import is_loopback
from syncd.core.reasons import Reason, because

_MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere no file system is known
_IN_MEMORY = frozenset({"ramfs", "tmpfs"})
_LAYERED = frozenset({"aufs", "fuse.fuse-overlayfs", "overlay"})  # under a container's `/`
_UNMAPPED = 65534  # the owner of what is not of this user namespace: root, for all that is known


def exposures(app: App, folder: Path | None = None) -> tuple[Reason, ...]:
    """`folder` stands for the current folder, where `.env` is read."""
    settings, mountinfo = app.settings, mounts()
    found = [
        *of_secrets(settings.secrets_dir or DEFAULT_SECRETS_DIR, mountinfo),
        *of_dotenv((folder or Path()) / ".env"),
        *of_state(settings, mountinfo),
    ]
    if settings.contact_url is not None and settings.notify_urls is None:
        # Contacts hear nothing of the infrastructure: without operators nobody would.
        found.append(because("notify_test_nobody"))
    for name, source in app.manifest.sources.items():
        parts = urlsplit(source.endpoint)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            found.append(
                because(
                    "source_http", source=name, endpoint=source.endpoint, line=source.place.line
                )
            )
    return tuple(found)


def mounts() -> str:
    return os.fsdecode(_MOUNTS.read_bytes()) if _MOUNTS.exists() else ""


def of_secrets(folder: Path, mountinfo: str) -> Iterator[Reason]:
    try:
        files = sorted(folder.iterdir())
    except OSError:  # the settings say so
        return
    for file in files:
        try:
            real = file.resolve()
            mode = real.stat().st_mode
        except OSError:
            continue
        if not file.name.upper().startswith(PREFIX) or stat.S_ISDIR(mode):
            continue
        if not stat.S_ISREG(mode):
            yield because("secret_not_regular", path=str(file), kind=_kind(mode))
        elif not _is_given(folder, real, mountinfo) and (bits := open_bits(real, 0o6)):
            yield because("secret_open", path=str(file), mode=bits)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _is_given(folder: Path, file: Path, mountinfo: str) -> bool:
    """Whether it was mounted for this container alone, out of memory.

    So do Kubernetes (mode 0644) and Docker Swarm (0444). A file of the host that is mounted, as
    `docker compose` does, keeps the host's mode, and others may be on the host.
    """
    point, kind = mount_of(file, mountinfo)
    return kind in _IN_MEMORY and point.is_relative_to(folder.resolve())


def of_dotenv(file: Path) -> Iterator[Reason]:
    try:
        found = file.stat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode):
        yield because("secret_not_regular", path=str(file), kind=_kind(found.st_mode))
        return
    if found.st_uid not in {0, os.geteuid(), _UNMAPPED}:
        yield because("dotenv_owner", path=str(file), owner=_user(found.st_uid))
    bits = open_bits(file.resolve(), 0o6 if dotenv_has_secret(file) else 0o2)
    if bits:
        yield because("secret_open", path=str(file), mode=bits)


def of_state(settings: Settings, mountinfo: str) -> Iterator[Reason]:
    folder = settings.state_dir.resolve()
    if not folder.is_dir():  # it will be made, for its owner alone
        return
    # A volume's own folder may be anybody's by its mode, and nobody can change that from within.
    volume = mount_of(folder, mountinfo)[0] == folder
    in_container = mount_of(Path("/"), mountinfo)[1] in _LAYERED
    if not (volume and in_container) and (bits := open_bits(folder, 0o7)):
        yield because("state_open", path=str(settings.state_dir), mode=bits)


def open_bits(path: Path, rights: int) -> str:
    """The mode, such as "0644", where others have one of these rights and can come as far as there.

    `rights`: of one class, as in 0o6. `path` without symlinks. "" where nobody else has them.
    """
    try:
        found = path.stat()
        above = [parent.stat().st_mode for parent in path.parents]
    except OSError:
        return ""
    mode = found.st_mode
    world = mode & rights and all(parent & 0o001 for parent in above)
    group = (
        mode & (rights << 3)
        and all(parent & 0o011 for parent in above)
        # Of another's file the group's rights are those by which we get at it (root:syncd 0640),
        # or the mask of an access list (systemd's credentials).
        and found.st_uid == os.geteuid()
        and not _is_private(found.st_gid, found.st_uid)
    )
    return f"{stat.S_IMODE(mode):04o}" if world or group else ""


def _is_private(group: int, owner: int) -> bool:
    """Whether nobody but the owner is in this group: root's, or the one named like the user."""
    try:
        return group == 0 or getgrgid(group).gr_name == pwd.getpwuid(owner).pw_name
    except KeyError:
        return False


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
