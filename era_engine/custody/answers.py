"""The answers to the senders of a file, one for each interchange, in the home's `acks/`.

An answer is written before the end of its file is written down, under a name and with numbers that follow from the
file's row alone: a run that is killed in between writes the same bytes to the same place again.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from era_engine.custody.receiving import Received
from era_engine.home.folder import Home
from era_engine.remittance.conformance import Setting, conformance_findings, is_used
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.remittance.survey import Survey, read_payments, survey
from era_engine.store.custody import files
from era_engine.store.database import Database
from era_engine.x12.finding import Finding, Syntax

_MOST_FILES, _MOST_INTERCHANGES = 1_000_000, 1_000  # before control numbers begin again


class Heard(NamedTuple):
    """What was read of a file, as far as its senders are told: findings of syntax, and the sets that are used."""

    surveyed: Survey
    findings: list[Finding]
    used: set[int]

    def listen(
        self, remittance: Remittance, conformance: tuple[Finding, ...], claims: Iterator[ClaimPayment]
    ) -> Iterator[ClaimPayment]:
        """The claims as they come; what is wrong with their syntax is noted as they pass, each kind once."""
        if not remittance.rejected:  # of a cut one it would only tell what the cut took
            self.findings.extend(conformance)
        if is_used(remittance, conformance):
            self.used.add(remittance.first_segment)
        return self._noting(claims)

    def _noting(self, claims: Iterator[ClaimPayment]) -> Iterator[ClaimPayment]:
        known: set[Syntax | None] = {None}
        for claim in claims:
            for finding in claim.findings:
                if finding.syntax not in known:
                    known.add(finding.syntax)
                    self.findings.append(finding)
            yield claim


def hear(surveyed: Survey) -> Heard:
    return Heard(surveyed, surveyed.all_findings(), set())


def acknowledge_again(home: Home, database: Database, received: Received, setting: Setting) -> None:
    """Answer a file of known bytes: its sender waits for an answer to this one, too, so it is read for that alone."""
    heard = hear(survey(received.source))
    advice = conformance_findings(heard.surveyed, setting)
    for (remittance, claims), conformance in zip(read_payments(heard.surveyed), advice, strict=True):
        for _ in heard.listen(remittance, conformance, claims):
            pass
    acknowledge(home, database, received, heard)


def acknowledge(home: Home, database: Database, received: Received, heard: Heard) -> None:
    """Write the answers to a file that is about to be settled.

    None for a file of which nothing is kept: a dry run's, or one of known bytes that was named by path and so came
    from somebody here.
    """
    if received.row.stored_as is None:
        return
    from era_engine.x12.acknowledgement import answers  # these import pyx12, which `--help` must not wait for
    from era_engine.x12.acknowledgement_text import Stamp, interchange_number, written

    with database.reading() as connection:
        at = files.received_at(connection, received.row.id)
    day, time = at[:10].replace("-", ""), at[11:19].replace(":", "")
    first = received.row.id % _MOST_FILES * _MOST_INTERCHANGES
    home.acks.mkdir(mode=0o700, exist_ok=True)
    told = answers(heard.surveyed.interchanges, heard.findings, frozenset(heard.used))
    for number, answer in enumerate(told, start=1):
        text = written(answer, Stamp(first + number % _MOST_INTERCHANGES, day, time))
        if text is not None:
            name = f"{received.row.id:06d}-{number}-{interchange_number(answer)}.{'999' if answer.groups else 'ta1'}"
            _write(home.acks / name, text)
    folder = os.open(home.acks, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, text: str) -> None:
    """Whole or not there, also after a power cut (with the folder's own flush, which follows)."""
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", encoding="ascii", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
