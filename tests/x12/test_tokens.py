"""Text to segments: separators from the ISA, whatever surrounds it, however the text arrives."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from remittance_text import Delimiters, balanced_file, claim, group, interchange, isa, payment, transaction_set, written

from era_engine.x12.finding import Finding
from era_engine.x12.reader import Reader, Segment, read_segments
from era_engine.x12.tokens import MAX_SEGMENT, Separators, Tokeniser, find_header

USUAL = balanced_file()
USUAL_SEGMENTS = list(read_segments([USUAL]))


def tokenised(*chunks: str) -> tuple[list[str], list[Finding]]:
    """Raw segments and what is wrong with the text."""
    tokeniser = Tokeniser(iter(chunks))
    segments = [raw for batch in tokeniser.batches() for raw in batch.segments]
    return segments, tokeniser.findings


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.severity, each.code) for each in findings]


def everything(chunks: list[str]) -> tuple[list[tuple[str, list[str], tuple[Finding, ...]]], list[Finding]]:
    """What a reader says of a text: transaction sets with their segments and findings, and findings of the file."""
    reader = Reader(chunks)
    sets = [(each.control_number, list(each.raw_segments()), tuple(each.findings)) for each in reader]
    of_interchanges = [finding for each in reader.interchanges for finding in each.findings]
    of_groups = [finding for each in reader.groups for finding in each.findings]
    return sets, reader.findings + of_interchanges + of_groups


def test_a_segment_knows_its_tag_its_elements_and_its_place_in_the_file() -> None:
    assert len(USUAL_SEGMENTS) == 20
    assert USUAL_SEGMENTS[2] == Segment("ST", ("835", "0001"), 3)
    assert USUAL_SEGMENTS[12] == Segment("CLP", ("C1", "1", "120", "90", "", "12", "ICN1", "11", "1"), 13)
    assert USUAL_SEGMENTS[19] == Segment("IEA", ("1", "000000001"), 20)


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("element", "component", "repetition", "terminator"),
    [
        ("|", ">", "^", "~"),
        (">", "<", "^", "~"),
        ("^", "&", "!", "'"),
        ("+", ":", "^", "'"),
        ("*", "\\", "^", "|"),
        ("\x1d", "\x1f", "\x1c", "\x1e"),
        ("\x1c", "\x1d", "\x1e", "\x1f"),
        ("*", ":", "^", "\x1c"),
        ("Ö", "ä", "ß", "§"),
        ("\u2502", "\u2503", "\u2504", "\u2505"),
    ],
)
def test_separators_are_whatever_the_isa_says(
    element: str, component: str, repetition: str, terminator: str, line_end: str
) -> None:
    text = balanced_file(Delimiters(element, component, repetition, terminator, line_end))
    segments = list(read_segments([text]))
    assert [each.tag for each in segments] == [each.tag for each in USUAL_SEGMENTS]
    line = next(each for each in segments if each.tag == "SVC")
    assert line.elements == (f"AD{component}D0120", "120", "90", "", "1")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_end_of_the_line_may_be_the_terminator(line_end: str) -> None:
    segments, findings = tokenised(balanced_file(Delimiters(terminator="", line_end=line_end)))
    assert len(segments) == 20
    assert segments[12] == "CLP*C1*1*120*90**12*ICN1*11*1"
    assert findings == []


def test_line_ends_as_terminators_may_differ_within_a_file() -> None:
    first, rest = balanced_file(Delimiters(terminator="", line_end="\n")).split("\n", 1)
    segments, findings = tokenised(f"{first}\r\n{rest}")
    assert len(segments) == 20
    assert segments[19] == "IEA*1*000000001"
    assert findings == []


def test_the_terminator_may_stand_at_the_beginning_of_the_next_line() -> None:
    assert tokenised(USUAL.replace("~\n", "\n~")) == tokenised(USUAL)
    assert tokenised(USUAL.replace("~\n", "\r\n~")) == tokenised(USUAL)


def test_blank_lines_between_segments_mean_nothing() -> None:
    text = balanced_file(Delimiters(terminator="", line_end="\n")).replace("\nCLP", "\n\n\nCLP")
    assert tokenised(text) == tokenised(balanced_file(Delimiters(terminator="", line_end="\n")))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("width", [80, 60, 7])
def test_a_text_broken_at_a_fixed_width_is_read_as_if_it_were_not(width: int, line_end: str) -> None:
    text = balanced_file(Delimiters(line_end=""))
    broken = line_end.join(text[at : at + width] for at in range(0, len(text), width))
    assert tokenised(broken) == tokenised(text)


@pytest.mark.parametrize("blanks", ["  ", "\t", " \r\n ", " " * 200, "\n" * 100])
def test_blanks_before_a_segment_are_none_of_it(blanks: str) -> None:
    assert tokenised(USUAL.replace("\n", blanks)) == tokenised(USUAL)


@pytest.mark.parametrize("tag", ["isa", "Isa"])
def test_a_file_in_small_letters_is_read_in_capitals(tag: str) -> None:
    segments, findings = tokenised(USUAL.lower().replace("isa", tag))
    assert segments == [raw.upper() for raw in tokenised(USUAL)[0]]
    assert findings == []


def test_separators_survive_reading_in_capitals() -> None:
    text = balanced_file(Delimiters(element="ö")).lower()
    assert [each.tag for each in read_segments([text])] == [each.tag for each in USUAL_SEGMENTS]


def test_two_files_of_small_and_capital_letters_may_follow_each_other() -> None:
    segments, findings = tokenised(USUAL.lower() + USUAL)
    assert segments == tokenised(USUAL)[0] * 2
    assert findings == []


@pytest.mark.parametrize("read_of_the_header", range(1, 107))
def test_a_header_in_small_letters_may_arrive_in_pieces_after_a_file_without_trailer(read_of_the_header: int) -> None:
    small = USUAL.lower()
    first = small[: small.index("iea")]
    text, cut = first + small, len(first) + read_of_the_header
    assert tokenised(text[:cut], text[cut:]) == tokenised(text)


def test_claims_are_counted_in_small_letters_too_where_a_segment_has_no_end() -> None:
    begun = USUAL.lower().partition("clp*")[0]
    _, [finding] = tokenised(begun, "clp*" + "x" * MAX_SEGMENT, "clp*c2", "clp*c3")
    assert "3 claim payment(s)" in finding.message


@pytest.mark.parametrize("around", ["", "\n", "\r\n", "\x1a", "\x00" * 40, " " * 500, "\ufeff", " \r\n\x1a\x00"])
def test_padding_around_an_interchange_means_nothing(around: str) -> None:
    assert tokenised(around + USUAL + around) == tokenised(USUAL)


@pytest.mark.parametrize(
    ("before", "between", "after", "position"),
    [("Dear Sir ", "", "", 1), ("", "next please", "", 21), ("", "", "(end)", 41), ('"', "", "", 1)],
)
def test_text_outside_interchanges_is_named(before: str, between: str, after: str, position: int) -> None:
    segments, findings = tokenised(before + USUAL + between + USUAL + after)
    assert segments == tokenised(USUAL)[0] * 2
    (finding,) = findings
    assert codes(findings) == [("hold", "text-outside-interchange")]
    assert (finding.segment_number, finding.excerpt) == (position, (before + between + after).strip())


def test_claims_outside_interchanges_are_counted_and_refused() -> None:
    _, findings = tokenised(USUAL + "CLP*C2*1*5*5~NM1*QC*1*CLPTON~CLP*C3*1*5*5~")
    assert codes(findings) == [("reject", "text-outside-interchange")]
    assert "2 claim payment(s)" in findings[0].message


def test_the_letters_isa_in_other_text_begin_no_interchange() -> None:
    segments, findings = tokenised("VISA CARD, ISA-BELLA, ISA*" + USUAL)
    assert segments == tokenised(USUAL)[0]
    assert codes(findings) == [("hold", "text-outside-interchange")]


def test_the_letters_isa_and_iea_in_data_end_no_interchange() -> None:
    text = USUAL.replace("DOE*JANE", "ISA*00").replace("HELP DESK", "IEA*1*000000001")
    segments, findings = tokenised(text)
    assert "NM1*QC*1*ISA*00****MI*SUB1" in segments
    assert (len(segments), findings) == (20, [])


@pytest.mark.parametrize(
    "text",
    ["", " \r\n", "%PDF-1.7 \x00\xe2\xe3", "GS*HP*PAYER~ST*835*0001~", "PK\x03\x04ISA*00*", "ISA", isa(), isa() + "~"],
)
def test_without_an_interchange_nothing_is_read(text: str) -> None:
    segments, findings = tokenised(text)
    assert segments == []
    assert codes(findings) == [("reject", "no-interchange")]
    assert "expected an interchange header beginning with ISA" in findings[0].message


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters(component="*"),
        Delimiters(terminator="*", line_end=""),
        Delimiters(component="~"),
        Delimiters(terminator="C", line_end=""),
        Delimiters(terminator="7", line_end=""),
        Delimiters(component="D"),
        Delimiters(terminator=" ", line_end=""),
    ],
    ids=repr,
)
def test_separators_that_cannot_be_told_apart_or_from_data_are_refused(delimiters: Delimiters) -> None:
    segments, findings = tokenised(balanced_file(delimiters))
    assert segments == []
    assert codes(findings) == [("reject", "no-interchange")]
    assert "lacks an element or a separator" in findings[0].message
    assert "1 claim payment(s)" in findings[0].message


def test_a_header_that_lacks_an_element_is_refused_with_its_claims_counted() -> None:
    damaged = USUAL.replace("*00*          *ZZ", "*ZZ", 1).replace("C1", "C7")
    assert codes(tokenised(damaged)[1]) == [("reject", "no-interchange")]
    segments, findings = tokenised(USUAL + damaged)
    assert segments == tokenised(USUAL)[0]
    assert codes(findings) == [("reject", "text-outside-interchange")]
    assert "1 claim payment(s)" in findings[0].message


def test_a_header_whose_blanks_were_trimmed_is_read_with_a_warning() -> None:
    trimmed = isa().replace("          ", "").replace("     ", "")
    segments, findings = tokenised(USUAL.replace(isa(), trimmed))
    assert segments[1:] == tokenised(USUAL)[0][1:]
    assert codes(findings) == [("warn", "isa-length")]
    assert "71 characters" in findings[0].message


def test_a_header_cut_short_is_stray_text_before_the_next_one() -> None:
    segments, findings = tokenised(USUAL[:30] + USUAL)
    assert segments == tokenised(USUAL)[0]
    assert codes(findings) == [("hold", "text-outside-interchange")]


def test_empty_segments_are_counted_once_for_an_interchange() -> None:
    segments, findings = tokenised(USUAL.replace("CLP", "~" * 3000 + "CLP").replace("SE*", "~\n~SE*"))
    assert segments == tokenised(USUAL)[0]
    assert codes(findings) == [("warn", "empty-segment")]
    assert findings[0].message.startswith("3002 empty segment(s)")
    assert findings[0].segment_number == 13


def test_nul_characters_become_visible_and_are_counted_once_for_an_interchange() -> None:
    segments, findings = tokenised(USUAL.replace("DOE", "D\x00\x00E").replace("SUB1", "\x00SUB1"))
    assert segments[13] == "NM1*QC*1*D\u2400\u2400E*JANE****MI*\u2400SUB1"
    assert codes(findings) == [("hold", "control-character")]
    assert findings[0].message.startswith("3 NUL character(s)")
    assert findings[0].segment_number == 14


def test_interchanges_may_follow_each_other_though_the_first_lacks_its_last_terminator() -> None:
    other = balanced_file(Delimiters("|", ">", "^", "\\"))
    segments, findings = tokenised(USUAL.rstrip("~\n") + "\r\n" + other)
    assert segments[:20] == tokenised(USUAL)[0]
    assert segments[20:] == tokenised(other)[0]
    assert codes(findings) == [("warn", "missing-terminator")]
    assert (findings[0].segment_number, findings[0].excerpt) == (20, "IEA*1*000000001")


def test_interchanges_may_follow_each_other_though_the_first_lacks_its_trailer() -> None:
    trailer = USUAL.index("IEA")
    segments, findings = tokenised(USUAL[:trailer] + balanced_file(Delimiters("*", ">", "^", "\x1d")))
    assert len(segments) == 19 + 20
    assert segments[31] == "CLP*C1*1*120*90**12*ICN1*11*1"
    assert findings == []


def test_a_segment_of_more_than_a_mebibyte_ends_the_reading_and_says_what_is_lost() -> None:
    text = USUAL.replace("CAS*", "NTE*" + "x" * (2 * MAX_SEGMENT) + "~CAS*").replace("SE*", "CLP*C2*1*5*5~SE*")
    chunks = [text[at : at + MAX_SEGMENT] for at in range(0, len(text), MAX_SEGMENT)]
    segments, findings = tokenised(*chunks)
    assert segments == tokenised(USUAL)[0][:16]
    assert codes(findings) == [("reject", "segment-too-long")]
    assert "1 claim payment(s)" in findings[0].message


def test_much_text_between_interchanges_ends_the_reading_and_says_so() -> None:
    chunks = [USUAL, *["-" * MAX_SEGMENT] * 4, USUAL]
    segments, findings = tokenised(*chunks)
    assert segments == tokenised(USUAL)[0]
    assert codes(findings) == [("reject", "text-outside-interchange")]
    assert "Nothing after them was read" in findings[0].message


def test_a_header_tells_where_it_is_and_what_it_says() -> None:
    header = find_header("..." + isa() + "~")
    assert header is not None
    assert (header.start, header.end, header.length) == (3, 108, 106)
    assert header.separators == Separators("*", ":", "^", "~")
    assert not header.lower_case


@st.composite
def documents(draw: st.DrawFn) -> tuple[Delimiters, list[str]]:
    """Segments of an interchange, and what to write them with."""
    characters = draw(st.permutations("*|^~:>&!'+\\\x1c\x1d\x1e\x1f\n§Ö"))
    others = [each for each in characters if each != "\n"]
    delimiters = Delimiters(others[0], others[1], others[2], characters[-1], line_end="")
    data = st.text(
        st.characters(codec="utf-8", exclude_characters="".join(delimiters) + "*:^\r\n\x00"), min_size=1, max_size=8
    )
    tag = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(lambda each: each not in ("ISA", "IEA"))
    segment = st.builds(lambda tag, elements: "*".join([tag, *elements]), tag, st.lists(data, max_size=4))
    return delimiters, [isa(), *draw(st.lists(segment, max_size=12)), "IEA*1*000000001"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_joining_the_segments_gives_the_text_again(document: tuple[Delimiters, list[str]]) -> None:
    delimiters, written_segments = document
    text = written(written_segments, delimiters)
    segments, findings = tokenised(text)
    assert delimiters.terminator.join(segments) + delimiters.terminator == text
    assert findings == []


STRANGE = {
    "usual": USUAL,
    "two interchanges of different separators": USUAL + balanced_file(Delimiters("|", ">", "!", "\x1e", "\r\n")),
    "line ends as terminators": balanced_file(Delimiters(terminator="", line_end="\r\n")) + USUAL,
    "terminators at the beginning of lines": USUAL.replace("~\n", "\r\n~"),
    "broken at 80": "\r\n".join(USUAL.replace("\n", "")[at : at + 80] for at in range(0, len(USUAL), 80)),
    "small letters": USUAL.lower() + USUAL,
    "empty segments": USUAL.replace("~\n", "~~\n~"),
    "nul characters": "\x00" + USUAL.replace("DOE", "\x00\x00").replace("~\n", "~\x00\n", 3) + "\x00",
    "text everywhere": "one" + USUAL + "two\n" + USUAL + "three CLP*C9*1*1*1~",
    "cut": USUAL[:-60],
    "no trailer, then another": USUAL[: USUAL.index("IEA")] + balanced_file(Delimiters("|", ">", "!", "'")),
    "no terminator, then another": USUAL.rstrip("~\n") + "\n" + USUAL,
    "no last terminator": USUAL.rstrip("~\n") + "\n\x1a",
    "blanks everywhere": USUAL.replace("\n", " \t \r\n  " + " " * 90),
    "trailer in the middle": USUAL.replace("CAS*", "IEA*1*000000001~CAS*"),
    "nested": USUAL.replace("CAS*", isa("000000002") + "~CAS*"),
    "no interchange": "GS*HP~ST*835*0001~CLP*C1~",
    "several sets": written(
        interchange(
            group(transaction_set(payment("90", claim())), transaction_set(payment("90", claim("C2")), "0002")),
            group(transaction_set(payment("90", claim("C3")), "0003"), control="2"),
        )
    ),
}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(STRANGE)), st.lists(st.integers(0, 120), min_size=1, max_size=30))
@example("usual", [1])
@example("no terminator, then another", [1])
@example("no trailer, then another", [1])
@example("line ends as terminators", [1])
@example("terminators at the beginning of lines", [1])
@example("broken at 80", [1])
@example("small letters", [1])
@example("text everywhere", [1])
@example("nul characters", [1])
@example("empty segments", [1])
@example("trailer in the middle", [1])
def test_a_text_reads_the_same_however_it_arrives(name: str, sizes: list[int]) -> None:
    text = STRANGE[name]
    chunks: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(chunks) % len(sizes)] or 1
        chunks.append(text[at : at + size])
        at += size
    assert everything(chunks) == everything([text])
