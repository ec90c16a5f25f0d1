"""The operators' page: headings, labels and sentences of its screens."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

PAGE: Mapping[str, str] = {
    # -- on every screen ------------------------------------------------------------------------
    "page.sections": N_("Sections"),
    "page.to_do": N_("To do"),
    "page.datasets": N_("Datasets"),
    "page.audit": N_("Audit"),
    "page.runs": N_("Runs"),
    "page.manifest": N_("Manifest"),
    "page.as_of": N_("As of {date:date}."),
    "page.decides_as": N_("What you decide here stands in the history under your name, {by}."),
    "page.reads_only": N_("This page changes nothing: decisions are typed, as commands."),
    "page.pages": N_("Pages"),
    "page.page_of": N_("Page {number:n} of {count:n}"),
    "page.previous": N_("Previous page"),
    "page.next": N_("Next page"),
    "page.typed": N_("To type:"),
    "page.refused": N_("Nothing to show"),
    "page.not_found": N_(
        "There is no such page here, or what it was about is not in the manifest any more."
    ),
    "page.only_reads": N_("This page only shows: it takes nothing that is sent to it."),
    "page.not_done": N_("Not carried out"),
    "page.signed_in_as": N_("Signed in: {name}"),
    "page.sign_in": N_("Sign in"),
    "page.sign_out": N_("Sign out"),
    "page.signed_out": N_("Signed out"),
    "page.signed_out_here": N_("You are signed out of this page."),
    "page.signed_out_there": N_(
        "Where you signed in you still are: on a machine that others use, sign out there, too."
    ),
    "page.sign_out_there": N_("Sign out there, too"),
    "page.fault": N_("syncd has a fault here, and can show nothing. Its log has the details."),
    # -- labels of several screens --------------------------------------------------------------
    "page.dataset": N_("Dataset"),
    "page.resource": N_("Resource"),
    "page.object": N_("Object"),
    "page.state": N_("State"),
    "page.why": N_("Why"),
    "page.since": N_("Since"),
    "page.deposited": N_("Deposited"),
    "page.published": N_("Last published"),
    "page.next_run": N_("Next run"),
    "page.online": N_("Online"),
    "page.in_bucket": N_("In the bucket"),
    "page.held": N_("Held"),
    "page.size": N_("Size"),
    "page.rows": N_("Rows"),
    "page.columns": N_("Columns"),
    "page.sheets": N_("Sheets"),
    "page.format": N_("Format"),
    "page.encoding": N_("Encoding"),
    "page.delimiter": N_("Delimiter"),
    "page.schema": N_("Schema"),
    "page.sha1": N_("sha1"),
    "page.when": N_("When"),
    "page.look_decision": N_("Compare “{title}” with the file online"),
    "page.look_resource": N_("See “{title}”"),
    "page.look_dataset": N_("See the dataset “{title}”"),
    # -- to do ----------------------------------------------------------------------------------
    "page.needs": NP_("{count:n} thing needs somebody", "{count:n} things need somebody"),
    "page.no_needs": N_("Nothing waits for a person."),
    "page.paused": N_("Paused in the manifest"),
    "page.service": N_("The service"),
    # -- to decide ------------------------------------------------------------------------------
    "page.to_decide": N_("Decide"),
    "page.decide_here": N_("Decide on “{title}”"),
    "page.put_back_here": N_("Put the file of {date:date} back"),
    "page.note": N_("Note for the history: why (may be empty)"),
    "page.in_name": N_("In the name of {by}."),
    "page.act_release": N_("Publish “{title}”"),
    "page.act_leave": N_("Leave “{title}” as it is online"),
    "page.act_undo": N_("Put back the file of {when} ({size:size})"),
    "page.act_unpin": N_("Let go of “{title}”"),
    "page.act_look": N_("Look at “{title}” now"),
    "page.what_decides": N_(
        "Publish: exactly this file goes online at the next pass. Leave: what is online stays, and nobody is asked "
        "again, until the bucket has another file."
    ),
    "page.what_leaves": N_(
        "Leave: what somebody put online stays, and nobody is asked again, until the bucket has another file."
    ),
    "page.what_unpins": N_(
        "Let go: the next pass publishes what the bucket has, if the guards agree."
    ),
    "page.what_undoes": N_(
        "This file goes online again, and stays until the bucket has another one, or until it is let go."
    ),
    "page.how_to_pause": N_(
        "To pause it, write `paused:` and why in the manifest, at this dataset or at one of its resources; to go "
        "on, take the line away. The page does not write in the manifest."
    ),
    "page.let_pass_next": N_("It goes online at the next pass; look here again."),
    "page.did_release": N_("let the held file pass"),
    "page.did_leave": N_("leave what is online"),
    "page.did_undo": N_("put an earlier file back"),
    "page.did_unpin": N_("let go of the pin"),
    "page.did_look": N_("look at the dataset now"),
    "page.under_way": N_(
        "{by} asked on {date:date}: {what}. It is under way; look here again in a moment."
    ),
    "page.done": N_("{by} asked on {date:date}: {what}. That is done."),
    "page.not_well": N_("{by} asked on {date:date}: {what}. That went wrong. {why}"),
    "page.next_service": N_("The service goes on with it within seconds; look here again."),
    "page.next_sync": N_(
        "The next pass goes on with it: that of `syncd sync`, or of the service once it runs."
    ),
    # -- datasets -------------------------------------------------------------------------------
    "page.search": N_("Search a title, an id or an object"),
    "page.any_state": N_("any"),
    "page.needy": N_("needs somebody"),
    "page.sort": N_("Sort"),
    "page.sort_needs": N_("what needs somebody first"),
    "page.sort_title": N_("by title"),
    "page.sort_published": N_("by last publication"),
    "page.sort_next": N_("by next run"),
    "page.show": N_("Show"),
    "page.datasets_found": NP_("{count:n} dataset.", "{count:n} datasets."),
    "page.datasets_caption": N_("The datasets, with a mark for each of the last {days} days"),
    "page.days": N_("Last {days} days"),
    "page.expected": N_("Next file"),
    "page.is_due": N_("by {date:day}"),
    "page.was_due": N_("was due by {date:day}"),
    "page.strip": NP_(
        "Published on {count:n} of {days} days.", "Published on {count:n} of {days} days."
    ),
    "page.strip_needy": N_("Needs somebody since {since:day}."),
    "page.strip_legend": N_(
        "A day is a high bar where a file was published, a triangle where somebody has been needed since, a "
        "broken bar where syncd has failed since, else a dot. What was well again later leaves no mark."
    ),
    # -- a dataset, a resource ------------------------------------------------------------------
    "page.on_portal": N_("“{title}” on the portal"),
    "page.targets_caption": N_("The targets of “{title}”"),
    "page.now": N_("Now"),
    "page.pinned": N_("Pinned by {by} on {date:date}: it stays until the bucket has another file."),
    "page.let_pass": N_("Let pass by {by} on {date:date}."),
    "page.permanent_link": N_("Permanent link:"),
    "page.both_files": N_("Online and in the bucket"),
    "page.both_caption": N_("As syncd found them when it last looked"),
    "page.history": N_("History"),
    "page.history_caption": N_("What was published and decided, the newest first"),
    "page.chart_size": N_("Size of the file online, over time; {most:size} at most."),
    "page.chart_rows": N_("Rows of the file online, over time; {most:n} at most."),
    "page.chart_table": N_("The table below has the figures."),
    "page.what": N_("What"),
    "page.who": N_("Who"),
    "page.remarks": N_("Remarks"),
    "page.put_back": N_("To put it back: {command}"),
    "page.schema_kept": N_("keeps its schema {schema}"),
    "page.schema_errors": NP_(
        "does not keep its schema {schema}: {count:n} kind of error",
        "does not keep its schema {schema}: {count:n} kinds of errors",
    ),
    "page.event_released": N_("let pass"),
    "page.event_pinned": N_("pinned as it is"),
    "page.event_purged": N_("kept files removed"),
    "page.event_resumed": N_("resumed"),
    # -- a decision -----------------------------------------------------------------------------
    "page.decide": N_("To decide: {title}"),
    "page.why_held": N_("Why it is held"),
    "page.not_held": N_("This file is not held, or not any more: there is nothing to decide."),
    "page.looked": N_("Looked at"),
    "page.what_changes": N_("What would change"),
    "page.compared_soon": N_(
        "The two files are still being compared; large ones take some minutes. Look again in a moment."
    ),
    "page.look_again": N_("Look again"),
    "page.facts_caption": N_("The file online and the held one"),
    "page.differs": N_("(differs)"),
    "page.not_shown": N_("not shown"),
    "page.rows_removed": N_("Rows that would go"),
    "page.rows_added": N_("Rows that would come"),
    "page.rows_changed": N_("Rows that would change"),
    "page.first_rows": NP_("The first one", "The first {count:n}"),
    "page.first_changes": NP_("The first change", "The first {count:n} changes"),
    "page.line": N_("Line"),
    "page.row": N_("Row"),
    "page.column": N_("Column"),
    # -- runs -----------------------------------------------------------------------------------
    "page.idle": N_("Nothing is being done at this moment."),
    "page.servers": N_("Portal and buckets"),
    "page.servers_caption": N_("As the service found them the last time"),
    "page.server": N_("Server"),
    "page.portal": N_("the portal"),
    "page.server_answers": N_("answers"),
    "page.server_silent": N_("does not answer"),
    "page.server_refuses": N_("refuses its key"),
    "page.server_unused": N_("was not asked yet"),
    "page.cycles": N_("Last cycles"),
    "page.cycles_caption": N_("The last cycles that did something, the newest first"),
    "page.chart_cycles": N_("How long the last cycles took; {seconds:duration} at most."),
    "page.took": N_("Took"),
    "page.result": N_("Result"),
    "page.outcomes": N_("Outcomes"),
    "page.cycle_well": N_("well"),
    "page.cycle_failed": N_("something failed"),
    "page.cycle_needy": N_("somebody is needed"),
    # -- the audit ------------------------------------------------------------------------------
    "page.audit_of": N_("Audit of “{title}”"),
    "page.audit_soon": N_(
        "The datasets are still being looked at on the portal; many of them take some minutes. Look "
        "again in a moment."
    ),
    "page.audit_made": N_("Made on {date:date}; it is made anew after an hour."),
    "page.audit_file": N_("As a file to send or to print: `syncd audit --html audit.html`."),
    "page.audit_all": N_("The audit of all datasets"),
    # -- accessibility: the wording that the RGAA asks for ---------------------------------------
    "page.accessibility": N_("Accessibility: not conforming"),
    "page.access_title": N_("Accessibility statement"),
    "page.access_entity": N_(
        "{entity} undertakes to make its websites, intranets and software accessible, as article 47 of the "
        "French law no. 2005-102 of 11 February 2005 asks."
    ),
    "page.access_who": N_(
        "Who publishes this page undertakes to make it accessible, as article 47 of the French law "
        "no. 2005-102 of 11 February 2005 asks."
    ),
    "page.access_law": N_("Read that law"),
    "page.access_scope": N_("This statement is about the operators' page of syncd at {address}."),
    "page.access_state": N_("State of conformity"),
    "page.access_not_conform": N_(
        "The operators' page of syncd does not conform to the RGAA (the French general framework for the "
        "improvement of accessibility), version 4.1."
    ),
    "page.access_no_audit": N_(
        "There is no audit in force: without one, a site counts as not conforming, whatever its quality."
    ),
    "page.access_rgaa": N_("Read the RGAA"),
    "page.access_results": N_("Results of the tests"),
    "page.access_each_version": N_(
        "Each version of syncd is tested so, and comes out only without a fault:"
    ),
    "page.access_test_axe": N_(
        "axe-core {axe} finds no violation on any screen, and nothing that it leaves to a person, in French "
        "and in English, in light and in dark colours."
    ),
    "page.access_test_widths": N_(
        "Nothing sticks out of windows of {widths} pixels: no screen is scrolled sideways to be read, but "
        "for wide tables in frames of their own."
    ),
    "page.access_test_zoom": N_("At 200 % nothing is lost."),
    "page.access_test_keyboard": N_(
        "A held file is found, and compared, by the keyboard alone; the first stop leads past the head."
    ),
    "page.access_test_script": N_("All of it works without JavaScript."),
    "page.access_test_colour": N_("Each state has a word and a shape: colour only repeats it."),
    "page.access_test_charts": N_("Each chart has its figures in a table, or in words."),
    "page.access_test_paper": N_("Printed, it is dark on white."),
    "page.access_missing": N_("Content that is not accessible"),
    "page.access_none_known": N_("No barrier is known. What nobody has looked at yet:"),
    "page.access_untested_reader": N_("reading all screens with a screen reader;"),
    "page.access_untested_criteria": N_("the 106 criteria of the RGAA one by one, by a person;"),
    "page.access_untested_people": N_("trials with people who have a disability."),
    "page.access_theme": N_(
        "A style sheet of this house's own stands over the one of syncd: what was tested is without it."
    ),
    "page.access_made": N_("How this statement was made"),
    "page.access_made_on": N_(
        "It was made on {date:day}, for syncd {version}, by those who make syncd."
    ),
    "page.access_technologies": N_("Technologies"),
    "page.access_technologies_used": N_("HTML5, CSS, SVG, WAI-ARIA"),
    "page.access_tools": N_("Tools"),
    "page.access_tools_used": N_("axe-core {axe}; Chromium, led by its own driver"),
    "page.access_pages": N_("Pages looked at"),
    "page.access_pages_looked_at": N_("every screen, with content of each kind, and the refusals"),
    "page.access_contact": N_("Tell us, and contact"),
    "page.access_tell": N_(
        "If something keeps you from a content or a service here, tell those who publish this page: they "
        "will lead you to an accessible one, or give you the content in another form."
    ),
    "page.access_no_contact": N_(
        "Their address is not given here; ask who gave you the address of this page."
    ),
    "page.access_recourse": N_("Ways of recourse"),
    "page.access_recourse_when": N_(
        "If you told those who publish this page of a fault in its accessibility that keeps you from a "
        "content or a service, and had no satisfying answer, you may:"
    ),
    "page.access_recourse_form": N_(
        "write a message to the Défenseur des droits (defender of rights)"
    ),
    "page.access_recourse_near": N_(
        "reach the delegate of the Défenseur des droits in your region"
    ),
    "page.access_recourse_post": N_(
        "send a letter, free of charge, without a stamp: Défenseur des droits, Libre réponse 71120, 75342 "
        "Paris CEDEX 07."
    ),
    # -- a contact's deposits: in a producer's words ---------------------------------------------
    "page.deposits_of": N_("Deposits for “{title}”"),
    "page.deposits_files": N_("The files"),
    "page.deposits_file": N_("File"),
    "page.deposits_received": N_("Received"),
    "page.deposits_none": N_("No file was looked at yet."),
    "page.deposits_online": N_("is online"),
    "page.deposits_waits": N_("waits"),
    "page.deposits_not_yet": N_("not looked at yet"),
    "page.deposits_well": N_("The file that you deposited last is online."),
    "page.deposits_kept": N_("Those who publish it keep the file online as it is for now."),
    "page.deposits_ours": N_(
        "Those who publish it have something to mend; there is nothing for you to do. The file online stays "
        "as it was."
    ),
    "page.deposits_published": N_("Put online"),
    "page.deposits_published_caption": N_("The newest first"),
    "page.deposits_until": N_(
        "This address is yours: whoever has it sees this page, and can change nothing. It is good until "
        "{date:date}; each message brings a new one."
    ),
    "page.deposits_no_link": N_(
        "This link opens nothing: it is not whole, or it was taken back. The next message about your dataset "
        "brings a new one."
    ),
    "page.deposits_old_link": N_(
        "This link is too old. The next message about your dataset brings a new one."
    ),
    "page.deposits_later": N_("This cannot be shown at the moment. Please try again later."),
    # -- the manifest ---------------------------------------------------------------------------
    "page.file": N_("File"),
    "page.in_force_since": N_("In force since"),
    "page.digest": N_("Digest"),
    "page.not_in_force": N_("The file on the disk is another one than the manifest in force."),
    "page.problems": N_("Problems"),
    "page.no_problems": N_("No problem was found in it."),
    "page.text": N_("The file"),
    "page.secrets_hidden": N_("What looks like a secret is not shown here."),
}

PAGE_SENTENCES: Mapping[str, str] = {
    "page_no_address": N_(
        "There is no address to show the page at: SYNCD_HTTP_ADDRESS is `off`. Set it, for example to "
        "127.0.0.1:8080, or leave SYNCD_WEB out."
    ),
    "page_in_the_open": N_(
        "The page knows nobody, so it is shown on this machine alone, and {address} can be reached from "
        "others. Set SYNCD_HTTP_ADDRESS to a loopback address, for example 127.0.0.1:8080, have people sign "
        "in (SYNCD_WEB_AUTH), or leave SYNCD_WEB out."
    ),
    "page_signed_out": N_("Nobody is signed in here, and who is not may change nothing."),
    "page_only_reads": N_(
        "You may read this page, and change nothing: you are not among its operators."
    ),
    "page_stale_form": N_(
        "This form is too old, or was not made for you: nothing was changed. Open the page anew, and decide again."
    ),
    "page_no_form": N_("This is no form of this page: nothing was changed."),
    "page_odd_wish": N_("No form of this page sends that: nothing was done."),
    "page_note_long": N_(
        "The note has {count:n} letters, and may have {most:n}: nothing was done."
    ),
    "page_acts_busy": N_(
        "Other decisions are being carried out at this moment, as many as syncd takes at once: nothing was done. "
        "Try again in a minute."
    ),
    "page_act_fault": N_(
        "syncd has a fault here ({detail}), and it is not known how far it came. Its log has the details."
    ),
    "page_sign_in": N_("This page is for people who are known here: sign in."),
    "page_sign_in_failed": N_(
        "You are not signed in: what {host} answered does not fit, is too old, or was used before. Sign in again; where that "
        "does not help, the log of syncd has the details."
    ),
    "page_provider_away": N_(
        "Nobody can sign in now: {host} does not answer as it should. Try again later; the log of syncd has the details."
    ),
    "page_no_email": N_(
        "You cannot be let in: your mail address is not told to this page, or not verified."
    ),
    "page_another_office": N_(
        "{name} is signed in for another organisation than the one that this page is for."
    ),
    "page_unlisted": N_(
        "{name} is not on the list of those who may see this page. Whoever runs syncd can put you there "
        "(SYNCD_WEB_READERS, SYNCD_WEB_OPERATORS)."
    ),
    "page_too_often": N_(
        "There were too many attempts to sign in from your address. Wait a minute, then try again."
    ),
    "page_not_by_proxy": N_("This page is shown through its own address alone: open {url}."),
    "page_unnamed": N_(
        "The proxy before this page does not say who you are: it sent no {header}, or several. Whoever runs it has to see to that."
    ),
    "page_from_elsewhere": N_(
        "This was not sent from this page, and is not taken. Open the page, and begin there."
    ),
    "page_another_name": N_("This page does not answer to this name: open it at its own address."),
    "page_too_long": N_("This address is too long."),
    "page_busy": N_("Too many pages are asked for at once. Try again in a moment."),
    "page_odd_http": N_("Only HTTP 1.0 and 1.1 are spoken here."),
    "page_lacks": N_("With SYNCD_WEB_AUTH={auth}, {missing} must be set (docs/page.md)."),
    "page_lists_nobody": N_(
        "With SYNCD_WEB_AUTH={auth} nobody could see the page: write who may into SYNCD_WEB_OPERATORS and SYNCD_WEB_READERS."
    ),
    "page_no_oidc": N_(
        "Signing in by OpenID Connect needs Authlib, which is not installed. Install it with `pip install 'syncd[oidc]'`."
    ),
    "page_no_key": N_(
        "The key that the page signs with cannot be kept in {path} ({detail}). Make the state folder writable, or set "
        "SYNCD_WEB_KEY."
    ),
    "page_fault": N_(
        "syncd has a fault here, and cannot compare these files ({detail}). Its log has the details."
    ),
    "page_fault_audit": N_(
        "syncd has a fault here, and cannot make the audit ({detail}). Its log has the details."
    ),
    "page_no_theme": N_(
        "SYNCD_WEB_THEME names {path}, and there is no {sheet} that could be read. Put one there, or "
        "leave the setting out."
    ),
}
