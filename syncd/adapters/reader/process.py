"""The process that looks into files, one after the other.

    python -P -m syncd.adapters.reader.process CHANNEL LIFELINE

Both are descriptors. Over the channel comes a file, open for reading, with its name, the text of
its schema where it has one, and whether the digest of its content is wanted; or two files that are
to be compared. Back goes what was found, as JSON.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from io import FileIO

# What `syncd.guards.content.numbers` asks for late: a confined process opens no file.
import stdnum.fr.nir
import stdnum.iban  # noqa: F401 - as above

from syncd.adapters.reader import confinement
from syncd.adapters.reader.serving import Job, serve
from syncd.guards.content import reading


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    confinement.confine(int(sys.argv[2]))
    serve(channel, _looked_into)


def _looked_into(files: Sequence[FileIO], job: Job) -> str:
    if len(files) == 1:
        content = job.get("content", False)
        profile = reading.profile_of(files[0], job["name"], job.get("schema"), with_content=content)
        return f'{{"profile": {profile.to_json()}}}'
    from syncd.guards.content import comparing

    before, after = files
    found = comparing.compare(before, job["before"], after, job["name"], job["by"])
    return f'{{"comparison": {found.to_json()}}}'


if __name__ == "__main__":
    main()
