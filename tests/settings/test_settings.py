"""era.toml: what is read, what is refused and in which words."""

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from where import ERRORS, ROOT

from era_engine.foundation.errors import SettingsError
from era_engine.settings.model import DEFAULT_TOML, Settings, load_settings
from era_engine.settings.tables import Practice, percent_text

BROKEN = sorted(ERRORS.glob("settings/*.toml"))
REFERENCE = ROOT / "docs" / "settings.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def settings_of(home: Path, toml: str) -> Settings:
    (home / "era.toml").write_text(toml, encoding="utf-8")
    return load_settings(home)


def refusal_of(home: Path, toml: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_of(home, toml)
    return str(refused.value)


def test_the_file_made_by_init_holds_the_defaults(home: Path) -> None:
    assert settings_of(home, DEFAULT_TOML) == Settings()


def test_every_example_behind_a_comment_mark_in_the_file_made_by_init_is_valid(home: Path) -> None:
    (home / "my-rules").mkdir()
    uncommented = re.sub(r"^# (?=[\w.-]+ = |\[)", "", DEFAULT_TOML, flags=re.MULTILINE)
    settings = settings_of(home, uncommented)
    assert settings.rules_folder(home) == home / "my-rules"
    assert settings.practice == Practice(npi="1234567893", tax_id="123456789")
    delta, label = settings.for_claim("DDP71", "Delta Dental", "LPFD")
    assert (delta.posting("auto").minimum_percent, label) == (Decimal(90), "payer DELTA, location LPFD")


@pytest.mark.parametrize("toml", ["", "\ufeff", "[era_payment_options]\n", "[practice]\r\n[ledger_options]\r\n"])
def test_what_is_left_out_has_its_default(home: Path, toml: str) -> None:
    settings = settings_of(home, toml)
    assert settings.database_url(home) == f"sqlite:///{home}/era.db"
    assert settings.conformance == "report"
    assert settings.rules_folder(home) is None
    assert (settings.posting("auto").enabled, settings.posting("auto").minimum_percent) == (True, Decimal(95))
    assert (settings.posting("quick").enabled, settings.posting("quick").minimum_percent) == (True, Decimal(90))
    assert settings.ledger_options.auto_post_contracted_write_offs is True
    assert (settings.practice.npi, settings.practice.tax_id) == (None, None)


def test_each_mode_has_its_own_switch_and_minimum(home: Path) -> None:
    settings = settings_of(
        home,
        "[era_payment_options.auto_post]\nenabled = false\n[era_payment_options.quick_post]\nminimum_percent = 87.5\n",
    )
    assert (settings.posting("auto").enabled, settings.posting("auto").minimum_percent) == (False, Decimal(95))
    assert settings.posting("quick").enabled is True
    assert settings.posting("quick").minimum_percent == Decimal("87.5")


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("33.3", Fraction(333, 10)),
        ("0", Fraction(0)),
        ("-0.0", Fraction(0)),
        ("100", Fraction(100)),
        ("1e2", Fraction(100)),
        ("0e9999", Fraction(0)),
        ("66.66666666666666666666", Fraction(6666666666666666666666, 10**20)),
    ],
)
def test_a_percentage_is_exactly_what_is_written(home: Path, written: str, exact: Fraction) -> None:
    settings = settings_of(home, f"era_payment_options.auto_post.minimum_percent = {written}")
    assert Fraction(settings.posting("auto").minimum_percent) == exact


def test_a_zero_of_absurd_length_is_just_zero(home: Path) -> None:
    settings = settings_of(home, "era_payment_options.auto_post.minimum_percent = 0e999999999")
    assert str(settings.posting("auto").minimum_percent) == "0"


@pytest.mark.parametrize(
    ("percent", "text"),
    [("95", "95"), ("95.00", "95"), ("87.50", "87.5"), ("33.3", "33.3"), ("1E+2", "100"), ("0E-9", "0"), ("-0", "0")],
)
def test_a_percentage_has_one_spelling(percent: str, text: str) -> None:
    assert percent_text(Decimal(percent)) == text


