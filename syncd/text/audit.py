"""Sentences of the audit: what was found, what to do, and where."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

AUDIT: Mapping[str, str] = {
    "bad_topic": N_("“{read}” is no topic. Write its id, or its slug such as univers-culture."),
    "audit_no_folder": N_("There is no folder {path} to write the report into."),
    "audit_unwritable": N_("The report {path} cannot be written ({detail})."),
    "audit_ok": N_("Nothing to do."),
    "audit_no_file": N_("The dataset has no file yet."),
    "audit_not_told": N_("The portal says nothing about this."),
    "audit_never_looked": N_("syncd has not looked at this file yet. Run `syncd sync`."),
    "audit_never_read": N_("syncd has not read the file that is online yet."),
    # -- the dataset --------------------------------------------------------------------------
    "audit_license": N_(
        "Choose a licence. Without one, nobody knows what they may do with the data."
    ),
    "audit_temporal_coverage": N_("Say which period the data cover: a first day and a last day."),
    "audit_spatial": N_("Say which territory the data cover, and how finely."),
    "audit_update_frequency": N_("Choose how often the data are updated."),
    "audit_no_frequency": N_("First choose how often the data are updated."),
    "audit_description": NP_(
        "The description has {length:n} character. Write at least {least:n}: what the data are, where "
        "they come from, what they can be used for.",
        "The description has {length:n} characters. Write at least {least:n}: what the data are, where "
        "they come from, what they can be used for.",
        by="length",
    ),
    "audit_short": N_(
        "Write a short description, one or two sentences ({most:n} characters at most). Lists of "
        "results show it."
    ),
    "audit_short_long": N_("The short description has {length:n} characters. Cut it to {most:n}."),
    "audit_tags": NP_(
        "The dataset has {count:n} keyword. Give it at least {least:n}: people search by them.",
        "The dataset has {count:n} keywords. Give it at least {least:n}: people search by them.",
    ),
    "audit_category_tags": N_(
        "Add the keyword of a category of {site}, or the dataset is in none of them: {tags}."
    ),
    "audit_open_format": N_(
        "No file is in an open format. Offer the data as CSV, JSON or ODS, too."
    ),
    "audit_available": N_(
        "A link of the dataset leads nowhere. Look for the remote resource that does not answer, "
        "and mend or remove it."
    ),
    "audit_documentation": N_(
        "Nothing explains the data. Describe the columns in a resource's description, or add a "
        "documentation file."
    ),
    "audit_deleted": N_("The dataset was deleted: nobody can find it."),
    "audit_archived": N_("The dataset is archived: nobody finds it by searching."),
    "audit_private": N_("The dataset is private: only its organisation sees it. Publish it."),
    "audit_rhythm": NP_(
        "“{declared:frequency}” is declared, but a new file comes about every day ({days:n} day). "
        "Choose “{proposed:frequency}”.",
        "“{declared:frequency}” is declared, but a new file comes about every {days:n} days. Choose "
        "“{proposed:frequency}”.",
        by="days",
    ),
    "audit_rhythm_unknown": NP_(
        "syncd has published here {count:n} time: too few to compare with the declared frequency.",
        "syncd has published here {count:n} times: too few to compare with the declared frequency.",
    ),
    # -- late or not --------------------------------------------------------------------------
    "audit_late_never_looked": N_(
        "The portal shows the dataset as late. syncd has not looked at its objects yet, so it "
        "cannot say why. Run `syncd sync`."
    ),
    "audit_late_not_looked": N_(
        "The portal shows the dataset as late. syncd looked last on {date:date}, before a file was "
        "due. Run `syncd sync`."
    ),
    "audit_late_held": N_(
        "A newer file for “{title}”, deposited on {date:date}, is held back. See `syncd holds`."
    ),
    "audit_late_waiting": N_(
        "A newer file for “{title}”, deposited on {date:date}, is not online. See `syncd status`."
    ),
    "audit_late_pinned": N_(
        "{by} pinned “{title}” to an earlier file. `syncd unpin {target:shell} --by NAME` lets the newest one go online."
    ),
    "audit_late_unchanged": N_(
        "The producer is in time: the file was deposited on {date:date}, with the same bytes as "
        "before, so nothing was published. The portal still shows the dataset as late "
        "(“{frequency:frequency}”). If the data rarely change, choose a lower frequency."
    ),
    "audit_late_expected": N_(
        "The last file came on {date:date}, and the manifest expects no other one yet; the portal "
        "does (“{frequency:frequency}”). Choose the frequency that is true."
    ),
    "audit_late_silent": N_(
        "Nothing new was deposited since {date:date}, though “{frequency:frequency}” is declared. Ask "
        "the producer."
    ),
    "audit_late_silent_contact": N_(
        "Nothing new was deposited since {date:date}, though “{frequency:frequency}” is declared. Ask "
        "the producer: {contact}."
    ),
    # -- its files ----------------------------------------------------------------------------
    "audit_resource_missing": N_(
        "The dataset has no resource {resource}. Correct the manifest, or ask who removed it."
    ),
    "audit_resource_remote": N_(
        "This resource is a link to another site, not a file: syncd cannot feed it."
    ),
    "audit_title": N_(
        "“{title}” is the name of a file. Give a title that says what is inside, and of which year."
    ),
    "audit_resource_description": N_("Describe the file: what a row is, what the columns mean."),
    "audit_name": N_(
        "{name}: the name has {faults:faults}. Ask the producer for a name such as "
        "liste_musees_2025.csv, then correct the manifest."
    ),
    "audit_name_date": N_(
        "{name}: nothing tells this file from the others of its series. Ask the producer to put the "
        "year or the date into the name."
    ),
    "audit_year": N_(
        "The title says {title}, the file says {name}. One of them is wrong: check the file, then "
        "the title."
    ),
    "audit_same_bytes": N_(
        "The file is the same as that of “{title}”. One of the two is probably wrong."
    ),
    "audit_preview": N_(
        "The file has {size:size}; the portal previews {extension} up to {limit:size}. Offer a "
        "smaller one, by year for example, or Parquet."
    ),
    "audit_columns": N_(
        "Names of more than {limit:n} letters (column {columns}) keep the portal from showing a "
        "preview. Shorten them."
    ),
    # -- thematic sites -----------------------------------------------------------------------
    "audit_visible": N_("The dataset is on {site}."),
    "audit_visible_no_category": N_(
        "The dataset is on {site}, but in none of its categories: it has none of their keywords."
    ),
    "audit_not_yet": N_(
        "The dataset was made or changed less than a day ago. {site} takes new datasets once a day: "
        "look again tomorrow."
    ),
    "audit_not_listed": N_(
        "The dataset is not in the list of {site}. Ask those who keep the list to add it."
    ),
    "audit_not_listed_contact": N_(
        "The dataset is not in the list of {site}. Ask for it to be added: {contact}."
    ),
}

AUDIT_SCREENS: Mapping[str, str] = {
    "help.audit": N_(
        "Say what would make each dataset better, and whether it can be found. Writes nothing."
    ),
    "help.html": N_("Write the report as one HTML page into FILE."),
    "audit_written": N_("The report is in {file}."),
    "audit_heading": N_("{title} — score {score} %"),
    "audit_edit": N_("Edit: {link}"),
    "audit_nothing": N_("Its page is as it should be."),
    "audit_of_resource": N_("{criterion}, “{title}”"),
    "audit_of_files": NP_("{criterion}, {count:n} file", "{criterion}, {count:n} files"),
    "audit_finding": N_("{name} ({effort}): {advice}"),
    "audit_well": N_("Criteria met: {count:n}; not known: {unknown:n}."),
    "audit_site": N_("{site}: {visible}. {reason}"),
    "audit_total": N_("{datasets:datasets}: {problems:problems}, {improvements:improvements}."),
    "count.problems": NP_("{count:n} problem", "{count:n} problems"),
    "count.improvements": NP_("{count:n} improvement", "{count:n} improvements"),
    "html.skip": N_("Go to the content"),
    "html.title": N_("Audit of the datasets on {portal}"),
    "html.made": N_("Made on {date:date} by syncd {version}."),
    "html.summary": N_("In short"),
    "html.summary_caption": N_("The datasets, the one with the easiest gain first"),
    "html.how": N_(
        "Nothing here was changed by syncd: it only read. What is easiest to do stands first."
    ),
    "html.dataset": N_("Dataset"),
    "html.score": N_("Score"),
    "html.to_do": N_("To do"),
    "html.score_is": N_("Quality score of the portal: {score}"),
    "html.percent": N_("{score} %"),
    "html.no_score": N_("not known"),
    "html.failed": N_("could not be read"),
    "html.nothing": N_("nothing"),
    "html.missing": N_("not visible on {sites}"),
    "html.counts": N_("problems: {problems:n}; improvements: {improvements:n}"),
    "html.and": N_("{first}; {second}"),
    "html.see": N_("See the page of “{title}”"),
    "html.edit": N_("Edit “{title}” ({criterion})"),
    "html.first": N_("To do, the easiest first"),
    "html.scored": N_("counts in the score"),
    "html.sites": N_("Where it can be found"),
    "html.sites_caption": N_("Thematic sites and “{title}”"),
    "html.site": N_("Site"),
    "html.state": N_("State"),
    "html.reason": N_("Why"),
    "html.unknown": N_("Not known"),
    "html.well": N_("As it should be"),
    "html.footer": N_(
        "The score is the portal's own: nine criteria of equal weight, marked “counts in the score”."
    ),
    "word.improve": N_("improve"),
    "visible.yes": N_("visible"),
    "visible.not_yet": N_("not visible yet"),
    "visible.no": N_("not visible"),
    "visible.unknown": N_("not known"),
    "effort.1": N_("one choice"),
    "effort.2": N_("a few words"),
    "effort.3": N_("ask somebody"),
    "effort.4": N_("some work"),
    # -- criteria -----------------------------------------------------------------------------
    "criterion.license": N_("Licence"),
    "criterion.temporal_coverage": N_("Period covered"),
    "criterion.spatial": N_("Territory covered"),
    "criterion.update_frequency": N_("Update frequency"),
    "criterion.update_fulfilled_in_time": N_("Updated in time"),
    "criterion.dataset_description_quality": N_("Description"),
    "criterion.has_open_format": N_("Open format"),
    "criterion.all_resources_available": N_("Links that work"),
    "criterion.resources_documentation": N_("Documentation"),
    "criterion.description_short": N_("Short description"),
    "criterion.tags": N_("Keywords"),
    "criterion.category_tags": N_("Category keyword"),
    "criterion.public": N_("Public"),
    "criterion.frequency": N_("Real frequency"),
    "criterion.portal": N_("Portal"),
    "criterion.resource": N_("Resource"),
    "criterion.resource_title": N_("Title"),
    "criterion.resource_description": N_("Description of the file"),
    "criterion.file_name": N_("File name"),
    "criterion.file_year": N_("Year"),
    "criterion.same_bytes": N_("Same file twice"),
    "criterion.preview": N_("Preview"),
    "criterion.column_names": N_("Names of columns"),
    # -- frequencies --------------------------------------------------------------------------
    "frequency.oneMinute": N_("every minute"),
    "frequency.fiveMinutes": N_("every five minutes"),
    "frequency.tenMinutes": N_("every ten minutes"),
    "frequency.fifteenMinutes": N_("every fifteen minutes"),
    "frequency.thirtyMinutes": N_("every thirty minutes"),
    "frequency.hourly": N_("every hour"),
    "frequency.bihourly": N_("every two hours"),
    "frequency.trihourly": N_("every three hours"),
    "frequency.twelveHours": N_("every twelve hours"),
    "frequency.severalTimesADay": N_("several times a day"),
    "frequency.threeTimesADay": N_("three times a day"),
    "frequency.semidaily": N_("twice a day"),
    "frequency.daily": N_("every day"),
    "frequency.fiveTimesAWeek": N_("five times a week"),
    "frequency.threeTimesAWeek": N_("three times a week"),
    "frequency.semiweekly": N_("twice a week"),
    "frequency.weekly": N_("every week"),
    "frequency.biweekly": N_("every two weeks"),
    "frequency.threeTimesAMonth": N_("three times a month"),
    "frequency.semimonthly": N_("twice a month"),
    "frequency.monthly": N_("every month"),
    "frequency.bimonthly": N_("every two months"),
    "frequency.quarterly": N_("every quarter"),
    "frequency.threeTimesAYear": N_("three times a year"),
    "frequency.semiannual": N_("twice a year"),
    "frequency.annual": N_("every year"),
    "frequency.biennial": N_("every two years"),
    "frequency.triennial": N_("every three years"),
    "frequency.quadrennial": N_("every four years"),
    "frequency.quinquennial": N_("every five years"),
    "frequency.decennial": N_("every ten years"),
    "frequency.bidecennial": N_("every twenty years"),
    "frequency.tridecennial": N_("every thirty years"),
    # -- what is wrong with a file's name -----------------------------------------------------
    "fault.capitals": N_("capitals"),
    "fault.accents": N_("accents"),
    "fault.spaces": N_("spaces"),
    "fault.signs": N_("special signs"),
}
