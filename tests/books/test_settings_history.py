"""What became of era.toml: set by a command or by hand, told, compared, brought back."""

import shutil
from pathlib import Path

import pytest
from killing import MAIN_STEPS, killed_at
from practices import AUTO, Ended, PracticeHome, Record, era, expects, make_practice, remittance
from remittance_text import claim
from where import RULES

from era_engine.home.folder import Home

PERCENT = f"{AUTO}.minimum_percent"
WHO = ("--by", "Ann", "--because", "contract of July")


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    """An era.toml with comments, and one override."""
    toml = home.root / "era.toml"
    toml.write_text(f"# ours\n{toml.read_text()}\n[[override]]\npayer = 'DELTA'  # big\n{PERCENT} = 90\n# end\n")
    return home


def text(home: PracticeHome) -> str:
    return (home.root / "era.toml").read_text()


def change(home: PracticeHome, *words: str | Path) -> Ended:
    ended = home.era("settings", *words, *WHO)
    assert ended.code == 0, ended
    return ended


def by_hand(home: PracticeHome, before: str, after: str) -> None:
    assert before in text(home)
    (home.root / "era.toml").write_text(text(home).replace(before, after))


def history(home: PracticeHome) -> list[Record]:
    ended = home.era("settings", "history", "--format=json")
    assert ended.code == 0, ended
    return ended.records


def told(home: PracticeHome) -> list[tuple[str, str | None, str]]:
    return [(each["how"], each["by"], each["changed"]) for each in history(home)]


def acts(home: PracticeHome) -> list[Record]:
    return home.era("audit", "export", "--act", "settings").records


# by a command


def test_a_value_is_set_with_a_name_and_a_reason(practice: PracticeHome) -> None:
    before = text(practice)
    ended = change(practice, "set", "conformance", "report")
    assert ended.out == "✔ conformance: off → report. Version 2.\n"
    assert text(practice) == before.replace('conformance = "off"', 'conformance = "report"')
    assert (practice.root / "era.toml").stat().st_mode & 0o777 == 0o600
    first, second = history(practice)
    assert (first["how"], first["by"], first["because"]) == ("first", None, None)
    assert (second["version"], second["by"], second["because"]) == (2, "Ann", "contract of July")
    assert second["settings"] == practice.era("settings", "show", "--json").records[0]["hash"]
    assert practice.era("audit", "verify").code == 0


def test_what_is_set_decides_from_the_next_run_on(practice: PracticeHome) -> None:
    practice.expect(expects("C1", "100"))
    change(practice, "set", PERCENT, "90")
    assert [each["outcome"] for each in practice.run(remittance("90", claim("C1")))] == ["post"]


def test_an_override_is_made_changed_and_taken_out(practice: PracticeHome) -> None:
    before = text(practice)
    change(practice, "set", f"{AUTO}.enabled", "shadow", "--payer", "delta", "--location", "LPFD")
    assert text(practice) == f'{before}\n[[override]]\npayer = "delta"\nlocation = "LPFD"\n{AUTO}.enabled = "shadow"\n'
    change(practice, "set", f"{AUTO}.enabled", "false", "--payer", "DELTA", "--location", "lpfd")
    assert text(practice).endswith(f"{AUTO}.enabled = false\n")
    change(practice, "unset", f"{AUTO}.enabled", "--payer", "Delta", "--location", "LPFD")
    assert text(practice) == before
    named = f"{AUTO}.enabled for payer delta, location LPFD"
    assert [changed for _, _, changed in told(practice)] == [
        "first",
        f"{named}: not given → shadow",
        f"{named}: shadow → false",
        f"{named}: false → not given",
    ]
    change(practice, "set", PERCENT, "85", "--payer", "Delta")
    assert text(practice) == before.replace(f"{PERCENT} = 90", f"{PERCENT} = 85")


def test_what_is_so_already_is_said_and_no_version(practice: PracticeHome) -> None:
    change(practice, "set", PERCENT, "80")
    again = change(practice, "set", PERCENT, "80.0")
    assert again.out == f"era.toml already has this {PERCENT}. Nothing was changed.\n"
    restored = change(practice, "restore", "2")
    assert restored.out == "era.toml is already the same as version 2. Nothing was changed.\n"
    assert len(history(practice)) == len(acts(practice)) == 2


