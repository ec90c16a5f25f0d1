"""What others are shown of the settings: the table of the README."""

from __future__ import annotations

from pydantic import (
    ByteSize,
)

from syncd.config.settings.model import PREFIX, Settings, SourceCredentials


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name == "sources":
            rows += [
                f"| `{PREFIX}SOURCES__<NAME>__{part.upper()}` | | {info.description} |"
                for part, info in SourceCredentials.model_fields.items()
            ]
            continue
        default = "" if field.default is None else f"`{_written(field.default)}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def _written(default: object) -> str:
    if isinstance(default, ByteSize):
        decimal = default % 1_000_000 == 0  # 20MB, and not 19.1MiB
        return default.human_readable(decimal=decimal, separator="").replace(".0", "")
    return f"{default:.10g}" if isinstance(default, float) else str(default)
