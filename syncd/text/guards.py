"""What a guard found in a file that would go online."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

GUARDS: Mapping[str, str] = {
    "guard_empty": N_("{key} is empty (0 bytes). Ask its producer to deposit it again."),
    "guard_shrink": N_(
        "The file has {size:size}, {lost:n} % less than the {online:size} online; limit {limit:n} %."
    ),
    "guard_shrink_packed": N_(
        "The file has {size:size}, {lost:n} % less than the {online:size} online, and no fewer rows: it is written in another way."
    ),
    "guard_extension": N_(
        "The portal does not accept files ending in .{extension} ({name}). Ask the producer for "
        "another format, or compress the file."
    ),
    "guard_no_extension": N_(
        "The name {name} has no extension, and the portal accepts no such files. Ask the producer "
        "to rename it."
    ),
    "guard_older_date": N_(
        "{key} ({date:date}) is older than the published {published} ({published_date:date})."
    ),
    "guard_older_name": N_("{key} comes before the published {published} by its name."),
    "guard_html": N_(
        "This is a web page, most likely an error message, not a .{extension} file. Ask the producer to deposit the file itself."
    ),
    "guard_html_inside": N_(
        "A file inside the archive is a web page, most likely an error message, under another name. Ask the producer to deposit the archive again."
    ),
    "guard_type": N_(
        "The name ends in .{extension}, but the content is {found:format}. Ask the producer to deposit it under the right name or in the right format."
    ),
    "guard_archive_broken": N_(
        "The compressed file does not open: it is damaged, or its end is missing. Ask the producer to deposit it again."
    ),
    "guard_archive_locked": N_(
        "The compressed file has a password, or was compressed in a way that few programs know. Ask the producer for one that everybody can open."
    ),
    "guard_archive_bomb": N_(
        "The compressed file of {packed:size} would grow to {size:size} or more (limits: {ratio:n} times its size, and {most:size}). Ask the producer what it is; if it is right, write `guards: {{archive: warn}}` in the manifest."
    ),
    "guard_end_missing": N_(
        "The file is {found:format}, damaged or without its end. Ask the producer to deposit it again."
    ),
    "guard_json": N_(
        "This is not valid JSON: the first mistake is at line {line}, column {column}. Ask the producer to export it again."
    ),
    "guard_json_invalid": N_("This is not valid JSON. Ask the producer to export it again."),
    "guard_json_cut": N_(
        "This JSON file breaks off in the middle: its end is missing. Ask the producer to deposit it again."
    ),
    "guard_geojson_beyond": N_(
        "Feature {feature} has the longitude {value}, beyond 180 degrees: many programs draw it at the other end of the map. Ask the producer for longitudes from -180 to 180."
    ),
    "guard_geojson_type": N_(
        "A GeoJSON file must be a FeatureCollection, a Feature or a GeometryCollection; this one says “{found}”. Ask the producer to export it again."
    ),
    "guard_geojson_range": N_(
        "Feature {feature} has the coordinate {value}, which is no longitude (-180 to 180) or latitude (-90 to 90) in degrees. Ask the producer to export it in WGS 84."
    ),
    "guard_geojson_crs": N_(
        "The coordinates of this GeoJSON file are in {crs}, as it says itself; most programs take them for degrees in WGS 84 and draw nothing. Ask the producer to export it in WGS 84."
    ),
    "guard_xml": N_(
        "This is not well-formed XML: the first mistake is at line {line}, column {column}. Ask the producer to export it again."
    ),
    "guard_xml_encoding": N_(
        "This is not well-formed XML, or names an encoding that does not exist. Ask the producer to export it again."
    ),
    "guard_xml_entities": N_(
        "This XML declares entities or points to other files, which is a way to attack its readers; careful programs refuse it. Ask the producer for a file without them."
    ),
    "guard_xml_excess": N_(
        "This XML has more of one thing than careful programs take: elements nested {depth:n} deep, {attributes:n} declared attributes, or a single tag or comment of {token:size}. Ask the producer for a plainer file."
    ),
    "guard_sheet": N_(
        "The spreadsheet does not open: it is damaged, or has a password. Ask the producer to deposit it again."
    ),
    "guard_no_sheet": N_(
        "The spreadsheet has no filled row in any of its sheets ({sheets}). Ask the producer to deposit it again."
    ),
    "guard_parquet": N_(
        "The Parquet file cannot be read to its end: it is damaged, or its end is missing. Ask the producer to deposit it again."
    ),
    "guard_hungry": N_(
        "The file cannot be looked into: opening it takes more than {limit:size} of memory, or more than {seconds:duration}. A few cells far from the others are enough. Ask the producer to save it anew, or as CSV."
    ),
    "guard_limits": N_(
        "The file cannot be looked at within {limit:size} of memory and {seconds:duration} of work. It may have been made to harm those who open it. Ask the producer what it is, or for the same data in another form."
    ),
    "guard_deaths": N_(
        "Three times the program ended while it looked into this file, which is not opened any more. Look into the log, and ask the producer what the file is."
    ),
    "guard_unseen": N_(
        "The spreadsheet is too large to look into ({size:size} unpacked; limit {limit:size}): its cells were not checked. A CSV would be."
    ),
    "guard_unread": N_(
        "The file could not be looked into: its reader does not know a part of it ({detail}). Its rows and columns were not checked; nothing says that it is damaged."
    ),
    "guard_rows": NP_(
        "The file has {rows:n} row, {lost:n} % fewer than the {before:n} published; limit {limit:n} %.",
        "The file has {rows:n} rows, {lost:n} % fewer than the {before:n} published; limit {limit:n} %.",
        by="rows",
    ),
    "guard_rows_sheet": NP_(
        "The sheet “{sheet}” has {rows:n} row, {lost:n} % fewer than the {before:n} published; limit {limit:n} %.",
        "The sheet “{sheet}” has {rows:n} rows, {lost:n} % fewer than the {before:n} published; limit {limit:n} %.",
        by="rows",
    ),
    "guard_columns": NP_(
        "{count:n} column of the published file is missing: {gone:names}. Those who use it would fail.",
        "{count:n} columns of the published file are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_columns_renamed": NP_(
        "{count:n} column of the published file is gone: {gone:names}; new: {new:names}. Those who use the old name would fail.",
        "{count:n} columns of the published file are gone: {gone:names}; new: {new:names}. Those who use the old names would fail.",
    ),
    "guard_columns_spelled": NP_(
        "{count:n} column is spelled otherwise than in the file that it replaces: {gone:names} there; {new:names} here. Tell those who use the file.",
        "{count:n} columns are spelled otherwise than in the file that it replaces: {gone:names} there; {new:names} here. Tell those who use the file.",
    ),
    "guard_keys": NP_(
        "{count:n} key of the published file's records is gone from all of them: {gone:names}. Those who use it would fail.",
        "{count:n} keys of the published file's records are gone from all of them: {gone:names}. Those who use them would fail.",
    ),
    "guard_keys_some": NP_(
        "{count:n} key that some of the published file's records had is gone from all of them: {gone:names}. Ask the producer whether that is meant.",
        "{count:n} keys that some of the published file's records had are gone from all of them: {gone:names}. Ask the producer whether that is meant.",
    ),
    "guard_no_header": N_(
        "The first row looks like data, not like the names of the columns. Ask the producer to put the names in the first row."
    ),
    "guard_no_rows": N_(
        "There is not one row of data in the file. Ask the producer to export it again."
    ),
    "guard_no_rows_sheet": N_(
        "The sheet “{sheet}” has not one row of data; the published one had some. Ask the producer to export it again."
    ),
    "guard_uneven": NP_(
        "{count:n} row has another number of cells than the {width:n} of the header, at line {line} ({found:n} cells); limit 0. Ask the producer to correct it.",
        "{count:n} rows have another number of cells than the {width:n} of the header, the first at line {line} ({found:n} cells); limit 0. Ask the producer to correct them.",
    ),
    "guard_uneven_known": NP_(
        "{count:n} row has another number of cells than the {width:n} of the header, at line {line} ({found:n} cells), as in the published file. Ask the producer to correct it.",
        "{count:n} rows have another number of cells than the {width:n} of the header, the first at line {line} ({found:n} cells), as in the published file. Ask the producer to correct them.",
    ),
    "guard_uneven_blank": NP_(
        "{count:n} row has more or fewer empty cells at its end than the header's {width:n} columns, at line {line} ({found:n} cells). Some programs stop there.",
        "{count:n} rows have more or fewer empty cells at their end than the header's {width:n} columns, the first at line {line} ({found:n} cells). Some programs stop there.",
    ),
    "guard_cut_known": N_(
        "The file breaks off inside the row that begins at line {line}, and the published file did, too. Ask the producer to deposit it again."
    ),
    "guard_member_gone": NP_(
        "{count:n} table of the published archive is missing: {gone:names}. Those who use it would fail.",
        "{count:n} tables of the published archive are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_sheet_gone": NP_(
        "{count:n} sheet of the published workbook is missing: {gone:names}. Those who use it would fail.",
        "{count:n} sheets of the published workbook are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_file_gone": NP_(
        "{count:n} file of the published archive is missing: {gone:names}. Those who use it would fail.",
        "{count:n} files of the published archive are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_file_emptied": NP_(
        "{count:n} file in the archive has not a byte, and had some in the published one: {files:names}. Ask the producer to deposit it again.",
        "{count:n} files in the archive have not a byte, and had some in the published one: {files:names}. Ask the producer to deposit it again.",
    ),
    "guard_shapefile": NP_(
        "{count:n} shapefile lacks its .dbf, .shx or .prj: {files:names}. Many programs do not open it, or show it elsewhere. Ask the producer to add it.",
        "{count:n} shapefiles lack their .dbf, .shx or .prj: {files:names}. Many programs do not open them, or show them elsewhere. Ask the producer to add it.",
    ),
    "guard_axes_swapped": N_(
        "Longitude and latitude have changed places since the published file. Ask the producer for coordinates in their former order."
    ),
    "guard_elsewhere": N_(
        "The map shows {found} (latitude, longitude); the published one, {before}. They have no place in common. Ask the producer whether it is the right file."
    ),
    "guard_shapes": N_(
        "The map is made of {found:word} now; the published one, of {before:word}. Tell those who use the file."
    ),
    "guard_no_shapes": N_(
        "Not one feature has a shape on the map; those of the published file are {before:word}. Ask the producer to export it again."
    ),
    "guard_properties": NP_(
        "{count:n} property of the published features is missing: {gone:names}. Those who use it would fail.",
        "{count:n} properties of the published features are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_cut": N_(
        "The file breaks off inside the row that begins at line {line}: a quotation mark is never closed, or a letter is cut. Ask the producer to deposit it again."
    ),
    "guard_encoding": N_(
        "The file is in {found}, not in UTF-8: many programs will show its accents wrong. Ask the producer for UTF-8."
    ),
    "guard_encoding_changed": N_(
        "The file is in {found}; the published one is in {before}. Programs that read it would show wrong accents."
    ),
    "guard_encoding_mended": N_(
        "The file is in {found}; the one that it replaces is in {before}. Tell those who use the file."
    ),
    "guard_other_format": N_(
        "The file is {found:format}; the one before it is {before:format}. Check that it belongs to this resource, or ask the producer."
    ),
    "guard_delimiter": N_(
        "Cells are separated by “{found}” now; in the published file, by “{before}”. Tell those who use the file."
    ),
    "guard_name_long": N_(
        "The name of column {column} (“{name}…”) has {size:n} letters; above {limit:n} the portal shows no preview."
    ),
    "guard_name_twice": NP_(
        "{count:n} column name occurs more than once: “{name}”. Ask the producer to tell the columns apart.",
        "{count:n} column names occur more than once, such as “{name}”. Ask the producer to tell the columns apart.",
    ),
    "guard_name_style": NP_(
        "{count:n} column name has accents or capitals: “{name}”; small letters without accents are easier to use.",
        "{count:n} column names have accents or capitals, such as “{name}”; small letters without accents are easier to use.",
    ),
    "guard_nir": NP_(
        "{count:n} column holds French social security numbers, which were not there before: {columns:names}. Tell the producer at once.",
        "{count:n} columns hold French social security numbers, which were not there before: {columns:names}. Tell the producer at once.",
    ),
    "guard_iban": NP_(
        "{count:n} column holds bank account numbers (IBAN), which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold bank account numbers (IBAN), which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_email": NP_(
        "{count:n} column holds e-mail addresses, which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold e-mail addresses, which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_telephone": NP_(
        "{count:n} column holds telephone numbers, which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold telephone numbers, which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_schema": NP_(
        "Under the schema {schema}, {count:n} kind of error is in the file (column, rule, how often, first rows): {errors:names}. Ask the producer to correct it.",
        "Under the schema {schema}, {count:n} kinds of errors are in the file (column, rule, how often, first rows): {errors:names}. Ask the producer to correct them.",
    ),
    "guard_schema_new": NP_(
        "Under the schema {schema}, {count:n} kind of error is new against the published file (column, rule, how often, first rows): {errors:names}. Ask the producer to correct it.",
        "Under the schema {schema}, {count:n} kinds of errors are new against the published file (column, rule, how often, first rows): {errors:names}. Ask the producer to correct them.",
    ),
    "guard_schema_no_catalogue": N_(
        "The file was not held to the schema {schema}: no catalogue of schemas is here yet. Run `syncd schemas update`."
    ),
    "guard_schema_unknown": N_(
        "The file was not held to the schema {schema}: the catalogue that is here does not have it. Compare its name and version with `syncd schemas`, or run `syncd schemas update`."
    ),
    "guard_schema_elsewhere": N_(
        "The file was not held to the schema {schema}, which is in no catalogue: syncd fetches none. Save it beside the manifest, and write its path under `schema`."
    ),
    "guard_schema_file": N_(
        "The file was not held to the schema {schema}: that file cannot be read. Write its path under `schema` as seen from the manifest's folder."
    ),
    "guard_schema_damaged": N_(
        "The file was not held to the schema {schema}: the copy that is here is not the one that was fetched. Run `syncd schemas update`."
    ),
    "guard_schema_unreadable": N_(
        "The file was not held to the schema {schema}: what is there is not a schema that syncd can read. Tell those who maintain the schema."
    ),
    "guard_schema_large": N_(
        "The file was not held to the schema {schema}: it is too large for that. Nothing is to be done."
    ),
    "guard_schema_other_kind": N_(
        "The file was not held to the schema {schema}, which is for files of another kind. Correct `schema` in the manifest, or on the resource's page."
    ),
    "guard_growth": N_(
        "The file has {rows:n} rows; this resource never had more than {most:n}: {times:n} times as many (limit {limit:n}). Ask the producer whether all of them belong there."
    ),
    "guard_header_again": N_(
        "Line {line:n} has the names of the columns again, among the rows: most programs take it for data. Ask the producer to export the file again, with one header."
    ),
    "guard_pasted": N_(
        "From line {line:n} on, the first rows come again in the same order: the table may be there twice. Ask the producer whether it was pasted twice."
    ),
    "guard_repeated": N_(
        "{share} % of the rows are there already in the same file; it was {before} % at most. Ask the producer whether the rows were doubled."
    ),
    "guard_column_text": NP_(
        "{count:n} column that held numbers holds nothing but text: {columns}. Ask the producer to export the file again.",
        "{count:n} columns that held numbers hold nothing but text: {columns}. Ask the producer to export the file again.",
    ),
    "guard_column_kind": NP_(
        "{count:n} column holds another kind of values than it ever did: {columns}. Ask the producer whether that is meant.",
        "{count:n} columns hold another kind of values than they ever did: {columns}. Ask the producer whether that is meant.",
    ),
    "guard_column_written": NP_(
        "{count:n} column has its dates or decimals in another form than before: {columns}. Programs that read this file may take them for something else; ask the producer whether that is meant.",
        "{count:n} columns have their dates or decimals in another form than before: {columns}. Programs that read this file may take them for something else; ask the producer whether that is meant.",
    ),
    "guard_column_empty": NP_(
        "{count:n} column holds nothing any more: {columns}. Ask the producer whether that is meant.",
        "{count:n} columns hold nothing any more: {columns}. Ask the producer whether that is meant.",
    ),
    "guard_column_one_value": NP_(
        "{count:n} column holds one value only, where it held several: {columns}. Ask the producer whether the export was filtered.",
        "{count:n} columns hold one value only, where they held several: {columns}. Ask the producer whether the export was filtered.",
    ),
    "guard_column_new": NP_(
        "{count:n} column is new: {columns}. Nothing is to be done if that is meant.",
        "{count:n} columns are new: {columns}. Nothing is to be done if that is meant.",
    ),
    "guard_column_moved": N_(
        "The columns are in another order than before. Programs that know them by their place read other values; those that know them by name do not."
    ),
    "guard_mojibake": NP_(
        "{count:n} column has signs in place of accents that were there before (“Ã©”, “?” or “�”): {columns}. Ask the producer to export the file again as UTF-8.",
        "{count:n} columns have signs in place of accents that were there before (“Ã©”, “?” or “�”): {columns}. Ask the producer to export the file again as UTF-8.",
    ),
    "guard_mojibake_first": NP_(
        "{count:n} column has signs in place of accents (“Ã©” or “�”): {columns}. Ask the producer to export the file again as UTF-8.",
        "{count:n} columns have signs in place of accents (“Ã©” or “�”): {columns}. Ask the producer to export the file again as UTF-8.",
    ),
    "guard_other_table": N_(
        "This looks like another table under the same names of columns: {count:n} of the {among:n} that can be compared have nothing in common with what was published before ({columns}). Ask the producer whether it is the right file."
    ),
    "guard_other_table_first": N_(
        "This looks like another table than the one online, under the same names of columns: {count:n} of the {among:n} that can be compared have nothing in common ({columns}). See in the manifest whether the file is mapped to the right resource."
    ),
    "guard_twin": N_(
        "The resource “{title}” of this dataset has exactly the same bytes. Ask the producer whether one of them was deposited under a wrong name."
    ),
    "guard_year": N_(
        "The title says {title}, the name of the object {key}. Ask the producer whether it is the right file."
    ),
    "guard_preview": N_(
        "With {size:size}, the file is above the {limit:size} up to which the portal shows a preview of .{extension} files. It can be downloaded all the same."
    ),
    "guard_fault": N_(
        "The content could not be looked into ({detail}), which is a fault of syncd's own. Look at the file, and send the log to those who maintain syncd."
    ),
    "guard_brake": N_(
        "{replacing:n} of {new:n} newly mapped resources would get another file (the brake acts from "
        "{fewest:n} on, above half): this looks like a wrong paste in the manifest. Read `syncd plan`; "
        "if all is right, run `syncd sync --dataset {dataset:shell} --force --by NAME`."
    ),
}

# What follows the sentence where it holds a file; where it is only told, nothing is to be done.
TO_RELEASE: Mapping[str, str] = {
    "guard_empty": N_("The file online was kept."),
    "guard_shrink": N_(
        "The file online was kept. If the new one is right, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_older_date": N_(
        "The file online was kept. If going back is meant, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_older_name": N_(
        "The file online was kept. If going back is meant, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_rows": N_("If the new one is right, run `syncd release {target:shell} --by NAME`."),
    "guard_rows_sheet": N_(
        "If the new one is right, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_columns": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_keys": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_columns_renamed": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_sheet_gone": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_file_gone": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_file_emptied": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_no_shapes": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_properties": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_member_gone": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_encoding_changed": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_growth": N_("If the new one is right, run `syncd release {target:shell} --by NAME`."),
    "guard_header_again": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_pasted": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_repeated": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_column_text": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_column_kind": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_column_written": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_column_empty": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_column_one_value": N_("If that is meant, run `syncd release {target:shell} --by NAME`."),
    "guard_mojibake": N_("If the new one is right, run `syncd release {target:shell} --by NAME`."),
    "guard_mojibake_first": N_(
        "If the new one is right, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_other_table": N_(
        "If the new one is right, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_other_table_first": N_(
        "If the new one is right, run `syncd release {target:shell} --by NAME`."
    ),
    "guard_schema_new": N_("If they are no errors, run `syncd release {target:shell} --by NAME`."),
    "guard_nir": N_("If the numbers are made up, run `syncd release {target:shell} --by NAME`."),
    "guard_iban": N_("If they may be public, run `syncd release {target:shell} --by NAME`."),
}
