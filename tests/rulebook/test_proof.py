"""The proof of a rule set: what is planted in the rules is found, shown by a claim that the engine confirms, and told
by the lines of the rules.
"""

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from decision_cases import any_facts
from hypothesis import given, settings
from known_facts import undeclared
from practices import PracticeHome, expects, remittance
from remittance_text import claim
from rule_folders import flat_rules

from era_engine.books.tables import TABLES
from era_engine.foundation.errors import RulesError
from era_engine.foundation.shipped import shipped
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.loading import PROVEN, load_rule_set, proof_key, prove
from era_engine.rulebook.proof import Unsound, never_reached, unsound
from era_engine.rulebook.reading import read_rules, rule_set_from_json
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.solver import Situations
from era_engine.rulebook.vocabulary import Vocabulary, ordinary

SHIPPED = load_rule_set(shipped("rules"), INSURANCE)
_ENGINE = Engine(SHIPPED)
TABLE, REVERSALS, HOLDS = "auto_posting.yaml", "reversals.yaml", "holds.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rules to plant a fault in."""
    return flat_rules(tmp_path / "my-rules")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(file: Path, *, to: str, when: str, name: str = "planted", **more: str) -> None:
    keys = {"because": "'-'", "reference": "'-'", "when": when, "then": to, "show": "quiet", **more}
    if file.name == HOLDS:
        keys = {"enabled": "true", "message": "'-'", "remedy": "'-'", **keys}
    entry = "".join(f"  {key}: {value}\n" for key, value in keys.items())
    file.write_text(f"{file.read_text(encoding='utf-8')}\n- id: {name}\n{entry}", encoding="utf-8")


def line_of(rule: str, folder: Path) -> str:
    """Where a person would look for it: `holds.yaml:12`."""
    [found] = [
        f"{file.name}:{number}"
        for file in folder.glob("*.yaml")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if line == f"- id: {rule}" and file.name != "indicators.yaml"
    ]
    return found


def the_fault(folder: Path) -> tuple[Unsound, str]:
    """The one thing that is wrong: as found, and as told."""
    with pytest.raises(RulesError) as error:
        load_rule_set(folder, INSURANCE)
    [found] = unsound(read_rules(folder, INSURANCE).rule_set)
    [told] = error.value.problem.splitlines()
    return found, told


def by_the_engine(folder: Path, found: Unsound) -> str:
    """What durable_rules makes of the claim that shows the fault."""
    assert found.example is not None
    with pytest.raises(EngineError) as error:
        decide(Engine(read_rules(folder, INSURANCE).rule_set), found.example)
    return error.value.problem


# sound


def test_the_shipped_rules_are_proven_within_two_seconds() -> None:
    began = time.perf_counter()
    prove(read_rules(shipped("rules"), INSURANCE))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_is_noted_beside_the_shipped_rules_is_what_is_proven(table: Vocabulary) -> None:
    """Where this fails, `make proven` proves them and notes it; until then every run proves them itself."""
    rules = read_rules(shipped("rules"), table)
    assert (rules.folder / PROVEN).read_text(encoding="ascii").strip() == proof_key(rules.rule_set)


_LOAD = """
import sys
from pathlib import Path
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.loading import load_rule_set
read = []
sys.addaudithook(lambda event, given: read.append(str(given[0])) if event == "open" else None)
load_rule_set(Path(sys.argv[1]), INSURANCE)
print("z3" in sys.modules, sum(name.endswith(".yaml") for name in read), len({n for n in read if n.endswith(".yaml")}))
"""


