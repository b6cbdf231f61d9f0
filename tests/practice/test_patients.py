"""Does a claim payment on a remittance name the patient of the practice's claim?"""

from unicodedata import normalize

import pytest
from claim_values import claim, claim_payment, person
from hypothesis import assume, given
from hypothesis import strategies as st

from era_engine.practice.patients import as_near, patient_doubts, patient_matches, patient_resembles, slip_doubts
from era_engine.remittance.model import Person

# To the letter, where a number found the claim


@pytest.mark.parametrize(
    ("practice", "remittance"),
    [
        (("O'Brien", "Maria"), ("OBRIEN", "MARIA")),
        (("O'Brien", "Maria"), ("O BRIEN", "MARIA")),
        (("Núñez", "José"), ("NUNEZ", "JOSE")),
        (("Smith-Jones", "Ann"), ("SMITH JONES", "ANN")),
        (("Smith Jr.", "Paul"), ("SMITH", "PAUL")),
        (("Smith", "Paul"), ("SMITH III", "PAUL")),
        (("Großmann", "Eva"), ("GROSSMANN", "EVA")),
        (("Smith", "Paul"), ("SMITH", "P")),
        (("Smith", "P."), ("SMITH", "PAUL")),
        (("Smith", "Paul"), ("SMITH", "")),
        (("Ivy", "Jr"), ("IVY", "JR")),
    ],
)
def test_a_name_is_the_same_however_payers_spell_it(practice: tuple[str, str], remittance: tuple[str, str]) -> None:
    ours = claim(last_name=practice[0], first_name=practice[1])
    assert patient_matches(claim_payment([person("QC", *remittance)]), ours)


@pytest.mark.parametrize(
    ("practice", "remittance"),
    [
        (("Smith", "Paul"), ("SMYTH", "PAUL")),
        (("Smith", "Paul"), ("SMITHSON", "PAUL")),
        (("Smith", "Paul"), ("SMITH", "PETER")),
        (("Smith", "Paul"), ("SMITH", "PAULA")),
        (("Smith", "Paula"), ("SMITH", "PA")),
        (("Smith", "Paul"), ("SMITH", "M")),
        (("Smith", "Paul"), ("", "PETER")),
        (("Jr", "Paul"), ("SR", "PAUL")),
        (("Smith Sr", "Paul"), ("SMITH JR", "PAUL")),
        (("Smith Junior", "Paul"), ("SMITH III", "PAUL")),
    ],
)
def test_another_name_is_another_patient(practice: tuple[str, str], remittance: tuple[str, str]) -> None:
    ours = claim(last_name=practice[0], first_name=practice[1], subscriber_id="W1")
    assert not patient_matches(claim_payment([person("QC", *remittance, identifier="W1")]), ours)


@pytest.mark.parametrize(
    ("practice", "suffix", "doubts"),
    [
        ("Smith Sr", "JR", ("the suffix differs (Jr, Sr)",)),
        ("Smith Sr", "SENIOR", ()),
        ("Smith", "JR", ()),
        ("Smith Jr", "", ()),
    ],
)
def test_father_and_son_are_told_apart_where_both_sides_give_a_suffix(
    practice: str, suffix: str, doubts: tuple[str, ...]
) -> None:
    told = claim_payment([person("QC", "SMITH", "PAUL", suffix=suffix)])
    assert patient_doubts(told, claim(last_name=practice, first_name="Paul")) == doubts


def test_a_second_given_name_may_stand_in_the_middle_name() -> None:
    ours = claim(last_name="Smith", first_name="Mary Ann")
    assert patient_matches(claim_payment([person("QC", "SMITH", "MARY", "ANN")]), ours)
    assert not patient_matches(claim_payment([person("QC", "SMITH", "MARY", "SUE")]), ours)


def test_the_member_id_must_be_the_claims_when_given() -> None:
    patient = person("QC", "OBRIEN", "MARIA")
    assert patient_matches(claim_payment([patient._replace(identifier="w123456789", id_qualifier="MI")]), claim())
    assert not patient_matches(claim_payment([patient._replace(identifier="W99", id_qualifier="MI")]), claim())


def test_the_subscribers_id_identifies_a_child() -> None:
    child = person("QC", "OBRIEN", "MARIA", identifier="W99")
    assert patient_matches(claim_payment([child, person("IL", "OBRIEN", "SEAN", identifier="W123456789")]), claim())


