"""Acting by hand, and seeing what came of it."""

from offices import Ended, OfficeHome, Record

ANN = ("--by", "Ann")


def post(office: OfficeHome, *arguments: str) -> Ended:
    """Post, and see that the books hold after it."""
    ended = office.era("post", *arguments, *ANN)
    assert ended.code == 0, ended
    office.verified()
    return ended


def refused(office: OfficeHome, *arguments: str) -> str:
    """The command is refused, and nothing is written."""
    before = len(office.records("log")), office.records("ledger")
    ended = office.era("post", *arguments, *ANN)
    assert ended.code == 2, ended
    assert (len(office.records("log")), office.records("ledger")) == before
    return ended.err


def newest(office: OfficeHome) -> Record:
    return office.records("log")[-1]
