"""Any manifest, and any listing that it may meet."""

from __future__ import annotations

from hypothesis import strategies as st

from syncd.core.targets import Rule, Target
from tests.support.builders import each, exactly, newest, target

PATTERNS = [
    "liste_*.csv",
    "a/liste_*.csv",
    "a/liste_{annee:yyyy}.csv",
    "a/{nom}.csv",
    "a/*/{nom}.csv",
    "a/b/**",
    "**/{nom}_{n:int}.csv",
    "{dossier}/liste_*.csv",
]
KEYS = st.builds(
    "/".join,
    st.lists(
        st.sampled_from(["a", "b", "liste_2024.csv", "liste_2025.csv", "x.csv", "x_1.csv", "~$x"]),
        min_size=1,
        max_size=4,
    ),
)
LISTINGS = st.lists(KEYS, unique=True, max_size=12)
RULES = st.one_of(
    KEYS.map(exactly),
    st.sampled_from(PATTERNS).map(newest),
    st.sampled_from(PATTERNS).map(lambda p: newest(p, "name")),
    st.sampled_from([p for p in PATTERNS if "{" in p]).map(each),
)


def targets_of(rules: list[Rule]) -> list[Target]:
    return [target(rule, line, ignore=("~$*",)) for line, rule in enumerate(rules, 1)]


MANIFESTS = st.lists(RULES, max_size=5).map(targets_of)
