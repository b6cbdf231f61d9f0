"""Acting by hand, and seeing what came of it."""

from practices import Ended, PracticeHome, Record

ANN = ("--by", "Ann")


def post(practice: PracticeHome, *arguments: str) -> Ended:
    """Post, and see that the books hold after it."""
    ended = practice.era("post", *arguments, *ANN)
    assert ended.code == 0, ended
    practice.verified()
    return ended


def refused(practice: PracticeHome, *arguments: str) -> str:
    """The command is refused, and nothing is written."""
    before = len(practice.records("log")), practice.records("ledger")
    ended = practice.era("post", *arguments, *ANN)
    assert ended.code == 2, ended
    assert (len(practice.records("log")), practice.records("ledger")) == before
    return ended.err


def newest(practice: PracticeHome) -> Record:
    return practice.records("log")[-1]
