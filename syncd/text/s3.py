"""What went wrong on the way to a bucket."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

S3: Mapping[str, str] = {
    "object_keeps_changing": N_(
        "The object {key} was overwritten {times:n} times while syncd read it. It will be read again "
        "in the next cycle; `settle:` in the manifest makes syncd wait for a quiet object."
    ),
    "object_listed_and_gone": N_(
        "The object {key} is listed, but was not there the {times:n} times that syncd read it. Nothing "
        "was published; the next cycle tries again. If it lasts, tell the bucket's administrator."
    ),
    "s3_bucket_missing": N_(
        "The bucket {bucket} does not exist on {endpoint}. Correct its name in the manifest, or have it made."
    ),
    "s3_object_missing": N_(
        "{key} was deleted from {bucket} after it was listed. The next cycle looks again."
    ),
    "s3_object_changed": N_(
        "{key} was overwritten in {bucket} while syncd was about to read it. The next cycle takes the new one."
    ),
    "s3_access_denied": N_(
        "{endpoint} does not let this key read the bucket {bucket} (“{detail}”). Ask its administrator for the rights to list and to read."
    ),
    "s3_write_denied": N_(
        "{endpoint} does not let this key write into the bucket {bucket}, or remove from it (“{detail}”). Ask its administrator for the rights to write and to delete."
    ),
    "s3_bad_signature": N_(
        "{endpoint} refuses the secret key for the bucket {bucket}. Check {setting}__SECRET_ACCESS_KEY."
    ),
    "s3_unknown_key": N_(
        "{endpoint} does not know the access key for the bucket {bucket}. Check {setting}__ACCESS_KEY_ID."
    ),
    "s3_expired_key": N_(
        "The temporary key for the bucket {bucket} on {endpoint} has expired. Give syncd a new one."
    ),
    "s3_clock": N_(
        "{endpoint} says that this machine's clock is wrong (“{detail}”). Set the clock (NTP)."
    ),
    "s3_archived": N_(
        "{key} is in cold storage and cannot be read. Have it restored in the bucket {bucket}."
    ),
    "s3_region": N_(
        "{endpoint} expects another region for the bucket {bucket} (“{detail}”). Set `region` in the manifest."
    ),
    "s3_no_credentials": N_(
        "There is no usable key for the bucket {bucket} on {endpoint} ({detail}). Set {setting}__ACCESS_KEY_ID and {setting}__SECRET_ACCESS_KEY."
    ),
    "s3_busy": N_("{endpoint} is too busy ({status})."),
    "s3_server_error": N_(
        "{endpoint} had a fault of its own ({status}: “{detail}”). If it lasts, tell its administrator."
    ),
    "s3_refused": N_(
        "{endpoint} refuses the request ({status} {s3_code}: “{detail}”). Check that `endpoint` is the address of an S3 server."
    ),
    "s3_unreachable": N_(
        "{endpoint} cannot be reached ({detail}). Check `endpoint` in the manifest, the network and the firewall."
    ),
    "s3_unknown_host": N_(
        "The name in {endpoint} is not known here. Check `endpoint` in the manifest, and the DNS."
    ),
    "s3_timeout": N_("{endpoint} did not answer in time."),
    "s3_address": N_(
        "{endpoint} was not asked: its name leads to an address that cannot be meant ({detail}). Correct `endpoint`, or what its name stands for on this machine and in its network."
    ),
    "s3_ca_unknown": N_(
        "The certificate of {endpoint} is signed by an authority that is not known. If it is one of your own, name the file of its certificates in SYNCD_CA_BUNDLE."
    ),
    "s3_certificate_name": N_(
        "The certificate of {endpoint} was made for another name ({detail}). Write the name that it was made for in `endpoint`, or have the certificate corrected."
    ),
    "s3_certificate_expired": N_(
        "The certificate of {endpoint} has expired. Have its administrator renew it, and check this machine's clock."
    ),
    "s3_certificate_early": N_(
        "The certificate of {endpoint} is not valid yet. Check this machine's clock."
    ),
    "s3_certificate": N_(
        "The certificate of {endpoint} is not trusted ({detail}). Tell its administrator."
    ),
    "s3_tls": N_(
        "There is no secure connection to {endpoint} ({detail}). Check whether it is http rather than https."
    ),
    "s3_ca_bundle": N_(
        "The file {path} (SYNCD_CA_BUNDLE) does not exist or cannot be read. Correct its name."
    ),
    "s3_proxy_down": N_(
        "The proxy on the way to {endpoint} cannot be reached ({proxy}: {detail}). Check SYNCD_PROXY, or take `use_proxy` out of the source."
    ),
    "s3_proxy_password": N_(
        "The proxy {proxy} refused the user name or password of SYNCD_PROXY; {endpoint} was not reached. Correct them there (special characters as %40)."
    ),
    "s3_proxy_denied": N_(
        "The proxy {proxy} does not let syncd through to {endpoint} (status {status}). Ask its administrator to allow that host, or take `use_proxy` out of the source."
    ),
    "s3_proxy_no_route": N_(
        "The proxy {proxy} found no way to {endpoint} (status {status}). Check `endpoint` in the manifest; if it is right, take `use_proxy` out of the source or ask the proxy's administrator."
    ),
    "s3_proxy": N_(
        "The proxy {proxy} refuses the way to {endpoint} (status {status}). Ask its administrator."
    ),
    "s3_cut": N_(
        "The transfer of {key} from {endpoint} was cut ({detail}). Nothing was published; the next cycle tries again."
    ),
    "s3_answer_large": N_(
        "{endpoint} answered with more than {limit:size} for one request to the bucket {bucket}, so "
        "syncd stopped reading. Check `endpoint:` in the manifest, and what answers there."
    ),
    "s3_answer_slow": N_(
        "{endpoint} took too long to give a whole answer for the bucket {bucket}, so syncd stopped "
        "reading."
    ),
    "s3_listing_broken": N_(
        "{endpoint} gave an incomplete list of the bucket {bucket} ({detail}). Nothing is concluded from it; the next cycle tries again."
    ),
    "s3_broken_answer": N_(
        "{endpoint} gave an answer that cannot be understood ({detail}). Check that `endpoint` is the address of an S3 server."
    ),
    "s3_bad_settings": N_(
        "The settings of the bucket {bucket} on {endpoint} cannot be used ({detail}). Correct them in the manifest."
    ),
    "s3_left_alone": N_(
        "{endpoint} failed several times in a row ({detail}), so syncd leaves it alone for a while."
    ),
}
