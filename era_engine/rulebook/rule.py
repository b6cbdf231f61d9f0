"""One rule, and what a person sees of a decision."""

from typing import NamedTuple

from era_engine.rulebook.condition import Condition


class Rule(NamedTuple):
    """A row of a table (then: one of its outcomes) or a hold (then: hold, or warn: it is told and keeps nothing
    back); it fires when every condition in `when` is met.

    The rest is a hold's: `message` is one sentence for a biller, with facts as `{fact_name}`, `remedy` the next step
    and `command` the command for it. A `fixed` hold cannot be set to warn. Where `waits_for` names what would release
    what is held, every run judges it again.
    """

    id: str
    because: str
    reference: str
    when: tuple[Condition, ...]
    then: str
    show: str
    enabled: bool = True
    message: str = ""
    remedy: str = ""
    command: str | None = None
    fixed: bool = False
    waits_for: str | None = None


class Indicators(NamedTuple):
    """What a person sees for a decision; None where nothing is shown.

    page_message: `success` or `warning`; patient_icon: `success` or `alert`; symbol and word stand for the icon
    on a terminal, also where no icon is drawn.
    """

    id: str
    page_message: str | None
    page_message_place: str | None
    page_message_colour: str | None
    claim_alert: bool
    claim_alert_place: str | None
    claim_alert_colour: str | None
    patient_icon: str | None
    icon_drawing: str | None
    icon_colour: str
    symbol: str
    word: str
    hover: str | None
