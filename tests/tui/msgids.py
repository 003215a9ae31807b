"""Find every text that the program can show: in calls of the gettext names, in the domain's templates, in its codes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from majlis.errors import MajlisError
from tui.details import OURS, SYSTEM
from tui.vocabulary import WORDS

ROOT = Path(__file__).parents[2]
_CALLS = {"_", "N_"}


def _strings(node: ast.AST) -> Iterator[str]:
    """Yield the texts an expression can come to: a constant, or the sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)


def in_source(path: Path) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the singular ids and the plural pairs of one module."""
    single: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _CALLS and node.args:
                single.update(_strings(node.args[0]))
            elif node.func.id == "ngettext":
                first, second = (next(_strings(arg)) for arg in node.args[:2])
                plural.add((first, second))
    return single, plural


def of_the_desk(path: Path) -> set[str]:
    """Return the templates of what the domain says: the `template` of a `Said`, wherever it is written."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if _names_template(node):
            assert isinstance(node, ast.keyword | ast.Assign)
            found.update(_strings(node.value))
    return found


def _names_template(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == "template" for target in node.targets)
    return isinstance(node, ast.keyword) and node.arg == "template"


def of_errors(kind: type[MajlisError] = MajlisError) -> set[str]:
    """Return the templates of an error and all that derive from it."""
    own = {part for part in (kind.happened, kind.safe, kind.advice, getattr(kind, "backed_up", "")) if part}
    return own.union(*(of_errors(each) for each in kind.__subclasses__()))


def _load_all() -> None:
    """Import every module, so that every error is among the subclasses, whichever tests have run before."""
    for package in ("connectors", "store", "tui"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            import_module(name.removesuffix(".__init__"))


def everything() -> tuple[set[str], set[tuple[str, str]]]:
    """Return all ids and all plural pairs of the program."""
    _load_all()
    single = set(WORDS.values()) | set(SYSTEM.values()) | set(OURS) | of_errors()
    plural: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "tui").rglob("*.py")):
        ids, pairs = in_source(path)
        single |= ids
        plural |= pairs
    for path in sorted((ROOT / "majlis").rglob("*.py")):
        single |= of_the_desk(path)
    return single - {""}, plural
