"""Docstrings: every public definition has one, it begins with a verb, it is short, and many parameters are listed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOUN_FIRST = re.compile(r"(The|What|How|One|Whether|Where|Which)\b")
MAX_UNDOCUMENTED = 0
MAX_NOUN_FIRST = 0.0  # share of all docstrings
MAX_LONG = 0.01  # share of all docstrings whose first sentence has 15 words and more
MAX_WITHOUT_ARGS = 1  # functions of four parameters and more without a block of `Args:`

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Documented:
    """Hold a module, class, function or method with its docstring ("" for none)."""

    where: str
    text: str
    public: bool
    parameters: int = 0

    @property
    def first_sentence(self) -> str:
        """Return it without what stands in brackets, such as shapes."""
        sentence = re.split(r"[.!?](?:\s|$)", " ".join(self.text.split()))[0]
        return re.sub(r" ?[(\[][^)\]]*[)\]]", "", sentence)


def parameters_of(node: Definition) -> int:
    if isinstance(node, ast.ClassDef):
        return 0
    names = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([name for name in names if name.arg not in ("self", "cls")])


def inside(node: ast.AST, where: str, public: bool) -> Iterator[Documented]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{where}.{child.name}"
            shown = public and not child.name.startswith("_")
            yield Documented(name, ast.get_docstring(child) or "", shown, parameters_of(child))
            yield from inside(child, name, shown and isinstance(child, ast.ClassDef))
        else:
            yield from inside(child, where, public)


@cache
def definitions() -> tuple[Documented, ...]:
    found: list[Documented] = []
    for path in [*sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]:
        tree = ast.parse(path.read_text("utf-8"))
        where = str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        found.append(Documented(where, ast.get_docstring(tree) or "", True))
        found.extend(inside(tree, where, True))
    return tuple(found)


def test_every_public_definition_is_documented() -> None:
    missing = [item.where for item in definitions() if item.public and not item.text]
    assert len(missing) <= MAX_UNDOCUMENTED, missing


def test_first_sentences_begin_with_a_verb() -> None:
    texts = [item for item in definitions() if item.text]
    noun_first = [item.where for item in texts if NOUN_FIRST.match(item.text)]
    assert len(noun_first) <= MAX_NOUN_FIRST * len(texts), noun_first


def test_first_sentences_are_short() -> None:
    texts = [item for item in definitions() if item.text]
    long = [item.where for item in texts if len(item.first_sentence.split()) >= 15]
    assert len(long) <= MAX_LONG * len(texts), long


def test_functions_of_many_parameters_list_them() -> None:
    # A command's docstring is its help text, and its options have help of their own.
    functions = [item for item in definitions() if not item.where.startswith(("core.cli.", "core.__main__"))]
    silent = [item.where for item in functions if item.public and item.parameters >= 4 and "Args:" not in item.text]
    assert len(silent) <= MAX_WITHOUT_ARGS, silent