def test_a_default_may_be_given_in_words_and_taken_out_again(sqlite_home: PracticeHome) -> None:
    before = text(sqlite_home)
    given = change(sqlite_home, "set", PERCENT, "95")
    assert given.out == "✔ no value in force changed (spelling only). Version 2.\n"
    change(sqlite_home, "unset", PERCENT)
    assert text(sqlite_home) == f"{before}\n[{AUTO}]\n"
    assert sqlite_home.era("settings", "diff", "1", "3").out == "No value differs: spelling only.\n"


def test_a_byte_order_mark_stays(sqlite_home: PracticeHome) -> None:
    toml = sqlite_home.root / "era.toml"
    toml.write_bytes(b"\xef\xbb\xbf" + toml.read_bytes())
    change(sqlite_home, "set", "conformance", "report")
    assert toml.read_bytes().startswith(b'\xef\xbb\xbfdatabase = "')


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["set", f"{AUTO}.minimum_percnt", "90"], 4, f"did you mean {PERCENT}?"),
        (["set", PERCENT, "101"], 4, f"key {PERCENT}: 101 is not a number from 0 to 100"),
        (["set", PERCENT, "1e3", "--payer", "X"], 4, f"key override.{PERCENT}: 1E+3 is not a number from 0 to 100"),
        (["set", "deposits.required", "true", "--payer", "X"], 4, "key override.deposits: there is no such setting"),
        (["set", "holds.already-posted", "warn"], 4, "key holds.already-posted: this hold always holds"),
        (["set", "holds.denide", "warn"], 4, "no hold has this id (did you mean denied?)"),
        (["set", "encryption.key_file", "/nowhere/practice.key"], 4, "/nowhere/practice.key"),
        (["set", f"{AUTO}.enabled", "1"], 4, f"key {AUTO}.enabled: 1 is not true or false"),
        (["set", "rules", "nowhere"], 4, '"nowhere" is not an existing folder'),
        (["unset", f"{AUTO}.enabled"], 2, f"{AUTO}.enabled is not given in era.toml."),
        (["set", AUTO, "90"], 4, f"key {AUTO}: 90 is not a table"),
        (["set", "database", "sqlite:///other.db"], 2, "No command changes `database`"),
        (["restore", "9"], 2, "The settings have no version 9."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_valid_is_refused_and_nothing_is_written(
    sqlite_home: PracticeHome, words: list[str], code: int, said: str
) -> None:
    sqlite_home.era("settings", "history")
    before = text(sqlite_home)
    ended = sqlite_home.era("settings", *words, *WHO)
    assert (ended.code, said in ended.err) == (code, True), ended
    assert (text(sqlite_home), len(history(sqlite_home))) == (before, 1)


def test_settings_do_not_change_while_a_run_is_at_work(sqlite_home: PracticeHome) -> None:
    with Home(sqlite_home.root).locked():
        assert sqlite_home.era("settings", "set", PERCENT, "90", *WHO).code == 5
        assert sqlite_home.era("settings", "history").code == 0


def test_an_era_toml_kept_elsewhere_stays_there(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    link = sqlite_home.root / "era.toml"
    shutil.move(link, tmp_path / "managed.toml")
    link.symlink_to(tmp_path / "managed.toml")
    change(sqlite_home, "set", PERCENT, "90")
    assert link.is_symlink()
    assert "minimum_percent = 90" in (tmp_path / "managed.toml").read_text()


# by hand


def test_what_was_changed_by_hand_is_found_by_the_next_run_once(practice: PracticeHome) -> None:
    practice.run()
    by_hand(practice, f"{PERCENT} = 90", f"{PERCENT} = 70")
    practice.run()
    practice.run()
    changed = f"{PERCENT} for payer DELTA: 90 → 70"
    assert told(practice) == [("first", None, "first"), ("hand", None, changed)]
    first, second = (each["details"] for each in acts(practice))
    assert (first["version"], second["version"], second["how"]) == (1, 2, "hand")
    assert second["settings_before"] == first["settings"] != second["settings"]
    assert history(practice)[1]["account"] == acts(practice)[1]["account"]


def test_it_is_found_before_a_command_changes_more(practice: PracticeHome) -> None:
    change(practice, "set", PERCENT, "80")
    by_hand(practice, "# ours", "# ours alone")
    change(practice, "set", PERCENT, "75")
    assert told(practice) == [
        ("first", None, "first"),
        ("set", "Ann", f"{PERCENT}: 95 → 80"),
        ("hand", None, "comments only"),
        ("set", "Ann", f"{PERCENT}: 80 → 75"),
    ]
    hashes = [each["settings"] for each in history(practice)]
    assert hashes[1] == hashes[2]
    assert [each["details"]["how"] for each in acts(practice)] == ["first", "set", "hand", "set"]


def test_settings_and_rules_are_one_act_each_however_they_change(practice: PracticeHome) -> None:
    change(practice, "set", PERCENT, "80")
    practice.run()  # the rules are known since the change
    assert [each["details"]["how"] for each in acts(practice)] == ["first", "set"]
    assert (acts(practice)[1]["by"], acts(practice)[1]["details"]["key"]) == ("Ann", PERCENT)
    shutil.copytree(RULES, practice.root / "rules")
    holds = practice.root / "rules" / "insurance" / "holds.yaml"
    by_hand(practice, "# ours\n", "# ours\nrules = 'rules'\n")
    practice.run()
    holds.write_text(holds.read_text().replace("An amount on this claim could not be read.", "Illegible."))
    practice.run()
    last = acts(practice)[-1]["details"]
    assert "how" not in last
    assert last["ruleset"] != last["ruleset_before"]
    assert last["settings"] == last["settings_before"]


def test_a_dry_run_keeps_no_version(sqlite_home: PracticeHome) -> None:
    assert sqlite_home.era("run", "--dry-run").code == 0
    assert sqlite_home.rows("SELECT version FROM settings_texts") == []


# compared and brought back


def test_two_versions_are_compared_by_value(practice: PracticeHome) -> None:
    change(practice, "set", PERCENT, "80.50")
    change(practice, "set", PERCENT, "85", "--payer", "DELTA")
    by_hand(practice, 'conformance = "off"', 'conformance = "report"')
    assert practice.era("settings", "diff", "1", "now", "--json").records == [
        {"key": "conformance", "before": "off", "after": "report"},
        {"key": f"{PERCENT} for payer DELTA", "before": "90", "after": "85"},
        {"key": PERCENT, "before": "95", "after": "80.5"},
    ]
    assert "conformance" not in practice.era("settings", "diff", "1", "3").out
    assert practice.era("settings", "diff", "now", "4").out == "Nothing differs.\n"
    by_hand(practice, "80.50", "80.5")
    assert practice.era("settings", "diff", "4", "now").out == "No value differs: spelling only.\n"


def test_an_earlier_text_comes_back_as_a_new_version(practice: PracticeHome) -> None:
    before = text(practice)
    change(practice, "set", PERCENT, "80")
    by_hand(practice, "# end", "# the end")
    ended = change(practice, "restore", "1")
    assert ended.out.startswith(f"✔ Version 1 is in force again: {PERCENT}: 80 → 95. Version 4.")
    assert text(practice) == before
    assert [each["how"] for each in history(practice)] == ["first", "set", "hand", "restore"]
    assert acts(practice)[-1]["details"]["restored"] == 1


def test_a_text_that_is_not_valid_any_more_does_not_come_back(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / "mine").symlink_to(RULES)
    change(sqlite_home, "set", "rules", "mine")
    change(sqlite_home, "unset", "rules")
    (sqlite_home.root / "mine").unlink()
    ended = sqlite_home.era("settings", "restore", "2", *WHO)
    assert (ended.code, '"mine" is not an existing folder' in ended.err) == (4, True)
    assert len(history(sqlite_home)) == 3


def test_history_is_in_the_backup(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    change(sqlite_home, "set", PERCENT, "80")
    known = history(sqlite_home)
    assert sqlite_home.era("backup", tmp_path / "practice.era").code == 0
    copy = PracticeHome(tmp_path / "copy", sqlite_home.database_url)
    assert era("restore", tmp_path / "practice.era", copy.root).code == 0
    assert history(copy) == known


def test_homes_on_one_database_have_their_own_history(postgresql_url: str, tmp_path: Path) -> None:
    ours, theirs = (make_practice(tmp_path / name, postgresql_url) for name in ("ours", "theirs"))
    change(ours, "set", PERCENT, "80")
    change(theirs, "set", f"{AUTO}.enabled", "false")
    change(ours, "set", PERCENT, "70")
    assert [(each["version"], each["changed"]) for each in history(ours)] == [
        (1, "first"),
        (2, f"{PERCENT}: 95 → 80"),
        (3, f"{PERCENT}: 80 → 70"),
    ]
    assert [each["changed"] for each in history(theirs)] == ["first", f"{AUTO}.enabled: true → false"]
    assert theirs.era("settings", "restore", "3", *WHO).code == 2


# what must not happen


@pytest.mark.both_databases
def test_killed_at_any_step_no_version_is_without_its_file(home: PracticeHome) -> None:
    home.era("settings", "history")
    for step in range(1, 20):
        value = f"{40 + step}"
        died = killed_at(step, "settings", "set", PERCENT, value, *WHO, "--home", home.root, named=MAIN_STEPS)
        written = f"minimum_percent = {value}" in text(home)
        kept = home.rows(f"SELECT count(*) FROM settings_texts WHERE text LIKE '%%minimum_percent = {value}%%'")
        assert kept[0][0] <= written
        assert len(history(home)) >= 1
        [(last,)] = home.rows("SELECT text FROM settings_texts ORDER BY version DESC LIMIT 1")
        assert (f"minimum_percent = {value}" in last) == written
        assert home.era("audit", "verify").code == 0
        if died is None:
            break
    assert died is None
    assert step > 3
    assert home.era("run").code == 0


def test_no_password_is_in_the_books_the_log_or_any_answer(home: PracticeHome, tmp_path: Path) -> None:
    url = home.database_url.replace("postgres@", "postgres:hunter2canary@")
    toml = home.root / "era.toml"
    commented = f"# before: postgresql://me:hunter2canary@old/x?sslpassword=hunter2canary\n{text(home)}"
    toml.write_text(commented.replace(home.database_url, url))
    answers = [
        home.era("settings", *words)
        for words in (
            ["history"],
            ["set", PERCENT, "80", *WHO],
            ["set", "database", url, *WHO],
            ["set", PERCENT, url, *WHO],
            ["set", "conformance", f'"{url}"', *WHO],
            ["show", "--origin"],
            ["show", "--origin", "--json", "--payer", "X"],
            ["diff", "1", "now"],
            ["restore", "1", *WHO],
            ["history", "--format=csv"],
            ["history", "--format=json"],
            ["schema"],
        )
    ]
    answers += [home.era("audit", "export"), home.era("log"), home.era("run")]
    assert [each.code for each in answers[:3]] == [0, 0, 2]
    assert "hunter2canary" not in "".join(each.out + each.err for each in answers)
    for table in ("settings_texts", "audited_acts", "settings_versions"):
        assert "hunter2canary" not in repr(home.rows(f"SELECT * FROM {table}"))
    assert f'database = "{url}"' in text(home)
    assert text(home).startswith("# before: postgresql://…@old/x?…\n")


def test_versions_are_printed_as_a_table_and_csv(sqlite_home: PracticeHome) -> None:
    change(sqlite_home, "set", PERCENT, "80")
    lines = sqlite_home.era("settings", "history").out.splitlines()
    assert lines[0].split() == ["version", "at", "how", "by", "changed", "because"]
    assert "found" in lines[1]
    assert "Ann" in lines[2]
    assert lines[2].endswith("contract of July")
    header = sqlite_home.era("settings", "history", "--format=csv").out.splitlines()[0]
    assert header == "version,at,account,by,because,how,settings,changed"
