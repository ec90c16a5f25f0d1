"""What `syncd init` says, and writes as comments into the manifest that it proposes."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

DRAFT_SENTENCES: Mapping[str, str] = {
    "init_nothing": N_(
        "Name at least one dataset (its page's address, slug or id), or an organisation with "
        "--organization."
    ),
    "init_half_source": N_("Give both --endpoint and --bucket, or neither."),
    "init_no_source": N_(
        "Which bucket? Give --endpoint and --bucket; there is no manifest at {path} to take them "
        "from."
    ),
    "init_which_source": N_(
        "The manifest has several sources: {known}. Name the one to look at with --source."
    ),
    "init_no_address": N_(
        "“{given}” is no dataset. Paste the address of its page, or give its slug or id."
    ),
    "init_no_dataset": N_(
        "{portal} has no dataset “{given}”, or it was deleted. Copy the address of its page from "
        "the browser."
    ),
    "init_no_organization": N_(
        "{portal} has no organisation “{given}”. Copy the address of its page from the browser."
    ),
    "init_empty_organization": N_("The organisation “{given}” has no dataset yet."),
    "init_exists": N_(
        "{path} is there already and was left as it is. Choose another name, or add --overwrite."
    ),
    "init_unwritable": N_("{path} cannot be written ({detail})."),
    "init_into_alone": N_(
        "`--into` adds to a manifest that is there: write no --output, --overwrite, --endpoint or "
        "--bucket with it. Which of its buckets is meant says --source."
    ),
    "init_into_brackets": N_(
        "{path} was left as it is: `datasets` is not written there as lines that begin with a dash. "
        "Print the new lines with `syncd init` without `--into`, and put them in by hand."
    ),
    "init_into_wrong": N_(
        "{path} was left as it is: with these datasets it would not be right any more. {why}"
    ),
    "init_into_changed": N_(
        "{path} was left as it is: somebody changed it meanwhile. Run the same command again."
    ),
    "draft_remote": N_(
        "it is a link to another site, and cannot take a file. To publish a file, make a new "
        "resource with a file on the portal."
    ),
    "draft_harvested": N_("it is filled by a harvester, which would undo syncd's work."),
    "draft_deleted": N_("Left out: the dataset was deleted."),
    "draft_archived": N_(
        "Left out: the dataset is archived. Unarchive it on the portal, then run `syncd init` again."
    ),
    "draft_harvested_dataset": N_(
        "Left out: the dataset is filled by a harvester, which would undo syncd's work."
    ),
    "draft_no_right": N_(
        "Left out: the key may not edit this dataset. Make the key's owner an editor of its "
        "organisation, then run `syncd init` again."
    ),
}

DRAFTS: Mapping[str, str] = {
    "help.init": N_(
        "Propose a manifest for datasets (page address, slug or id): their resources, and the "
        "objects of a bucket that look like their files. Publishes nothing."
    ),
    "help.init_organization": N_("All datasets of this organisation (id, slug or page address)."),
    "help.init_portal": N_("The portal, where DATASET is no address."),
    "help.init_endpoint": N_("Address of the S3 service; without it, the manifest's."),
    "help.init_bucket": N_("Name of the bucket; without it, the manifest's."),
    "help.init_source": N_("Name of the bucket in the manifest (depot)."),
    "help.init_output": N_("Write the manifest to this new file, not to the screen."),
    "help.init_overwrite": N_("Replace FILE if it is there already."),
    "help.init_into": N_(
        "Add the datasets to the end of this manifest, and leave all else in it as it is. Its portal "
        "and bucket are meant; what it has already is not added again."
    ),
    "init_written": N_("{path} was written."),
    "init_grown": NP_(
        "{count:n} dataset was added to {path}; all else in it is as it was.",
        "{count:n} datasets were added to {path}; all else in it is as it was.",
    ),
    "init_left_out": N_("“{title}”: {why}"),
    "init_there": N_("“{title}” ({id}) is in {path} already."),
    "init_counts": N_(
        "Files whose object is sure: {sure:n}; to be confirmed: {guessed:n}; without an object: {rest:n}."
    ),
    "init_next": N_(
        "Next: read the manifest and finish it; then `syncd check --online`, `syncd plan`, and "
        "`syncd sync`."
    ),
    "draft_head": N_(
        "Manifest of syncd, proposed by `syncd init`: which object of the bucket feeds which "
        "resource of the portal.\n"
        "Lines with ## explain. Lines with a single # wait for you: take the # and the space behind "
        "it away, and they count.\n"
        "Then: `syncd check --online` (is all well?), `syncd plan` (what would happen?), "
        "`syncd sync`."
    ),
    "draft_keys": N_(
        "The keys of the bucket never stand in this file. They are set in the environment: "
        "SYNCD_SOURCES__{upper}__ACCESS_KEY_ID and SYNCD_SOURCES__{upper}__SECRET_ACCESS_KEY."
    ),
    "draft_no_file": N_("Left out: the dataset has no resource that takes a file."),
    "draft_nothing_sure": N_(
        "Nothing is sure here: to use this dataset, take the # away from the {count:n} lines below, "
        "too."
    ),
    "draft_year": N_(
        "Mind the year: the title says {title}, the object {object}. It may be another year's file."
    ),
    "draft_dataset": N_("“{title}”: {link}"),
    "draft_resource": N_("“{title}” ({name}, {size:size}): {link}"),
    "draft_sure": N_("Sure: {object} has the same bytes."),
    "draft_guess_bytes": N_(
        "To be confirmed: {object} has the same bytes, but so has another object, or another resource."
    ),
    "draft_guess_name": N_("To be confirmed: {object} ({size:size}) has the same name."),
    "draft_guess_date": N_(
        "To be confirmed: {object} ({size:size}) has the same name but for the date."
    ),
    "draft_guess_folder": N_(
        "To be confirmed: {object} ({size:size}) is the only file of its kind where the dataset's "
        "other files lie."
    ),
    "draft_none": N_(
        "No object of the bucket looks like this file. If there is one, write its key below."
    ),
    "draft_key": N_("FOLDER/FILE.csv"),
    "draft_others": N_("Also like it: {keys}."),
    "draft_newest": N_(
        "If a new file comes for each date, write in the place of the `object` line:"
    ),
    "draft_added": N_(
        "Added by `syncd init`. Lines with ## explain. Lines with a single # wait for you: take the # "
        "and the space behind it away, and they count."
    ),
    "draft_family": NP_(
        "One of a family: {titles}. To have each new file of the family published as a resource of "
        "its own, write these lines (without ##) in the place of that resource's entry:",
        "A family: {titles}. To have each new file of the family published as a resource of its own, "
        "write these lines (without ##) in the place of the entries of these {count:n} resources:",
    ),
    "draft_family_others": NP_(
        "This object has no resource yet, and would become one: {keys}.",
        "These {count:n} objects have no resource yet, and would become one each: {keys}.",
    ),
    "draft_left_out": N_("“{title}” ({link}) was left out: {why}"),
    "draft_strangers": NP_(
        "Of the {objects:n} objects in the bucket, this one has no name like one of the files above:",
        "Of the {objects:n} objects in the bucket, these {count:n} have no name like one of the "
        "files above:",
    ),
}
