"""The simulated portal in a process of its own, which takes its time before each answer.

    python -m benchmarks.distant_portal DATASETS FILES

Says in one line of JSON what it holds; then obeys the lines of its standard input:
`begin SECONDS` (from now on each answer takes that much longer; what was asked is forgotten) and
`end` (answers at once again, and says from when to when each request since was under way), and in
between `wait COUNT` (until so many titles were put back: the end of so many publications).
"""

from __future__ import annotations

import json
import sys
import time

from syncd.simulator import Simulator

PATIENCE = 600.0  # seconds


def main() -> None:
    datasets, files = (int(text) for text in sys.argv[1:])
    with Simulator() as portal:
        held = []
        for at in range(datasets):
            dataset = portal.new_dataset(f"Jeu {at}")
            for number in range(files):
                title = f"Titre {at}.{number}"
                # Another name than the object's: two uploads of one name within a second collide.
                name = f"f{at}-{number}.csv"
                resource = portal.new_resource(dataset, name, b"0\n", title=title)
                held.append((dataset, resource, f"jeu{at}/fichier{number}.csv", title))
        tell({"url": portal.url, "key": portal.keys["editor"], "files": held})
        for line in sys.stdin:
            if line.startswith("wait"):
                wait_for_titles(portal, int(line.split()[1]))
                tell({})
                continue
            portal.faults.clear()
            if line.startswith("begin"):
                portal.faults.add(times=None, delay=float(line.split()[1]))
                portal.journal.clear()
                tell({})
            else:
                tell([(one.started, one.ended) for one in portal.journal.all()])


def wait_for_titles(portal: Simulator, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while sum(one.method == "PUT" for one in portal.journal.all()) < count:
        if time.monotonic() > until:
            sys.exit(f"{count} publications were not made")
        time.sleep(0.05)


def tell(answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