def loaded(folder: Path) -> str:
    """Whether the solver was loaded for these rules; how many files were read, and how many different ones."""
    words = [sys.executable, "-c", _LOAD, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_the_shipped_rules_are_loaded_for_deciding_without_the_solver_and_each_file_is_read_once() -> None:
    """Their proof is the test above; a run need not wait for it."""
    assert loaded(shipped("rules")) == "False 4 4"


def test_rules_with_other_words_need_no_proof_of_their_own_and_those_that_decide_otherwise_do(folder: Path) -> None:
    change(folder / HOLDS, "message: An amount on this claim could not be read.", "message: Illegible.")
    change(folder / "indicators.yaml", "hover: Payment successfully posted", "hover: Done")
    assert loaded(folder) == "False 4 4"
    change(folder / TABLE, "plan_count: 1,", "plan_count: {at_most: 1},")
    assert loaded(folder) == "True 4 4"


def test_no_choice_a_practice_can_make_of_its_holds_opens_a_gap() -> None:
    """The table decides without every hold that may be switched to a warning, and those cannot be missed."""
    warned = tuple(hold._replace(then="hold" if hold.fixed else "warn") for hold in SHIPPED.holds)
    assert list(unsound(replace(SHIPPED, holds=warned))) == []


def test_the_ordinary_claim_posts_and_is_as_declared() -> None:
    usual = ordinary(INSURANCE, {})
    assert undeclared(usual) == []
    assert decide(_ENGINE, usual).outcome == "post"


@pytest.mark.parametrize(
    "given", [{"claim_found": False}, {"claim_status": "22"}, {"amounts_readable": False}, {"expected_known": False}]
)
def test_what_is_not_known_of_another_claim_is_left_out(given: dict[str, FactValue | None]) -> None:
    facts = ordinary(INSURANCE, given)
    assert undeclared(facts) == []
    assert len(facts) < len(ordinary(INSURANCE, {})) or "reversal_posts" in facts


def test_a_claim_that_is_not_as_declared_is_told() -> None:
    """Or else no decision on the samples could ever be."""
    usual = ordinary(INSURANCE, {})
    assert undeclared({**usual, "claim_found": False})
    assert undeclared({**usual, "plan_count": 0}) == ["plan_count is 0"]
    assert undeclared({**usual, "minimum_cents": 10001}) == ["A percentage is at most 100."]
    assert undeclared({name: value for name, value in usual.items() if name != "paid_cents"})


def test_the_row_for_reversals_left_waits_for_a_practice_that_lets_their_hold_warn() -> None:
    [(row, front)] = never_reached(SHIPPED)
    assert (row.id, [hold.id for hold in front]) == ("reversal-left", ["reversal"])
    warned = SHIPPED.with_choices({"reversal": "warn"})
    assert list(never_reached(warned)) == []
    assert decide(Engine(warned), ordinary(INSURANCE, {"claim_status": "22"})).rule == "reversal-left"


# gaps


@pytest.mark.parametrize("position", range(len(SHIPPED.rows)))
def test_a_missing_row_is_found_whichever_it_is(position: int) -> None:
    missing = SHIPPED.rows[position]
    left = replace(SHIPPED, rows=SHIPPED.rows[:position] + SHIPPED.rows[position + 1 :])
    [found] = unsound(left)
    assert found.example is not None
    assert all(condition.met(found.example) for condition in missing.when)
    assert undeclared({**ordinary(INSURANCE, {}), **found.example}) == []
    with pytest.raises(EngineError, match="No hold and no row of the table decides a claim"):
        decide(Engine(left), found.example)


def test_a_gap_is_told_by_a_claim_and_the_nearest_rows(folder: Path) -> None:
    first = "paid_cents: {at_least: minimum_cents}, write_offs_active: true"
    change(folder / TABLE, first, "paid_cents: {more_than: minimum_cents}, write_offs_active: true")
    found, told = the_fault(folder)
    at, below = "single-plan-at-least-minimum-write-offs-on", "single-plan-below-minimum-write-offs-on"
    off = "single-plan-at-least-minimum-write-offs-off"
    assert told.startswith(
        f"{line_of(at, folder)}: no row decides a claim with plan_count 1, posting_active yes, write_offs_active yes, "
        "paid_cents $95.00, minimum_cents $95.00, partial_payment_accepted no, several_plans_proven no; nearest: "
        f"{at} (`paid_cents: {{more_than: minimum_cents}}` not met)"
    )
    assert f"{off} ({line_of(off, folder)}) (`write_offs_active: false` not met)" in told
    assert f"{below} ({line_of(below, folder)}) (`paid_cents: {{less_than: minimum_cents}}` not met)" in told
    assert "No hold and no row of the table decides a claim" in by_the_engine(folder, found)


def test_a_number_between_two_rows_is_found_however_far_from_any_boundary(folder: Path) -> None:
    change(folder / TABLE, "plan_count: {more_than: 1}, posting_active: false", "plan_count: 2, posting_active: false")
    found, told = the_fault(folder)
    assert found.example is not None
    assert int(found.example["plan_count"]) > 2
    assert "several-plans-posting-off" in told
    by_the_engine(folder, found)


def test_a_hold_that_may_be_set_to_warn_closes_no_gap(folder: Path) -> None:
    (folder / REVERSALS).unlink()
    change(folder / HOLDS, 'claim_status: "22", reversal_posts: false', 'claim_status: "22"')
    found, told = the_fault(folder)
    assert f"caught only by reversal ({line_of('reversal', folder)}), which era.toml may set to warn" in told
    assert found.example is not None
    with pytest.raises(EngineError):
        decide(Engine(read_rules(folder, INSURANCE).rule_set.with_choices({"reversal": "warn"})), found.example)


def test_a_gap_among_reversals_is_found(folder: Path) -> None:
    change(folder / REVERSALS, "when: {reversal_posts: false}", "when: {reversal_posts: false, plan_count: 1}")
    found, told = the_fault(folder)
    assert told.startswith("reversals.yaml:")
    assert "caught only by reversal (holds.yaml:" in told
    assert found.example is not None
    assert (found.example["claim_status"], found.example["reversal_posts"]) == ("22", False)


# overlaps


@pytest.mark.parametrize("row", [*SHIPPED.every_row], ids=lambda row: row.id)
def test_a_row_that_overlaps_is_found_whichever_it_is(row: Rule) -> None:
    twin = row._replace(id="twin", then="post" if row.then == "manual" else "manual")
    doubled = (
        replace(SHIPPED, rows=(*SHIPPED.rows, twin))
        if row in SHIPPED.rows
        else replace(SHIPPED, chosen={"reversal_posts": (*SHIPPED.chosen["reversal_posts"], twin)})
    )
    [found] = unsound(doubled)
    assert found.rules == ("twin", row.id)
    assert found.example is not None
    assert {row.id, "twin"} <= Engine(doubled).fired(found.example)


def test_an_overlap_is_told_by_a_claim_and_both_lines(folder: Path) -> None:
    below = "paid_cents: {less_than: minimum_cents}, write_offs_active: false"
    change(folder / TABLE, below, below.replace("less_than", "at_most"))
    found, told = the_fault(folder)
    one, other = "single-plan-at-least-minimum-write-offs-off", "single-plan-below-minimum-write-offs-off"
    assert told == (
        f"{line_of(other, folder)}: rows {one} ({line_of(one, folder)}) and {other} both decide a claim with "
        "plan_count 1, posting_active yes, write_offs_active no, paid_cents $95.00, minimum_cents $95.00"
    )
    assert f"Several rows of the table decide the same claim: {one}, {other}" in by_the_engine(folder, found)


# rules that nothing reaches


def test_a_row_whose_conditions_contradict_each_other_is_told(folder: Path) -> None:
    when = "{plan_count: 1, paid_cents: {less_than: minimum_cents}, charge_cents: 5, several_plans_proven: true}"
    add(folder / TABLE, to="manual", when=when)
    found, told = the_fault(folder)
    assert told == (
        f"{line_of('planted', folder)}: no claim can meet this row: `plan_count: 1`, `several_plans_proven: true` "
        "never holds together"
    )
    assert found.example is None


def test_a_row_behind_a_hold_is_told_with_the_hold(folder: Path) -> None:
    """Each claim that meets it is one the practice does not have."""
    add(folder / TABLE, to="manual", when="{claim_found: false, posting_active: true}")
    _, told = the_fault(folder)
    planted, hold = line_of("planted", folder), line_of("no-matching-claim", folder)
    assert told == f"{planted}: no claim gets to this row: no-matching-claim ({hold}) holds each that meets it"


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("{paid_cents: {more_than: 100, less_than: 101}}", "`paid_cents: {more_than: $1.00}`, `paid_cents: {less_than"),
        ("{plan_count: {less_than: 1}}", "`plan_count: {less_than: 1}` never holds"),
        ("{mode: manual}", "`mode: manual` never holds"),
        ("{claim_found: false, plan_count: 2}", "`claim_found: false`, `plan_count: 2` never holds together"),
        ("{reversal_posts: true, claim_status: '1'}", "`reversal_posts: true`, `claim_status: 1` never holds together"),
        ("{claim_status: {one_of: ['1', '2'], none_of: ['1', '2', '3']}}", "`claim_status: {one_of: [1, 2]}`, "),
    ],
)
def test_a_hold_that_no_claim_can_meet_is_told(folder: Path, when: str, why: str) -> None:
    add(folder / HOLDS, to="hold", when=when)
    _, told = the_fault(folder)
    assert told.startswith(f"{line_of('planted', folder)}: no claim can meet this hold: {why}")


