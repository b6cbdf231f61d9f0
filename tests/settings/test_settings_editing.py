"""One setting changed in the text of an era.toml: every other byte stays."""

import difflib
from decimal import Decimal

import pytest

from era_engine.foundation.errors import UsageError
from era_engine.settings.editing import (
    Selector,
    keys_of,
    readings,
    with_database,
    with_value,
    without_secrets,
    without_value,
)
from era_engine.settings.model import DEFAULT_TOML

PERCENT, ENABLED = "era_payment_options.auto_post.minimum_percent", "era_payment_options.auto_post.enabled"
AUTO = "era_payment_options.auto_post"
OUTSIDE, DELTA, LPFD = Selector(), Selector("delta  dental"), Selector(None, "lpfd")
OWN = """\
# ours
era_payment_options.auto_post.enabled = true  # since May

[[override]]
payer = "Delta Dental"   # the big one
era_payment_options.auto_post.minimum_percent = 90 # July
# end of Delta

[[override]]
location = 'LPFD'
[override.holds]
denied = "warn"

# the end"""


def difference(before: str, after: str) -> list[str]:
    """Lines that are gone (-) and new (+)."""
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("text", "key", "value", "selector", "changed"),
    [
        (
            DEFAULT_TOML,
            "era_payment_options.quick_post.minimum_percent",
            Decimal("33.30"),
            OUTSIDE,
            ["- minimum_percent = 90", "+ minimum_percent = 33.30"],
        ),
        (DEFAULT_TOML, "practice.npi", "1234567893", OUTSIDE, ['+ npi = "1234567893"']),
        (DEFAULT_TOML, "holds.denied", "warn", OUTSIDE, ['+ denied = "warn"']),
        (DEFAULT_TOML, "rules", "my-rules", OUTSIDE, ['+ rules = "my-rules"']),
        (
            OWN,
            ENABLED,
            "shadow",
            OUTSIDE,
            [
                "- era_payment_options.auto_post.enabled = true  # since May",
                '+ era_payment_options.auto_post.enabled = "shadow"  # since May',
            ],
        ),
        (OWN, PERCENT, 80, OUTSIDE, [f"+ {PERCENT} = 80"]),
        (
            OWN,
            "era_payment_options.quick_post.enabled",
            False,
            OUTSIDE,
            ["+ era_payment_options.quick_post.enabled = false"],
        ),
        (OWN, PERCENT, 80, DELTA, [f"- {PERCENT} = 90 # July", f"+ {PERCENT} = 80 # July"]),
        (OWN, ENABLED, False, DELTA, [f"+ {ENABLED} = false"]),
        (OWN, "holds.denied", "hold", DELTA, ['+ holds.denied = "hold"']),
        (OWN, ENABLED, False, LPFD, [f"+ {ENABLED} = false"]),
        (OWN, "holds.reversal", "warn", LPFD, ['+ reversal = "warn"']),
        ("", "holds.denied", "warn", OUTSIDE, ["+ [holds]", '+ denied = "warn"']),
        (
            "holds = { denied = 'warn' } # all\n",
            "holds.reversal",
            "warn",
            OUTSIDE,
            ["- holds = { denied = 'warn' } # all", "+ holds = { denied = 'warn', reversal = \"warn\"} # all"],
        ),
        (
            "[era_payment_options]\nauto_post.enabled = true\n\n[files]\n",
            PERCENT,
            80,
            OUTSIDE,
            ["+ auto_post.minimum_percent = 80"],
        ),
        (
            DEFAULT_TOML,
            ENABLED,
            False,
            Selector("DELTA", "LPFD"),
            ["+ ", "+ [[override]]", '+ payer = "DELTA"', '+ location = "LPFD"', f"+ {ENABLED} = false"],
        ),
    ],
)
def test_a_value_is_set_and_nothing_else_is_touched(
    text: str, key: str, value: object, selector: Selector, changed: list[str]
) -> None:
    assert difference(text, with_value(text, keys_of(key), value, selector)) == changed


def test_a_new_key_stands_with_its_table_and_not_behind_comments_on_what_follows() -> None:
    lines = with_value(OWN, keys_of(ENABLED), False, DELTA).splitlines()
    assert lines[lines.index("# end of Delta") - 1] == f"{ENABLED} = false"


@pytest.mark.parametrize(
    ("text", "key", "selector", "gone"),
    [
        (
            DEFAULT_TOML,
            "ledger_options.auto_post_contracted_write_offs",
            OUTSIDE,
            "auto_post_contracted_write_offs = true\n",
        ),
        (OWN, ENABLED, OUTSIDE, f"{ENABLED} = true  # since May\n"),
        (OWN, PERCENT, DELTA, f'\n[[override]]\npayer = "Delta Dental"   # the big one\n{PERCENT} = 90 # July\n'),
        (
            OWN.replace("# July\n", "# July\nholds.denied = 'warn'\n"),
            PERCENT,
            DELTA,
            f"{PERCENT} = 90 # July\n",
        ),
        (OWN, "holds.denied", LPFD, "\n[[override]]\nlocation = 'LPFD'\n[override.holds]\ndenied = \"warn\"\n"),
    ],
)
def test_a_key_is_taken_out_and_an_override_left_with_nothing_goes_with_it(
    text: str, key: str, selector: Selector, gone: str
) -> None:
    assert text.count(gone) == 1
    assert without_value(text, keys_of(key), selector) == text.replace(gone, "")


