"""What is left of a file's envelope when it has been read: who sent what, and where it stood."""

from typing import NamedTuple


class ReceivedSet(NamedTuple):
    """ST to SE. `first` and `last` are positions in the file; `whole` says whether the SE was there."""

    kind: str
    control_number: str
    first: int
    last: int
    whole: bool


class ReceivedGroup(NamedTuple):
    """GS to GE. `header`: GS and its elements, padded; `counted`: what GE01 says, None where the GE is missing."""

    header: tuple[str, ...]
    first: int
    counted: str | None
    sets: tuple[ReceivedSet, ...]


class ReceivedInterchange(NamedTuple):
    """ISA to IEA. `header`: ISA and its 16 elements; `whole` says whether the IEA was there."""

    header: tuple[str, ...]
    first: int
    last: int
    whole: bool
    groups: tuple[ReceivedGroup, ...]
