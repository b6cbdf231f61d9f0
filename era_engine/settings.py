"""era.toml: what an office has chosen, checked before anything runs.

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
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
)

from era_engine.errors import SettingsError
from era_engine.money import cents
from era_engine.settings_faults import describe_faults

DEFAULT_TOML = """\
# Settings of this office. A key left out has its default: the value below; keys behind a # have none.

database = "sqlite:///era.db"        # in this folder; or postgresql+psycopg://USER:PASSWORD@HOST/NAME
conformance = "report"               # implementation-guide check: off, report or require
# rules = "rules"                    # a folder of rules in place of those that came with era-engine
review_reasons = ["16", "50", "97", "226", "242", "250", "251", "252", "B7"]  # a person sees them, in any group

[era_payment_options.auto_post]      # era run
enabled = true
minimum_percent = 95                 # paid, in percent of expected; 0 to 100, decimals such as 33.3 are exact

[era_payment_options.quick_post]     # era quick-post
enabled = true
minimum_percent = 90

[era_payment_options.partial_payment]    # a payment below the percentage, but of at least this amount
enabled = false
minimum_amount = "50.00"

[ledger_options]
auto_post_contracted_write_offs = true

[several_plans]                      # never, or proven: where the books prove that nothing is posted twice
post = "never"

[reversals]                          # a reversal that takes back exactly what was posted may post by itself
post_exact = false

[deposits]                           # a payment waits until `era import bank` has shown its money
required = false

[files]                              # a larger file, or one that unpacks to more, is put aside
largest_megabytes = 512

[holds]                              # any hold of `era rules show` as "hold" or "warn"
# procedure-mismatch = "warn"

[retention]                          # days after which each run purges archived files; none: never
# archived_files_days = 2557

[encryption]                         # archive, quarantine and backups are sealed with the key in this file
# key_file = "/etc/era/office.key"   # outside this folder; made by `era encryption new-key`

[practice]                           # where given, a payment to another payee is left to a person
# npi = "1234567893"                 # the payee's NPI
# tax_id = "12-3456789"              # the payee's tax id
"""

_OF_KEEPING = {"database", "retention", "encryption"}  # of no influence on a decision
# Far beyond any use, and few enough for exact arithmetic to stay fast.
_MOST_DECIMALS = 20
_SQLITE = re.compile(r"sqlite:///(?!:memory:|file:)(?P<file>[^?\x00-\x1f]*[^?\x00-\x20])")
# Stricter than SQLAlchemy about the password, so that what follows the @ is surely no part of it.
_POSTGRESQL = re.compile(
    r"postgresql(?:\+psycopg)?://(?P<rest>(?:[^:/@?#\s]*(?::[^/@?#\s]*)?@)?"
    r"(?P<host>(?:\[[0-9A-Fa-f:.]+\]|[^]:/@?#\s[]*)(?::[0-9]{1,5})?)(?P<name>/[^/@?#\s]*)?(?:\?[^#\s]*)?)"
)
_TAX_ID = re.compile(r"[0-9]{9}|[0-9]{2}-[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4}")


def percent_text(percent: Decimal) -> str:
    """A percentage in its one canonical spelling: `95`, `87.5`, `33.3`; no exponent, no trailing zero."""
    if percent == 0:
        return "0"
    text = format(percent, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(value: object) -> Decimal:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise ValueError("not a number")
    percent = Decimal(value)
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise ValueError("out of range")
    if int(percent.as_tuple().exponent) < -_MOST_DECIMALS:
        raise ValueError("too many decimals")
    return percent or Decimal(0)


def _npi(npi: str) -> str:
    """The check digit is not checked: a mistyped NPI matches no payee, so its payments are held, never posted."""
    if not re.fullmatch("[0-9]{10}", npi):
        raise ValueError("not 10 digits")
    return npi


def _tax_id(tax_id: str) -> str:
    if not _TAX_ID.fullmatch(tax_id):
        raise ValueError("not 9 digits")
    return tax_id.replace("-", "")


def _amount(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("not an amount in quotes")
    amount = cents(value)
    if amount <= 0:
        raise ValueError("nothing at all")
    return amount


def _amount_text(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


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


def _file_name(name: str) -> str:
    if not name.strip() or "\0" in name:
        raise ValueError("no name of a file")
    return name


def _rules_folder(folder: str, info: ValidationInfo) -> str:
    home = info.context
    if not folder.strip() or "\0" in folder or (isinstance(home, Path) and not (home / folder).is_dir()):
        raise ValueError("no such folder")
    return folder


class _Table(BaseModel):
    """A table of era.toml. Each field's description completes the sentence "VALUE is not …"."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


_FLAG = "true or false (small letters, without quotes)"
_PERCENT = f"a number from 0 to 100 with at most {_MOST_DECIMALS} decimals, without quotes, such as 95 or 33.3"
Percent = Annotated[Decimal, BeforeValidator(_percent), PlainSerializer(percent_text, when_used="json")]


class PostingOption(_Table):
    """The switch and the minimum percentage (0 to 100, exact) of one mode."""

    enabled: bool = Field(default=True, description=_FLAG)
    minimum_percent: Percent = Field(default=Decimal(95), description=_PERCENT)


class QuickPostOption(PostingOption):
    minimum_percent: Percent = Field(default=Decimal(90), description=_PERCENT)