def test_the_subscribers_name_is_not_the_patients() -> None:
    assert not patient_matches(claim_payment([person("IL", "OBRIEN", "MARIA")]), claim())


def test_a_social_security_number_is_not_a_member_id() -> None:
    named = person("QC", "OBRIEN", "MARIA", identifier="123456789", id_qualifier="34")
    assert patient_matches(claim_payment([named]), claim())
    unnamed = person("QC", identifier="W123456789", id_qualifier="34")
    assert not patient_matches(claim_payment([unnamed]), claim())


def test_the_member_id_alone_is_not_enough_as_a_family_shares_it() -> None:
    assert not patient_matches(claim_payment([person("QC", identifier="W123456789")]), claim())
    other = person("IL", "OTHER", "PERSON", identifier="W123456789")
    assert not patient_matches(claim_payment([other]), claim())


def test_a_remittance_without_name_and_id_matches_nobody() -> None:
    assert not patient_matches(claim_payment(), claim())
    assert not patient_matches(claim_payment([person("QC")]), claim())
    assert not patient_matches(claim_payment([person("82", "OBRIEN", "MARIA", identifier="W123456789")]), claim())
    assert not patient_matches(claim_payment([person("QC", "--", "..", identifier="-")]), claim())


def test_a_first_name_alone_is_not_enough() -> None:
    assert not patient_matches(claim_payment([person("QC", first="MARIA")]), claim())


def test_a_claim_without_member_id_is_not_matched_by_one() -> None:
    payment = claim_payment([person("QC", "OBRIEN", "MARIA", identifier="W1")])
    assert not patient_matches(payment, claim(subscriber_id=""))


def test_a_corrected_name_must_be_the_practices_too() -> None:
    named = person("QC", "OBRIEN", "MARIA")
    assert patient_matches(claim_payment([named, person("74", "OBRIEN", "MARIA")]), claim())
    assert patient_matches(claim_payment([named, person("74", identifier="W123456789")]), claim())
    assert not patient_matches(claim_payment([named, person("74", "OBRIAN", "MARIA")]), claim())
    assert not patient_matches(claim_payment([named, person("74", first="SEAN")]), claim())


def test_a_correction_does_not_make_another_name_the_practices() -> None:
    people = [person("QC", "BRIAN", "MARIA"), person("74", "OBRIEN", "MARIA")]
    assert not patient_matches(claim_payment(people), claim())


# But for a slip or two, where the services found the claim


def named(last: str, first: str, identifier: str = "W123456789", **more: str) -> Person:
    return person("QC", last, first, identifier=identifier, **more)


@pytest.mark.parametrize(
    ("patient", "why"),
    [
        (named("OBRIEN", "MARIA"), "to the letter"),
        (named("OBRIEN", "M"), "an initial"),
        (named("OBRIEN", "MARIA", suffix="JR"), "a suffix"),
        (named("OBRIEN III", "MARIA"), "a suffix in the name"),
        (named("OBREIN", "MARIA"), "neighbours swapped"),
        (named("OBRIN", "MARIA"), "one left out"),
        (named("OBRYEN", "MARYA"), "one in each name"),
        (named("OBRYEM", "MARIA"), "two in one name"),
        (named("OBRIEN", "MARIA", "W123456798"), "digits swapped"),
        (named("OBRIEN", "MARIA", "W12345678901"), "a dependent's digits behind the number"),
        (named("OBRYEN", "MARIA", "W123456780"), "one in the name, one in the number"),
        (named("OBRIEN", "MARIAM"), "one more"),
    ],
)
def test_one_or_two_wrong_characters_are_forgiven(patient: Person, why: str) -> None:
    assert patient_resembles(claim_payment([patient]), claim()), why


