"""What a payer got wrong, as a value: all findings are collected, all are shown."""

import re
from typing import Any, Literal, NamedTuple

_TAG = re.compile("[A-Z][A-Z0-9]{1,2}")
Severity = Literal["reject", "hold", "warn"]


class Syntax(NamedTuple):
    """A finding as the sender is told of it, in the codes of the 999 and the TA1.

    place: an element (`2100/CLP03`, `2110/SVC01-2`) or a segment (`2100/CLP`), with its loop or without. code: for an
    element IK403, for a segment IK304; for the segments of the envelope IK502 (ST, SE), AK905 (GS, GE) or TA105 (ISA,
    IEA).
    """

    place: str
    code: str


DAMAGED = Syntax("ST", "5")  # one or more segments in error, and no more to be said of them


def of_segment(tag: str, code: str) -> Syntax:
    """A segment in the wrong place, by its tag; of the set as a whole where that is no tag but, perhaps, a name."""
    return Syntax(tag, code) if _TAG.fullmatch(tag) else DAMAGED


class Finding(NamedTuple):
    """One thing wrong in a file.

    severity: `reject`, nothing of this interchange or transaction set can be used; `hold`, the claim or payment
    must not post by itself; `warn`, worth knowing. `segment_number` counts from 1 over the whole file.
    `excerpt` may hold patient data: it is shown to people, never logged. `syntax` is None where the sender is not
    told: what is in doubt for other reasons than syntax is no matter of a 999.
    """

    code: str
    severity: Severity
    message: str
    segment_number: int | None = None
    excerpt: str | None = None
    syntax: Syntax | None = None

    def record(self) -> dict[str, Any]:
        """The finding in the shape of the outside contract."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "segment_number": self.segment_number,
            "excerpt": self.excerpt,
        }
