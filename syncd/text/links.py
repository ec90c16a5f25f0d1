"""Links: files that stay in a public bucket."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

LINKS: Mapping[str, str] = {
    "link_status": N_(
        "{address} answers with the status {status} in place of the file, so the portal was told nothing. "
        "Check that anybody may read the bucket, and `address:` of its source; syncd tries again in the "
        "next cycle."
    ),
    "link_page": N_(
        "{address} answers with a web page in place of the file, so the portal was told nothing. Check "
        "`address:` of the bucket's source; syncd tries again in the next cycle."
    ),
    "link_other_size": N_(
        "{address} gives {found:size} in place of {size:size}, so the portal was told nothing. A cache may "
        "still have the former file; syncd tries again in the next cycle."
    ),
    "link_too_long": N_(
        "{address} gives more than the {size:size} of the file, so the portal was told nothing. A cache may "
        "still have the former file; syncd tries again in the next cycle."
    ),
    "link_other_bytes": N_(
        "{address} gives other bytes than the file's, of the same number, so the portal was told nothing. A "
        "cache may still have the former file; syncd tries again in the next cycle."
    ),
    "link_slow": N_(
        "{address} took too long to give the file, so the portal was told nothing. syncd tries again in the "
        "next cycle."
    ),
    "link_unreachable": N_(
        "{address} gives no file ({detail}), so the portal was told nothing. Check `address:` of the "
        "bucket's source; syncd tries again in the next cycle."
    ),
    "link_redirects": N_(
        "{address} leads on to {where}, where syncd does not go, so the portal was told nothing. Write the "
        "address of the files themselves as `address:` of the bucket's source."
    ),
    "link_is_open": N_(
        "The file is held only as far as the portal goes: it lies at its public address already "
        "({address}). To keep the former one there, publish copies (`publish: {{copy: SOURCE}}`)."
    ),
    "link_gone": N_(
        "The portal has a link in place of “{title}”'s file, and {address} does not give the earlier file "
        "any more. Put it into the bucket again under a name of its own, and it is "
        "published from there."
    ),
    "link_broken": N_(
        "The portal leads to {address}, which does not give the file any more ({detail}). Put the file "
        "back, or check `address:` of the bucket's source; syncd looks again in the next cycle."
    ),
    "link_closed": N_(
        "{address} does not give everybody the object of {bucket} ({detail}). Let anybody read that bucket, "
        "or correct `address:` of its source in the manifest."
    ),
    "verified_link_bytes": N_(
        "{address} gives another file than the one that syncd published: sha1 {online_sha1} "
        "({online_size:size}) instead of {sha1} ({size:size}). A cache may still have a former file; else "
        "put the right one back. `syncd sync` looks again."
    ),
    "verified_link_size": N_(
        "{address} gives {online_size:size} instead of the file that syncd published ({size:size}, sha1 "
        "{sha1}). A cache may still have a former file; else put the right one back. `syncd sync` looks again."
    ),
    "other_address": N_("The file has another address now: {address}."),
    "other_way": N_("The manifest publishes it another way than before."),
    "resource_hosted": N_(
        "“{title}” is a file on the portal, and no portal makes a link of it. Make a new resource with a "
        "link there and write its id in the manifest, or take `publish` out."
    ),
    "verify_link": N_(
        "The portal was told {address}, and shows {online} now. syncd tells it again in the next cycle; "
        "tell the portal's team if this goes on."
    ),
    "copy_not_removed": N_(
        "Nothing needs {address} any more, and it could not be removed, so that anybody still reads it. Let "
        "the source's key delete objects there; syncd tries again when it next asks the portal."
    ),
    "copy_not_purged": N_(
        "Not all copies could be removed, and anybody still reads {address}; the log says why. Let the "
        "source's key delete objects there, all versions included, and run the command again."
    ),
    "copy_in_use": N_(
        "Not all copies were removed: a change of the portal that was begun, or another resource, may "
        "still lead to {address}. Run the command again after the next cycle."
    ),
    "link_answers": N_("Anybody gets the objects of {bucket} at {address}."),
    "link_nothing_to_ask": N_("There is no object yet that could be asked for at {address}."),
    "copies_writable": N_(
        "syncd may write to {bucket}, and anybody reads there what it writes ({address})."
    ),
}
