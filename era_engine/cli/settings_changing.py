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
    """Change a setting in era.toml. Comments and order stay; the text before is kept as a version.

    VALUE is true, false, a number, a word, or TOML within single quotes, such as '["16", "97"]'. With --payer or
    --location, the setting goes into the [[override]] for just these. An invalid value is refused, and nothing is
    written.
    """
    from era_engine.acts.act import person
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import set_value
    from era_engine.settings.editing import Selector

    who = person(name, because)
    with look_at_books(home) as (practice_home, _, database):
        done = set_value(practice_home, database, key, value, Selector(payer, location), who.name, who.note or "")
    if done is None:
        click.echo(f"era.toml already has this {key}. Nothing was changed.")
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
    """Remove a setting from era.toml, so that its default, or the value outside the override, is in force.

    An override that becomes empty is removed, too.
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

    A text that is no longer valid is refused, and nothing is written.
    """
    from era_engine.acts.act import person
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import restore_version

    who = person(name, because)
    with look_at_books(home) as (practice_home, _, database):
        done = restore_version(practice_home, database, version, who.name, who.note or "")
    if done is None:
        click.echo(f"era.toml is already the same as version {version}. Nothing was changed.")
        return
    _tell(done, f"Version {version} is in force again: ")


def _tell(done: "Compared", before: str = "") -> None:
    changed = done.changed if "→" in done.changed else f"no value in force changed ({done.changed})"
    click.echo(f"✔ {before}{changed}. Version {done.version.version}.")
