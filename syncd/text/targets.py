"""What a cycle found about a target and its resource, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

TARGETS: Mapping[str, str] = {
    # -- first look ---------------------------------------------------------------------------
    "first_contact": N_("syncd has not compared this object with this resource yet."),
    "same_version": N_("The object has not changed since the last cycle ({size:size})."),
    "settling": NP_(
        "The object {key} changed less than {settle:n} second ago; syncd waits until it stays still.",
        "The object {key} changed less than {settle:n} seconds ago; syncd waits until it stays still.",
        by="settle",
    ),
    "never_still": NP_(
        "Each time that syncd has looked since {since:date}, the object {key} had changed less than "
        "{settle:n} second before (`settle`), so nothing of it goes online. Have it written once, when "
        "it is whole; or make `settle` shorter in the manifest.",
        "Each time that syncd has looked since {since:date}, the object {key} had changed less than "
        "{settle:n} seconds before (`settle`), so nothing of it goes online. Have it written once, when "
        "it is whole; or make `settle` shorter in the manifest.",
        by="settle",
    ),
    "dated_ahead": N_(
        "The object {key} is dated {date:date}, which is yet to come, so nobody knows since when it stays "
        "still (`settle`). It is published after that date, or deposited again; compare the clocks of "
        "this machine and of the bucket's server."
    ),
    "deposit_late": N_(
        "The producer has deposited nothing since {since:date}; a new file is expected every "
        "{every:duration} (and {grace:duration} of grace). The file online was left as it is. Ask "
        "the producer, or correct `expect` in the manifest."
    ),
    "deposit_late_by": N_(
        "The producer has deposited nothing since {since:date}; a new file was expected by "
        "{due:date} (and {grace:duration} of grace). The file online was left as it is. Ask the "
        "producer, or correct `expect` in the manifest."
    ),
    "look_again": N_("The last cycle left this target {state:word}; syncd looks again."),
    "newer_object": N_("A newer object was found: {key} (before: {previous})."),
    "size_changed": N_("The object's size changed from {previous:size} to {size:size}."),
    "deposited_again": N_("The object was deposited again on {date:date} ({size:size})."),
    "paused": N_("Paused in the manifest: {why}"),
    "paused_since": N_("Paused in the manifest since {since:date}: {why}"),
    "target_paused": N_("{given} is paused in the manifest: {why}."),
    "never_looked": N_("No cycle has looked at this target yet. Run `syncd sync`."),
    # -- second look --------------------------------------------------------------------------
    "same_bytes": N_("The same bytes were deposited again; nothing is sent."),
    "same_bytes_online": N_("The portal has these bytes already; nothing is sent."),
    "same_content": N_(
        "The object has the same content as the file online, in other bytes ({size:size}; online: "
        "{online:size}); nothing is sent. To send it all the same, run `syncd sync --resource "
        "{target:shell} --force --by NAME`."
    ),
    "same_content_online": N_(
        "The portal has the same content already, in other bytes ({online:size}; the object: "
        "{size:size}); nothing is sent."
    ),
    "first_replacement": N_(
        "First publication by syncd: {size:size} replace the {previous:size} online."
    ),
    "new_bytes": N_("The object has new bytes: {size:size} replace the {previous:size} online."),
    "online_is_wrong": N_(
        "An earlier upload left other bytes online; the right ones are sent again ({size:size})."
    ),
    "bucket_wins": N_(
        "The file online was replaced by someone else; the bucket wins, as the manifest or "
        "`--force` says ({size:size} replace {previous:size})."
    ),
    "drifted": N_(
        "Someone else replaced the file of “{title}” online ({size:size}) after syncd's "
        "publication. To publish the bucket's file again, run `syncd sync --resource {target:shell} "
        "--force --by NAME`; to keep the file online, deposit it in the bucket too."
    ),
    "conflict": N_(
        "Someone else replaced the file of “{title}” online ({previous:size}), and the bucket has a "
        "new one too ({size:size}). Compare them; `syncd release {target:shell} --by NAME` publishes the "
        "bucket's file."
    ),
    "title_put_back": N_(
        "A file that someone put online by hand had given this resource its own name, “{made}”, for "
        "a title; its title is “{title}” again. To keep the other one, write it again on the portal."
    ),
    "new_file": N_("A new resource “{title}” is made for this file ({size:size})."),
    "to_be_created": N_(
        "A new resource “{title}” would be made for this file. Write `create: true` at line {line} "
        "of the manifest to allow it; if there is one already, under another title, name it there "
        "under `known`."
    ),
    "adopt_it": N_(
        "The resource “{title}” looks like the one for this file. If it is, write "
        "`known: {{{known}: {resource}}}` at line {line} of the manifest; if not, rename it online."
    ),
    "given_away": N_(
        "The manifest gives the resource of {key}, “{title}”, to another object now. Name another resource for it with `known`, or take the file out of the bucket."
    ),
    "withdrawn_meanwhile": N_(
        "The resource {resource} (“{title}”) was removed by a person while syncd uploaded to it. syncd does not make it again: take it out of the manifest, or name another resource."
    ),
    "marked_twice": N_(
        "{count:n} resources carry syncd's mark for {key}. Remove the wrong ones on the portal."
    ),
    "recovered": N_(
        "An upload that was cut short on {started:date} had reached the portal; syncd brought it to "
        "its end."
    ),
    "stored_after_refusal": N_(
        "An upload that was refused on {started:date} was carried out afterwards all the same; syncd "
        "brought it to its end."
    ),
    # -- refusals -----------------------------------------------------------------------------
    "dataset_deleted": N_(
        "The dataset “{title}” was deleted on the portal. Restore it ({page}), or take it out of "
        "the manifest."
    ),
    "dataset_archived": N_(
        "The dataset “{title}” is archived on the portal. Unarchive it ({page}), or take it out of "
        "the manifest."
    ),
    "dataset_harvested": N_(
        "The dataset “{title}” is filled by a harvester, which would undo syncd's work ({page}). "
        "Take it out of the manifest, or stop the harvester."
    ),
    "dataset_no_right": N_(
        "The key may not edit the dataset “{title}” ({page}). Make the key's owner an editor of the "
        "organisation, or a partial editor to whom this dataset is assigned."
    ),
    "dataset_transferred": N_(
        "The dataset “{title}” was transferred from {former} to {owner}, and the key may not edit it "
        "any more ({page}). Have {owner} make the key's owner an editor of it, or take the dataset out "
        "of the manifest."
    ),
    "dataset_moved": N_(
        "The dataset “{title}” was transferred from {former} to {owner} ({page}); the key may still "
        "edit it."
    ),
    "dataset_private": N_(
        "The dataset “{title}” is private: only its organisation sees its files ({page})."
    ),
    "resource_unknown": N_(
        "The dataset “{title}” has no resource {resource} ({page}). Correct the id in the manifest."
    ),
    "resource_withdrawn": N_(
        "The resource {resource} was removed from the dataset “{title}” by a person ({page}). syncd "
        "does not make it again: take it out of the manifest, or name another resource."
    ),
    "resource_withdrawn_each": N_(
        "The resource {resource} was removed from the dataset “{title}” by a person ({page}). syncd "
        "does not make it again by itself: take {key} out of the bucket, name another resource for it "
        "under `known`, or let a new one be made, with a new permanent link: "
        "`syncd release {key:shell} --by NAME`."
    ),
    "release_named": N_(
        "The manifest itself names the resource {resource}, which a person removed: syncd cannot make "
        "it again. Make a new resource on the portal and write its id in the manifest."
    ),
    "resource_remote": N_(
        "“{title}” is a link to another site ({url}), not a file on the portal, and cannot take "
        "one. Make a new resource with a file there, and write its id in the manifest."
    ),
    "resource_harvested": N_(
        "“{title}” is filled by a harvester, which would undo syncd's work. Take it out of the "
        "manifest."
    ),
}
