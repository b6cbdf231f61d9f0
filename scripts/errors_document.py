"""docs/errors.md, made of the cases in tests/errors: what is refused or held, and how it is told.

python scripts/errors_document.py          write it
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ERRORS, DOCUMENT = ROOT / "tests" / "errors", ROOT / "docs" / "errors.md"
HOMES = ROOT / "tests" / "support" / "refusal_situations.py"

HEAD = """# What goes wrong, and how it is told

Made by `make errors` from the cases in `tests/errors`; a test holds each of them to what the program says, and this
page to the cases. Each case is named after what is wrong. A finding is `reject` (nothing of that payment is used, the
file is quarantined), `hold` (read and kept, the claim needs review) or `warn` (told, nothing more).
"""

SECTIONS = (
    ("Commands", "commands", "What commands refuse; each part begins with the home they are typed in."),
    ("Remittances (835)", "reader", "Findings, with the segment they are about."),
    ("Claims from CSV", "claims", "`era import claims`; a file is taken whole or not at all."),
    ("Claims from 837", "claims_837", "`era import claims`; a file is taken whole or not at all."),
    ("Fees", "fees", "`era import fees`; a file is taken whole or not at all."),
    ("The bank", "bank", "`era import bank`; a file is taken whole or not at all."),
    ("Settings", "settings", "`era.toml`, by every command; exit code 4."),
    ("Rules", "rules", "A rule set of a practice's own, by every command that decides; exit code 4."),
)


def homes() -> dict[str, str]:
    """The homes in which commands are typed, in words."""
    functions = [
        each for each in ast.parse(HOMES.read_text(encoding="utf-8")).body if isinstance(each, ast.FunctionDef)
    ]
    return {each.name: " ".join((ast.get_docstring(each) or "").split()) for each in functions}


def document() -> str:
    parts, in_words = [HEAD], homes()
    for title, folder, words in SECTIONS:
        parts.append(f"\n## {title}\n\n{words}\n")
        for path in sorted((ERRORS / folder).rglob("*.txt")):
            name = path.parent.name if path.name == "expected.txt" else path.stem
            said = path.read_text(encoding="utf-8").rstrip()
            if said:
                home = in_words.get(name, in_words["usual"]) + "\n\n" if folder == "commands" else ""
                parts.append(f"\n**{name.replace('_', ' ')}**\n\n{home}```text\n{said}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
