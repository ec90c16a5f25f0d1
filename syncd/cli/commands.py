"""The commands and their options. What they do is imported only when they run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

from syncd import __version__
from syncd.config.garbage import no_collection
from syncd.text import text, typed_in_a_shell

_JSON = click.option("--json", "as_json", is_flag=True, help=text("help.json"))
_DATASET = click.option("--dataset", metavar=text("metavar.dataset"), help=text("help.dataset"))
_RESOURCE = click.option("--resource", metavar=text("metavar.target"), help=text("help.resource"))

_BY = click.option("--by", metavar=text("metavar.name"), help=text("help.by"))
_NOTE = click.option("--note", default="", metavar=text("metavar.note"), help=text("help.note"))

_MAY_BE_EMPTY = {"by", "note"}  # then SYNCD_BY says who it is, and nobody why

_UNITS = {"s": 1, "m": 60, "h": 3600}


class DurationParam(click.ParamType[float]):
    """`60s`, `5m`, `2h`, or plain seconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]+)\s*([smh]?)", str(value).strip())
        if found is None:
            self.fail(text("bad_duration", value=str(value)), param, ctx)
        return float(int(found[1]) * _UNITS[found[2] or "s"])


_WAIT = click.option(
    "--wait",
    "patience",
    type=DurationParam(),
    metavar=text("metavar.duration"),
    help=text("help.wait"),
)


class OneOf(click.Choice[str]):
    """One of a few words; where it is none, the nearest is proposed."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise _misspelt(
                error.message, _nearest(str(value).lower(), self.choices), param, ctx
            ) from None


def _nearest(typed: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(typed, list(known), n=1)
    return found[0] if found else ""


def _misspelt(said: str, meant: str, param: Any, ctx: Any) -> click.BadParameter:
    hint = text("did_you_mean", suggestion=typed_in_a_shell(meant)) if meant else ""
    return click.BadParameter(f"{said} {hint}".rstrip(), ctx, param)


class _Command(click.Command):
    """Refuses what is given and empty, as `"$NAME"` of a shell without NAME is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # click has no translation for this one word of the help.
        super().__init__(*args, **{"options_metavar": text("metavar.options"), **kwargs})
        if any(param.metavar and text("metavar.target") in param.metavar for param in self.params):
            self.epilog = text("help.target")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.get_params(ctx):
            found = given.get(param.name or "")
            values = found if isinstance(found, list | tuple) else [found]
            is_empty = any(isinstance(one, str) and not one.strip() for one in values)
            if is_empty and param.name not in _MAY_BE_EMPTY:
                raise click.BadParameter(text("argument_empty"), ctx, param)
        return super().parse_args(ctx, args)


class _Commands(_Command, click.Group):
    command_class = _Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].strip():
            ctx.fail(text("command_empty"))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    subcommand_metavar=text("metavar.command"),
    help=text("help.syncd"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="syncd", help=text("help.version"))
def syncd() -> None:
    pass


@syncd.command(help=text("help.check"), short_help=text("help.check"))
@click.option("--online", is_flag=True, help=text("help.online"))
@click.option(
    "--notify-test",
    "notified",
    is_flag=False,
    flag_value="operators",
    type=OneOf(["operators", "contacts"]),
    help=text("help.notify_test"),
)
@_WAIT
@_JSON
def check(**asked: Any) -> int:
    from syncd.cli import check as command

    return command.run(**asked)


@syncd.command(help=text("help.plan"), short_help=text("help.plan"))
@click.option("--fast", is_flag=True, help=text("help.fast"))
@click.option("--diff", "with_diff", is_flag=True, help=text("help.with_diff"))
@_DATASET
@_RESOURCE
@_WAIT
@_JSON
def plan(**asked: Any) -> int:
    from syncd.cli import plan as command

    return command.run(**asked)


@syncd.command(help=text("help.sync"), short_help=text("help.sync"))
@_DATASET
@_RESOURCE
@click.option("--force", is_flag=True, help=text("help.force"))
@_BY
@_NOTE
@_WAIT
@_JSON
def sync(**asked: Any) -> int:
    with no_collection():
        from syncd.cli import sync as command

    return command.run(**asked)