@given(st.decimals(0, 100, places=6), st.integers(0, 6))
def test_the_spelling_of_a_percentage_depends_on_its_value_alone(percent: Decimal, zeros: int) -> None:
    spelt = percent_text(percent)
    assert Decimal(spelt) == percent
    assert percent_text(Decimal(f"{percent:f}" + "0" * zeros)) == spelt
    assert re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", spelt)


def test_equal_settings_have_equal_hashes_however_they_are_written(home: Path) -> None:
    hashes = {
        settings_of(home, toml).content_hash
        for toml in (
            "",
            DEFAULT_TOML,
            "era_payment_options.auto_post.minimum_percent = 95.00",
            'era_payment_options = { quick_post = { minimum_percent = 9e1 } }\nconformance = "report"',
        )
    }
    assert len(hashes) == 1
    assert re.fullmatch("sha256:[0-9a-f]{64}", hashes.pop())


def test_the_hash_changes_with_each_setting_but_the_database(home: Path) -> None:
    (home / "rules").mkdir()
    changes = [
        "",
        'conformance = "off"',
        'rules = "rules"',
        "era_payment_options.auto_post.enabled = false",
        "era_payment_options.auto_post.minimum_percent = 95.01",
        "era_payment_options.quick_post.enabled = false",
        "era_payment_options.quick_post.minimum_percent = 95",
        "ledger_options.auto_post_contracted_write_offs = false",
        'practice.npi = "1234567893"',
        'practice.tax_id = "123456789"',
    ]
    assert len({settings_of(home, toml).content_hash for toml in changes}) == len(changes)
    assert settings_of(home, 'database = "sqlite:///other.db"').content_hash == Settings().content_hash
    dashed = settings_of(home, 'practice.tax_id = "12-3456789"')
    assert dashed.content_hash == settings_of(home, 'practice.tax_id = "123456789"').content_hash


def test_settings_are_frozen() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.conformance = "off"
    with pytest.raises(ValidationError):
        settings.posting("auto").enabled = False


def test_a_sqlite_file_is_found_in_the_home_whatever_the_current_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.parent)
    assert Settings().database_url(Path(home.name)) == f"sqlite:///{home}/era.db"
    elsewhere = settings_of(home, 'database = "sqlite:////var/lib/era/books.db"')
    assert elsewhere.database_url(home) == "sqlite:////var/lib/era/books.db"
    assert elsewhere.database_shown == "sqlite:////var/lib/era/books.db"


def test_a_home_whose_path_cannot_be_written_in_a_url_is_refused() -> None:
    with pytest.raises(SettingsError, match="question mark"):
        Settings().database_url(Path("/practices/which?"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize(
    ("rest", "shown"),
    [
        ("practice:hunter2@server:5432/era", "server:5432/era"),
        ("practice:hun%2Fter2@server/era?sslmode=require&password=hunter2", "server/era"),
        ("server/era?user=practice&password=hunter2@x", "server/era"),
        ("hunter2@/era?host=/run/postgresql", "/era"),
        ("practice:hunter2@[::1]:5432/era", "[::1]:5432/era"),
    ],
)
def test_postgresql_is_reached_through_psycopg_and_its_password_is_never_shown(
    home: Path, scheme: str, rest: str, shown: str
) -> None:
    settings = settings_of(home, f'database = "{scheme}://{rest}"')
    assert settings.database_url(home) == f"postgresql+psycopg://{rest}"
    assert settings.database_shown == f"postgresql+psycopg://{shown}"
    for text in (repr(settings), str(settings), settings.to_json(), settings.database_shown):
        assert "hunter2" not in text
        assert "ter2" not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "era.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:era.db?uri=true",
        "sqlite+pysqlite:///era.db",
        "postgresql+psycopg2://server/era",
        "postgres://server/era",
        "postgresql://practice:hunter2@rest@server/era",
        "postgresql://practice:hun/ter2@server/era",
        "postgresql://server:port/era",
        "mysql://practice:hunter2@server/era",
        "oracle://practice:hunter2@server/era",
    ],
)
def test_any_other_database_is_refused_without_showing_it(home: Path, url: str) -> None:
    refusal = refusal_of(home, f'database = "{url}"')
    assert "line 1, key database: the value (not shown, it may hold a password) is not" in refusal
    assert "hunter2" not in refusal
    assert "ter2" not in refusal


