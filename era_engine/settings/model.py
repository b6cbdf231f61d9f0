"""era.toml: what a practice has chosen, checked before anything runs.

Every key, its range and its default: docs/settings.md. Percentages are exact decimals, never floats.
The database URL may hold a password, so it is left out of every message, representation and hash.
"""

import hashlib
import json
import re
import shlex
import tomllib
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, WithJsonSchema

from era_engine.foundation.errors import SettingsError
from era_engine.settings.faults import describe_faults
from era_engine.settings.tables import (
    HOLDS,
    AutoPostOption,
    Deposits,
    Encryption,
    Files,
    Holds,
    LedgerOptions,
    Override,
    PaymentOptions,
    Practice,
    QuickPostOption,
    Reports,
    Retention,
    Reversals,
    SeveralPlans,
    Table,
    laid_over,
)

DEFAULT_TOML = """\
# Settings of this practice. A key left out has its default, the value below. Keys behind a # have no default.

database = "sqlite:///era.db"        # in this folder; or postgresql+psycopg://USER:PASSWORD@HOST/NAME
conformance = "report"               # implementation-guide check: off, report or require
# rules = "my-rules"                 # a folder of rules to use instead of era-engine's own
review_reasons = ["16", "50", "97", "226", "242", "250", "251", "252", "B7"]  # these need review, in any group

[era_payment_options.auto_post]      # era run
enabled = true                       # or "shadow": on trial; shows what it would post, posts nothing
minimum_percent = 95                 # paid as a percentage of expected; 0 to 100, decimals such as 33.3 are exact

[era_payment_options.quick_post]     # era quick-post
enabled = true
minimum_percent = 90

[era_payment_options.partial_payment]    # a payment below the percentage, but at least this amount
enabled = false
minimum_amount = "50.00"

[ledger_options]
auto_post_contracted_write_offs = true

[several_plans]                      # never, or proven: when the books prove that nothing posts twice
post = "never"

[reversals]                          # true: a reversal of exactly what was posted posts by itself
post_exact = false

[deposits]                           # true: a payment waits for its deposit (`era import bank`)
required = false

[files]                              # a larger file, or one that unpacks to more, is quarantined
largest_megabytes = 512

[holds]                              # any hold of `era rules show` as "hold" or "warn"
# procedure-mismatch = "warn"

[retention]                          # each run purges archived files after so many days; none: never
# archived_files_days = 2557

[encryption]                         # archive, quarantine and backups are sealed with the key in this file
# key_file = "/etc/era/practice.key"   # outside this folder; made by `era encryption new-key`

[reports]                            # what `era replay` counts with
minutes_by_hand = 4                  # minutes to post one claim by hand

[practice]                           # if given, a payment to another payee needs review
# npi = "1234567893"                 # the payee's NPI
# tax_id = "12-3456789"              # the payee's tax id

# Different settings for a payer (id, or words of the name), a location, or both. Use as many as you need.
# [[override]]
# payer = "DELTA"
# location = "LPFD"
# era_payment_options.auto_post.minimum_percent = 90
# holds.procedure-mismatch = "warn"
"""

_OF_KEEPING = {"database", "retention", "encryption", "reports"}  # of no influence on a decision
_SQLITE = re.compile(r"sqlite:///(?!:memory:|file:)(?P<file>[^?\x00-\x1f]*[^?\x00-\x20])")
# Stricter than SQLAlchemy about the password, so that what follows the @ is surely no part of it.
_POSTGRESQL = re.compile(
    r"postgresql(?:\+psycopg)?://(?P<rest>(?:[^:/@?#\s]*(?::[^/@?#\s]*)?@)?"
    r"(?P<host>(?:\[[0-9A-Fa-f:.]+\]|[^]:/@?#\s[]*)(?::[0-9]{1,5})?)(?P<name>/[^/@?#\s]*)?(?:\?[^#\s]*)?)"
)
_URL_PATTERN = (  # the same for editors, a little wider
    r"^(sqlite:///(?!:memory:|file:)[^?]+|postgresql(\+psycopg)?://([^:/@?#\s]*(:[^/@?#\s]*)?@)?"
    r"(\[[0-9A-Fa-f:.]+\]|[^:/@?#\s]*)(:[0-9]{1,5})?(/[^/@?#\s]*)?(\?[^#\s]*)?)$"
)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _reason(reason: str) -> str:
    if not re.fullmatch("[A-Z]{0,2}[0-9]{1,4}", reason):
        raise ValueError("not a reason code")
    return reason


def _database(url: str) -> str:
    if not _SQLITE.fullmatch(url) and not _POSTGRESQL.fullmatch(url):
        raise ValueError("not a database URL this program knows")
    return url


_Database = Annotated[str, AfterValidator(_database), WithJsonSchema({"type": "string", "pattern": _URL_PATTERN})]
_Reason = Annotated[
    str,
    AfterValidator(_reason),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{0,2}[0-9]{1,4}$"}),
]


