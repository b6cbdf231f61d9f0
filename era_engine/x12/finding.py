"""What a payer got wrong, as a value: all findings are collected, all are shown."""

from typing import Literal, NamedTuple

Severity = Literal["reject", "hold", "warn"]


class Finding(NamedTuple):
    """One thing wrong in a file.

    severity: `reject`, nothing of this interchange or transaction set can be used; `hold`, the claim or payment
    must not post by itself; `warn`, worth knowing. `segment_number` counts from 1 over the whole file.
    `excerpt` may hold patient data: it is shown to people, never logged.
    """

    code: str
    severity: Severity
    message: str
    segment_number: int | None = None
    excerpt: str | None = None
