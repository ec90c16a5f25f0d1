"""The manifest's shape, in pydantic: what is allowed where, with words for editors."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    create_model,
    model_validator,
)

from syncd.config.manifest import keys, times, values
from syncd.core.addresses import Address
from syncd.core.patterns import Pattern
from syncd.core.schemas import SchemaRef
from syncd.core.targets import DayOfYear, GuardLevel
from syncd.guards import GUARDS, Guard

_TEXT: dict[str, Any] = {"type": ["string", "number"]}  # a plain number is taken as written
_DURATION = {
    "type": "string",
    "pattern": r"^(?=.)([0-9]{1,2}y)?([0-9]{1,5}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?$",
    "examples": ["30s", "15m", "2h", "1d", "1y"],
}

Text = Annotated[str, PlainValidator(values.text), WithJsonSchema(_TEXT)]
Flag = Annotated[bool, PlainValidator(values.flag), WithJsonSchema({"type": "boolean"})]
Version = Annotated[int, PlainValidator(values.version), WithJsonSchema({"const": 1})]
PortalUrl = Annotated[
    str,
    PlainValidator(values.portal),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]?://"}),
]
Endpoint = Annotated[
    str,
    PlainValidator(values.endpoint),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]?://"}),
]
Bucket = Annotated[
    str,
    PlainValidator(values.bucket),
    WithJsonSchema({**_TEXT, "pattern": f"^{values.BUCKET.pattern}$"}),
]
Timezone = Annotated[ZoneInfo, PlainValidator(times.timezone), WithJsonSchema({"type": "string"})]
Email = Annotated[
    str,
    PlainValidator(values.email),
    WithJsonSchema({"type": "string", "pattern": "^[^@]+@[^@]+$"}),
]
Duration = Annotated[timedelta, PlainValidator(times.duration), WithJsonSchema(_DURATION)]
Interval = Annotated[timedelta, PlainValidator(times.interval), WithJsonSchema(_DURATION)]
Days = Annotated[
    tuple[DayOfYear, ...],
    PlainValidator(times.days_of_year),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["31 march", "31 mars"]},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
            ]
        }
    ),
]
Cron = Annotated[
    str,
    PlainValidator(times.cron),
    WithJsonSchema({"type": "string", "examples": ["0 6 * * mon-fri", "@daily"]}),
]
DatasetRef = Annotated[Address, PlainValidator(values.dataset), WithJsonSchema(_TEXT)]
ResourceRef = Annotated[Address, PlainValidator(values.resource), WithJsonSchema(_TEXT)]
Key = Annotated[
    str, PlainValidator(keys.key), WithJsonSchema({**_TEXT, "pattern": r"^[^/\s*][^*]*$"})
]
Newest = Annotated[
    Pattern, PlainValidator(keys.newest), WithJsonSchema({"type": "string", "pattern": "[*{]"})
]
Each = Annotated[
    Pattern, PlainValidator(keys.each), WithJsonSchema({"type": "string", "pattern": "[*{]"})
]
IgnoredName = Annotated[
    str, PlainValidator(keys.ignored_name), WithJsonSchema({**_TEXT, "pattern": "^[^/]+$"})
]
# A tuple, which all targets below share: the list may be long, and they are many.
Ignored = Annotated[list[IgnoredName], AfterValidator(tuple)]
PublicAddress = Annotated[
    str,
    PlainValidator(values.public_address),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*[hH][tT][tT][pP][sS]?://[^/?#]+/[^?#]*\{key\}[^?#]*$",
            "examples": ["https://open.example.fr/{key}"],
        }
    ),
]
Publish = Annotated[
    values.Way,
    PlainValidator(values.publish),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(values.WAYS)},
                {
                    "type": "object",
                    "properties": {"copy": _TEXT},
                    "required": ["copy"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
SiteAddress = Annotated[
    str,
    PlainValidator(values.site),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]?://"}),
]
QueueAddress = Annotated[
    str,
    PlainValidator(values.queue),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]?://[^/]+/."}),
]
Topic = Annotated[
    str,
    PlainValidator(values.topic),
    WithJsonSchema({**_TEXT, "pattern": rf"^\s*{values.TOPIC.pattern}\s*$"}),
]
SchemaName = Annotated[
    SchemaRef,
    PlainValidator(values.schema_name),
    WithJsonSchema(
        {"type": "string", "examples": ["etalab/schema-irve-statique@2.3.1", "schemas/a.json"]}
    ),
]


def _level_or(limit: re.Pattern[str]) -> WithJsonSchema:
    stated = {"type": "string", "pattern": f"^{limit.pattern}$"}
    return WithJsonSchema({"anyOf": [{"enum": list(values.LEVELS)}, stated]})


LossSetting = Annotated[values.Loss, PlainValidator(values.loss), _level_or(values.PERCENT)]
GrowthSetting = Annotated[values.Loss, PlainValidator(values.growth), _level_or(values.FACTOR)]


class Shape(BaseModel):
    """What all parts have in common: unknown keys are refused, nothing is converted in silence."""

    # Made at the first use, so once as a part of `Manifest`, and not for each class anew.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, defer_build=True
    )


def _is_one(shape: Shape, *names: str) -> bool:
    """Whether one of these is stated, or none with a value: that one lacks is said elsewhere."""
    stated = [name for name in names if getattr(shape, name) is not None]
    return len(stated) == 1 or (not stated and not shape.model_fields_set.isdisjoint(names))


class Events(Shape):
    """Where syncd hears of the bucket's new objects, beside what is told by HTTP."""

    queue: QueueAddress = Field(
        description="Address of the SQS queue in which the bucket's events come; syncd alone reads "
        "it."
    )