@syncd.command("run", help=text("help.run"), short_help=text("help.run"))
@click.option("--once", is_flag=True, help=text("help.once"))
@click.option("--migrate", is_flag=True, help=text("help.migrate"))
def run_service(once: bool, migrate: bool) -> int:
    from syncd.cli import run as command

    return command.migrate() if migrate else command.run(once=once)


@syncd.command(help=text("help.web"), short_help=text("help.web_short"))
def web() -> int:
    from syncd.cli import web as command

    return command.run()


@syncd.command(help=text("help.trigger"), short_help=text("help.trigger"))
@_DATASET
def trigger(dataset: str | None) -> int:
    from syncd.cli import trigger as command

    return command.run(dataset=dataset)


@syncd.command(help=text("help.health"), short_help=text("help.health"))
def health() -> int:
    from syncd.cli import health as command

    return command.run()


class StateParam(click.ParamType[str]):
    """A state as documents have it, or as the reader's language calls it."""

    name = "state"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        from syncd.actions.status import STATES
        from syncd.actions.typed_names import folded

        called: dict[str, tuple[str, str]] = {}  # the word as written, and the state
        for state in STATES:
            words = (text(f"word.{state}"), text(f"word.{state}", count=2), state)
            called |= {folded(word): (word, str(state)) for word in reversed(words)}
        typed = folded(str(value))
        if typed in called:
            return called[typed][1]
        near = _nearest(typed, called)
        known = ", ".join(text(f"word.{state}") for state in STATES)
        said = text("no_such_state", value=str(value), known=known)
        raise _misspelt(said, called[near][0] if near else "", param, ctx)


@syncd.command(help=text("help.status"), short_help=text("help.status"))
@click.option("--all", "everything", is_flag=True, help=text("help.all"))
@click.option("--dataset", metavar=text("metavar.dataset"), help=text("help.status_dataset"))
@click.option(
    "--state",
    "states",
    type=StateParam(),
    multiple=True,
    metavar=text("metavar.state"),
    help=text("help.state"),
)
@_JSON
def status(**asked: Any) -> int:
    with no_collection():
        from syncd.cli import status as command

    return command.run(**asked)


_TARGET = click.argument("target", metavar=text("metavar.target"))
_SOME_TARGET = click.argument("target", required=False, metavar=f"[{text('metavar.target')}]")


@syncd.command(help=text("help.holds"), short_help=text("help.holds"))
@click.option("--diff", "with_diff", is_flag=True, help=text("help.with_diff"))
@_WAIT
@_JSON
def holds(**asked: Any) -> int:
    with no_collection():
        from syncd.cli import holds as command

    return command.run(**asked)


@syncd.command(help=text("help.diff"), short_help=text("help.diff"))
@_TARGET
@click.option(
    "--by-columns", multiple=True, metavar=text("metavar.column"), help=text("help.by_columns")
)
@_WAIT
@_JSON
def diff(**asked: Any) -> int:
    from syncd.cli import diff as command

    return command.run(**asked)


@syncd.command(help=text("help.release"), short_help=text("help.release"))
@_TARGET
@_BY
@_NOTE
@_WAIT
@_JSON
def release(target: str, by: str | None, note: str, patience: float | None, as_json: bool) -> int:
    from syncd.cli import release as command

    return command.run(target=target, by=by, note=note, patience=patience, as_json=as_json)


@syncd.command(help=text("help.fetch"), short_help=text("help.fetch"))
@_TARGET
@click.option("--held", is_flag=True, help=text("help.fetch_held"))
@click.option("--online", is_flag=True, help=text("help.fetch_online"))
@click.option(
    "--version", "number", type=int, metavar=text("metavar.number"), help=text("help.undo_to")
)
@click.option(
    "--output",
    metavar=text("metavar.file"),
    type=click.Path(),
    required=True,
    help=text("help.fetch_output"),
)
@click.option("--overwrite", is_flag=True, help=text("help.init_overwrite"))
@_WAIT
def fetch(**asked: Any) -> int:
    from syncd.cli import fetch as command

    return command.run(command.Asked(**asked))


