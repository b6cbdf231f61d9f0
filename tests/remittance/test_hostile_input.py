"""Files by grammar with wild values and structure, and real ones with bytes changed: what `file_properties` says holds.

`make fuzz` looks for more of them (hostile/fuzz.py).
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from file_properties import check, may_post
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from practices import PracticeHome, Record, era
from remittance_text import (
    Delimiters,
    Segments,
    claim,
    group,
    interchange,
    payment,
    transaction_set,
    written,
)
from where import TESTS

from era_engine.questions.inspection import inspect_file

SAMPLES = TESTS.parent / "sample_835"
SOUND = {path.name: path.read_bytes() for path in sorted(TESTS.glob("fixtures/pass/*.835"))}
FILES = SOUND | {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.835"))}

WILD_NUMBERS = [
    *("0", "-0", "90", "-90", "30", "120", "0.01", "-0.01", "90.5", "90.", ".5", "000120", "1000000000.00"),
    *(
        "",
        " ",
        "90 ",
        "+90",
        "1E3",
        "NaN",
        "Infinity",
        "٣",
        "\u221290",
        "12.345",
        "1,000",
        "9" * 12,
        "1" + "0" * 18,
        "-",
    ),
]
WILD_TEXTS = [
    *("", " ", "C1", "c1", "0", "É", "\u2028", "\x00", "\x1b[2J", "'; DROP", "=1+1", "ISA", "CLP", "x" * 300, "\ufeff"),
    *("00000000", "20260230", "20261005", "19000101", "22", "4", "25", "AD", "CO", "PR", "45", "1", "WO", "USD", "QC"),
]
TAGS = [
    *("CLP", "SVC", "CAS", "NM1", "DTM", "REF", "AMT", "QTY", "MOA", "MIA", "LQ", "PER", "LX", "TS3", "TS2", "PLB"),
    *("N1", "N3", "N4", "RDM", "BPR", "TRN", "CUR", "ISA", "GS", "ST", "SE", "GE", "IEA", "ZZZ"),
]
SEPARATORS = ["*:^~", "*:^~", "|>!~", "*~^:", "\x1d\x1f\x1e\x1c", "\x01\x1b\x02\x07", "+:!'", "§\u2502^~", "~*:^"]

number = st.sampled_from(WILD_NUMBERS)
value = st.sampled_from(WILD_NUMBERS + WILD_TEXTS)


@st.composite
def wild_segments(draw: st.DrawFn) -> Segments:
    """Segments of any tag with any elements, wherever they are put."""
    elements = st.lists(st.lists(value, min_size=1, max_size=2).map(":".join), max_size=6)
    each = st.tuples(st.sampled_from(TAGS), elements).map(lambda drawn: "*".join([drawn[0], *drawn[1]]))
    return draw(st.lists(each, max_size=3))


@st.composite
def claims(draw: st.DrawFn, sound: bool) -> tuple[int, Segments]:
    """Cents paid and the segments of a claim that adds up; unless it is to be sound, with anything put into it."""
    paid, off = draw(st.integers(0, 20_000)), draw(st.integers(0, 9_000))
    reversal = draw(st.booleans())
    sign = -1 if reversal else 1
    name = draw(st.sampled_from(["C1", "C2", "C3"]))
    as_written = [f"{sign * cents / 100:.2f}" for cents in (paid + off, paid, off)]
    segments = claim(name, *as_written, status="22" if reversal else "1")
    if draw(st.booleans()):
        triplets = "*".join(
            f"{reason}*0" for reason in draw(st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=6))
        )
        segments.append(f"CAS*PR*{triplets.replace('*0*', '*0**')}")
    if draw(st.booleans()):
        segments[2:2] = ["REF*EA*1", "DTM*232*20261005", "MOA***N130", "AMT*AU*1"]
    if not sound:
        at = draw(st.integers(0, len(segments)))
        segments[at:at] = draw(wild_segments())
        if draw(st.booleans()):
            at = draw(st.integers(0, len(segments) - 1))
            elements = segments[at].split("*")
            elements[draw(st.integers(0, len(elements) - 1))] = draw(value)
            segments[at] = "*".join(elements)
    return sign * paid, segments


@st.composite
def sets(draw: st.DrawFn, sound: bool, control: int) -> Segments:
    drawn = draw(st.lists(claims(sound), max_size=4))
    adjusted = draw(st.integers(-500, 500))
    pairs = [f"PLB*1234567893*20261231*WO:C1*{adjusted / 100:.2f}"] if adjusted else []
    amount = f"{(sum(cents for cents, _ in drawn) - adjusted) / 100:.2f}"
    method = "ACH"
    if not sound:
        amount = draw(st.one_of(st.just(amount), number))
        method = draw(st.sampled_from(["ACH", "CHK", "NON", "", "\x00"]))
        pairs += draw(wild_segments())
    body = payment(amount, *(segments for _, segments in drawn), trace=f"EFT{control}", method=method, after=pairs)
    if not sound:
        at = draw(st.integers(0, len(body)))
        body[at:at] = draw(wild_segments())
    return transaction_set(body, f"{control:04d}")


@st.composite
def files(draw: st.DrawFn, sound: bool = False) -> str:
    """Interchanges one after the other, each with separators of its own."""
    text = ""
    for number in range(1, draw(st.integers(1, 2)) + 1):
        separators, line_end = draw(st.sampled_from(SEPARATORS)), draw(st.sampled_from(["", "\n", "\r\n"]))
        groups = [
            group(*(draw(sets(sound, 10 * number + each)) for each in range(draw(st.integers(1, 2)))), control=str(at))
            for at in range(1, draw(st.integers(1, 2)) + 1)
        ]
        segments = interchange(*groups, control=f"{number:09d}")
        if not sound:
            at = draw(st.integers(0, len(segments)))
            segments[at:at] = draw(wild_segments())
            if draw(st.booleans()):
                segments.pop(draw(st.integers(0, len(segments) - 1)))
        text += written(segments, Delimiters(*separators, line_end))
    return text


many = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(files(), st.integers(1, 400))
def test_a_file_by_grammar_is_read_to_a_verdict(text: str, size: int) -> None:
    check(text.encode(), size)


@many
@given(files(sound=True))
def test_what_adds_up_by_grammar_is_read_without_a_doubt(text: str) -> None:
    """The grammar does make files that are right, so the properties above are not held by refusing everything."""
    whole = check(text.encode())
    assume(all((each.payment.payment_cents or 0) >= 0 for each in whole.surveyed.remittances))  # those are held
    assert [each for each in whole.findings if each.severity != "warn"] == []
    paid = sum(each.payment.payment_cents or 0 for each in whole.surveyed.remittances)
    taken = sum(pair.cents or 0 for each in whole.surveyed.remittances for pair in each.provider_adjustments)
    assert may_post(whole) == paid + taken


def flip(content: bytes, at: int, other: int, byte: int) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << byte % 8)]) + content[at + 1 :]


def put(content: bytes, at: int, other: int, byte: int) -> bytes:
    return content[:at] + bytes([byte]) + content[at + 1 :]


def insert(content: bytes, at: int, other: int, byte: int) -> bytes:
    return content[:at] + bytes([byte]) + content[at:]


def delete(content: bytes, at: int, other: int, byte: int) -> bytes:
    return content[:at] + content[at + 1 + byte % 40 :]


def duplicate(content: bytes, at: int, other: int, byte: int) -> bytes:
    first, last = sorted((at, other))
    return content[:last] + content[first:last] + content[last:]


def swap(content: bytes, at: int, other: int, byte: int) -> bytes:
    first, last = sorted((at, other))
    size = min(1 + byte, last - first, len(content) - last)
    moved = content[last : last + size] + content[first + size : last] + content[first : first + size]
    return content[:first] + moved + content[last + size :]


def truncate(content: bytes, at: int, other: int, byte: int) -> bytes:
    return content[:at]


Mutation = Callable[[bytes, int, int, int], bytes]
MUTATIONS: list[Mutation] = [flip, put, insert, delete, duplicate, swap, truncate]
DIGITS = list(b"0123456789-.*~:")
place = st.floats(0, 1, exclude_max=True)
changes = st.lists(
    st.tuples(st.sampled_from(MUTATIONS), place, place, st.one_of(st.integers(0, 255), st.sampled_from(DIGITS))),
    min_size=1,
    max_size=4,
)


def changed(content: bytes, change: tuple[Mutation, float, float, int]) -> bytes:
    mutation, at, other, byte = change
    return mutation(content, int(at * len(content)), int(other * len(content)), byte) if content else content


@many
@given(st.sampled_from(sorted(FILES)), changes)
def test_a_file_with_bytes_changed_is_read_to_a_verdict(
    name: str, some: list[tuple[Mutation, float, float, int]]
) -> None:
    content = FILES[name]
    for change in some:
        content = changed(content, change)
    check(content, 1 + len(content) // 3)


@many
@given(st.sampled_from(sorted(FILES)), st.sampled_from(sorted(FILES)), place, place)
def test_two_files_in_one_are_read_to_a_verdict(one: str, other: str, cut: float, begun: float) -> None:
    first, second = FILES[one], FILES[other]
    check(first[: int(cut * len(first))] + second[int(begun * len(second)) :], 1 + len(first) // 3)


def received(content: bytes) -> int:
    """Cents of the claims that nothing holds and that bring money."""
    whole = check(content, None)
    held = {id(each) for each in whole.surveyed.remittances if any(one.severity != "warn" for one in each.findings)}
    return sum(
        max(each.paid_cents or 0, 0)
        for remittance, each, own in whole.claims
        if id(remittance) not in held and not any(one.severity != "warn" for one in own)
    )


@many
@given(st.sampled_from(sorted(SOUND)), st.sampled_from([flip, put, insert]), place, st.sampled_from(DIGITS))
def test_one_changed_byte_never_makes_more_money_post(name: str, mutation: Mutation, at: float, byte: int) -> None:
    """Of a file that is right: a byte changes one amount, and each amount is told twice (claim and payment balance)."""
    content = SOUND[name]
    assert received(changed(content, (mutation, at, at, byte))) <= received(content)


def test_inspecting_twice_says_the_same(tmp_path: Path) -> None:
    """The whole of `era inspect`, with the check against the implementation guide."""
    path = tmp_path / "remittance.835"
    for name in ("usual.835", "provider_adjustments.835"):
        for at in range(0, len(SOUND[name]), 211):
            path.write_bytes(put(SOUND[name], at, 0, ord("9")))
            assert json.dumps(inspect_file(path)) == json.dumps(inspect_file(path))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> PracticeHome:
    """The sample practice with an empty inbox; the implementation guide is not asked."""
    home = PracticeHome(tmp_path_factory.mktemp("practice") / "home", "sqlite:///era.db")
    assert era("init", home.root, "--demo").code == 0
    for path in (home.root / "inbox").iterdir():
        path.unlink()
    home.set({})
    return home


def posts(records: list[Record]) -> set[tuple[str, int, int]]:
    return {
        (each["matched_claim"], each["paid_cents"], each["write_off_cents"])
        for each in records
        if each["outcome"] == "post"
    }


MIXED = ["01_delta_weekly.835", "14_delta_accents.835", "02_metlife_one_line.835", "03_cigna_ninety_five_percent.835"]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(MIXED),
    mutation=st.sampled_from([flip, put, insert, delete]),
    at=place,
    byte=st.sampled_from(DIGITS),
)
def test_one_changed_byte_never_posts_what_the_file_itself_does_not(
    name: str, mutation: Mutation, at: float, byte: int, demo: PracticeHome
) -> None:
    whole = posts(demo.records("run", "--dry-run", SAMPLES / name))
    path = demo.root / "changed.835"
    path.write_bytes(changed(FILES[name], (mutation, at, at, byte)))
    assert posts(demo.records("run", "--dry-run", path)) <= whole


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=files(), some=st.lists(st.tuples(st.sampled_from(sorted(FILES)), changes), min_size=2, max_size=2))
def test_the_books_hold_after_any_file(
    text: str,
    some: list[tuple[str, list[tuple[Mutation, float, float, int]]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = PracticeHome(tmp_path_factory.mktemp("practice") / "home", "sqlite:///era.db")
    assert era("init", home.root, "--demo").code == 0
    for path in (home.root / "inbox").iterdir():
        path.unlink()
    home.set({})
    contents = [text.encode()]
    for name, several in some:
        content = FILES[name]
        for change in several:
            content = changed(content, change)
        contents.append(content)
    for number, content in enumerate(contents):
        (home.root / "inbox" / f"{number}.835").write_bytes(content)
    home.records("run")
    home.verified()
    posted = sum(each["posted_cents"] for each in home.records("eras", "--status", "all"))
    assert posted == sum(each["paid_cents"] for each in home.records("log", "--outcome", "post"))
