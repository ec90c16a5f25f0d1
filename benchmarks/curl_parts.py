"""Fetch a file with curl and send it with curl in parts, one after the other, as a script would.

    python curl_parts.py FILE OBJECT_URL UPLOAD_URL KEY PART_SIZE

Says in JSON how long the fetching, the parts and the last, assembling request took. Small, and
without anything but the standard library: it is measured together with its curls.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path


def main() -> None:
    file, object_url, upload_url, key, part_size = sys.argv[1:]
    begun = time.monotonic()
    curl("-o", file, object_url)
    fetched = time.monotonic()
    size, step = Path(file).stat().st_size, int(part_size)
    total = -(-size // step)
    # One part at a time beside the file: curl sends files, not pieces of them.
    part = file + ".part"
    common = ["-H", f"X-API-KEY: {key}", "-F", f"uuid={uuid.uuid4()}", "-F", "filename=releves.csv"]
    common += ["-F", f"totalparts={total}", "-o", os.devnull]
    with Path(file).open("rb") as whole:
        for at in range(total):
            held = min(step, size - at * step)
            with Path(part).open("wb") as piece:
                copied = 0
                while copied < held:
                    copied += os.sendfile(
                        piece.fileno(), whole.fileno(), at * step + copied, held - copied
                    )
            fields = [f"partindex={at}", f"chunksize={held}", f"file=@{part};filename=blob"]
            curl(*common, *[word for field in fields for word in ("-F", field)], upload_url)
    sent = time.monotonic()
    curl(*common, upload_url)
    ended = time.monotonic()
    print(json.dumps({"fetch": fetched - begun, "parts": sent - fetched, "last": ended - sent}))


def curl(*arguments: str) -> None:
    subprocess.run(["curl", "-sSf", *arguments], check=True)


if __name__ == "__main__":
    main()
