"""The reference part of docs/scenarios.md: `python -m tests.scenario_page` writes it anew from the structs."""

from __future__ import annotations

from pathlib import Path

from connectors.scenario.schema import LINES, Field, reference, words

PAGE = Path(__file__).parents[1] / "docs" / "scenarios.md"
BEGIN = "<!-- what follows is made by `python -m tests.scenario_page` -->\n"


def made() -> str:
    """Return the reference."""
    parts = [BEGIN, "\n## Reference\n"]
    for kind, about, fields in reference():
        parts.append(f"\n{'###' if kind in LINES else '####'} {kind.__name__}\n\n{about}\n\n{_table(fields)}")
    parts.append("\n### Words\n\n| word | means |\n| --- | --- |\n")
    parts += [f"| `{word}` | {_cell(meaning)} |\n" for _, each in words() for word, meaning in each.items() if meaning]
    return "".join(parts)


def _table(fields: tuple[Field, ...]) -> str:
    rows = "".join(f"| `{each.name}` | {each.takes} | {_given(each)} | {_cell(each.meaning)} |\n" for each in fields)
    return f"| field | takes | if missing | |\n| --- | --- | --- | --- |\n{rows}"


def _given(field: Field) -> str:
    if field.default is None:
        return "required"
    return f"`{field.default}`" if field.default else "-"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def written() -> str:
    """Return the page with the reference as it should be."""
    return PAGE.read_text("utf-8").partition(BEGIN)[0] + made()


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
