"""A manifest with more datasets at its end, and every letter that was there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config.manifest import loads
from syncd.config.manifest.growing import ManifestText
from syncd.core.errors import ManifestError, UsageError
from tests.support.examples import examples

HEAD = """# en-tête
version: 1
portal: "https://demo.data.gouv.fr"   # entre guillemets
sources:
    depot: {endpoint: 'https://s3.example.fr', bucket: depot}
defaults: {source: depot}
"""
ONE, TWO, NEW = "5d2c4f6e8b4c4110c5a1b2c3", "62cf95993d99f22480f49334", "62cf95993d99f22480f49335"
R = "47ac11c2-8a00-46a7-9fa8-9b80264300{:02}"
LINES = [
    "  ## ajouté",
    f"  - dataset: {NEW}",
    "    resources:",
    f"      - resource: {R.format(99)}",
    "        object: nouveau.csv",
]
STANDARD = f"""datasets:
  # le premier
  - dataset: {ONE}
    resources:
      - resource: {R.format(1)}
        object: 'a.csv'
"""
FLOW = f"{{dataset: {ONE}, resources: [{{resource: {R.format(1)}, object: a.csv}}]}}"


def grown(text: str) -> str:
    """The new text; what was there is in it, line by line and in order."""
    after = ManifestText.of(text.encode(), "m.yaml").with_datasets(LINES).decode()
    rest = iter(after.splitlines(keepends=True))
    lines = text.splitlines(keepends=True)
    if not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\r\n" if "\r\n" in text else "\n"
    assert all(line in rest for line in lines)
    return after


def datasets(text: str) -> list[str]:
    return [entry.dataset for entry in loads(text, "m.yaml").datasets]


@pytest.mark.parametrize(
    "listed",
    [
        STANDARD,
        STANDARD.rstrip("\n"),
        STANDARD.replace("\n  ", "\n"),  # dashes below `datasets`
        STANDARD.replace("\n  ", "\n      "),
        STANDARD + "\n\n# à la fin\n",
        STANDARD + "      # - resource: x\n      #   object: b.csv\n\n## autre\n",
        STANDARD + "thematic:\n  - {name: c, address: 'https://c.example.fr', topic: univers}\n",
        STANDARD
        + "\n# le site\nthematic:\n  - {name: c, address: 'https://c.example.fr', topic: t}\n",
        STANDARD.replace("object: 'a.csv'", "object: >-\n          a.csv"),
        STANDARD.replace("object: 'a.csv'", "object: 'a\n          b.csv'"),
        STANDARD.replace("    resources:", "    paused: |\n      # en travaux\n    resources:"),
        STANDARD + "...\n",
        f"datasets:\n  - {FLOW}\n".replace(", object", ",\n     object"),
    ],
)
def test_the_datasets_are_added_and_nothing_else_moves(listed: str) -> None:
    after = grown(HEAD + listed)
    assert datasets(after) == [ONE, NEW]
    assert "\n\n\n\n" not in after


@pytest.mark.parametrize("listed", [STANDARD, STANDARD.rstrip("\n"), STANDARD + "...\n"])
def test_line_ends_and_a_byte_order_mark_stay(listed: str) -> None:
    windows = grown((HEAD + listed).replace("\n", "\r\n"))
    assert datasets(windows) == [ONE, NEW]
    assert windows.count("\r\n") == windows.count("\n")
    marked = grown("\ufeff" + HEAD + listed)
    assert (datasets(marked), marked[0]) == ([ONE, NEW], "\ufeff")


def test_what_is_commented_out_below_the_last_dataset_stays_its_own() -> None:
    text = HEAD + STANDARD + "      # - resource: x\n      #   object: b.csv\n\n## autre\n"
    after = grown(text)
    assert after.index("object: b.csv") < after.index(NEW) < after.index("## autre")


@pytest.mark.parametrize(
    "listed",
    [
        f"datasets: [{FLOW}]\n",
        f"datasets: [\n  {FLOW},\n  ]\n",
        STANDARD.replace("  - dataset", "  -\n    dataset"),
    ],
)
def test_a_list_that_is_written_otherwise_is_left_alone(listed: str) -> None:
    found = ManifestText.of((HEAD + listed).encode(), "m.yaml")
    with pytest.raises(UsageError) as refused:
        found.with_datasets(LINES)
    assert refused.value.reason.code == "init_into_brackets"


def test_what_would_be_wrong_is_not_written() -> None:
    twice = HEAD + STANDARD.replace("a.csv", "nouveau.csv")
    with pytest.raises(ManifestError) as refused:
        ManifestText.of(twice.encode(), "m.yaml").with_datasets(LINES)
    assert [p.reason.code for p in refused.value.problems] == ["object_twice"]


def test_the_defaults_source_is_known_and_an_id_in_a_comment_is_found() -> None:
    found = ManifestText.of((HEAD + STANDARD + f"  # - dataset: {TWO}\n").encode(), "m.yaml")
    assert (found.default_source, found.mentions(TWO), found.mentions(NEW)) == (
        "depot",
        True,
        False,
    )


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.sampled_from(["", "  ", "# x", "  # y", "      # z", "    # - a: b", "\t# t"]),
        max_size=6,
    ),
    st.sampled_from([0, 2, 3, 4]),
    st.booleans(),
)
def test_whatever_comments_stand_at_the_end_they_all_stay(
    tail: list[str], indent: int, site: bool
) -> None:
    lines = [
        f"- dataset: {ONE}",
        "  resources:",
        f"  - resource: {R.format(1)}",
        "    object: a.csv",
    ]
    more = "thematic: [{name: c, address: 'https://c.example.fr', topic: t}]\n" if site else ""
    listed = "".join(f"{' ' * indent}{line}\n" for line in lines)
    text = HEAD + "datasets:\n" + listed + "".join(f"{line}\n" for line in tail) + more
    try:
        loads(text, "m.yaml")
    except ManifestError:
        return  # a tab, for one
    assert datasets(grown(text)) == [ONE, NEW]
