"""A question on the terminal that is answered with yes or no, in the reader's language."""

from __future__ import annotations

import click

from syncd.core.unseen import in_sight
from syncd.text import text


def agreed(question: str) -> bool:
    """Whether the answer is yes; no answer means no. Asks again until it is one of the two.

    English answers are understood in any language.
    """
    yes = {*text("answers_yes").split(), "y", "yes"}
    no = {*text("answers_no").split(), "n", "no", ""}
    while True:
        prompt = f"{in_sight(question)} [{text('yes_or_no')}]"
        typed = click.prompt(prompt, default="", show_default=False, prompt_suffix=" ", err=True)
        answer = str(typed).strip().lower()
        if answer in yes:
            return True
        if answer in no:
            return False
        click.echo(text("answer_yes_or_no"), err=True)
