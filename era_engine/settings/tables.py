"""The tables of era.toml: their keys, ranges and defaults. Percentages are exact decimals, never floats.

Each field's description completes the sentence "VALUE is not …".
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    create_model,
)

from era_engine.foundation.money import cents

# Far beyond any use, and few enough for exact arithmetic to stay fast.
_MOST_DECIMALS = 20
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


def _switch(value: object) -> object:
    if not isinstance(value, bool) and value != "shadow":
        raise ValueError("no switch")
    return value


def _selector(text: str) -> str:
    if not re.search(r"\w", text) or ";" in text or not text.isprintable():
        raise ValueError("names nothing")
    return " ".join(text.split())


def _file_name(name: str) -> str:
    if not name.strip() or "\0" in name:
        raise ValueError("no name of a file")
    return name


def _pattern(pattern: str) -> WithJsonSchema:
    """What an editor may know of a text before the program checks it."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


class Table(BaseModel):
    """A table of era.toml."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


_FLAG = "true or false (small letters, without quotes)"
_PERCENT = f"a number from 0 to 100 with at most {_MOST_DECIMALS} decimals, without quotes, such as 95 or 33.3"
Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    PlainSerializer(percent_text, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Amount = Annotated[
    int,
    BeforeValidator(_amount),
    PlainSerializer(_amount_text, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(?![0.]*$)[0-9]{0,12}(\.[0-9]{0,2})?$"}),
]


class AutoPostOption(Table):
    """The switch and the minimum percentage (0 to 100, exact) of `era run`. shadow: it decides and posts nothing."""

    enabled: Annotated[bool | Literal["shadow"], BeforeValidator(_switch)] = Field(
        default=True, description='true or false (small letters, without quotes) or "shadow"'
    )
    minimum_percent: Percent = Field(default=Decimal(95), description=_PERCENT)


class QuickPostOption(Table):
    """The same of `era quick-post`, which a person calls."""

    enabled: bool = Field(default=True, description=_FLAG)
    minimum_percent: Percent = Field(default=Decimal(90), description=_PERCENT)


class PartialPaymentOption(Table):
    """Whether a payment below the minimum percentage may post from a minimum amount (cents) on."""

    enabled: bool = Field(default=False, description=_FLAG)
    minimum_amount: Amount = Field(default=5000, description='an amount above zero in quotes, such as "50.00"')


class PaymentOptions(Table):
    auto_post: AutoPostOption = Field(
        default=AutoPostOption(), description="a table, begun by the line [era_payment_options.auto_post]"
    )
    quick_post: QuickPostOption = Field(
        default=QuickPostOption(), description="a table, begun by the line [era_payment_options.quick_post]"
    )
    partial_payment: PartialPaymentOption = Field(
        default=PartialPaymentOption(), description="a table, begun by the line [era_payment_options.partial_payment]"
    )


class LedgerOptions(Table):
    auto_post_contracted_write_offs: bool = Field(default=True, description=_FLAG)


class SeveralPlans(Table):
    """Whether a claim of a patient with several plans may post by itself."""

    post: Literal["never", "proven"] = Field(default="never", description='one of "never", "proven"')


class Reversals(Table):
    """Whether a reversal that takes back exactly what was posted may post by itself."""

    post_exact: bool = Field(default=False, description=_FLAG)


class Deposits(Table):
    """Whether a payment waits for its money."""

    required: bool = Field(default=False, description=_FLAG)


class Reports(Table):
    """What reports reckon with. minutes_by_hand: what posting one claim by hand takes a person."""

    minutes_by_hand: int = Field(default=4, ge=0, le=1000, description="a whole number of minutes from 0 to 1000")


class Files(Table):
    """The most bytes a file may have, and what a gzip or zip may unpack to."""

    largest_megabytes: int = Field(default=512, ge=1, le=100_000, description="a whole number from 1 to 100000")

    @property
    def largest_bytes(self) -> int:
        return self.largest_megabytes << 20


class Retention(Table):
    """How many days archived files are kept. None: for ever."""

    archived_files_days: Annotated[int, Field(ge=1, le=36500)] | None = Field(
        default=None, description="a whole number of days from 1 to 36500, without quotes, such as 2557"
    )


class Encryption(Table):
    """The key that archive, quarantine and backups are sealed with. None: they are plain."""

    key_file: Annotated[str, AfterValidator(_file_name)] | None = Field(
        default=None, description='a file outside the home, such as "/etc/era/practice.key"'
    )


class Practice(Table):
    """Who the payee of our payments is; tax_id without its dash. None: not given, not checked."""

    npi: Annotated[str, AfterValidator(_npi), _pattern("^[0-9]{10}$")] | None = Field(
        default=None, description="an NPI in quotes: 10 digits"
    )
    tax_id: Annotated[str, AfterValidator(_tax_id), _pattern(f"^({_TAX_ID.pattern})$")] | None = Field(
        default=None, description='a tax id in quotes: 9 digits, such as "12-3456789"'
    )


def _partly(model: type[BaseModel]) -> type[BaseModel]:
    """The same table with every key optional: None, or an empty table, where it is not given."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            part = _partly(kind)
            fields[name] = (part, Field(default=part(), description=field.description))
        else:
            checked = Annotated[(kind, *field.metadata)] if field.metadata else kind
            fields[name] = (checked | None, Field(default=None, description=field.description))
    return create_model(f"{model.__name__}Override", __base__=Table, __doc__=model.__doc__, **fields)


