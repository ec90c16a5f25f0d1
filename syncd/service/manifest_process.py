"""The process that reads a manifest for the service, in limits of memory and time.

    python -P -m syncd.service.manifest_process CHANNEL LIFELINE

Both are descriptors. Over the channel come the file's bytes, as a descriptor, and its name; back
goes the manifest, ready for use, or what is wrong with it.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import FileIO
from zoneinfo import TZPATH

from syncd.adapters.reader import confinement
from syncd.adapters.reader.limits import LONGEST
from syncd.adapters.reader.serving import Job, serve
from syncd.config.manifest import (
    careful_reading,  # noqa: F401 - asked for late elsewhere: a confined process opens no file
    loaded,
    plain_form,
)
from syncd.core.errors import SHOWN, ManifestError

MEMORY = 256 << 20  # bytes of address space; ten thousand targets take half of it


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    confinement.confine(int(sys.argv[2]), MEMORY, TZPATH)
    serve(channel, _read)


def _read(files: Sequence[FileIO], job: Job) -> str:
    (file,) = files
    try:
        manifest = replace(loaded(file.read(), job["name"]), text=b"")  # the service has it
    except ManifestError as error:
        problems = [plain_form.written(problem) for problem in error.problems[:SHOWN]]
        return json.dumps({"problems": problems, "count": error.reason.facts["count"]})
    answer = json.dumps({"manifest": plain_form.written(manifest)}, separators=(",", ":"))
    # More than it may answer: what its aliases stand for was written out.
    return answer if len(answer) <= LONGEST else json.dumps({"trouble": "memory"})


if __name__ == "__main__":
    main()
