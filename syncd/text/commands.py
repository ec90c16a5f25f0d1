"""What a command cannot do as it was given."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

COMMANDS: Mapping[str, str] = {
    # -- usage --------------------------------------------------------------------------------
    "no_such_dataset": N_("The manifest has no dataset {given}."),
    "no_such_dataset_near": N_("The manifest has no dataset {given}. Did you mean “{near}”?"),
    "no_such_target_near": N_(
        "No target of the manifest is called {given}. Did you mean “{near}”? `syncd status` lists all."
    ),
    "no_such_target": N_(
        "No target of the manifest has the resource id, object or title {given}. `syncd status` lists "
        "them."
    ),
    "target_not_unique": N_("{given} may mean several targets: {found}. Write more of it."),
    "force_needs_target": N_(
        "`--force` lifts the guards, so it needs `--dataset` or `--resource`."
    ),
    "key_missing": N_(
        "No key for the portal: set SYNCD_API_KEY, or put it in a file api_key in the secrets "
        "folder. A key is made in the profile page of the robot user."
    ),
    "by_missing": N_(
        "Say who you are with `--by NAME`, or set SYNCD_BY: the history must name a person."
    ),
    # -- what is waited for ---------------------------------------------------------------------
    "wait_portal": N_("{host} asks for time ({why}); then syncd asks again."),
    "wait_answer": N_("{host} has not answered yet."),
    "wait_source": N_("{endpoint} cut the transfer of {key}; then syncd reads on."),
    "wait_lock": N_(
        "Another syncd works on the dataset {dataset} (process {pid} on {host}, since {since:date})."
    ),
    "wait_lock_by": N_(
        "`syncd {command}`, started by {by}, works on the dataset {dataset} (process {pid} on {host}, "
        "since {since:date})."
    ),
    "wait_lock_unsigned": N_("Another syncd works on the dataset {dataset}."),
    "wait_upload": N_(
        "{host} may still store an upload of {key} whose answer was lost: sent now, it could be there "
        "twice."
    ),
    "schemas_from_alone": N_("`--from` goes with `update`: `syncd schemas update --from FOLDER`."),
    "json_or_csv": N_("Choose one of `--json` and `--csv`."),
    "output_lost": N_(
        "What was to be shown could not be written ({detail}). What the command did is done all "
        "the same; `syncd status` and `syncd history` say what. Make room, or write elsewhere."
    ),
    "fault": N_(
        "syncd met a fault of its own ({detail}). Please report it to its makers, with the log."
    ),
    # -- the demo -----------------------------------------------------------------------------
    "demo_s3_missing": N_(
        "The demo needs the program {program}. Install it with: pip install 'syncd[{extra}]'"
    ),
    "demo_folder_not_ours": N_(
        "The folder {folder} holds other files than the demo's. Name an empty one with `--folder`."
    ),
    "demo_s3_failed": N_("The demo's S3 server did not start ({detail}). Its log is {log}."),
    "demo_page_ended": N_("The demo's service ended by itself. Its last words: {last}"),
}