class Source(Shape):
    """An S3 bucket in which services drop files. Its keys are set in the environment."""

    endpoint: Endpoint = Field(description="URL of the S3 service: scheme, host and port.")
    bucket: Bucket = Field(description="Name of the bucket.")
    region: Text = Field("us-east-1", description="Region, for those S3 services that have any.")
    addressing: Literal["auto", "path", "virtual"] = Field(
        "auto", description="Where the bucket's name goes in the URL: in its path or in its host."
    )
    use_proxy: Flag = Field(
        False, description="Whether this bucket is reached through the proxy of the settings."
    )
    events: Events | None = Field(
        None, description="Queue in which its server tells of new objects (docs/evenements.md)."
    )
    address: PublicAddress | None = Field(
        None,
        description="Of a public bucket, where anybody gets its objects: "
        "https://open.example.fr/{key}.",
    )


class Schedule(Shape):
    """When a dataset is looked at: `every` or `cron`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["every"]}, {"required": ["cron"]}]}
    )

    every: Interval | None = Field(
        None, description="Time between two looks: 30s, 15m, 2h or 1d; at least 10s."
    )
    cron: Cron | None = Field(
        None,
        description="Five cron fields (minute, hour, day, month, weekday; 0 and 7 are Sunday) "
        "or @daily and its like, in the manifest's time zone.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Schedule:
        if not _is_one(self, "every", "cron"):
            raise values.wrong("schedule_choice")
        return self


class Expect(Shape):
    """When a new file is deposited: when none comes, the dataset's contact is told."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in ("every", "cron", "before")]}
    )

    every: Interval | None = Field(
        None, description="Time between two deposits: 1d, 7d, 31d, 1y (366 days)."
    )
    cron: Cron | None = Field(
        None,
        description="Instants by which a new file is there: five cron fields, or @weekly and its "
        "like, in the manifest's time zone.",
    )
    before: Days | None = Field(
        None,
        description="Days of the year at whose end a new file is there: “31 march”, or several: "
        "[“31 march”, “30 september”].",
    )
    grace: Duration = Field(
        timedelta(), description="How much later than that is still in time: 6h. Default: 0s."
    )

    @model_validator(mode="after")
    def _one_of_three(self) -> Expect:
        if not _is_one(self, "every", "cron", "before"):
            raise values.wrong("expect_choice")
        return self