def test_line_ends_of_windows_stay() -> None:
    text = DEFAULT_TOML.replace("\n", "\r\n")
    changed = with_value(with_value(text, keys_of("holds.denied"), "warn"), keys_of(PERCENT), 80, DELTA)
    assert changed.count("\n") == changed.count("\r\n") == text.count("\n") + 5
    assert without_value(changed, keys_of(PERCENT), DELTA) == with_value(text, keys_of("holds.denied"), "warn")


def test_what_is_set_and_taken_out_again_leaves_the_text_as_it_was() -> None:
    for text in (DEFAULT_TOML, OWN + "\n"):
        for key, selector in ((PERCENT, Selector("Guardian")), ("holds.reversal", OUTSIDE), ("practice.npi", OUTSIDE)):
            there = with_value(text, keys_of(key), "1", selector)
            assert without_value(there, keys_of(key), selector).startswith(text)


def test_lists_of_tables_stay_where_they_are() -> None:
    """Overrides with other tables between them, which tomlkit would put together."""
    text = f"[[override]]\npayer = 'A'\n{PERCENT} = 1\n[holds] # h\n# none\n[[override]]\npayer = 'B'\n{PERCENT} = 2\n"
    assert with_value(text, keys_of(PERCENT), 3, Selector("B")) == text.replace("= 2", "= 3")
    assert with_value(text, keys_of("holds.denied"), "warn") == text.replace("# h\n", '# h\ndenied = "warn"\n')
    assert with_value(text, keys_of("holds.denied"), "warn", Selector("A")) == text.replace(
        "= 1\n", '= 1\nholds.denied = "warn"\n'
    )


def test_a_key_with_dots_comes_before_the_tables_of_an_override() -> None:
    text = f"[[override]]\npayer = 'A'\n[override.{AUTO}]\nenabled = true\n# a\n[holds]\n"
    there = with_value(text, keys_of("era_payment_options.quick_post.enabled"), False, Selector("a"))
    assert there == text.replace("'A'\n", "'A'\nera_payment_options.quick_post.enabled = false\n")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("true", [True]),
        ("90", [90, "90"]),
        ("33.3", [Decimal("33.3"), "33.3"]),
        ("warn", ["warn"]),
        ('"warn"', ["warn"]),
        ('["16", "B7"]', [["16", "B7"]]),
        ("12-3456789", ["12-3456789"]),
        ("nan", ["nan"]),
    ],
)
def test_a_value_is_toml_or_a_plain_word(typed: str, meant: list[object]) -> None:
    assert readings(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "[", "two words", 'a"b', "1\n[holds]\ndenied = 2", "1\nother = 2", "9" * 5000 + "!"]
)
def test_what_could_be_more_than_one_value_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="not valid TOML and not a plain word"):
        readings(typed)


@pytest.mark.parametrize("key", ["era_payment_options.auto_post", "holds"])
def test_a_table_is_no_setting(key: str) -> None:
    with pytest.raises(UsageError):
        with_value(OWN + "\n[holds]\ndenied = 'warn'\n", keys_of(key), "warn")


# what is kept

SECRET = """\
database = "postgresql+psycopg://practice:hun%2Fter2@server/era?sslpassword=hunter2"  # before: mysql://me:hunter2@old/x
# database = 'postgresql://practice:hun'ter2@server/era?password=hunter2'
# or postgresql+psycopg://USER:PASSWORD@HOST/NAME
conformance = "off"
"""
KEPT = """\
database = "postgresql+psycopg://server/era"  # before: mysql://…@old/x
# database = 'postgresql://…@server/era?…
# or postgresql+psycopg://USER:PASSWORD@HOST/NAME
conformance = "off"
"""


def test_no_password_is_kept() -> None:
    assert without_secrets(SECRET, "postgresql+psycopg://server/era") == KEPT


@pytest.mark.parametrize("line", ['"database" = {}', "database={}", "\tdatabase\t= {} # x", '"data\\u0062ase" = {}'])
def test_no_password_is_kept_however_the_line_is_written(line: str) -> None:
    for value in ('"postgresql://o:hunter2@s/e"', "'postgresql://o:hunter2@s/e'", '"postgresql://o:hunt\\u0065r2@s/e"'):
        kept = without_secrets(line.format(value) + "\n", "postgresql+psycopg://s/e")
        assert "hunt" not in kept
        assert "postgresql+psycopg://s/e" in kept


def test_the_database_is_put_in_again() -> None:
    url = "postgresql+psycopg://practice:hunter2@server/era"
    assert with_database(KEPT, url) == KEPT.replace("postgresql+psycopg://server/era", url)
    assert with_database('# c\nconformance = "off"\n', url) == f'database = "{url}"\n# c\nconformance = "off"\n'
    assert with_database(KEPT, None) == KEPT.split("\n", 1)[1]
