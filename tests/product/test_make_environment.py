"""scripts/make-environment says what is missing, and compiles durable-rules so that every Python can load it.

Python and pip are stand-ins here: what they are called with is what is asked for.
"""

import os
import subprocess
from pathlib import Path

import pytest
from where import ROOT

PIP = """#!/bin/sh
echo "pip CC=$CC $*" >>"$0.log"
for word in "$@"; do case $word in *durable-rules.lock) cat "$word" >"$0.lock" ;; esac; done
"""
PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo {version} ;;
    *sysconfig*) echo {headers} ;;
    --version) echo "Python {version}.0" ;;
    "-m venv"*) mkdir -p "$4/bin" && cp {folder}/pip "$4/bin/pip" && cp "$0" "$4/bin/python" ;;
    *durable_rules_engine*) {loads} ;;
esac
"""


class Machine:
    """A folder with a Python of a version, its headers, a pip, and what else the script may need."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.environment = folder, folder / "environment"
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in ("sh", "cat", "cp", "mkdir", "awk", "touch"):
            (self.programs / name).symlink_to(
                next(Path(at, name) for at in os.defpath.split(":") if Path(at, name).exists())
            )
        (folder / "include").mkdir()
        (folder / "include" / "Python.h").touch()
        self.write(folder / "pip", PIP)

    def write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def has_python(self, version: str, name: str = "python3", headers: str = "include", loads: str = "true") -> None:
        told = PYTHON.format(version=version, headers=self.folder / headers, folder=self.folder, loads=loads)
        self.write(self.programs / name, told)

    def has_compiler(self, name: str = "cc") -> None:
        self.write(self.programs / name, "#!/bin/sh\n")

    def make(self, **more: str) -> "subprocess.CompletedProcess[str]":
        """Make the environment with these programs alone."""
        return subprocess.run(
            ["sh", ROOT / "scripts" / "make-environment", self.environment],
            cwd=ROOT,
            env={"PATH": str(self.programs), **more},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked_of_pip(self) -> list[str]:
        return (self.environment / "bin" / "pip.log").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def refused(machine: Machine, words: str, **more: str) -> None:
    made = machine.make(**more)
    assert made.returncode == 1
    assert words in " ".join(made.stderr.split())
    assert not machine.environment.exists()


def test_an_old_python_is_told_by_its_version(machine: Machine) -> None:
    machine.has_compiler()
    machine.has_python("3.10")
    refused(machine, "needs Python 3.11 or newer; found 3.10. Install one")


def test_a_python_that_is_not_there_is_told_by_its_name(machine: Machine) -> None:
    machine.has_compiler()
    machine.has_python("3.12")
    refused(machine, "needs Python 3.11 or newer; found no Python at PYTHON=python3.99.", PYTHON="python3.99")


def test_a_missing_compiler_is_told(machine: Machine) -> None:
    machine.has_python("3.12")
    refused(machine, "needs a C compiler (durable-rules, its rule engine, is compiled on the spot); found none.")
    refused(machine, "found icc missing.", CC="icc")


def test_missing_headers_are_told_with_the_package_that_has_them(machine: Machine) -> None:
    machine.has_compiler()
    machine.has_python("3.13", headers="nowhere")
    refused(machine, "Python.h is missing. Install them (on Debian or Ubuntu: apt-get install python3.13-dev)")


@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_pythons_that_durable_rules_was_written_for_take_it_as_it_is(machine: Machine, version: str) -> None:
    machine.has_compiler()
    machine.has_python(version)
    assert machine.make().returncode == 0
    first, last = machine.asked_of_pip()
    assert (
        first == "pip CC= install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock"
    )
    assert last.endswith("--no-deps --no-build-isolation --editable .")
    assert (machine.environment / ".complete").exists()


@pytest.mark.parametrize(("version", "compiler"), [("3.13", "cc"), ("3.13", "clang"), ("3.14", "gcc")])
def test_newer_pythons_compile_it_with_the_name_that_python_dropped(
    machine: Machine, version: str, compiler: str
) -> None:
    machine.has_compiler(compiler)
    machine.has_python(version)
    assert machine.make().returncode == 0
    first, second, _ = machine.asked_of_pip()
    assert first.startswith(f"pip CC={compiler} -DPyEval_CallObject=PyObject_CallObject install ")
    assert {"--require-hashes", "--no-cache-dir", "--no-binary", "--no-deps"} <= set(first.split())
    assert second.endswith("--require-hashes --requirement requirements.lock")
    name, digest = (machine.environment / "bin" / "pip.lock").read_text(encoding="utf-8").splitlines()
    assert name.startswith("durable-rules==")
    assert digest.strip().startswith("--hash=sha256:")


def test_a_python_named_goes_before_the_others(machine: Machine) -> None:
    machine.has_compiler()
    machine.has_python("3.12", "python3.12")
    machine.has_python("3.13", "python3.13")
    assert "Python 3.12.0" in machine.make().stderr
    assert "Python 3.13.0" in machine.make(PYTHON="python3.13").stderr


def test_a_rule_engine_that_does_not_load_is_told_and_the_environment_is_not_complete(machine: Machine) -> None:
    machine.has_compiler()
    machine.has_python("3.15", loads="exit 1")
    made = machine.make()
    assert made.returncode == 1
    assert "durable-rules was compiled and cannot be loaded by Python 3.15" in made.stderr
    assert not (machine.environment / ".complete").exists()
