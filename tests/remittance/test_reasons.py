"""The meanings of codes, in plain words, for every code a payer may write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from era_engine.remittance.provider_reasons import meaning_of_provider_reason, provider_reason
from era_engine.remittance.reasons import described, meaning_of_group, meaning_of_reason, meaning_of_status


@pytest.mark.parametrize(
    ("group", "reason", "text"),
    [
        ("CO", "97", "CO-97 (included in the payment for another service)"),
        ("CO", "45", "CO-45 (charge above the contracted fee)"),
        ("PR", "45", "PR-45 (charge above the allowed amount, billed to the patient)"),
        ("PR", "1", "PR-1 (deductible)"),
        ("OA", "23", "OA-23 (what an earlier (primary) payer paid and wrote off)"),
        ("PI", "169", "PI-169 (alternate benefit: a less expensive treatment was paid)"),
        ("CO", "179", "CO-179 (waiting period not over)"),
        ("CO", "b7", "CO-b7 (the dentist was not eligible on the service date)"),
    ],
)
def test_an_adjustment_is_described(group: str, reason: str, text: str) -> None:
    assert described(group, reason) == text


def test_leading_zeros_and_blanks_do_not_hide_a_meaning() -> None:
    assert meaning_of_reason("CO", " 045") == "charge above the contracted fee"


def test_an_unknown_reason_is_named() -> None:
    assert meaning_of_reason("CO", "999") == "reason code 999, not in our list"
    assert described("", "") == "(empty)-(empty) (reason code (empty), not in our list)"


DENTAL = (
    "1 2 3 4 5 6 7 8 9 11 13 14 16 18 19 20 21 22 23 24 26 27 29 31 32 33 35 39 40 44 45 49 50 51 53 54 55 56 58 59 66"
    " 69 70 74 76 78 85 89 90 91 94 95 96 97 100 101 102 103 104 105 106 107 109 110 112 114 119 129 131 132 136 137"
    " 140 144 146 147 149 150 151 152 153 154 155 163 164 165 166 167 168 169 170 171 172 177 181 182 183 185 186 187"
    " 188 189 193 194 197 198 199 200 201 204 206 207 208 209 210 211 212 215 216 219 222 223 225 226 227 228 229 231"
    " 232 234 235 236 237 238 239 240 242 243 245 246 247 248 249 250 251 252 253 254 256 257 258 259 261 262 267 268"
    " 269 270 271 272 273 274 275 276 279 280 281 282 283 284 285 286 287 288 A0 A1 A5 A6 A8 B1 B4 B7 B8 B9 B10 B11"
    " B12 B13 B14 B15 B16 B20 B22 B23 P1 P5 P7 P12"
)


@pytest.mark.parametrize("reason", DENTAL.split())
def test_reasons_a_dental_practice_meets_have_a_short_meaning(reason: str) -> None:
    meaning = meaning_of_reason("CO", reason)
    assert "not in our list" not in meaning
    assert 3 < len(meaning) <= 80


@given(st.text(max_size=12), st.text(max_size=12))
def test_every_code_gets_some_words(group: str, reason: str) -> None:
    assert meaning_of_reason(group, reason)
    assert meaning_of_group(group)
    assert meaning_of_status(reason)


def test_groups_and_statuses_are_told_in_plain_words() -> None:
    assert [meaning_of_group(each) for each in ("CO", "PR", "OA", "PI", "CR")] == [
        "contractual",
        "patient responsibility",
        "other",
        "payer-initiated reduction",
        "correction",
    ]
    assert meaning_of_group("XX") == "group XX, not in our list"
    assert meaning_of_status("22") == "reversal of an earlier payment"
    assert meaning_of_status("19") == "processed as primary and forwarded to the next payer"
    assert meaning_of_status("99") == "status 99, not in our list"


GUIDE = (
    "50 51 72 90 AH AM AP B2 B3 BD BN C5 CR CS CT CV CW DM E3 FB FC GO HM IP IR IS J1 L3 L6 LE LS OA OB PI PL RA RE SL"
    " TL WO WU"
)


@pytest.mark.parametrize("code", GUIDE.split())
def test_every_provider_level_reason_of_the_guide_is_known(code: str) -> None:
    known = provider_reason(code)
    assert known is not None
    assert meaning_of_provider_reason(code) == known.meaning


def test_reasons_that_a_later_payment_settles() -> None:
    opening = {code for code in GUIDE.split() if (known := provider_reason(code)) and known.opens_item}
    assert opening == {"72", "AP", "B3", "C5", "E3", "FB", "IS", "OB", "PI", "PL", "WO", "WU"}


def test_an_unknown_provider_level_reason_is_named() -> None:
    assert provider_reason("ZZ") is None
    assert meaning_of_provider_reason("ZZ") == "reason code ZZ, not in our list"
    assert meaning_of_provider_reason("") == "reason code (empty), not in our list"