def _rules_folder(folder: str, info: ValidationInfo) -> str:
    home = info.context
    if not folder.strip() or "\0" in folder or (isinstance(home, Path) and not (home / folder).is_dir()):
        raise ValueError("no such folder")
    return folder


def _selects(overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    labels = [each.label.casefold() for each in overrides]
    if "" in labels or len(set(labels)) < len(labels):
        raise ValueError("for nobody, or twice for the same")
    return overrides


class Settings(Table):
    """All settings of one home, frozen; `Settings()` has every default."""

    database: _Database = Field(
        default="sqlite:///era.db",
        repr=False,
        description='"sqlite:///FILE" or "postgresql+psycopg://USER:PASSWORD@HOST/NAME"'
        " (special characters of the password percent-encoded)",
    )
    conformance: Literal["off", "report", "require"] = Field(
        default="report", description='one of "off", "report", "require"'
    )
    rules: Annotated[str, AfterValidator(_rules_folder)] | None = Field(
        default=None, description='an existing folder, named relative to the home, such as "my-rules"'
    )
    review_reasons: Annotated[tuple[_Reason, ...], BeforeValidator(_tuple)] = Field(
        default=("16", "50", "97", "226", "242", "250", "251", "252", "B7"),
        description='a list of adjustment reason codes in quotes, such as ["16", "97", "B7"]',
    )
    era_payment_options: PaymentOptions = Field(
        default=PaymentOptions(), description="a table, begun by the line [era_payment_options.auto_post]"
    )
    ledger_options: LedgerOptions = Field(
        default=LedgerOptions(), description="a table, begun by the line [ledger_options]"
    )
    several_plans: SeveralPlans = Field(
        default=SeveralPlans(), description="a table, begun by the line [several_plans]"
    )
    reversals: Reversals = Field(default=Reversals(), description="a table, begun by the line [reversals]")
    deposits: Deposits = Field(default=Deposits(), description="a table, begun by the line [deposits]")
    files: Files = Field(default=Files(), description="a table, begun by the line [files]")
    holds: Holds = Field(default={}, description=HOLDS)
    retention: Retention = Field(default=Retention(), description="a table, begun by the line [retention]")
    encryption: Encryption = Field(default=Encryption(), description="a table, begun by the line [encryption]")
    reports: Reports = Field(default=Reports(), description="a table, begun by the line [reports]")
    practice: Practice = Field(default=Practice(), description="a table, begun by the line [practice]")
    override: Annotated[tuple[Override, ...], BeforeValidator(_tuple), AfterValidator(_selects)] = Field(
        default=(),
        description="a list of tables, each begun by the line [[override]] and for a payer, a location or both,"
        " no two for the same",
    )

    def for_claim(self, payer_id: str, payer_name: str, location: str) -> tuple["Settings", str | None]:
        """The settings of a claim, and the labels of the overrides in them, joined by `; `, None where there are none.

        Overrides for payer and location have the last word, then those for a payer, then those for a location, then
        what stands outside; of two of one kind the later in the file.
        """
        if not self.override:
            return self, None
        who = (payer_id, payer_name, location)
        labels = self._labels_of.get(who)
        if labels is None:
            found = [each.label for each in self.override if each.fits(*who)]
            labels = self._labels_of[who] = "; ".join(found)
        return self.with_overrides(labels or None), labels or None

    def with_overrides(self, labels: str | None) -> "Settings":
        """The settings a decision was made under, from the labels it keeps."""
        if not self.override:
            return self
        known = self._effective.get(labels)
        if known is None:
            named = [] if labels is None else labels.split("; ")
            values = dict(self) | {"override": ()}
            found = [each for each in self.override if each.label in named]
            for each in sorted(found, key=lambda override: override.rank):
                for table in ("era_payment_options", "ledger_options"):
                    values[table] = type(values[table]).model_construct(
                        **laid_over(values[table], getattr(each, table))
                    )
                values["holds"] = values["holds"] | each.holds
            known = self._effective[labels] = Settings.model_construct(**values)
        return known

    def with_minimum(self, percent: Decimal) -> "Settings":
        """The settings with this minimum percentage of auto-posting for every claim, whatever an override says."""
        values = dict(self)
        options = self.era_payment_options
        auto_post = options.auto_post.model_copy(update={"minimum_percent": percent})
        values["era_payment_options"] = options.model_copy(update={"auto_post": auto_post})
        values["override"] = tuple(each.without_minimum() for each in self.override)
        return Settings.model_construct(**values)

    def all_in_force(self) -> dict[str, "Settings"]:
        """The settings of each override that is alone, by its label."""
        return {each.label: self.with_overrides(each.label) for each in self.override}

    @cached_property
    def _labels_of(self) -> dict[tuple[str, str, str], str]:
        return {}

    @cached_property
    def _effective(self) -> dict[str | None, "Settings"]:
        return {}

    def posting(self, mode: Literal["auto", "quick"]) -> AutoPostOption | QuickPostOption:
        """The switch and minimum percentage of a mode."""
        options = self.era_payment_options
        return options.auto_post if mode == "auto" else options.quick_post

    def rules_folder(self, home: Path) -> Path | None:
        """The home's own rules; None: those that came with era-engine are in force."""
        return None if self.rules is None else home / self.rules

    def database_url(self, home: Path) -> str:
        """The URL to connect to, a SQLite file made absolute. It may hold a password: never show or log it.

        Raises SettingsError where the home's path cannot be written in a URL.
        """
        sqlite = _SQLITE.fullmatch(self.database)
        if sqlite is None:
            return "postgresql+psycopg" + self.database[self.database.index("://") :]
        file = str(self.database_file(home))
        if "?" in file:
            raise SettingsError(
                f"{file}: a path with a question mark cannot hold the database.",
                "Move the home to a folder without one in its name.",
            )
        return f"sqlite:///{file}"

    def database_file(self, home: Path) -> Path | None:
        """The SQLite file; None for a database on a server."""
        sqlite = _SQLITE.fullmatch(self.database)
        return None if sqlite is None else (home / sqlite["file"]).absolute()

    @property
    def database_shown(self) -> str:
        """The database for people to read: never user, password or options."""
        postgresql = _POSTGRESQL.fullmatch(self.database)
        if postgresql is None:
            return self.database
        return f"postgresql+psycopg://{postgresql['host']}{postgresql['name'] or ''}"

    def to_json(self) -> str:
        """All that can influence a decision: everything but how files are kept. Equal settings, equal text."""
        values = self.model_dump(mode="json", exclude=_OF_KEEPING | {"override"})
        if self.override:  # without one the text, and with it the hash, is that of times before there were any
            values["override"] = [_given(each.model_dump(mode="json", exclude_none=True)) for each in self.override]
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def keeping(self) -> dict[str, object]:
        """How files are kept, for people to read."""
        return self.model_dump(mode="json", include=_OF_KEEPING - {"database"})

    @cached_property
    def content_hash(self) -> str:
        """`sha256:…` of `to_json()`, carried by every decision."""
        return "sha256:" + hashlib.sha256(self.to_json().encode()).hexdigest()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without the tables in which nothing is given."""
    within = {key: _given(value) if isinstance(value, dict) else value for key, value in values.items()}
    return {key: value for key, value in within.items() if value != {}}


def load_settings(home: Path) -> Settings:
    """The settings in `home`/era.toml.

    Raises SettingsError, which lists every fault by line and key, or says how to make a home.
    """
    path = home / "era.toml"
    return settings_of(path, read_settings(path))


def settings_from_json(text: str) -> Settings:
    """What `Settings.to_json` gave: all that a decision rests on; how files are kept is not in it."""
    values = json.loads(text)
    options = [
        values["era_payment_options"],
        *[each.get("era_payment_options", {}) for each in values.get("override", ())],
    ]
    for tables in options:
        for table in tables.values():
            if "minimum_percent" in table:
                table["minimum_percent"] = Decimal(table["minimum_percent"])
    return Settings.model_validate(values)


def settings_of(path: Path, text: str) -> Settings:
    """The settings that `text`, the content of the era.toml at `path`, stands for. Raises SettingsError."""
    return _validated(path, text, _parsed(path, text))


def settings_with(path: Path, text: str, values: dict[str, Any]) -> Settings:
    """The settings with some keys, named in full, set to other values, which are checked like the others."""
    document = _parsed(path, text)
    for key, value in values.items():
        table: Any = document
        *tables, name = key.split(".")
        for each in tables:
            inner = table.get(each)
            table[each] = table = inner if isinstance(inner, dict) else {}
        table[name] = value
    return _validated(path, text, document)


def _validated(path: Path, text: str, document: dict[str, object]) -> Settings:
    try:
        return Settings.model_validate(document, context=path.parent)
    except ValidationError as error:
        problem = describe_faults(error, Settings, path, text)
    # Outside the handler: the validation error, kept as a context, would carry the values.
    raise SettingsError(problem, "Correct era.toml and run the command again.")


def read_settings(path: Path) -> str:
    """The text of an era.toml. Raises SettingsError where there is none, or it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        problem = f"{path}: there is no such file, so {path.parent} is not a home."
        remedy = f"Run `era init {shlex.quote(str(path.parent))}` to make one, or name another home with --home."
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = f"{path}: line {line}: a character is not UTF-8."
        remedy = "Save the file as UTF-8 text."
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror}."
        remedy = "Let the user who runs era read this file."
    raise SettingsError(problem, remedy)


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").partition(" (at ")
        problem = f"{path}: {where}: not valid TOML: {what}. (A number has a decimal point, and no % sign.)"
    except (ValueError, ArithmeticError, RecursionError):
        problem = f"{path}: not valid TOML: a number is too long, or brackets are nested too deep."
    raise SettingsError(problem, 'Write key = value. Put text in "quotes", and write true and false in lower case.')