@syncd.command(help=text("help.history"), short_help=text("help.history"))
@_SOME_TARGET
@_JSON
@click.option("--csv", "as_csv", is_flag=True, help=text("help.csv"))
@click.option("--manifest", metavar=text("metavar.digest"), help=text("help.history_manifest"))
def history(target: str | None, as_json: bool, as_csv: bool, manifest: str | None) -> int:
    with no_collection():
        from syncd.cli import history as command

    if manifest is not None:
        return command.show_manifest(manifest, alone=not (target or as_json or as_csv))
    return command.run(target=target, as_json=as_json, as_csv=as_csv)


@syncd.command(help=text("help.forget"), short_help=text("help.forget"))
@click.argument("name", metavar=text("metavar.name"))
@_BY
def forget(name: str, by: str | None) -> int:
    from syncd.cli import forget as command

    return command.run(name=name, by=by)


@syncd.command(help=text("help.undo"), short_help=text("help.undo"))
@_TARGET
@click.option("--to", "number", type=int, metavar=text("metavar.number"), help=text("help.undo_to"))
@click.option("--dry-run", is_flag=True, help=text("help.dry_run"))
@_BY
@_NOTE
@_WAIT
@_JSON
def undo(**asked: Any) -> int:
    from syncd.cli import undo as command

    return command.run(command.Asked(**asked))


@syncd.command(help=text("help.leave"), short_help=text("help.leave"))
@_TARGET
@_BY
@_NOTE
@_WAIT
@_JSON
def leave(**asked: Any) -> int:
    from syncd.cli import leave as command

    return command.run(command.Asked(**asked))


@syncd.command(help=text("help.unpin"), short_help=text("help.unpin"))
@_TARGET
@_BY
@_NOTE
@_WAIT
def unpin(target: str, by: str | None, note: str, patience: float | None) -> int:
    from syncd.cli import unpin as command

    return command.run(target=target, by=by, note=note, patience=patience)


@syncd.command(help=text("help.push"), short_help=text("help.push"))
@click.argument("file", type=click.Path(), metavar=text("metavar.file"))
@click.option("--resource", metavar=text("metavar.resource"), help=text("help.push_resource"))
@click.option("--dataset", metavar=text("metavar.dataset"), help=text("help.push_dataset"))
@click.option("--title", metavar=text("metavar.title"), help=text("help.push_title"))
@click.option("--dry-run", is_flag=True, help=text("help.dry_run"))
@click.option("--force", is_flag=True, help=text("help.push_force"))
@_BY
@_NOTE
@_WAIT
@_JSON
def push(**asked: Any) -> int:
    from syncd.cli import push as command

    return command.run(command.Asked(**asked))


@syncd.command(help=text("help.verify"), short_help=text("help.verify"))
@_SOME_TARGET
@click.option("--history", is_flag=True, help=text("help.verify_history"))
@click.option("--head", metavar=text("metavar.digest"), help=text("help.verify_head"))
@_WAIT
@_JSON
def verify(
    target: str | None, history: bool, head: str | None, patience: float | None, as_json: bool
) -> int:
    from syncd.cli import verify as command

    if history or head is not None:
        return command.run_history(target=target, head=head, as_json=as_json)
    return command.run(target=target, patience=patience, as_json=as_json)


@syncd.command(help=text("help.purge"), short_help=text("help.purge"))
@_TARGET
@click.option("--yes", is_flag=True, help=text("help.yes"))
@_BY
@_NOTE
@_WAIT
def purge(target: str, yes: bool, by: str | None, note: str, patience: float | None) -> int:
    from syncd.cli import purge as command

    return command.run(target=target, yes=yes, patience=patience, by=by, note=note)


_FILE = click.argument("file", metavar=text("metavar.file"))


