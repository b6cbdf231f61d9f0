r"""How a bank writes its CSV, as a YAML file says it: separator, columns, days, amounts. No bank needs code of its own.

    # bank/first_national.yaml in the home of a practice
    says: the account activity of First National, Download as CSV
    separator: ";"                        # , where it is left out; also "|" or "\t"
    dates: [MM/DD/YYYY]                   # one or more; YYYY, YY, MM, DD, and M, D for one digit or two
    amounts: {dollar_sign: true, thousands: true, brackets: true}    # $1,234.50, and (12.00) for -12.00
    columns:
      date: {named: [Posting Date]}       # the names in the header, in any case of letters
      credit: {named: [Credit]}           # money that came, in one column; that was taken back in the other,
      debit: {named: [Debit]}             # without a sign; or one column `amount` for both, with signs
      trace: {named: [Description], pattern: 'TRN\*1\*([^*~\\]+)'}
      payer: {named: [Name], optional: true}
    only: {named: [Type], values: [ACH CREDIT, ACH DEBIT]}           # other rows are no insurance money
    ignored: [Balance, Check Number]      # columns that say nothing of use

`pattern`, of a text alone, is a regular expression whose one group is what counts of the cell; nothing where it is not
found. A column that is neither named nor ignored is refused, so that a bank that changes its file is noticed.

Dialects that come with era-engine lie in `dialects/`, beside the code that reads them and so within the package: unlike
the rules nobody copies them as a whole to change them, a practice adds the file of its bank to `bank/` in its home.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from era_engine.bank.cells import is_day_pattern
from era_engine.rulebook.files import Faults, Source, read_rule_file
from era_engine.rulebook.schema import Entry, Text, checked

OWN = "bank"  # the folder of a home in which a practice's own dialects lie
_SHIPPED = Path(__file__).parent / "dialects"
_TEXTS = ("trace", "payer", "originator", "only")  # what of a cell counts for these may stand in one column

Names = Annotated[list[Text], Field(min_length=1)]


class Column(Entry):
    """A column, by its names in the header; pattern: of a text, the expression whose one group counts."""

    named: Names
    optional: bool = False
    pattern: Text | None = None


class Columns(Entry):
    """The columns by what is read of them: `amount`, or `credit` and `debit`."""

    date: Column
    amount: Column | None = None
    credit: Column | None = None
    debit: Column | None = None
    trace: Column
    payer: Column | None = None
    originator: Column | None = None


class Amounts(Entry):
    """What may stand around an amount."""

    dollar_sign: bool = False
    thousands: bool = False
    brackets: bool = False


class Only(Entry):
    """Rows in which the column has one of the values, in any case of letters; no other row is read."""

    named: Names
    values: Names


class Written(Entry):
    """The whole of a dialect's file."""

    says: Text
    separator: Literal[",", ";", "|", "\t"] = ","
    dates: Names
    amounts: Amounts = Amounts()
    columns: Columns
    only: Only | None = None
    ignored: list[Text] = Field(default_factory=list)


class Dialect(NamedTuple):
    """How a bank writes. file: the name of the dialect's file; own: whether it is the practice's."""

    file: str
    own: bool
    written: Written

    @property
    def columns(self) -> dict[str, Column]:
        """The columns there are by what is read of them; `only`: of the one that says which rows count."""
        columns = {field: column for field, column in self.written.columns if column is not None}
        only = self.written.only
        return columns if only is None else columns | {"only": Column(named=only.named)}

    def fields(self, cell: str) -> list[str]:
        """What is read of the column with this cell in the header."""
        return [field for field, column in self.columns.items() if _key(cell) in map(_key, column.named)]

    def knows(self, cell: str) -> bool:
        """Whether a cell of the header is named or ignored."""
        return bool(self.fields(cell)) or _key(cell) in map(_key, self.written.ignored)

    def fits(self, header: Sequence[str]) -> bool:
        """Whether a header names all columns that must be there."""
        there = {field for cell in header for field in self.fields(cell)}
        return all(column.optional or field in there for field, column in self.columns.items())


def read_dialects(own: Path | None = None) -> list[Dialect]:
    """The dialects that come with era-engine, then those in the folder `own`, each by the name of its file.

    Raises RulesError with file and line of every fault in any of them.
    """
    faults = Faults()
    dialects = []
    for folder, is_own in ((_SHIPPED, False), (own, True)):
        for path in sorted(folder.glob("*.yaml")) if folder is not None else ():
            name = f"{OWN}/{path.name}" if is_own else path.name
            source = read_rule_file(path, faults, name)
            written = checked(Written, source.data, source, (), faults) if source is not None else None
            if source is not None and written is not None:
                _check(written, source, faults)
                dialects.append(Dialect(name, is_own, written))
    faults.raise_if_any("era settings check")
    return dialects


def _check(written: Written, source: Source, faults: Faults) -> None:
    """Note what the shape alone does not say."""
    for at, pattern in enumerate(written.dates):
        if not is_day_pattern(pattern):
            allowed = ("year, month and day, each once, such as MM/DD/YYYY, M/D/YYYY, MM/DD/YY or YYYY-MM-DD",)
            faults.at(source, ("dates", at), f"`{pattern}` is not how a day is written", allowed)
    columns = Dialect("", False, written).columns
    amounts = {"amount", "credit", "debit"} & columns.keys()
    if amounts not in ({"amount"}, {"credit", "debit"}):
        faults.at(source, ("columns",), "the columns must name `amount` alone, or both `credit` and `debit`")
    taken: dict[str, str] = {}
    for field, column in columns.items():
        steps = ("only", "named") if field == "only" else ("columns", field, "named")
        for name in column.named:
            before = taken.setdefault(_key(name), field)
            both_texts = {before, field} <= set(_TEXTS)
            if before != field and not (both_texts and columns[before].named == column.named):
                also = "; two texts of one column name it alike" if both_texts else ""
                faults.at(source, steps, f"`{name}` is the column of `{before}` already{also}")
        if column.pattern is not None:
            _check_pattern(column.pattern, field, source, faults)
        if column.optional and field not in _TEXTS:
            faults.at(source, ("columns", field, "optional"), f"`{field}` cannot be left out")
    for at, name in enumerate(written.ignored):
        if _key(name) in taken:
            faults.at(source, ("ignored", at), f"`{name}` is the column of `{taken[_key(name)]}`")


def _check_pattern(pattern: str, field: str, source: Source, faults: Faults) -> None:
    steps = ("columns", field, "pattern")
    if field not in _TEXTS:
        faults.at(source, steps, f"`{field}` is read whole and takes no pattern")
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        faults.at(source, steps, f"`pattern` is not a regular expression: {error}")
        return
    if groups != 1:
        faults.at(source, steps, "`pattern` must have one group, in round brackets, for what counts of the cell")


def _key(name: str) -> str:
    """A name in a header as it is compared: without blanks around it, in any case of letters."""
    return name.strip().casefold()
