"""Which of the practice's claims is a claim payment for: every step, what stops it, and what it must not find."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import pytest
from claim_values import claim, claim_payment, person, procedure, service_line
from hypothesis import given
from hypothesis import strategies as st
from practices import PracticeHome, Record, expects, remittance
from remittance_text import Segments
from remittance_text import claim as remitted

from era_engine.practice.matching import Candidates, Match, match_otherwise, padded_forms
from era_engine.remittance.model import ClaimPayment, Dated
from era_engine.store.database import Database
from era_engine.store.insurance.matching import match_claims

DAY = Dated("472", date(2026, 10, 5))


def sent(
    number: str, *, first_name: str = "Jane", subscriber: str = "SUB100200", day: str = "", **more: Any
) -> list[Record]:
    """A claim of the practice for Jane Doe: one examination of 120.00 on 2026-10-05."""
    rows = expects(number, **more)
    for row in rows:
        row |= {"first_name": first_name, "subscriber_id": subscriber}
        if day:
            row["service_date"] = day
    return rows


def answer(
    number: str,
    *,
    first: str = "JANE",
    last: str = "DOE",
    subscriber: str = "SUB100200",
    charge: int = 12000,
    code: str = "D0120",
    icn: str = "",
    status: str = "1",
    control_number: str | None = None,
    on: Dated = DAY,
) -> ClaimPayment:
    """What the payer says about it."""
    return claim_payment(
        [person("QC", last, first, identifier=subscriber)],
        [service_line(code, charge, control_number=control_number, dates=[on])],
        charge,
        number=number,
        status=status,
        payer_claim_number=icn,
    )


Found = tuple[str | None, str | None, tuple[str, ...]]
NOTHING: Found = (None, None, ())


def found(
    home: PracticeHome,
    *batch: ClaimPayment,
    pinned: dict[int, str | None] | None = None,
    originator: str = "1999999999",
    stored_as: Sequence[int] = (),
) -> list[Found]:
    """(claim number, step, candidates) for each."""
    with closing(Database(home.url)) as database, database.writing() as connection:
        matches = match_claims(connection, originator, batch, pinned or {}, stored_as)
    return [(match.claim and match.claim.claim_number, match.step, match.candidates) for match in matches]


# the claim number


def test_the_claim_number_as_sent_is_the_claims(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    assert found(home, answer("C100231"), answer("C100232", last="NOBODY"), answer("X9", last="NOBODY")) == [
        ("C100231", "claim-number", ()),
        ("C100232", "claim-number", ()),
        NOTHING,
    ]


@pytest.mark.parametrize(
    ("control_number", "step"),
    [("1", "claim-number-and-line-control"), ("01", "claim-number"), ("2", "claim-number"), (None, "claim-number")],
)
def test_line_control_numbers_confirm_it(sqlite_home: PracticeHome, control_number: str | None, step: str) -> None:
    sqlite_home.expect(sent("C100231"))
    assert found(sqlite_home, answer("C100231", control_number=control_number)) == [("C100231", step, ())]


def test_one_line_control_number_of_another_claim_confirms_nothing(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect([*sent("C100231"), {**sent("C100231", procedure="D1110")[0], "line_number": 2}])
    both = answer("C100231", control_number="1")
    first, other = both.lines[0], service_line("D1110", 12000, control_number="7", dates=[DAY])
    assert found(
        sqlite_home, both._replace(lines=(first, other)), both._replace(lines=(first, other._replace(references=())))
    ) == [("C100231", "claim-number", ()), ("C100231", "claim-number-and-line-control", ())]


# a person's word


def test_a_persons_word_goes_before_the_claim_number(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    assert found(
        home, answer("C100231"), answer("C100231"), answer("X9"), pinned={0: "C100232", 1: None, 2: "C100231"}
    ) == [
        ("C100232", "by-hand", ()),
        (None, "by-hand", ()),
        ("C100231", "by-hand", ()),
    ]


# the claim number cut or padded


@pytest.mark.parametrize(
    "written",
    [
        "C1002",
        "C100231-",
        "000C100231",
        "  C100231",
        "C100231000",
        "C100231-01",
        "C100231A",
        "0C100231-1",
        "BR4C100231",
    ],
)
def test_a_number_the_payer_cut_or_padded_is_found(home: PracticeHome, written: str) -> None:
    home.expect(sent("C100231"), sent("D555555", last_name="Roe"))
    assert found(home, answer(written)) == [("C100231", "claim-number-cut-or-padded", ())]


def test_leading_zeros_the_payer_left_out_are_put_back(home: PracticeHome) -> None:
    home.expect(sent("0000100231"))
    assert found(home, answer("100231")) == [("0000100231", "claim-number-cut-or-padded", ())]


def other_day(written: str, **more: Any) -> ClaimPayment:
    """An answer that patient and services do not find."""
    return answer(written, charge=11900, **more)


def test_a_number_that_may_be_cut_from_several_is_none_of_them_and_shows_them(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    assert found(home, other_day("C10023")) == [(None, None, ("C100231", "C100232"))]


def test_a_number_padded_from_one_and_cut_from_another_is_neither(home: PracticeHome) -> None:
    home.expect(sent("C1002"), sent("C100231", last_name="Roe"))
    assert found(home, other_day("C10023")) == [(None, None, ("C1002", "C100231"))]


def test_numbers_too_short_to_tell_apart_are_not_made_into_each_other(home: PracticeHome) -> None:
    home.expect(sent("1"), sent("10"), sent("1000"), sent("00010"))
    written = ["100", "01", "0010", "000100", "10000", "1-", "0"]
    assert found(home, *(other_day(each) for each in written)) == [NOTHING] * len(written)


def test_a_number_that_very_many_begin_with_says_nothing(home: PracticeHome) -> None:
    home.expect(*(sent(f"C1002{number:02d}", last_name="Roe") for number in range(11)))
    assert found(home, other_day("C1002")) == [NOTHING]
    assert found(home, other_day("C10020"))[0][2] == tuple(f"C1002{number:02d}" for number in range(10))


@pytest.mark.parametrize(
    "told",
    [
        other_day("C1002", first="JOHN"),
        other_day("C1002", last="DOW"),
        other_day("C1002", subscriber="SUB100201"),
        other_day("C1002", on=Dated("472", date(2026, 10, 6))),
    ],
    ids=["first name", "last name", "member id", "day"],
)
def test_a_number_cut_or_padded_needs_the_patient_and_the_day(sqlite_home: PracticeHome, told: ClaimPayment) -> None:
    sqlite_home.expect(sent("C100231"))
    assert found(sqlite_home, told) == [NOTHING]
    assert found(sqlite_home, other_day("C1002"))[0][0] == "C100231"


def test_wildcards_and_quotes_in_a_number_are_letters_like_others(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100'31%X"))
    assert found(home, *(other_day(each) for each in ["C1002%", "C_0023", "C1002*", "C100'31%"])) == [
        NOTHING,
        NOTHING,
        NOTHING,
        ("C100'31%X", "claim-number-cut-or-padded", ()),
    ]


def test_a_number_of_any_length_is_looked_for_without_harm(home: PracticeHome) -> None:
    home.expect(sent("C100231"))
    assert found(home, other_day("C100231" * 2000), other_day(""), other_day("0" * 40)) == [NOTHING] * 3


def test_no_form_of_a_number_is_shorter_than_five_characters_or_the_number_itself() -> None:
    assert padded_forms("C1002") == {f"{'0' * zeros}C1002" for zeros in range(1, 16)}
    assert padded_forms("00C10021") >= {"C1002", "C10021", "0C10021", "00C1002"}
    assert padded_forms("0001") == padded_forms("0000000012") == set()


# the payer's own number


def test_the_payers_number_of_an_earlier_claim_payment_finds_its_claim(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    home.run(remittance("90", remitted("C100231", payer_claim_number="ICN700100")))
    told = other_day("PAYER-77", icn="ICN700100")
    assert found(home, told) == [("C100231", "payer-claim-number", ())]
    assert found(home, told, originator="1888888888") == [NOTHING]
    assert found(home, other_day("PAYER-77", icn="ICN700101"), other_day("PAYER-77")) == [NOTHING, NOTHING]


def test_the_payers_number_of_a_claim_payment_beside_it_counts_too(home: PracticeHome) -> None:
    home.expect(sent("C100231"))
    reversal = other_day("C100231", icn="ICN700100", status="22")
    correction = other_day("PAYER-77", icn="ICN700100")
    assert found(home, correction, reversal) == [
        ("C100231", "payer-claim-number", ()),
        ("C100231", "claim-number", ()),
    ]


def test_a_payers_number_of_two_claims_is_neither(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    shared = {"payer_claim_number": "ICN700100"}
    home.run(remittance("180", remitted("C100231", **shared), remitted("C100232", **shared)))
    assert found(home, other_day("PAYER-77", icn="ICN700100")) == [(None, None, ("C100231", "C100232"))]


@pytest.mark.parametrize("icn", ["0", "NA", "00000000", "----", "1"])
def test_a_payers_number_that_says_nothing_finds_nothing(sqlite_home: PracticeHome, icn: str) -> None:
    sqlite_home.expect(sent("C100231"))
    assert found(sqlite_home, answer("C100231", icn=icn), other_day("PAYER-77", icn=icn))[1] == NOTHING


def test_what_a_claim_payment_was_matched_to_before_proves_nothing_about_itself(home: PracticeHome) -> None:
    home.expect(sent("C100231", expected="100"))
    slip = [each.replace("SUB100200", "SUB100201") for each in garbled("X9", payer_claim_number="ICN700100")]
    [held] = home.run(remittance("90", slip))
    assert (held["holds"], held["match_step"]) == (["patient-mismatch"], "patient-and-services")
    told = answer("X9", subscriber="SUB100201", icn="ICN700100")
    assert found(home, told, stored_as=[1]) == [("C100231", "patient-and-services", ())]
    assert found(home, told, stored_as=[2, 3]) == [("C100231", "payer-claim-number", ())]


# patient and services


@pytest.mark.both_databases
def test_patient_and_services_find_the_claim(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"), sent("C100233", day="2026-10-06"))
    slips = answer("PAYER-77", last="DOE", first="JNAE", subscriber="SUB100206")
    assert found(home, answer("PAYER-77"), slips) == [("C100231", "patient-and-services", ())] * 2


@pytest.mark.parametrize(
    "told",
    [
        answer("X9", charge=12001),
        answer("X9", code="D0150"),
        answer("X9", on=Dated("472", date(2026, 10, 6))),
        answer("X9", on=Dated("472", None)),
        answer("X9", last="ROE"),
        answer("X9", first="JOHN"),
        answer("X9", subscriber="SUB999999"),
        answer("X9", subscriber=""),
        answer("X9")._replace(charge_cents=None),
        answer("X9")._replace(charge_cents=24000),
    ],
    ids=["charge", "procedure", "day", "no day", "last name", "first name", "member id", "no id", "unread", "total"],
)
def test_all_of_patient_and_services_must_fit(sqlite_home: PracticeHome, told: ClaimPayment) -> None:
    sqlite_home.expect(sent("C100231"))
    assert found(sqlite_home, told) == [NOTHING]


def test_two_of_a_family_with_the_same_services_are_ambiguous(home: PracticeHome) -> None:
    home.expect(sent("C100231", first_name="Maria"), sent("C100232", first_name="Marie"))
    assert found(home, answer("X9", first="MARIA")) == [(None, None, ("C100231", "C100232"))]


def test_the_same_services_billed_to_two_plans_are_ambiguous(home: PracticeHome) -> None:
    home.expect(sent("C100231", plans=2, patient="P1"), sent("D555555", plans=2, patient="P1", ordinal=2))
    assert found(home, answer("X9")) == [(None, None, ("C100231", "D555555"))]


def test_a_claim_named_by_its_number_gets_no_second_answer_by_its_services(home: PracticeHome) -> None:
    home.expect(sent("C100231"))
    assert found(home, answer("X9"), answer("C100231")) == [
        (None, None, ("C100231",)),
        ("C100231", "claim-number", ()),
    ]


def test_a_reversal_is_found_by_what_it_negates(home: PracticeHome) -> None:
    home.expect(sent("C100231"))
    reversal = answer("X9", charge=-12000, status="22")
    assert found(home, reversal, answer("C100231"))[0] == ("C100231", "patient-and-services", ())
    assert found(home, answer("X9", charge=-12000)) == [NOTHING]


@pytest.mark.parametrize("status", ["2", "4", "19", "22", "23", "25"])
def test_whatever_the_payer_did_with_a_claim_it_is_matched(sqlite_home: PracticeHome, status: str) -> None:
    sqlite_home.expect(sent("C100231"))
    charge = -12000 if status == "22" else 12000
    assert found(sqlite_home, answer("X9", status=status, charge=charge))[0][0] == "C100231"
    assert found(sqlite_home, answer("C100231", status=status, charge=charge))[0][0] == "C100231"


SPAN = (Dated("232", date(2026, 10, 5)), Dated("233", date(2026, 10, 7)))


@pytest.mark.parametrize(
    ("dates", "step"),
    [
        (SPAN, "patient-and-services"),
        ((SPAN[0],), None),
        ((SPAN[0], Dated("233", date(2026, 10, 8))), None),
        ((), None),
    ],
    ids=["from first to last", "first only", "another last", "no day"],
)
def test_without_service_lines_the_claims_days_and_charge_must_fit(
    home: PracticeHome, dates: Sequence[Dated], step: str | None
) -> None:
    home.expect([*sent("C100231"), {**sent("C100231", procedure="D1110", day="2026-10-07")[0], "line_number": 2}])
    bare = answer("X9")._replace(lines=(), charge_cents=24000, dates=tuple(dates))
    assert found(home, bare)[0][1] == step


def test_lines_without_a_day_of_their_own_have_the_claims(home: PracticeHome) -> None:
    home.expect([*sent("C100231"), {**sent("C100231", procedure="D1110", day="2026-10-07")[0], "line_number": 2}])
    lines = (service_line("D1110", 12000), service_line("D0120", 12000))
    assert found(
        home,
        answer("X9")._replace(lines=lines, charge_cents=24000, dates=SPAN),
        answer("X9")._replace(lines=lines, charge_cents=24000, dates=(SPAN[0],)),
    ) == [("C100231", "patient-and-services", ()), NOTHING]


def test_a_later_step_may_decide_between_what_an_earlier_one_left_open(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("C100232", last_name="Roe"))
    assert found(home, answer("C10023")) == [("C100231", "patient-and-services", ())]


def test_a_later_step_does_not_contradict_an_earlier_one(home: PracticeHome) -> None:
    other_days = [sent(number, day=day) for number, day in (("C100231", "2026-08-03"), ("C100232", "2026-09-07"))]
    home.expect(*other_days, sent("D555555"))
    assert found(home, answer("C10023")) == [(None, None, ("C100231", "C100232", "D555555"))]


@given(st.sets(st.sampled_from(["A10001", "A10002", "A10003"]), min_size=2), st.integers(0, 2))
def test_ambiguous_never_matches(numbers: set[str], step: int) -> None:
    exam = procedure(1, "D0120", 12000)
    claims = {
        number: claim(exam, number=number, last_name="Doe", first_name="Jane", subscriber_id="SUB100200")
        for number in numbers
    }
    candidates = Candidates(*(numbers if each == step else () for each in range(3)))
    match = match_otherwise(answer("X9"), candidates, claims, ())
    assert match == Match(None, None, tuple(sorted(numbers)))


# as the practice sees it


def garbled(number: str, *more: str, **how: str) -> Segments:
    return [segment.replace("SUB1", "SUB100200") for segment in remitted(number, "120", "90", "30", *more, **how)]


def steps(decided: Iterable[Record]) -> list[tuple[str, str | None, str | None]]:
    return [(each["outcome"], each["match_step"], each["matched_claim"]) for each in decided]


def test_each_step_leads_to_a_post_and_is_named_in_the_log(home: PracticeHome) -> None:
    home.expect(sent("C100231"), sent("D200231", day="2026-10-06"), sent("E300231", day="2026-10-07"))
    text = remittance(
        "270",
        garbled("C100231", "REF*6R*1"),
        [segment.replace("20261005", "20261006") for segment in garbled("D200231-01")],
        [segment.replace("20261005", "20261007") for segment in garbled("UNKNOWN")],
    )
    assert steps(home.run(text)) == [
        ("post", "claim-number-and-line-control", "C100231"),
        ("post", "claim-number-cut-or-padded", "D200231"),
        ("post", "patient-and-services", "E300231"),
    ]
    assert home.posted() == {
        "insurance_deposits": 27000,
        "contracted_write_offs": 9000,
        "accounts_receivable": -36000,
    }
    home.verified()


def test_a_wrong_digit_in_the_member_id_holds_where_the_number_found_the_claim(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(sent("C100231"))
    text = remittance("90", [each.replace("SUB100200", "SUB100201") for each in garbled("C100231")])
    assert [each["holds"] for each in sqlite_home.run(text)] == [["patient-mismatch"]]


def paid_for(first: str, last: str = "DOE", subscriber: str = "SUB100200", suffix: str = "") -> str:
    """A remittance on a claim number nobody knows, for what `sent` sent."""
    named = f"NM1*QC*1*{last}*{first}***{suffix}*MI*{subscriber}"
    return remittance("90", [each.replace("NM1*QC*1*DOE*JANE****MI*SUB100200", named) for each in garbled("NOPE1")])


@pytest.mark.parametrize(
    ("practice", "last", "first", "suffix"),
    [
        (("Núñez", "José"), "NUNEZ", "JOSE", ""),
        (("Ravensworth", "Ida"), "RAVENSWORHT", "IDA", ""),
        (("O'Brien", "Ida"), "OBRIEN", "IDA", "JR"),
    ],
)
def test_an_accent_a_suffix_or_a_slip_in_the_last_name_posts(
    sqlite_home: PracticeHome, practice: tuple[str, str], last: str, first: str, suffix: str
) -> None:
    sqlite_home.expect(sent("C100231", last_name=practice[0], first_name=practice[1]))
    assert steps(sqlite_home.run(paid_for(first, last, suffix=suffix))) == [("post", "patient-and-services", "C100231")]


@pytest.mark.parametrize(
    ("practice", "remittance_says", "doubt"),
    [
        ("Marie", "MARIA", "the first name differs"),
        ("Jayden", "JADEN", "the first name differs"),
        ("Christina", "CHRISTIAN", "the first name differs"),
        ("Daniel", "DANIELLE", "the first name differs"),
        ("Ana", "A", "only an initial for the first name"),
        ("A", "A", "only an initial for the first name"),
    ],
)
def test_a_first_name_a_brother_or_sister_may_have_is_found_and_never_posts(
    sqlite_home: PracticeHome, practice: str, remittance_says: str, doubt: str
) -> None:
    sqlite_home.expect(sent("C100231", first_name=practice))
    [held] = sqlite_home.run(paid_for(remittance_says))
    assert (held["match_step"], held["matched_claim"]) == ("patient-and-services", "C100231")
    assert (held["outcome"], held["holds"]) == ("manual", ["patient-mismatch"])
    assert doubt in held["explanation"]
    assert sqlite_home.posted() == {}
    assert [each["holds"] for each in sqlite_home.records("quick-post", "EFT0001")] == [["patient-mismatch"]]
    [told] = sqlite_home.records("explain", "NOPE1")
    assert told["facts"]["patient_matches"] is False
    assert sqlite_home.era("post", "EFT0001", "NOPE1", "--by", "Ann").code == 0


def test_a_sister_whose_claim_is_another_one_is_not_paid_on_the_brothers(home: PracticeHome) -> None:
    home.expect(
        sent("FM10001", first_name="Daniel"),
        [
            {**sent("FM10002", first_name="Danielle", procedure=code)[0], "line_number": line}
            for line, code in enumerate(["D0120", "D1110"], start=1)
        ],
    )
    [held] = home.run(paid_for("DANIELLE"))
    assert held["holds"] == ["patient-mismatch"]
    assert "another patient with this member ID has a name as close or closer" in held["explanation"]
    assert home.posted() == {}


def test_a_slip_in_the_last_name_does_not_post_where_another_patient_with_the_member_id_fits_better(
    sqlite_home: PracticeHome,
) -> None:
    sqlite_home.expect(sent("C100231", last_name="Reynolds"), sent("C100239", last_name="Raynolds", procedure="D1110"))
    [held] = sqlite_home.run(paid_for("JANE", "RAYNOLDS"))
    assert held["holds"] == ["patient-mismatch"]
    assert "a name as close or closer" in held["explanation"]


def test_of_father_and_son_the_one_without_a_suffix_is_not_paid_what_is_the_others(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(sent("C100231", last_name="Stone"), sent("C100239", last_name="Stone Jr", procedure="D1110"))
    [held] = sqlite_home.run(paid_for("JANE", "STONE", suffix="JR"))
    assert held["holds"] == ["patient-mismatch"]


def test_a_wrong_digit_in_the_member_id_is_found_and_held(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(sent("C100231"))
    [held] = sqlite_home.run(paid_for("JANE", subscriber="SUB100201"))
    assert (held["match_step"], held["holds"]) == ("patient-and-services", ["patient-mismatch"])
    assert "the member ID differs" in held["explanation"]


@pytest.mark.parametrize("number", ["C100231", "XC100231"])
def test_a_number_does_not_vouch_for_the_son_where_the_claim_is_the_fathers(
    sqlite_home: PracticeHome, number: str
) -> None:
    sqlite_home.expect(sent("C100231", last_name="Doe Sr"))
    text = paid_for("JANE", suffix="JR").replace("NOPE1", number)
    assert [each["outcome"] for each in sqlite_home.run(text)] == ["manual"]
    assert sqlite_home.posted() == {}


def test_candidates_are_shown_where_none_is_sure(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(sent("C100231"), sent("C100232"))
    [held] = sqlite_home.run(remittance("90", garbled("C10023")))
    assert (held["outcome"], held["match_step"], held["matched_claim"]) == ("manual", None, None)
    assert "C100231" in held["explanation"]
    assert "C100232" in held["explanation"]
    assert sqlite_home.posted() == {}
