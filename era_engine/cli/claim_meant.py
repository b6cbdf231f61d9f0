"""Which claims --payer and --location speak of."""

from contextlib import closing
from pathlib import Path

from era_engine.cli.output import warn
from era_engine.foundation.errors import InstallationError, UsageError
from era_engine.settings.model import Settings
from era_engine.settings.tables import names_payer
from era_engine.store.database import Database
from era_engine.store.practice.claims import sent_to


def claim_meant(root: Path, settings: Settings, payer: str | None, location: str | None) -> tuple[str, str, str]:
    """Payer id, payer name and location of the claims meant: a payer is named by the one or the other.

    Warns of a payer or location that no claim in the database has. Raises UsageError where several payers are meant
    for which different settings are in force.
    """
    known = _sent_to(root, settings)
    if location and known is not None and not any(_same(location, each[2]) for each in known):
        warn(f"no claim in the database has the location {location}.")
    if not payer:
        return "", "", location or ""
    payers = {each[:2] for each in known or ()}
    meant = {each for each in payers if _same(payer, each[0]) or _same(payer, each[1])}
    meant = meant or {each for each in payers if names_payer(payer, *each)}
    if not meant:
        if known is not None:
            warn(f"no claim in the database was sent to the payer {payer}.")
        meant = {(payer, payer)}
    claims = sorted((*each, location or "") for each in meant)
    if len({settings.for_claim(*each)[1] for each in claims}) > 1:
        listed = "; ".join(f"{name} ({payer_id})" for payer_id, name, _ in claims)
        raise UsageError(
            f"{payer} is several payers with different settings: {listed}.", "Name one by something only it has."
        )
    return claims[0]


def _sent_to(root: Path, settings: Settings) -> set[tuple[str, str, str]] | None:
    """None where there is no database to ask."""
    file = settings.database_file(root)
    if file is not None and not file.exists():
        return None
    try:
        with closing(Database(settings.database_url(root))) as database, database.reading() as connection:
            return sent_to(connection)
    except InstallationError as error:
        warn(f"{error.problem} So it is unknown whether a claim was sent there.")
        return None


def _same(wanted: str, text: str) -> bool:
    return " ".join(wanted.split()).casefold() == " ".join(text.split()).casefold()