@syncd.command(help=text("help.backup"), short_help=text("help.backup_short"))
@_FILE
@click.option("--without-files", is_flag=True, help=text("help.without_files"))
@click.option("--overwrite", is_flag=True, help=text("help.init_overwrite"))
def backup(file: str, without_files: bool, overwrite: bool) -> int:
    from syncd.cli import backup as command

    return command.run(file=file, with_files=not without_files, overwrite=overwrite)


@syncd.command(help=text("help.restore"), short_help=text("help.restore_short"))
@_FILE
@click.option("--move-aside", is_flag=True, help=text("help.move_aside"))
@_BY
@_NOTE
def restore(file: str, move_aside: bool, by: str | None, note: str) -> int:
    from syncd.cli import restore as command

    return command.run(file=file, move_aside=move_aside, by=by, note=note)


@syncd.command(help=text("help.schemas"), short_help=text("help.schemas_short"))
@click.argument("what", metavar="[update]", type=OneOf(["update"]), required=False)
@click.option(
    "--from",
    "place",
    metavar=text("metavar.folder"),
    type=click.Path(),
    help=text("help.schemas_from"),
)
def schemas(what: str | None, place: str | None) -> int:
    from syncd.cli import schemas as command

    return command.run(what=what, place=place)


@syncd.command(help=text("help.init"), short_help=text("help.init"))
@click.argument("datasets", metavar=text("metavar.dataset") + "...", nargs=-1)
@click.option(
    "--organization", metavar=text("metavar.organization"), help=text("help.init_organization")
)
@click.option("--portal", metavar="URL", help=text("help.init_portal"))
@click.option("--endpoint", metavar="URL", help=text("help.init_endpoint"))
@click.option("--bucket", metavar=text("metavar.name"), help=text("help.init_bucket"))
@click.option("--source", metavar=text("metavar.name"), help=text("help.init_source"))
@click.option(
    "--output", metavar=text("metavar.file"), type=click.Path(), help=text("help.init_output")
)
@click.option("--overwrite", is_flag=True, help=text("help.init_overwrite"))
@click.option(
    "--into", metavar=text("metavar.file"), type=click.Path(), help=text("help.init_into")
)
def init(**asked: Any) -> int:
    from syncd.cli import init as command

    return command.run(**asked)


@syncd.command(help=text("help.audit"), short_help=text("help.audit"))
@_DATASET
@_JSON
@click.option("--html", metavar=text("metavar.file"), type=click.Path(), help=text("help.html"))
@_WAIT
def audit(**asked: Any) -> int:
    from syncd.cli import audit as command

    return command.run(**asked)


@syncd.command(help=text("help.report"), short_help=text("help.report_short"))
@click.option("--month", metavar=text("metavar.month"), help=text("help.report_month"))
@click.option("--html", metavar=text("metavar.file"), type=click.Path(), help=text("help.html"))
@click.option(
    "--csv", metavar=text("metavar.file"), type=click.Path(), help=text("help.report_csv")
)
@_JSON
def report(month: str | None, html: str | None, csv: str | None, as_json: bool) -> int:
    from syncd.cli import report as command

    return command.run(month=month, html=html, csv=csv, as_json=as_json)


@syncd.command(help=text("help.schema"), short_help=text("help.schema"))
def schema() -> int:
    from syncd.cli import schema as command

    return command.run()


@syncd.command(help=text("help.demo"), short_help=text("help.demo"))
@click.option(
    "--folder",
    type=click.Path(),
    default=".demo",
    show_default=True,
    metavar=text("metavar.folder"),
    help=text("help.demo_folder"),
)
@click.option("--reset", is_flag=True, help=text("help.demo_reset"))
@click.option("--page", is_flag=True, help=text("help.demo_page"))
def demo(folder: str, reset: bool, page: bool) -> int:
    from syncd.cli import demo as command

    return command.run(folder=folder, reset=reset, page=page)


def run(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code. Trouble ends in one sentence, never a traceback."""
    from syncd.cli.errors import ended_well

    return ended_well(lambda: syncd.main(list(arguments), prog_name="syncd", standalone_mode=False))