# contradictions


def test_a_hold_and_a_warning_on_the_same_claims_are_told_with_both_lines(folder: Path) -> None:
    """However differently the two are written."""
    add(folder / HOLDS, to="hold", when="{claim_status: {one_of: ['21', '19', '20'], is_not: '1'}}")
    found, told = the_fault(folder)
    assert told.startswith(
        f"{line_of('planted', folder)}: forwarded-on ({line_of('forwarded-on', folder)}) is to warn and planted to hold"
        " for the same claims, such as a claim with claim_status "
    )
    assert found.example is not None
    assert {"forwarded-on", "planted"} <= Engine(read_rules(folder, INSURANCE).rule_set).fired(found.example)


def test_a_warning_on_more_claims_than_a_hold_is_no_contradiction(folder: Path) -> None:
    add(folder / HOLDS, to="warn", when="{denied: {is_not: true}, paid_cents: {less_than: 1}}")
    assert load_rule_set(folder, INSURANCE).holds[-1].id == "planted"


# refused


@pytest.mark.parametrize("fault", ["gap", "overlap", "unreachable", "contradiction"])
def test_nothing_is_decided_by_rules_that_fail(fault: str, folder: Path, sqlite_home: PracticeHome) -> None:
    match fault:
        case "gap":
            change(folder / TABLE, "plan_count: 1, posting_active: false", "plan_count: 1, posting_active: true")
        case "overlap":
            change(folder / TABLE, ", several_plans_proven: false}", "}")
        case "unreachable":
            change(folder / HOLDS, "{rest_of_claim_awaited: true}", "{claim_found: false, plan_count: 1}")
        case _:
            add(folder / HOLDS, to="warn", when="{denied: true}")
    sqlite_home.set({"rules": str(folder)})
    sqlite_home.expect(expects("C1"))
    sqlite_home.receive(remittance("192", claim("C1")))
    for words in (["run"], ["quick-post", "EFT0001"], ["rules", "check"]):
        ended = sqlite_home.era(*words)
        assert (ended.code, ended.out) == (4, ""), words
        assert re.search(r"(auto_posting|holds)\.yaml:\d+: ", ended.err)
    assert [path.name for path in (sqlite_home.root / "inbox").iterdir()] == ["remittance.835"]