@pytest.mark.parametrize("npi", ["", "123456789", "12345678930", "123456789X", "١٢٣٤٥٦٧٨٩٣", "1234567893\\n"])
def test_what_is_not_ten_digits_is_no_npi(home: Path, npi: str) -> None:
    assert "key practice.npi" in refusal_of(home, f'practice.npi = "{npi}"')


def test_a_folder_without_settings_is_not_a_home(home: Path) -> None:
    (home / "file").touch()
    for folder in (home, home / "nowhere", home / "file"):
        with pytest.raises(SettingsError, match=f"Run `era init {folder}`"):
            load_settings(folder)


def test_a_folder_in_place_of_the_settings_is_refused(home: Path) -> None:
    (home / "era.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(home)


@pytest.mark.parametrize("nested", ["conformance = " + "[" * 100_000, "rules = " + "9" * 5000])
def test_a_value_too_large_to_read_is_a_fault_of_the_file(home: Path, nested: str) -> None:
    assert "not valid TOML" in refusal_of(home, nested)


def test_a_number_too_long_to_print_is_not_printed(home: Path) -> None:
    assert "a very large number is not one of" in refusal_of(home, f"conformance = 0x{'f' * 5000}")


def test_a_text_over_several_lines_that_looks_like_a_key_is_none(home: Path) -> None:
    toml = 'rules = """\nconformance = "off"\n"""\nconformance = "on"\n'
    assert 'era.toml: line 4, key conformance: "on" is not one of' in refusal_of(home, toml)


def test_the_cause_of_a_refusal_carries_no_password(home: Path) -> None:
    (home / "era.toml").write_text('database = "mysql://practice:hunter2@server/era"')
    with pytest.raises(SettingsError) as refused:
        load_settings(home)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(home: Path, broken: Path) -> None:
    (home / "era.toml").write_bytes(broken.read_bytes())
    with pytest.raises(SettingsError) as refused:
        load_settings(home)
    expected = broken.with_suffix(".txt").read_text(encoding="utf-8")
    assert str(refused.value).replace(f"{home}/", "") + "\n" == expected


def test_the_broken_files_are_where_they_are_looked_for() -> None:
    assert len(BROKEN) > 15


def test_the_reference_names_every_key_with_its_default() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|.*\| ([^|]+) \|$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {key: default.strip().strip("`").strip('"') for key, default in rows}
    settings = Settings()
    shown = {
        "database": settings.database,
        "conformance": settings.conformance,
        "rules": "none",
        "ledger_options.auto_post_contracted_write_offs": "true",
        "review_reasons": '["16", "50", "97", "226", "242", "250", "251", "252", "B7"]',
        "era_payment_options.partial_payment.enabled": "false",
        "era_payment_options.partial_payment.minimum_amount": "50.00",
        "several_plans.post": "never",
        "reversals.post_exact": "false",
        "deposits.required": "false",
        "files.largest_megabytes": "512",
        "retention.archived_files_days": "none",
        "encryption.key_file": "none",
        "reports.minutes_by_hand": "4",
        "practice.npi": "none",
        "practice.tax_id": "none",
    }
    for name, option in (("auto_post", settings.posting("auto")), ("quick_post", settings.posting("quick"))):
        shown[f"era_payment_options.{name}.enabled"] = str(option.enabled).lower()
        shown[f"era_payment_options.{name}.minimum_percent"] = percent_text(option.minimum_percent)
    assert documented == shown


def test_a_folder_with_a_space_is_quoted_in_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path / "our practice")
    assert f"`era init '{tmp_path}/our practice'`" in refused.value.remedy
