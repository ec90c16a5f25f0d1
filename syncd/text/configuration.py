"""Sentences about the manifest and the settings: what was read, what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

CONFIGURATION: Mapping[str, str] = {
    "manifest_invalid": NP_(
        "The manifest has {count:n} problem; nothing was done.",
        "The manifest has {count:n} problems; nothing was done.",
    ),
    "settings_invalid": NP_(
        "The settings have {count:n} problem; nothing was done.",
        "The settings have {count:n} problems; nothing was done.",
    ),
    # -- the file -----------------------------------------------------------------------------
    "manifest_missing": N_(
        "There is no manifest at {path}. Name it in SYNCD_MANIFEST, or begin with `syncd init` and "
        "the address of a dataset."
    ),
    "manifest_unreadable": N_("The manifest {path} cannot be read: {detail}."),
    "file_too_large": N_(
        "The file has more than {limit:size}; this is hardly a manifest. Is SYNCD_MANIFEST right?"
    ),
    "file_empty": N_(
        "The file says nothing: it is empty, or has comments only. Was it saved, and under this name?"
    ),
    "not_a_mapping": N_(
        "The file must begin with lines like `version: 1` (mind the space after the colon)."
    ),
    "not_utf8": N_(
        "The file is not in UTF-8; it looks like {encoding} (here probably “{likely}”). Save it as "
        "UTF-8."
    ),
    "yaml_character": N_("There is an invisible character here ({character}). Delete it."),
    "yaml_tab": N_("There is a tab here. Indent with spaces."),
    "yaml_star": N_("A value that begins with * needs quotes."),
    "yaml_start": N_("A value that begins with {character} needs quotes."),
    "yaml_quote_open": N_("This quote is never closed."),
    "yaml_backslash": N_(
        "There is a backslash in double quotes. Use single quotes, and / between folders."
    ),
    "yaml_colon": N_("A text that contains a colon and a space needs quotes."),
    "yaml_indent": N_(
        "This line does not begin in the column of its neighbours: take away spaces in front of it, "
        "or add some."
    ),
    "yaml_no_colon": N_("This line lacks its colon."),
    "yaml_bracket": N_("A bracket or brace is not closed, or a comma is missing."),
    "yaml_documents": N_("A second document begins here (---). Keep one per file."),
    "yaml_hash": N_(
        "A space and # begin a comment: of this key only “{read}” would be read. Put it in quotes."
    ),
    "git_conflict": N_(
        "Git left a conflict here that nobody has resolved (its marks are at the lines {lines}). Keep "
        "the right one of the two versions, and delete these lines."
    ),
    "manifest_twice": N_(
        "A second manifest begins here; the first one begins at line {first}. Keep one of them, with "
        "the datasets of both under one `datasets`."
    ),
    "draft_unfinished": N_(
        "Nothing under `{key}` is in use yet: `syncd init` proposed it, and its lines with a single # "
        "wait for you. Remove the # and the space behind it from those that are right, first at line "
        "{line}."
    ),
    "draft_placeholder": N_(
        "“{read}” stands for a key that `syncd init` did not find. Write the object's key in its place, "
        "or put the # back in front of the two lines."
    ),
    "yaml_key": N_("A key must be a plain text."),
    "yaml_merge": N_("“<<” cannot be used here. Write common values under `defaults`."),
    "yaml_tag": N_(
        "Tags such as {tag} cannot be used here. Take it out, or put the value in quotes."
    ),
    "yaml_alias_loop": N_("This alias contains itself. Write the value instead."),
    "yaml_alias_bomb": N_(
        "The file has more than {limit:n} values once its aliases (*name) are expanded. Write the "
        "values themselves, or common ones under `defaults`."
    ),
    "yaml_too_deep": N_(
        "The file has more than {limit:n} levels; a manifest needs seven. Close or take out the brackets, dashes and indents that are too many."
    ),
    "yaml_too_many": N_(
        "The file has more than {limit:n} keys and values; ten thousand resources need some 60 000. Take out what does not belong here."
    ),
    "yaml_too_many_beside": N_(
        "More than {limit:n} keys stand beside each other here; a manifest has a dozen. Is SYNCD_MANIFEST right, or were the lines' indents lost?"
    ),
    "key_too_long": N_(
        "This key has {size:n} characters; {limit:n} are allowed. Was a text pasted here by mistake?"
    ),
    "value_too_long": N_(
        "This value has {size:n} characters; {limit:n} are allowed. Shorten it, or close a quote or block that is still open above it."
    ),
    "problems_more": NP_(
        "There is {count:n} more problem that is not shown here. Mend those above, and run `syncd check` again.",
        "There are {count:n} more problems that are not shown here. Mend those above, and run `syncd check` again.",
    ),
    "yaml_syntax": N_("This is not valid YAML: {detail}."),
    "yaml_space": N_("There must be a space after the colon."),
    "yaml_equals": N_("A key and its value are separated by a colon and a space, not by =."),
    "odd_space": N_(
        "There is an invisible character here ({character}), which came along from a word processor "
        "or a web page. Delete it, and type a plain space if one belongs here."
    ),
    "odd_colon": N_("This is not the colon of the keyboard ({character}). Type : and a space."),
    "odd_quotes": N_(
        "These quotes ({character}) come from a word processor and would be part of the value. Type "
        "straight quotes, or none."
    ),
    "odd_dash": N_("This is not the dash of the keyboard ({character}). Type - and a space."),
    "dash_missing": N_(
        "`{key}` stands on line {first} already. If another entry begins here, put a dash before it "
        "(`- {key}:`); if not, keep one of the two."
    ),
    "duplicate_key": N_("`{key}` stands on line {first} already. Keep one."),
    # -- shape --------------------------------------------------------------------------------
    "unknown_key": N_("`{key}` is not known here. Known: {known}."),
    "key_misplaced": N_("`{key}` does not belong here, but {belongs:places}."),
    "missing_key": N_("`{key}` is missing."),
    "rule_missing": N_("Nothing says which object is meant. Write one of {choices}."),
    "rule_several": N_("`{kept}` and `{key}` stand in one entry. Keep one."),
    "empty_value": N_("Nothing is written after `{key}`."),
    "empty_list": N_("`{key}` needs at least one entry."),
    "wrong_type": N_("Here should be {expected:kind}, not {found:kind}."),
    "bad_choice": N_("“{read}” is none of {choices}."),
    "invalid_value": N_("“{read}” cannot be used here: {detail}."),
    "secret_in_manifest": N_(
        "`{key}` looks like a secret. Take it out of this file, give it to syncd by its environment "
        "(SYNCD_…), and make a new one if others have seen the file."
    ),
    "secret_in_url": N_("The address {read} contains a user or a password. Take it out."),
    # -- values -------------------------------------------------------------------------------
    "bad_schema_name": N_(
        "“{read}” is no schema: write its name and version, as etalab/schema-irve-statique@2.3.1, or the path of a .json file."
    ),
    "bad_version": N_("“{read}”: the version of this format is 1."),
    "bad_url": N_("“{read}” is no web address. Write it like {example}."),
    "nobodys_address": N_(
        "“{read}” is a link-local address, or where a cloud tells its machines their keys: no service "
        "that syncd works with is there. Write the service's own name."
    ),
    "no_queue": N_(
        "“{read}” is not the address of a queue. Write the whole of it, with its path, and nothing after a "
        "? or #: {example}."
    ),
    "address_without_key": N_(
        "“{read}”: write {{key}} once, in the path, where the object's key stands, and nothing after a "
        "? or #: {example}."
    ),
    "bad_publish": N_(
        "There is no such way to publish. Write `file`, `link` or `{{copy: SOURCE}}`, with the name of "
        "the source whose bucket is public."
    ),
    "source_without_address": N_(
        "Where anybody gets the objects of {name} is not known. Write `address: "
        "https://open.example.fr/{{key}}` there, under `sources`, with the bucket's own address."
    ),
    "copy_to_itself": N_(
        "{name} is the bucket that the objects are in. Write `publish: link` if it is public, else the "
        "name of another source."
    ),
    "endpoint_path": N_(
        "“{read}”: write only scheme, host and port; the bucket's name goes in `bucket`."
    ),
    "bad_bucket": N_("“{read}” is no bucket name; folders belong to the objects' keys."),
    "bad_timezone": N_("The time zone “{read}” is unknown. Write for example Europe/Paris."),
    "bad_email": N_("“{read}” is no e-mail address."),
    "bad_duration": N_("“{read}” is no duration. Write for example 30s, 15m, 2h, 1d or 1y."),
    "too_often": N_("“{read}” is too often; the least is {least:n} seconds."),
    "schedule_choice": N_("Write either `every` or `cron`."),
    "expect_choice": N_("Write one of `every`, `cron` and `before`."),
    "bad_day": N_("“{read}” is no day of the year. Write for example 31 march."),
    "no_such_day": N_("“{read}”: that month has no such day."),
    "cron_fields": NP_(
        "“{read}” has {count:n} field; a cron line has five.",
        "“{read}” has {count:n} fields; a cron line has five.",
    ),
    "cron_field": N_(
        "“{read}”: “{value}” is no valid {field:field} (minute, hour, day, month, weekday)."
    ),
    "cron_name": N_("The name “{read}” is unknown. Known: {known}."),
    "cron_never": N_("“{read}” never happens."),
    "bad_limit": N_("“{read}” cannot be used here. Write one of {choices}."),
    "bad_dataset": N_("“{read}” is neither a dataset's id, nor its slug, nor its page's address."),
    "bad_resource": N_("“{read}” is neither a resource's id nor its permanent link."),
    "resource_as_dataset": N_(
        "“{read}” is a resource; a dataset belongs here. Open the dataset's page and copy its address."
    ),
    "dataset_as_resource": N_(
        "“{read}” is a dataset; a resource belongs here. On the dataset's page, copy the permanent link "
        "of the file."
    ),
    "key_slash": N_("“{read}”: an object's key does not begin with a slash."),
    "key_spaces": N_("“{read}” has spaces before or behind it."),
    "key_folder": N_("“{read}” is a folder; name a file."),
    "key_is_address": N_("“{read}”: write the key alone, without address and bucket."),
    "key_long": N_("“{read}” has {size:n} bytes; S3 allows {limit:n}."),
    "key_wildcard": N_(
        "“{read}”: `object` names exactly one key. For a pattern, write `newest` instead."
    ),
    "newest_without_wildcard": N_(
        "Nothing varies in “{read}”. Write `object` instead, or put a * where it varies."
    ),
    "each_without_variable": N_(
        "Nothing varies in “{read}”. Write `object` instead, or put a {{name}} where it varies."
    ),
    "pattern_brace": N_("“{read}” has a brace ({brace}) without its partner."),
    "pattern_name": N_("“{read}”: “{name}” is no name for a variable."),
    "pattern_kind": N_("“{read}”: the kind “{kind}” is unknown. Known: {known}."),
    "pattern_twice": N_("“{read}”: {name} occurs twice."),
    "ignore_slash": N_("“{read}”: `ignore` looks at file names alone; take the folder out."),
    # -- across -------------------------------------------------------------------------------
    "source_name": N_(
        "The name “{name}” cannot be used for a source. Write lower-case letters, digits and single "
        "_, a letter first."
    ),
    "source_unknown": N_("There is no source “{name}”. Known: {known}."),
    "source_missing": N_("No source is named here, and none under `defaults`."),
    "dataset_twice": N_(
        "The dataset {dataset} stands on line {first} already. Put its resources together there."
    ),
    "resource_twice": N_(
        "The resource {resource} stands on line {first} already. Take one of the two entries out, or "
        "name another resource."
    ),
    "object_twice": N_(
        "The object {key} feeds another resource already, on line {first}. Change one of the two."
    ),
    "object_in_pattern": N_(
        "The object {key} is also matched by {pattern} on line {first}. If that is an `each`, name "
        "this resource there under `known`, and take this entry out; else change one of the two, or "
        "add the file's name to that entry's `ignore`."
    ),
    "other_portal": N_(
        "This is an address of {read}, but the manifest is for {portal}. Copy the one "
        "from there, or change `portal`."
    ),
    "title_variable": N_("{name} is no variable of the pattern. Known: {known}."),
    "title_brace": N_("“{read}” has a brace without its partner."),
    "known_key": N_("“{key}” should look like {expected}."),
    "content_is_bytes": N_(
        "`unchanged: content` can do nothing for {key}: the bytes of a CSV or JSON file are its "
        "content. Take the line out."
    ),
    "known_without_variable": N_("The pattern has no variable, so `known` cannot be used."),
    # -- settings -----------------------------------------------------------------------------
    "setting_unknown": N_("{name} is no setting."),
    "setting_choice": N_("{name} is “{read}”; write one of {choices}."),
    "setting_number": N_("{name} is “{read}”; write a number, from {least} to {most}."),
    "setting_flag": N_("{name} is “{read}”; write true or false."),
    "setting_listen": N_("{name} is “{read}”; write for example 127.0.0.1:8080, or off."),
    "setting_nobodys_address": N_(
        "{name} names a link-local address, or where a cloud tells its machines their keys: no "
        "service that syncd works with is there. Write the service's own name."
    ),
    "setting_web": N_("{name} must be a web address, http://… or https://…."),
    "setting_https": N_("{name} must be an https:// address; http:// is for this machine alone."),
    "setting_networks": N_(
        "{name} has “{read}”; write addresses or networks, for example 10.0.3.7 or 10.1.0.0/24."
    ),
    "setting_short_key": N_("{name} must have {least} characters or more, chosen by chance."),
    "setting_siret": N_("{name} must be a SIRET: 14 digits."),
    "setting_mail_or_page": N_("{name} must be a mail address, or an https:// address."),
    "setting_notify": N_(
        "{name} must hold apprise addresses such as mailtos://…, separated by spaces."
    ),
    "setting_contact": N_(
        "{name} must be an apprise address with {{contact}} where the mail address belongs."
    ),
    "setting_size": N_("{name} is “{read}”; write for example 50GiB or 64MiB."),
    "setting_part_size": N_(
        "{name} must be from {least:size} to {most:size}; write for example 20MB."
    ),
    "setting_secret_characters": N_(
        "{name} contains a space or a special character. Copy it again."
    ),
    "setting_database": N_(
        "{name}: syncd keeps its memory in SQLite or on PostgreSQL ({scheme}://… is neither). Write "
        "postgresql://USER:PASSWORD@HOST:5432/DATABASE, or sqlite:///PATH."
    ),
    "setting_no_database": N_(
        "{name} must look like sqlite:///PATH, or like postgresql://USER:PASSWORD@HOST:5432/DATABASE."
    ),
    "setting_postgresql": N_(
        "{name} must look like postgresql://USER:PASSWORD@HOST:5432/DATABASE: host and database are "
        "needed, and in the password `%40` stands for `@`, `%2F` for `/`, `%23` for `#`, `%3F` for `?`, "
        "`%25` for `%`."
    ),
    "setting_proxy": N_("{name} must look like http://host:port."),
    "setting_file_unreadable": N_("The file {path} cannot be read: {detail}."),
    "setting_line": N_(
        "This line cannot be read: write `NAME='value'`, or with double quotes where the value "
        "holds a single one."
    ),
    "setting_not_certificates": N_("{name}: {path} holds no certificate (PEM)."),
    "setting_no_folder": N_("There is no folder {path}."),
    "setting_archive": N_("{name} must be `s3://bucket` or `s3://bucket/prefix`."),
    "setting_server": N_(
        "{name} must be the address of an S3 server, https://host or https://host:port, without a path."
    ),
    "setting_archive_lacks": N_("{name} is set, and {missing} is not: set it as well."),
    "setting_half_credentials": N_("The source {source} lacks {missing}."),
    # -- what lies open ------------------------------------------------------------------------
    "secret_open": N_(
        "Other users of this machine can read or change {path} (mode {mode}), where secrets are: "
        "chmod 0400 {path:shell}, and make new secrets if others may have read these."
    ),
    "secret_not_regular": N_(
        "{path} is {kind:kind}, and was not read: put what it should say into a file."
    ),
    "dotenv_owner": N_(
        "{path} belongs to {owner}, who can change what syncd does: make a copy that is yours, with "
        "mode 0600, in its place."
    ),
    "state_open": N_(
        "Other users of this machine can look into the state folder {path} (mode {mode}): "
        "chmod 0700 {path:shell}"
    ),
    "source_http": N_(
        "The source {source} is read without encryption ({endpoint}, line {line} of the manifest): whoever "
        "is on the way can change what is published. Write https://… where the service has it."
    ),
    "portal_http": N_(
        "The portal {portal} is asked without encryption: whoever is on the way can read the API key "
        "and change what is published. Write https://…; or set SYNCD_UNENCRYPTED_PORTAL=true if the "
        "network between is yours alone."
    ),
    "setting_source_unknown": N_(
        "There are keys for a source {source}, which the manifest does not have. Known: {known}."
    ),
    "setting_invalid": N_(
        "{name} holds a character that it cannot have, or bytes that are no text in UTF-8. Write it "
        "again."
    ),
}
