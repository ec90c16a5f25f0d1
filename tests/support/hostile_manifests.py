"""Makes manifests that harm careless readers, each of about so many bytes: never kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

Maker = Callable[[int], bytes]

HEAD = """\
version: 1
portal: https://demo.data.gouv.fr
sources:
  depot: {endpoint: "https://s3.example.fr", bucket: opendata}
defaults:
  source: depot
"""
DATASET = "datasets:\n  - dataset: festivals\n    resources:\n"
ENTRY = "      - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975\n        object: a.csv\n"


def filled(unit: str, before: str = "", after: str = "") -> Maker:
    size_of = len(unit.encode())
    return lambda size: (before + unit * (size // size_of) + after).encode()


def counted(unit: str, before: str = "", after: str = "") -> Maker:
    """`unit` with its number for each `{n}`."""

    def made(size: int) -> bytes:
        each = len(unit.replace("{n}", "12345").encode())
        return (
            before + "".join(unit.replace("{n}", f"{n}") for n in range(size // each)) + after
        ).encode()

    return made


def _text(size: int) -> bytes:
    letters = "abcdefghij :-#'\"[]{}&*!|>%@`,?\n\n  "
    return "".join(random.Random(1).choices(letters, k=size)).encode()


def _words(size: int) -> bytes:
    """No sign of YAML's: one text of many lines, that nothing ends."""
    return "".join(random.Random(1).choices("abcdefghij   \n", k=size)).encode()


def _binary(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def _aliases(size: int) -> bytes:
    lines = ["a0: &a0 [x, x, x, x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, size // 22))]
    return "\n".join(lines).encode()


def _many_of_both(size: int) -> bytes:
    """Exact keys and patterns of which each may match each."""
    lines = [
        line
        for n in range(size // 150)
        for line in (
            f"      - resource: {n:08x}-8a00-46a7-9fa8-9b802643f975\n        object: a{n}b\n",
            f"      - resource: {n:08x}-8a01-46a7-9fa8-9b802643f975\n        newest: '*{n}x*'\n",
        )
    ]
    return (HEAD + DATASET + "".join(lines)).encode()


def _ignored_by_each(size: int) -> bytes:
    """A long list of what is ignored, laid under each of many targets."""
    ignore = "  ignore: [" + "a, " * (size // 6) + "a]\n"
    lines = [
        f"      - resource: {n:08x}-8a00-46a7-9fa8-9b802643f975\n        newest: 'd{n}/*'\n"
        for n in range(size // 150)
    ]
    return (HEAD + ignore + DATASET + "".join(lines)).encode()


def _sources(size: int) -> bytes:
    sources = "".join(f"  s{n}: {{endpoint: x, bucket: y}}\n" for n in range(size // 60))
    datasets = "".join(f"  - {{dataset: d{n}, source: t{n}}}\n" for n in range(size // 60))
    return f"version: 1\nsources:\n{sources}datasets:\n{datasets}".encode()


SORTS: Mapping[str, Maker] = {
    "random signs": _text,
    "random words": _words,
    "binary": _binary,
    "UTF-16": lambda size: ("a: b\n" * (size // 10)).encode("utf-16"),
    "brackets": filled("["),
    "braces": filled("{"),
    "dashes": filled("- "),
    "question marks": filled("? "),
    "one list": filled("a,", "a: [", "]"),
    "lists in a list": filled("[],", "[", "[]]"),
    "unknown keys": counted("k{n}: 1\n"),
    "unknown keys that are long": counted("k" * 900 + "{n}: 1\n"),
    "unknown keys of an entry": counted("        k{n}: 1\n", HEAD + DATASET + ENTRY),
    "keys without values": counted("k{n}:\n"),
    "entries without anything": filled("      - {}\n", HEAD + DATASET),
    "entries that are misspelt": filled("      - {resorce: a, objet: b}\n", HEAD + DATASET),
    "duplicate keys": filled("a: 1\n"),
    "duplicate keys deep down": lambda size: (
        "".join(" " * n + "k" * 900 + ":\n" for n in range(30))
        + (" " * 30 + "a: 1\n") * (size // 35)
    ).encode(),
    "keys with many dots": counted("  {n}:\n", "? " + "." * 1900 + "\n:\n"),
    "one long value": filled("a", "name: "),
    "one long quoted value": filled("\\n", 'name: "', '"'),
    "a quote that is never closed": filled("a: b\n", 'name: "'),
    "a block of text": filled("  a\n", "name: |\n"),
    "long values": filled("contact: " + "a" * 9_000 + "\n"),
    "long mail addresses": filled(
        "  - {dataset: d, resources: [], contact: " + "a" * 9_000 + "@}\n", HEAD + "datasets:\n"
    ),
    "long patterns": filled(
        "      - each: '" + "*a" * 500 + "{a}-{b}'\n        known: {" + "-" * 900 + ": a}\n",
        HEAD + DATASET,
    ),
    "titles of many variables": filled(
        "      - each: '{a}'\n        title: '" + "{b}" * 3_000 + "'\n", HEAD + DATASET
    ),
    "anchors": filled("- &a a\n"),
    "aliases": filled("- *a\n", "- &a a\n"),
    "aliases of aliases": _aliases,
    "aliases of nothing": filled("- *a\n"),
    "documents": filled("--- a\n"),
    "tags": filled("- !t a\n"),
    "directives": filled("%A b\n"),
    "comments": filled("# a\n"),
    "tabs": filled("\ta: b\n"),
    "spaces": filled(" ", "a:"),
    "line ends": filled("\n", "a: b"),
    "characters of a word processor": filled("\u00a0name: “a”\n", HEAD),
    "invisible characters": filled("name:\u00a0\u200b\u00a0\u200b\u00a0a\n", HEAD),
    "datasets": counted("  - {dataset: d{n}, resources: 1}\n", HEAD + "datasets:\n"),
    "sources that are unknown": _sources,
    "schedules that never come": counted(
        "  - {dataset: d{n}, schedule: {cron: '{n} 0 30 2 *'}, resources: []}\n",
        HEAD + "datasets:\n",
    ),
    "exact keys and patterns": _many_of_both,
    "an ignored list under each target": _ignored_by_each,
}