class PartialPaymentOption(_Table):
    """Whether a payment below the minimum percentage may post from a minimum amount (cents) on."""

    enabled: bool = Field(default=False, description=_FLAG)
    minimum_amount: Annotated[int, BeforeValidator(_amount), PlainSerializer(_amount_text, when_used="json")] = Field(
        default=5000, description='an amount above zero in quotes, such as "50.00"'
    )


class PaymentOptions(_Table):
    auto_post: PostingOption = Field(
        default=PostingOption(), description="a table, begun by the line [era_payment_options.auto_post]"
    )
    quick_post: QuickPostOption = Field(
        default=QuickPostOption(), description="a table, begun by the line [era_payment_options.quick_post]"
    )
    partial_payment: PartialPaymentOption = Field(
        default=PartialPaymentOption(), description="a table, begun by the line [era_payment_options.partial_payment]"
    )


class LedgerOptions(_Table):
    auto_post_contracted_write_offs: bool = Field(default=True, description=_FLAG)


class SeveralPlans(_Table):
    """Whether a claim of a patient with several plans may post by itself."""

    post: Literal["never", "proven"] = Field(default="never", description='one of "never", "proven"')


class Reversals(_Table):
    """Whether a reversal that takes back exactly what was posted may post by itself."""

    post_exact: bool = Field(default=False, description=_FLAG)


class Deposits(_Table):
    """Whether a payment waits for its money."""

    required: bool = Field(default=False, description=_FLAG)


class Files(_Table):
    """The most bytes a file may have, and what a gzip or zip may unpack to."""

    largest_megabytes: int = Field(default=512, ge=1, le=100_000, description="a whole number from 1 to 100000")

    @property
    def largest_bytes(self) -> int:
        return self.largest_megabytes << 20


class Retention(_Table):
    """How many days archived files are kept. None: for ever."""

    archived_files_days: Annotated[int, Field(ge=1, le=36500)] | None = Field(
        default=None, description="a whole number of days from 1 to 36500, without quotes, such as 2557"
    )


class Encryption(_Table):
    """The key that archive, quarantine and backups are sealed with. None: they are plain."""

    key_file: Annotated[str, AfterValidator(_file_name)] | None = Field(
        default=None, description='a file outside the home, such as "/etc/era/office.key"'
    )


class Practice(_Table):
    """Who the payee of our payments is; tax_id without its dash. None: not given, not checked."""

    npi: Annotated[str, AfterValidator(_npi)] | None = Field(default=None, description="an NPI in quotes: 10 digits")
    tax_id: Annotated[str, AfterValidator(_tax_id)] | None = Field(
        default=None, description='a tax id in quotes: 9 digits, such as "12-3456789"'
    )


class Settings(_Table):
    """All settings of one home, frozen; `Settings()` has every default."""

    database: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///era.db",
        repr=False,
        description='"sqlite:///FILE" or "postgresql+psycopg://USER:PASSWORD@HOST/NAME"'
        " (special characters of the password percent-encoded)",
    )
    conformance: Literal["off", "report", "require"] = Field(
        default="report", description='one of "off", "report", "require"'
    )
    rules: Annotated[str, AfterValidator(_rules_folder)] | None = Field(
        default=None, description='an existing folder, named relative to the home, such as "rules"'
    )
    review_reasons: Annotated[tuple[Annotated[str, AfterValidator(_reason)], ...], BeforeValidator(_tuple)] = Field(
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
    holds: dict[str, Literal["hold", "warn"]] = Field(
        default={}, description='"hold" or "warn" for the id of a hold, such as procedure-mismatch = "warn"'
    )
    retention: Retention = Field(default=Retention(), description="a table, begun by the line [retention]")
    encryption: Encryption = Field(default=Encryption(), description="a table, begun by the line [encryption]")
    practice: Practice = Field(default=Practice(), description="a table, begun by the line [practice]")

    def posting(self, mode: Literal["auto", "quick"]) -> PostingOption:
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
        values = self.model_dump(mode="json", exclude=_OF_KEEPING)
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def keeping(self) -> dict[str, object]:
        """How files are kept, for people to read."""
        return self.model_dump(mode="json", include=_OF_KEEPING - {"database"})

    @cached_property
    def content_hash(self) -> str:
        """`sha256:…` of `to_json()`, carried by every decision."""
        return "sha256:" + hashlib.sha256(self.to_json().encode()).hexdigest()


def load_settings(home: Path) -> Settings:
    """The settings in `home`/era.toml.

    Raises SettingsError, which lists every fault by line and key, or says how to make a home.
    """
    path = home / "era.toml"
    text = _read(path)
    document = _parsed(path, text)
    try:
        return Settings.model_validate(document, context=home)
    except ValidationError as error:
        problem = describe_faults(error, Settings, path, text)
    # Outside the handler: the validation error, kept as a context, would carry the values.
    raise SettingsError(problem, "Correct era.toml and run the command again.")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        problem = f"{path}: there is no such file, so {path.parent} is not a home."
        remedy = f"Run `era init {shlex.quote(str(path.parent))}` to make one, or name another with --home."
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
    raise SettingsError(
        problem, 'A line reads key = value, where a text stands in "quotes" and true and false in small letters.'
    )
