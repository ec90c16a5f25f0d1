"""What click says of its own accord: its words, so that they have a place in the catalogue.

click asks gettext for them, in the domain and the language that `syncd.text.speak` names.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncd.core.i18n_markers import N_, NP_

CLICK_SAYS: Sequence[str] = (
    # -- help ---------------------------------------------------------------------------------
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Positional arguments"),
    N_("Show this message and exit."),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("%(prog)s, version %(version)s"),
    # -- what was typed -----------------------------------------------------------------------
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    NP_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    N_("Option {name!r} does not take a value."),
    NP_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    N_("Missing argument"),
    N_("Missing option"),
    NP_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("{value!r} is not a valid {number_type}."),
    NP_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    # -- questions ----------------------------------------------------------------------------
    N_("Error: invalid input"),
    N_("Aborted!"),
)