def test_a_rule_set_of_our_own_that_is_sound_decides(folder: Path, sqlite_home: PracticeHome) -> None:
    change(folder / TABLE, "write_offs_active: false}", "write_offs_active: {is_not: true}}")
    sqlite_home.set({"rules": str(folder)})
    checked = sqlite_home.era("rules", "check")
    assert checked.code == 0
    assert re.search(r"Proven in \d\.\d s\.", checked.out + checked.err)
    assert sqlite_home.era("run").code == 0


# the solver


@given(any_facts())
@settings(max_examples=50)
def test_a_claim_of_the_solver_meets_what_it_was_asked_for(facts: dict[str, FactValue]) -> None:
    """Conditions made of any facts: what z3 finds meets them on the condition's own terms too."""
    conditions = [Condition(name, "is", value) for name, value in facts.items() if name in ("mode", "paid_cents")]
    conditions += [Condition("charge_cents", "more_than", "paid_cents")]
    claims = Situations(INSURANCE, conditions)
    found = claims.example(claims.met(conditions))
    assert found is None or all(condition.met(found) for condition in conditions)


def test_amounts_have_their_whole_range() -> None:
    conditions = (Condition("paid_cents", "at_most", -(2**63 - 1)), Condition("charge_cents", "at_least", 2**63 - 1))
    claims = Situations(INSURANCE, conditions)
    assert claims.example(claims.met(conditions)) is not None
    assert not claims.can(claims.met((Condition("paid_cents", "less_than", -(2**63 - 1)),)))


def test_a_stored_rule_set_that_would_fail_now_still_explains_what_it_decided(folder: Path) -> None:
    change(folder / TABLE, "plan_count: 1, posting_active: false", "plan_count: 1, posting_active: true")
    stored = read_rules(folder, INSURANCE).rule_set.to_json()
    assert rule_set_from_json(stored, INSURANCE).to_json() == stored


# what people see is what happens


@pytest.mark.parametrize(
    ("file", "old", "new", "refused"),
    [
        (
            "holds.yaml",
            "  show: denied\n",
            "  show: posted\n",
            "the indicators `posted` tell people of a success, and denied is to hold",
        ),
        (
            "auto_posting.yaml",
            "  then: post\n  show: posted\n",
            "  then: post\n  show: criteria-not-met\n",
            "the indicators `criteria-not-met` raise an alert, and single-plan-at-least-minimum-write-offs-on is to p",
        ),
    ],
    ids=["a hold that says posted", "an alert for what posts"],
)
def test_rules_that_show_another_thing_than_happens_are_refused(
    tmp_path: Path, file: str, old: str, new: str, refused: str
) -> None:
    folder = flat_rules(tmp_path / "rules")
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    with pytest.raises(RulesError) as refusal:
        load_rule_set(folder, INSURANCE)
    assert refused in str(refusal.value)