def _guards_schema(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["title"] = mapping.pop("title")
    schema["description"] = mapping.pop("description")
    schema["oneOf"] = [{"const": "off"}, mapping]


class _Guards(Shape):
    """What is held back until a person looks: `off`, or a level for each guard."""

    model_config = ConfigDict(json_schema_extra=_guards_schema)

    @model_validator(mode="before")
    @classmethod
    def _all_off(cls, value: object) -> object:
        return dict.fromkeys(GUARDS, "off") if value == "off" else value


def field_of(guard: str) -> str:
    """The field of a guard's name: pydantic has attributes of its own, such as `schema`."""
    return f"{guard}_" if hasattr(BaseModel, guard) else guard


def _setting(guard: Guard) -> Any:
    if guard.limit is None:
        return (GuardLevel | None, _field(guard))
    return ((GrowthSetting if guard.is_factor else LossSetting) | None, _field(guard))


def _field(guard: Guard) -> Any:
    if guard.by_code or guard.only_told:  # the summary says what holds where nothing is said
        return Field(None, alias=guard.name, description=guard.summary)
    usual: str = guard.level
    if guard.limit is not None:
        usual = f"warn; {guard.limit:g}x" if guard.is_factor else f"{guard.limit:.0%}"
    if guard.first is None:
        return Field(None, alias=guard.name, description=f"{guard.summary} Default: {usual}.")
    return Field(
        None,
        alias=guard.name,
        description=f"{guard.summary} Default: {usual}; {guard.first} on a first publication.",
    )


if TYPE_CHECKING:
    Guards = _Guards
else:  # one field for each guard, as its own file declares it
    Guards = create_model(
        "Guards",
        __base__=_Guards,
        __doc__=_Guards.__doc__,
        **{field_of(guard.name): _setting(guard) for guard in GUARDS.values()},
    )


class Policies(Shape):
    """What may be said for all datasets, for one, or for one resource: the nearest counts."""

    source: Text | None = Field(None, description="Name of the source that holds the objects.")
    guards: Guards | None = Field(None, description="`off`, or a level for each guard.")
    schema_: SchemaName | None = Field(
        None,
        alias="schema",
        description="Schema that the files are held to: name@version in the national catalogue, "
        "or the path of a JSON file. Default: the one that the portal says of the resource.",
    )
    drift: Literal["report", "republish"] | None = Field(
        None,
        description="When someone replaced the file on the portal by hand: report it (default), "
        "or publish the bucket's file again.",
    )
    unchanged: Literal["bytes", "content"] | None = Field(
        None,
        description="What must be equal for a file not to be sent again: its `bytes` (default), or "
        "its `content`, for archives and office files. A CSV or JSON is its bytes.",
    )
    publish: Publish | None = Field(
        None,
        description="What the portal gets: the `file` (default); a `link` to the object, which is "
        "in a public bucket; or {copy: SOURCE}, a link to a copy that syncd writes there.",
    )
    settle: Duration | None = Field(
        None, description="How long an object must have been unchanged before it is read."
    )
    expect: Expect | None = Field(
        None, description="How often a new file is deposited; a late one is reported."
    )
    ignore: Ignored | None = Field(
        None, description="File names that patterns skip; replaces the default list."
    )


class Defaults(Policies):
    """What holds where a dataset or resource says nothing else."""

    schedule: Schedule | None = Field(None, description="When each dataset is looked at.")


class Pausable(Policies):
    """What may be left alone for a while."""

    paused: Text | None = Field(
        None, description="Why this is not worked on for now; remove the line to go on."
    )


class ObjectTarget(Pausable):
    """One resource that follows exactly one object."""

    resource: ResourceRef = Field(description="The resource's id or permanent link.")
    rule: Key = Field(alias="object", description="Key of the object, from the bucket's root.")


class NewestTarget(Pausable):
    """One resource that follows the newest of several objects."""

    resource: ResourceRef = Field(description="The resource's id or permanent link.")
    rule: Newest = Field(
        alias="newest",
        description="Pattern of keys: * within a folder, ** across folders, {name}, {name:yyyy}.",
    )
    by: Literal["date", "name"] = Field(
        "date", description="Newest by the date of the deposit, or last by name."
    )


class EachTarget(Pausable):
    """One resource for each matching object."""

    rule: Each = Field(
        alias="each",
        description="Pattern of keys with the variables that tell them apart: {annee:yyyy}.",
    )
    title: Text | None = Field(
        None, description="Title given at creation, with the pattern's variables: Musées {annee}."
    )
    create: Flag = Field(False, description="Whether syncd may make new public resources.")
    known: dict[str, ResourceRef] | None = Field(
        None,
        description="Resources that exist already: the variable's value (several joined with -) "
        "and the resource's id or permanent link.",
    )


_MEANT = 50  # keys of an entry of which one may be a misspelt rule; it has ten at most
RULES = ("object", "newest", "each")


def rule_of(value: object) -> str:
    """Which of the three an entry is meant to be; a misspelt one counts."""
    if not isinstance(value, dict):
        return "object"
    for rule in RULES:
        if rule in value:
            return rule
    written = [key for key in value if isinstance(key, str)]
    guessed = (rule for rule in (values.near(key, RULES) for key in written[:_MEANT]) if rule)
    return next(guessed, "object")


Target = Annotated[
    Annotated[ObjectTarget, Tag("object")]
    | Annotated[NewestTarget, Tag("newest")]
    | Annotated[EachTarget, Tag("each")],
    Discriminator(rule_of),
]


class Dataset(Pausable):
    """One dataset of the portal, and the objects that feed its resources."""

    dataset: DatasetRef = Field(
        description="The dataset's id, its slug, or the address of its page."
    )
    name: Text | None = Field(
        None, description="For the reader of this file; never sent to the portal."
    )
    contact: Email | None = Field(None, description="E-mail of those who are told about it.")
    schedule: Schedule | None = Field(None, description="When this dataset is looked at.")
    resources: list[Target] = Field(
        min_length=1, description="One entry for each resource, or for each pattern of them."
    )


class Thematic(Shape):
    """A site that shows the portal's datasets of one topic, such as culture.data.gouv.fr."""

    name: Text = Field(description="Name of the site, for the audit.")
    address: SiteAddress = Field(description="Address of the site.")
    topic: Topic = Field(description="Id or slug of the portal's topic that the site shows.")
    tags: list[Text] | None = Field(
        None, description="The site's categories: tags of which a dataset should have one."
    )
    contact: Text | None = Field(
        None, description="Whom to ask for a dataset to be shown there: an address, a name."
    )


class Manifest(Shape):
    """Which objects of which buckets feed which resources of the portal."""

    version: Version = Field(description="Version of this format: 1.")
    portal: PortalUrl = Field(
        description="Address of the portal: https://www.data.gouv.fr, or a rehearsal server."
    )
    timezone: Timezone = Field(
        ZoneInfo("Europe/Paris"),
        description="Time zone of the schedules, and of every time that is shown. "
        "Default: Europe/Paris.",
    )
    sources: dict[str, Source] = Field(min_length=1, description="The buckets, by name.")
    defaults: Defaults = Field(default_factory=Defaults, description="What holds for all datasets.")
    thematic: list[Thematic] | None = Field(
        None, description="Sites on which the datasets should be found; `syncd audit` looks."
    )
    datasets: list[Dataset] = Field(min_length=1, description="The datasets to keep in sync.")
