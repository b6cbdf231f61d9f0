"""docs/packages.md, made of the docstrings of the packages: what each knows, and where to change what.

python scripts/packages_document.py          write it
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, DOCUMENT = ROOT / "era_engine", ROOT / "docs" / "packages.md"

HEAD = """# What each package is for, and where to change what

Made by `make packages` from the docstring of each package, in the order of the layers, from the top: a package imports
those below it and never one above. How a file goes through them: [architecture.md](architecture.md). Modules are those
of the package; paths are those of `era_engine/` or of the checkout.
"""


def layers() -> list[str]:
    """The packages as the import contract orders them, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return [name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")]


def packages() -> Iterator[tuple[str, str]]:
    """Each package, as a path below `era_engine`, with its docstring; its subpackages behind it."""
    for layer in layers():
        for path in sorted((PACKAGE / layer).rglob("__init__.py"), key=lambda path: path.parent):
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            yield path.parent.relative_to(PACKAGE).as_posix(), docstring or ""


def document() -> str:
    parts = [HEAD]
    for name, docstring in packages():
        told, _, changes = docstring.partition("\nTo change:\n")
        listed = re.sub(r"^(?!Knows|Never|Begin)(?=\S)", "  ", told.partition("\n\n")[2], flags=re.MULTILINE)
        listed = re.sub(r"^(Knows|Never knows|Begin with):", r"- **\1:**", listed, flags=re.MULTILINE)
        parts.append(f"\n## `{name}`\n\n{told.partition(chr(10) * 2)[0]}\n\n{listed}\nTo change:\n\n{changes}\n")
    return "".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
