"""era encryption."""

from pathlib import Path

import click

from era_engine.cli import options


@click.group(name="encryption", epilog="Example: era encryption new-key /etc/era/practice.key")
def command() -> None:
    """The key that seals archive, quarantine and backups.

    A home has a key when era.toml names its file (key_file under [encryption]), or ERA_KEY_FILE does, or ERA_KEY
    holds it. The database is not sealed: put it on an encrypted disk.
    """


@command.command(name="new-key", epilog="Example: era encryption new-key /etc/era/practice.key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def new_key(file: Path) -> None:
    """Make a key in a new file outside any home. Only this user may read it.

    Keep a copy apart from the home and its backups. Without the key, nobody can read what is sealed with it.
    """
    from era_engine.foundation.keys import new_key
    from era_engine.home.keys import refuse_in_any_home

    refuse_in_any_home(file)
    key = new_key(file)
    click.echo(f"Made key {key.id} in {file}. Keep a copy somewhere else. Without it, nothing can be read.")


@command.command(epilog="Example: era encryption rotate --to /etc/era/practice-2027.key --by Ann")
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEYFILE",
    help="The key that every file has afterward.",
)
@options.by
@options.home
def rotate(file: Path, name: str, home: Path | None) -> int:
    """Re-seal every file in archive and quarantine with a new key; plain files are sealed, too.

    Give the old key as before (era.toml, ERA_KEY_FILE or ERA_KEY). If this is interrupted, run it again.

    Exit code 1, and a list, if a file could not be read. That file stays as it is and still needs the old key.
    """
    from era_engine.books.encryption import rotate
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count
    from era_engine.cli.progress import bytes_done
    from era_engine.foundation.keys import read_key
    from era_engine.home.keys import refuse_inside

    key = read_key(file)
    with look_at_books(home, keys=False) as (practice_home, settings, database), bytes_done() as told:
        refuse_inside(practice_home.root, file)
        done = rotate(practice_home, settings, database, key, name, told)
    for problem in done.problems:
        click.echo(f"✘ {problem}")
    click.echo(f"Sealed {count(done.sealed, 'file')} with key {key.id}; {count(done.before, 'file')} had it already.")
    if done.problems:
        click.echo("Restore the files named above from a backup, then run this again. Until then, keep the old key.")
        return 1
    click.echo(f"From now on, use this key: key_file under [encryption] in era.toml, or ERA_KEY_FILE={file}")
    return 0


@command.command(epilog="Example: era encryption show archive/march.835 --home practice > march.835")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@options.home
def show(file: Path, home: Path | None) -> None:
    """Print a file, sealed or plain, byte for byte. It may hold patient data.

    The key is the home's, or the one in ERA_KEY_FILE or ERA_KEY; no home is needed.
    """
    import shutil
    import sys

    from era_engine.books.opened import keyring_for
    from era_engine.foundation.errors import UsageError
    from era_engine.foundation.sealed_files import opened

    try:
        stream = opened(file, keyring_for(file, home))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Name a file this user may read.") from error
    with stream:
        shutil.copyfileobj(stream, sys.stdout.buffer, 1 << 20)