_SELECTOR = "a text in quotes with a letter or digit and without a semicolon"
Selector = Annotated[str, AfterValidator(_selector), _pattern(r"^[^;]*[^;\s][^;]*$")]
Holds = dict[str, Literal["hold", "warn"]]
HOLDS = '"hold" or "warn" for the id of a hold, such as procedure-mismatch = "warn"'
_PaymentOptionsPart, _LedgerOptionsPart = _partly(PaymentOptions), _partly(LedgerOptions)


class Override(Table):
    """What is otherwise for the claims of a payer, of a location, or of a payer at a location.

    payer: the payer's id as the claim has it, or words of its name; location: the claim's location. Capital and small
    letters are the same. The tables hold None where a key is not given.
    """

    payer: Selector | None = Field(default=None, description=_SELECTOR)
    location: Selector | None = Field(default=None, description=_SELECTOR)
    era_payment_options: _PaymentOptionsPart = Field(  # type: ignore[valid-type]
        default=_PaymentOptionsPart(),
        description="a table, begun by a key such as era_payment_options.auto_post.enabled",
    )
    ledger_options: _LedgerOptionsPart = Field(  # type: ignore[valid-type]
        default=_LedgerOptionsPart(),
        description="a table, begun by the key ledger_options.auto_post_contracted_write_offs",
    )
    holds: Holds = Field(default={}, description=HOLDS)

    @property
    def label(self) -> str:
        """What it is for: `payer DELTA, location LPFD`."""
        chosen = (("payer", self.payer), ("location", self.location))
        return ", ".join(f"{name} {value}" for name, value in chosen if value is not None)

    @property
    def rank(self) -> int:
        """One of higher rank has the last word: payer and location before payer before location."""
        return 2 * (self.payer is not None) + (self.location is not None)

    def without_minimum(self) -> "Override":
        """The same, but for the minimum percentage of auto-posting."""
        options: Any = self.era_payment_options
        auto_post = options.auto_post.model_copy(update={"minimum_percent": None})
        return self.model_copy(update={"era_payment_options": options.model_copy(update={"auto_post": auto_post})})

    def fits(self, payer_id: str, payer_name: str, location: str) -> bool:
        """Whether a claim with these is meant."""
        at = self.location is None or self.location.casefold() == " ".join(location.split()).casefold()
        return at and (self.payer is None or names_payer(self.payer, payer_id, payer_name))


def names_payer(text: str, payer_id: str, payer_name: str) -> bool:
    """Whether `text` is the payer's id, or whole words of its name in a row: `DELTA` names `Delta Dental of Iowa`."""
    wanted, words = text.casefold(), " ".join(payer_name.split()).casefold()
    return wanted == payer_id.strip().casefold() or f" {wanted} " in f" {words} "


def laid_over(table: BaseModel, part: BaseModel) -> dict[str, Any]:
    """The values of `table` with those that `part` gives in their place."""
    values: dict[str, Any] = {}
    for name in type(table).model_fields:
        value, over = getattr(table, name), getattr(part, name)
        if isinstance(value, BaseModel):
            values[name] = type(value).model_construct(**laid_over(value, over))
        else:
            values[name] = value if over is None else over
    return values
