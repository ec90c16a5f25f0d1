"""What is wrong with the history, and with what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

HISTORY: Mapping[str, str] = {
    "overruled": N_(
        "Somebody else had put the file of “{title}” there that was online ({previous:size}); it "
        "was replaced."
    ),
    # -- the chain ----------------------------------------------------------------------------
    "history_changed": N_(
        "Line {line} of the history was changed: its hash is {found:hash} now, and was {expected:hash} when "
        "it was written. Compare the ledger with a backup, and find out who can write to it."
    ),
    "history_cut": N_(
        "Line {line} of the history does not follow from the one before, whose hash was {expected:hash} "
        "when line {line} was written, and is {found:hash}: one of the two was replaced."
    ),
    "history_removed": NP_(
        "{count:n} line of the history was removed: number {line}.",
        "{count:n} lines of the history were removed, from number {line} on.",
    ),
    "history_inserted": N_("Line {line} of the history was inserted: syncd did not write it."),
    "history_head_lost": N_(
        "The ledger does not say any more how long the history is, so nobody can tell whether its "
        "end was cut off."
    ),
    "history_name": N_(
        "The name in line {line} of the history was changed: it is {name:stored} now."
    ),
    "history_publication_changed": N_(
        "Publication {number:stored} was changed: its {column} is {found:stored} now, and was "
        "{expected:stored} when it was written."
    ),
    "history_publication_removed": N_(
        "Publication {number:stored} was removed: line {line} of the history is about it."
    ),
    "history_publication_inserted": N_(
        "Publication {number} was inserted: no line of the history is about it."
    ),
    "history_manifest_changed": N_(
        "The kept manifest {manifest:hash} was changed or inserted: it is not what was in force."
    ),
    "history_manifest_removed": N_("The kept manifest {manifest:hash} was removed."),
    "history_not_noted": N_(
        "No line of the history has the hash {hash}. If it was noted from this ledger, the history "
        "was written anew since, or cut off before that line."
    ),
    # -- what is asked ------------------------------------------------------------------------
    "verify_history_alone": N_("`--history` checks the whole history: name no target with it."),
    "manifest_alone": N_("`--manifest` prints that manifest: write nothing else with it."),
    "bad_digest": N_("{given} is no digest: write 8 to 64 of its digits (0-9, a-f)."),
    "manifest_not_kept": N_(
        "No manifest {given} is kept. `syncd history --json` names those that were in force; syncd "
        "keeps them since this version was first started."
    ),
    "digest_not_unique": N_(
        "Several manifests have a digest that begins with {given}: write more of it."
    ),
    "name_unknown": N_(
        "The history names nobody “{given}”. Write the name exactly as `syncd history` shows it."
    ),
}
