"""Which object of a bucket a target stands for, where that is not clear."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

MATCHING: Mapping[str, str] = {
    "object_missing": N_(
        "The object {key} is not in the bucket. The file online was left as it is. "
        "Deposit the object again, or correct its name in the manifest."
    ),
    "newest_missing": N_(
        "No object matches {pattern}. The file online was left as it is. "
        "Deposit one, or correct the pattern in the manifest."
    ),
    "each_missing": N_(
        "No object matches {pattern}. Deposit one, or correct the pattern in the manifest."
    ),
    "each_same_name": N_(
        "{key} and {other} stand for the same resource. Keep one of them, or make the pattern in "
        "the manifest more precise."
    ),
    "look_alikes": N_(
        "The bucket has {count:n} objects whose names look the same, {key}: an accented letter is one "
        "character in one of them, and a letter and its accent in another, as a Mac writes it "
        "(Unicode NFC and NFD). Nobody can say which is meant: keep one of them."
    ),
    "claimed_twice": NP_(
        "{key} is claimed by {others:n} other target of the manifest too. Make the patterns more "
        "precise, so that only one target claims it.",
        "{key} is claimed by {others:n} other targets of the manifest too. Make the patterns more "
        "precise, so that only one target claims it.",
        by="others",
    ),
    "newest_tie_date": N_(
        "{count:n} objects matching {pattern} have the same date and names of equal rank, among "
        "them {first} and {second}: none is the newest. Remove or rename one."
    ),
    "newest_tie_name": N_(
        "{count:n} objects matching {pattern} have names of equal rank and the same date, among "
        "them {first} and {second}: none is the newest. Remove or rename one."
    ),
    # -- deposited beside a target, and nobody's --------------------------------------------
    "unclaimed_spelling": N_(
        "{key} was deposited, and no target claims it: it is not online. It is nearly what {near} stands "
        "for (line {line} of the manifest), but spelled otherwise. If it is meant, have it deposited as "
        "{instead}, or write `{write}` on line {line}. If it is not to be published, write `{ignore}` "
        "in that entry."
    ),
    "unclaimed_object": N_(
        "{key} was deposited, and no target claims it: it is not online. Its name is near to {near} (line "
        "{line} of the manifest). If it takes the place of that file, write `{write}` on line {line}; "
        "if it is another one, add an entry for it. If it is not to be published, write `{ignore}` in "
        "that entry."
    ),
    "unclaimed_pattern": N_(
        "{key} was deposited, and no target claims it: it is not online. Its name is near to {near} (line "
        "{line} of the manifest), which does not match it. If it is meant, have it deposited under a name "
        "that matches, or change the pattern. If it is not to be published, write `{ignore}` in that "
        "entry."
    ),
    # -- missing under one name, and there under another --------------------------------------
    "object_renamed": N_(
        "The object {key} is not in the bucket, but {near} is, which no target claims. If it was "
        "renamed, write `{write}` on line {line} of the manifest. The file online was left as it is."
    ),
    "object_renamed_same": N_(
        "The object {key} is not in the bucket, but the very same file is there as {near}. Write "
        "`{write}` on line {line} of the manifest. The file online was left as it is."
    ),
    "object_renamed_several": N_(
        "The object {key} is not in the bucket; these look like it, and no target claims them: "
        "{near}. If it was renamed to the first, write `{write}` on line {line} of the manifest. "
        "The file online was left as it is."
    ),
    "object_renamed_unwritable": N_(
        "The object {key} is not in the bucket, but “{near}” is, a name that the manifest cannot hold "
        "(a space at its end, or a *). If it is the same file, give it its old name in the bucket. "
        "The file online was left as it is."
    ),
    "object_renamed_each": N_(
        "The object {key} is not in the bucket, but {near} is, which the pattern on line {line} of the "
        "manifest does not match. Rename it, or change the pattern. The file online was left as it is."
    ),
    "pattern_near": N_(
        "No object matches {key}. No target claims {near}: if that is meant, change the pattern on line "
        "{line} of the manifest. The file online was left as it is."
    ),
    "pattern_near_known": N_(
        "No object matches {key}. No target claims {near}: if that is meant, write `{write}` on line "
        "{line} of the manifest. The file online was left as it is."
    ),
}
