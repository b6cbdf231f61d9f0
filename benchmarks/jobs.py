"""One measured job, as a process of its own: `python benchmarks/jobs.py JOB FILE [CLAIMS.csv]`."""

import gc
import io
import sys
from pathlib import Path


def read_with_us(file: Path, balance: bool) -> None:
    from era_engine.remittance.balance import balance_findings
    from era_engine.remittance.survey import read_payments, survey
    from era_engine.x12.source import examine

    for _, claims in read_payments(survey(examine(file))):
        for claim in claims:
            if balance and balance_findings(claim):
                raise SystemExit("the generated file must balance")


def read_segments_with_us(file: Path) -> None:
    """As far as pyx12's reader goes: each segment with its elements and position."""
    from era_engine.x12.reader import read_segments
    from era_engine.x12.source import examine

    for _ in read_segments(examine(file).chunks()):
        pass


def decide(file: Path, sent: Path) -> None:
    """Match and decide every claim, without books: what is left of a run when nothing is kept."""
    from era_engine.foundation.shipped import shipped
    from era_engine.insurance.observation import BookEvidence, PaymentEvidence, claim_facts, payment_facts
    from era_engine.insurance.table import INSURANCE
    from era_engine.practice.claims_csv import read_claims
    from era_engine.practice.lines import match_lines
    from era_engine.practice.matching import match_by_number
    from era_engine.remittance.survey import read_payments, survey
    from era_engine.rulebook.decision import decide
    from era_engine.rulebook.engine import Engine
    from era_engine.rulebook.loading import load_rule_set
    from era_engine.settings.model import Settings
    from era_engine.x12.source import examine

    settings, engine = Settings(), Engine(load_rule_set(shipped("rules"), INSURANCE))
    practice = {claim.claim_number: claim for claim in read_claims(sent)}
    of_payment = payment_facts(PaymentEvidence((), 0, ()), settings, "auto")
    facts = []
    for _, payments in read_payments(survey(examine(file))):
        for payment in payments:
            claim = practice[payment.claim_number]
            lines = match_lines(payment, claim)
            evidence = BookEvidence(match_by_number(payment, claim))
            facts.append(claim_facts(of_payment, payment, (), lines, evidence, settings, "auto"))
    _tell_seconds(lambda: [decide(engine, each) for each in facts])


def read_with_pyx12(file: Path) -> None:
    from pyx12.x12file import X12Reader

    with file.open(encoding="ascii") as stream:
        for _ in X12Reader(stream):
            pass


def validate_with_pyx12(file: Path) -> None:
    import pyx12.params
    from pyx12.x12n_document import x12n_document

    with file.open(encoding="ascii") as stream:
        x12n_document(pyx12.params.params(), stream, None, None, None, io.StringIO())


def _tell_seconds(work: object) -> None:
    """For a job whose preparation must not count: seconds of the work alone, on stdout."""
    import time

    began = time.process_time()
    work()  # type: ignore[operator]
    print(time.process_time() - began)


def main() -> None:
    gc.set_threshold(200_000, 20, 20)  # as `era` does, for all alike
    job, file, *more = sys.argv[1:]
    match job:
        case "read-segments":
            read_segments_with_us(Path(file))
        case "read":
            read_with_us(Path(file), balance=False)
        case "read-balance":
            read_with_us(Path(file), balance=True)
        case "decide":
            decide(Path(file), Path(more[0]))
        case "pyx12-read":
            read_with_pyx12(Path(file))
        case "pyx12-validate":
            validate_with_pyx12(Path(file))


if __name__ == "__main__":
    main()