@pytest.mark.parametrize(
    ("patient", "why"),
    [
        (named("OBRYEM", "MARYA"), "three in the names"),
        (named("OBRYEN", "MARYA", "W123456780"), "three in all"),
        (named("OBRIEN", "MARIO", "W123456712"), "three in all, two of them in the number"),
        (named("OBRIEN", "MARIELLA"), "the first name differs"),
        (named("OBRIEN", "SEAN"), "a brother"),
        (named("OBRIEN", "S"), "a brother's initial"),
        (named("OBRIEN", ""), "no first name"),
        (named("", "MARIA"), "no last name"),
        (named("OBRIEN", "MARIA", ""), "no number"),
        (named("OBRIEN", "MARIA", "W123456789", id_qualifier="34"), "a social security number"),
        (named("OBRIEN", "MARIA", "W99"), "another number"),
    ],
)
def test_more_than_that_is_another_patient(patient: Person, why: str) -> None:
    assert not patient_resembles(claim_payment([patient]), claim()), why


@pytest.mark.parametrize(
    ("practice", "remittance"), [("Lee", "LEA"), ("Ng", "NGO"), ("Park", "PERC"), ("Smith", "SMYTHE")]
)
def test_a_short_name_forgives_less(practice: str, remittance: str) -> None:
    assert not patient_resembles(claim_payment([named(remittance, "MARIA")]), claim(last_name=practice))


def test_father_and_son_are_two_though_they_share_name_and_number() -> None:
    father = claim(last_name="O'Brien Sr.")
    assert not patient_resembles(claim_payment([named("OBRIEN", "MARIA", suffix="JR")]), father)
    assert not patient_resembles(claim_payment([named("OBRIEN JR", "MARIA")]), father)
    assert patient_resembles(claim_payment([named("OBRIEN", "MARIA", suffix="SR")]), father)
    assert patient_resembles(claim_payment([named("OBRIEN", "MARIA")]), father)


@pytest.mark.parametrize(
    "patient",
    [named("OBRIEN", "MARIA"), named("O'BRYEM", "MARIA"), named("OBRIEN JR", "MARIA"), named("Ó BRIEN", "María")],
)
def test_only_the_last_name_may_have_slips_where_nothing_else_names_the_patient(patient: Person) -> None:
    assert slip_doubts(claim_payment([patient]), claim()) == ()


@pytest.mark.parametrize(
    ("patient", "doubts"),
    [
        (named("OBRIEN", "MARIE"), ("the first name differs",)),
        (named("OBRIEN", "MARIAM"), ("the first name differs",)),
        (named("OBRIEN", "M"), ("only an initial for the first name",)),
        (named("OBRIEN", "MARIA", "W123456780"), ("the member ID differs",)),
        (named("OBRIEN", "MARYA", "W123456780"), ("the first name differs", "the member ID differs")),
    ],
)
def test_any_other_slip_may_be_the_patients_sister(patient: Person, doubts: tuple[str, ...]) -> None:
    assert slip_doubts(claim_payment([patient]), claim()) == doubts


def test_a_first_name_that_the_payer_corrects_counts_too() -> None:
    people = [named("OBRIEN", "MARIA"), person("74", first="MARIE")]
    assert slip_doubts(claim_payment(people), claim()) == ("the first name differs",)


def test_a_second_given_name_in_the_middle_name_is_no_other_first_name() -> None:
    ours = claim(first_name="Maria Luz")
    assert slip_doubts(claim_payment([named("OBRIEN", "MARIA", middle="LUZ")]), ours) == ()


@pytest.mark.parametrize(
    ("relative", "near"),
    [
        (("OBrien", "Marie"), True),
        (("O'Brien", "Mariela"), False),
        (("Smith", "Marie"), False),
        (("O'Brien", "Mario"), True),
    ],
)
def test_a_relative_may_be_the_one_who_is_meant(relative: tuple[str, str], near: bool) -> None:
    assert as_near(claim_payment([named("OBRIEN", "MARIE")]), claim(), [relative]) is near


def test_a_name_to_the_letter_is_nearer_than_any_relatives() -> None:
    assert not as_near(
        claim_payment([named("OBRIEN", "MARIA")]), claim(), [("O'Brien", "Marie"), ("Obrien Jr", "Maria")]
    )
    assert as_near(claim_payment([named("OBRIEN", "MARIA", suffix="JR")]), claim(), [("Obrien Jr", "Maria")])


