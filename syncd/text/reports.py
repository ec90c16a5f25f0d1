"""What `syncd report` says."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

REPORT_SENTENCES: Mapping[str, str] = {
    "bad_month": N_("“{given}” is no month. Write year and month: 2026-11."),
    "month_ahead": N_("The month {given} has not begun yet."),
    "report_one_form": N_("Choose one of `--html`, `--csv` and `--json`."),
}

REPORTS: Mapping[str, str] = {
    "help.report": N_(
        "Report a month by dataset: files published, held, late, released, undone. From what syncd "
        "remembers; nothing is asked of the portal or a bucket."
    ),
    "help.report_short": N_("Report a month by dataset: published, held, late, undone."),
    "help.report_month": N_("The month, 2026-11; without it, the last one that is over."),
    "help.report_csv": N_("Write a table into FILE that a spreadsheet opens."),
    "metavar.month": N_("MONTH"),
    "report_written": N_("{path} was written."),
    "report_title": N_("Report: {month} {year} ({zone})"),
    "report_short": N_(
        "Files published: {published:n} ({size:size}), in {datasets:datasets}; released or forced: "
        "{released:n}; undone: {undone:n}; held: {held:n}; late: {late:n}. Uploads that came to "
        "nothing: {uploads:n}; cycles that failed: {failed:n}."
    ),
    "report_published": NP_(
        "{count:n} file published ({size:size}; new resources: {created:n}).",
        "{count:n} files published ({size:size}; new resources: {created:n}).",
    ),
    "report_adopted": NP_(
        "{count:n} file taken over that was online already.",
        "{count:n} files taken over that were online already.",
    ),
    "report_released": NP_(
        "{count:n} file that a person released or forced.",
        "{count:n} files that a person released or forced.",
    ),
    "report_undone": NP_(
        "{count:n} return to a former file, or file that a person pinned.",
        "{count:n} returns to a former file, or files that a person pinned.",
    ),
    "report_failed": NP_("{count:n} upload came to nothing.", "{count:n} uploads came to nothing."),
    "report_held": NP_(
        "{count:n} file deposited by then is held today.",
        "{count:n} files deposited by then are held today.",
    ),
    "report_late": NP_(
        "Late by {count:n} day: the file after “{title}” was due by {due:date} and came on {came:date}.",
        "Late by {count:n} days: the file after “{title}” was due by {due:date} and came on "
        "{came:date}.",
    ),
    "report_late_still": NP_(
        "Late by {count:n} day: the file after “{title}” was due by {due:date} and had not come.",
        "Late by {count:n} days: the file after “{title}” was due by {due:date} and had not come.",
    ),
    "report_state": N_("{state:word} {count:n}"),
    "report_open": N_("To be looked at today: {states} (`syncd status`)."),
    "report_quiet": NP_(
        "{count:n} dataset of which there is nothing to say.",
        "{count:n} datasets of which there is nothing to say.",
    ),
    "report_not_over": N_("The month is not over: the figures go on."),
    "report_begins": N_("The history begins on {date:date}: nothing is known of the time before."),
    "report_cycles_from": N_(
        "How cycles ended is known from {date:date} on: before that, their failures are not counted."
    ),
    "report_restored": N_(
        "The history came out of a backup on {date:date}: what happened after the backup was made is "
        "not in it."
    ),
    "report_note_held": N_(
        "Held: files that are held today. One that was held in the month and released counts as "
        "released; one that its producer put right by a new deposit leaves no trace."
    ),
    "report_note_late": N_(
        "Late: worked out by today's `expect` from the deposits that came online and the last one "
        "that syncd read. Another deposit, held or with the same bytes, is not known, and may have "
        "been in time."
    ),
    "report_note_today": N_(
        "Failures: uploads that came to nothing are counted by dataset, cycles that failed together; one "
        "that was made good by the same file later is not counted. What is to be looked at is as it is "
        "today."
    ),
    "report_caption": N_("The datasets, in the manifest's order"),
    "report_details": N_("By dataset"),
    "report.month": N_("Month"),
    "report.dataset": N_("Dataset id"),
    "report.title": N_("Dataset"),
    "report.published": N_("Files published"),
    "report.created": N_("New resources"),
    "report.size": N_("Size in bytes"),
    "report.adopted": N_("Taken over"),
    "report.released": N_("Released or forced"),
    "report.undone": N_("Undone or pinned"),
    "report.failed": N_("Failed uploads"),
    "report.held": N_("Held today"),
    "report.late": N_("Late"),
    "report.longest": N_("Longest delay (days)"),
    "report.open": N_("To look at today"),
    "report.page": N_("Page"),
    "report.sent": N_("Size"),
    "month.1": N_("January"),
    "month.2": N_("February"),
    "month.3": N_("March"),
    "month.4": N_("April"),
    "month.5": N_("May"),
    "month.6": N_("June"),
    "month.7": N_("July"),
    "month.8": N_("August"),
    "month.9": N_("September"),
    "month.10": N_("October"),
    "month.11": N_("November"),
    "month.12": N_("December"),
}
