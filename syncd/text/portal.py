"""What went wrong on the way to the portal."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

PORTAL: Mapping[str, str] = {
    "portal_key_refused": N_(
        "{host} refuses the key in SYNCD_API_KEY (“{words}”){request_id:request}. Make a new key in "
        "the profile page of the robot user, and give it to syncd."
    ),
    "portal_not_allowed": N_(
        "{host} does not allow this ({what:what}: “{words}”){request_id:request}. Make the key's owner an "
        "editor of the dataset's organisation."
    ),
    "portal_not_found": N_(
        "{host} does not know this {what:what} (“{words}”){request_id:request}. Correct its id in the "
        "manifest, or check that the key's owner may see it."
    ),
    "portal_gone": N_(
        "{host} says that this {what:what} was deleted (“{words}”){request_id:request}. Restore it, or "
        "take it out of the manifest."
    ),
    "portal_rejected": N_(
        "{host} refuses this {what:what} (status {status}: “{words}”){request_id:request}. Nothing was "
        "changed online. Correct what it says, or ask its support."
    ),
    "portal_too_large": N_(
        "{host} refuses a file of this size in one request (“{words}”){request_id:request}. Nothing "
        "was changed online. Lower SYNCD_UPLOAD_PART_SIZE, so that the file is sent in parts."
    ),
    "portal_part_too_large": N_(
        "{host} refuses even a part of this file (“{words}”){request_id:request}. Nothing was "
        "changed online. Lower SYNCD_UPLOAD_PART_SIZE."
    ),
    "portal_bad_type": N_(
        "{host} refuses files of this type (“{words}”){request_id:request}. Nothing was changed "
        "online. Ask the producer for another format."
    ),
    "portal_read_only": N_("{host} takes no new content for now (“{words}”){request_id:request}."),
    "portal_busy": N_("{host} asks for fewer requests (“{words}”){request_id:request}."),
    "portal_fault": N_(
        "{host} had a fault of its own ({what:what}, status {status}: “{words}”){request_id:request}."
    ),
    "portal_redirects": N_(
        "{host} sends this request to another address. Write the portal's exact address in the "
        "manifest (`portal:`)."
    ),
    "portal_not_udata": N_(
        "{host} answered something that is no {what:what} of a udata portal. Check `portal:` in the "
        "manifest, and whether a proxy stands in between."
    ),
    "portal_garbled": N_(
        "{host} answered the {what:what} with something unreadable; syncd looks what became of it."
    ),
    "portal_unreachable": N_(
        "{host} cannot be reached ({detail}). Check the network and `portal:` in the manifest."
    ),
    "portal_answer_lost": N_("{host} gave no answer ({what:what}: {detail})."),
    "portal_answer_large": N_(
        "{host} answered the {what:what} with more than {limit:size}, so syncd stopped reading. "
        "Check `portal:` in the manifest, and whether a proxy stands in between."
    ),
    "portal_answer_slow": N_(
        "{host} took too long to give its whole answer to the {what:what}, so syncd stopped "
        "reading."
    ),
    "portal_left_alone": N_(
        "{host} failed several times in a row ({why}), so syncd leaves it alone for a while."
    ),
    "portal_unknown_host": N_(
        "The name {host} is not known here. Check `portal:` in the manifest and the DNS; where the "
        "portal is only reached through a proxy, set SYNCD_PROXY."
    ),
    "portal_proxy_down": N_(
        "The proxy on the way to {host} cannot be reached ({proxy}: {detail}). Check SYNCD_PROXY and "
        "the network."
    ),
    "portal_proxy_password": N_(
        "The proxy {proxy} refused the user name or password of SYNCD_PROXY; {host} was not reached. "
        "Correct them there (special characters as %40)."
    ),
    "portal_proxy_denied": N_(
        "The proxy {proxy} does not let syncd through to {host} (status {status}). Ask its "
        "administrator to allow that host."
    ),
    "portal_proxy_no_route": N_(
        "The proxy {proxy} found no way to {host} (status {status}). Check `portal:` in the manifest; "
        "if it is right, ask the proxy's administrator."
    ),
    "portal_proxy": N_(
        "The proxy {proxy} refuses the way to {host} (status {status}). Ask its administrator."
    ),
    "portal_elsewhere": N_(
        "{host} sends whoever asks for this file on to {where}, where it does not keep its files: "
        "syncd did not go there. Look at the resource on the portal; if it is right, tell those who "
        "run the portal."
    ),
    "portal_address": N_(
        "{host} was not asked: its name leads to an address that cannot be meant ({detail}). Correct "
        "the name, or what it stands for on this machine and in its network."
    ),
    "portal_ca_unknown": N_(
        "The certificate of {host} is signed by an authority that is not known. If it is one of your "
        "own, name the file of its certificates in SYNCD_CA_BUNDLE."
    ),
    "portal_certificate_name": N_(
        "The certificate of {host} was made for another name ({detail}). Write the portal's exact "
        "address in the manifest (`portal:`)."
    ),
    "portal_certificate_expired": N_(
        "The certificate of {host} has expired. Check this machine's clock; if it is right, tell the "
        "administrator of {host}."
    ),
    "portal_certificate_early": N_(
        "The certificate of {host} is not valid yet. Check this machine's clock."
    ),
    "portal_certificate": N_(
        "The certificate of {host} is not trusted ({detail}). Tell its administrator."
    ),
    "portal_tls": N_(
        "There is no secure connection to {host} ({detail}). Check whether its address is http "
        "rather than https."
    ),
    "upload_lost": N_(
        "The upload to {host} had no clear answer ({why}), and the file did not appear online. syncd "
        "sends it again in the next cycle."
    ),
    "verify_bytes": N_(
        "After the upload the portal has other bytes than those sent: sha1 {online_sha1} "
        "({online_size:size}) instead of {sha1} ({size:size}). syncd sends them again in the next "
        "cycle; tell the portal's team if this goes on."
    ),
}
