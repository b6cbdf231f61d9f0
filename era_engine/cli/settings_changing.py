"""era settings set, unset, restore."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.books.settings_changes import Compared


@click.command(
    name="set",
    epilog="Example: era settings set era_payment_options.auto_post.minimum_percent 90 --payer DELTA --by Ann"
    " --because 'contract of July'",
)
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@options.payer
@options.location
@options.by
@options.because
@options.home
def set_(
    key: str, value: str, payer: str | None, location: str | None, name: str, because: str, home: Path | None
) -> None:
    """Give a setting a value in era.toml, whose comments and order stay; the text before is kept as a version.

    VALUE is true, false, a number, a word, or within single quotes TOML, such as '["16", "97"]'. With --payer or
    --location it stands in the [[override]] for just these. What is not valid is refused, and nothing is written.
    """
    from era_engine.acts.act import person
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import set_value
    from era_engine.settings.editing import Selector

    who = person(name, because)
    with look_at_books(home) as (practice_home, _, database):
        done = set_value(practice_home, database, key, value, Selector(payer, location), who.name, who.note or "")
    if done is None:
        click.echo(f"era.toml gives {key} so already; nothing was changed.")
        return
    _tell(done)


@click.command(
    name="unset",
    epilog="Example: era settings unset era_payment_options.auto_post.minimum_percent --payer DELTA --by Ann"
    " --because 'contract has ended'",
)
@click.argument("key", metavar="KEY")
@options.payer
@options.location
@options.by
@options.because
@options.home
def unset(key: str, payer: str | None, location: str | None, name: str, because: str, home: Path | None) -> None:
    """Take a setting out of era.toml, so that its default, or what stands outside the override, is in force.

    An override that is left with nothing goes with it.
    """
    from era_engine.acts.act import person
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import unset_value
    from era_engine.settings.editing import Selector

    who = person(name, because)
    with look_at_books(home) as (practice_home, _, database):
        done = unset_value(practice_home, database, key, Selector(payer, location), who.name, who.note or "")
    assert done is not None, "what is taken out was there"
    _tell(done)


@click.command(epilog="Example: era settings restore 3 --by Ann --because 'too many posted'")
@click.argument("version", metavar="VERSION", type=int)
@options.by
@options.because
@options.home
def restore(version: int, name: str, because: str, home: Path | None) -> None:
    """Bring back the text of an earlier version, as a new one. `database` stays as it is now.

    A text that is not valid any more is refused, and nothing is written.
    """
    from era_engine.acts.act import person
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import restore_version

    who = person(name, because)
    with look_at_books(home) as (practice_home, _, database):
        done = restore_version(practice_home, database, version, who.name, who.note or "")
    if done is None:
        click.echo(f"era.toml is as in version {version} already; nothing was changed.")
        return
    _tell(done, f"Version {version} is in force again: ")


def _tell(done: "Compared", before: str = "") -> None:
    changed = done.changed if "→" in done.changed else f"no value in force differs ({done.changed})"
    click.echo(f"✔ {before}{changed}. Version {done.version.version}.")