@pytest.mark.parametrize(
    ("patient", "doubts"),
    [
        (named("OBRIEN", "MARIA"), ()),
        (named("OBRIAN", "MARIA"), ("the last name differs",)),
        (named("OBRIAN", "SEAN", "W99"), ("the last name differs", "the first name differs", "the member ID differs")),
        (named("", "MARIA"), ("no last name",)),
        (person("IL", "OBRIEN", "MARIA", identifier="W99"), ("no patient", "the member ID differs")),
    ],
)
def test_doubts_name_what_differs(patient: Person, doubts: tuple[str, ...]) -> None:
    assert patient_doubts(claim_payment([patient]), claim()) == doubts


def test_a_correction_by_the_payer_is_named() -> None:
    people = [named("OBRIEN", "MARIA"), person("74", first="SEAN")]
    assert patient_doubts(claim_payment(people), claim()) == ("the payer corrected the name to a different one",)


def test_what_the_payer_corrects_must_resemble_the_patient_too() -> None:
    patient = named("OBRIEN", "MARIA")
    assert patient_resembles(claim_payment([patient, person("74", "OBRIAN")]), claim())
    assert not patient_resembles(claim_payment([patient, person("74", first="SEAN")]), claim())


def test_the_subscribers_number_tells_whose_child_it_is_and_the_subscribers_name_nothing() -> None:
    child = named("OBRIEN", "MARIA", "W99")
    assert patient_resembles(claim_payment([child, person("IL", "OTHER", "NAME", identifier="W123456788")]), claim())
    assert not patient_resembles(claim_payment([person("IL", "OBRIEN", "MARIA", identifier="W123456789")]), claim())


LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=12)
DIGITS = st.text("0123456789", min_size=9, max_size=11)
ACCENTS = str.maketrans({"a": "á", "e": "ê", "i": "ï", "o": "õ", "u": "ü", "c": "ç", "n": "ñ"})


@given(LETTERS, LETTERS, DIGITS, st.sampled_from(["", " Jr.", " III", ", Sr"]), st.sampled_from(["NFC", "NFD"]))
def test_case_accents_and_suffixes_count_for_nothing(
    last: str, first: str, number: str, suffix: str, form: str
) -> None:
    ours = claim(
        last_name=normalize(form, last.translate(ACCENTS)).title() + suffix, first_name=first, subscriber_id=number
    )
    assert patient_resembles(claim_payment([named(last.upper(), first.upper(), number)]), ours)
    assert patient_matches(claim_payment([named(last.upper(), first.upper(), number)]), ours)


@given(LETTERS, LETTERS, DIGITS, st.data())
def test_three_wrong_characters_never_match(last: str, first: str, number: str, data: st.DataObject) -> None:
    """Digits in names and letters in numbers stand nowhere in ours, so each is one difference, wherever it stands."""
    written = list(last + first + number)
    places = data.draw(st.sets(st.integers(0, len(written) - 1), min_size=3, max_size=6))
    for place in places:
        written[place] = "é" if written[place].isdigit() else "7"
    text = "".join(written)
    theirs = named(text[: len(last)], text[len(last) : len(last + first)], text[len(last + first) :])
    assert not patient_resembles(claim_payment([theirs]), claim(last_name=last, first_name=first, subscriber_id=number))


@given(LETTERS, LETTERS, DIGITS, st.data())
def test_one_or_two_wrong_characters_always_match(last: str, first: str, number: str, data: st.DataObject) -> None:
    written = list(last + first + number)
    places = data.draw(st.sets(st.integers(0, len(written) - 1), min_size=1, max_size=2))
    for place in places:
        written[place] = "é" if written[place].isdigit() else "7"
    text = "".join(written)
    theirs = named(text[: len(last)], text[len(last) : len(last + first)], text[len(last + first) :])
    ours = claim(last_name=last, first_name=first, subscriber_id=number)
    assert patient_resembles(claim_payment([theirs]), ours)
    assert not patient_matches(claim_payment([theirs]), ours)
    assert bool(slip_doubts(claim_payment([theirs]), ours)) == any(place >= len(last) for place in places)


@given(LETTERS, st.integers(0, 10))
def test_two_neighbours_swapped_are_one_slip(name: str, at: int) -> None:
    assume(at < len(name) - 1 and name[at] != name[at + 1])
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    assert patient_resembles(claim_payment([named(swapped, "MARYA")]), claim(last_name=name))
    assert not patient_resembles(claim_payment([named(swapped, "MARYA", "W123456780")]), claim(last_name=name))
