"""The house of DESIGN: floors from folders, exports, unique names, short files."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {
    "core.types": 0,
    "core.registry": 0.1,
    "core.progress": 0.1,
    "core.sandbox": 0.2,
    "core.metrics": 1,
    "core.media": 1,
    "core.storage": 0.5,  # below media, which writes its files by it
    "core.faces": 2,
    "core.detectors": 2,
    "core.attacks": 3,
    "core.explain": 3,
    "core.attack_detectors": 3,
    "core.signatures": 3,
    "core.synthetic_faces": 3,
    "core.recognition": 3,
    "core.output": 3,
    "core.pipeline": 4,
    "core.evaluation": 5,
    "core.media_attack": 5,
    "core.reports": 5,
    "core.cases": 5,
    "core.engine": 6,
    "core.training": 6.2,  # above the studies, whose retraining it takes
    "core.bench": 6,
    "core.selftest": 6.5,  # above the engine, whose jobs it tries
    "core.studies": 6,
    "pages.parts.session": 7.1,
    "pages.parts.widgets": 7.2,
    "pages.parts": 7.3,  # each folder in it is a home of its own
    "pages": 7.4,  # so is each page
    "core.cli": 7.5,
    "core.__main__": 7.6,
    "app": 8,
}
MAY_JOIN_METHODS = {"autoattack"}
RECORD_FLOORS = ("core.output.", "core.storage.", "core.cli.")  # where records are made, kept and printed
FILES = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
FOLDERS = sorted({path.parent for path in FILES} - {ROOT, ROOT / "pages"})
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}
PACKAGES = {module_of(path) for path in FILES if path.name == "__init__.py"} | {"pages"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a file: walking costs more than reading."""
    return tuple(ast.walk(tree(path)))


@cache
def imported(path: Path) -> frozenset[tuple[str, str]]:
    """(module or package, name) for each name that a file imports from this project, and from streamlit."""
    parts, found = module_of(path).split("."), set()
    if path.name == "__init__.py":
        parts.append("")
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parts[: -node.level] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            found |= {(whole, alias.name) for alias in node.names}
    return frozenset(pair for pair in found if pair[0].split(".")[0] in ("core", "pages", "app", "streamlit"))


def target(source: str, name: str) -> str:
    """The module that an import means: a submodule where there is one of that name."""
    return f"{source}.{name}" if f"{source}.{name}" in MODULES else source


def home(module: str) -> str:
    """The room of a module: an entry of `FLOORS`, or a folder of pages/parts, or a page."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in ("pages.parts", "pages"):
            return ".".join(parts[: length + 1])
        if name in FLOORS:
            return name
    raise AssertionError(f"{module} has no floor")


def floor(room: str) -> float:
    return FLOORS.get(room, FLOORS["pages.parts" if room.startswith("pages.parts.") else "pages"])


def test_imports_only_go_down() -> None:
    arrows = [(module_of(path), *pair) for path in FILES for pair in sorted(imported(path))]
    for here, source, name in arrows:
        if source.startswith("streamlit"):
            assert not here.startswith("core"), f"core never imports streamlit: {here}"
            continue
        there = target(source, name)
        assert not (here.startswith("core") and there.startswith(("pages", "app"))), f"{here} imports {there}"
        if here in ("core", "pages.parts") or home(there) == home(here):
            continue
        assert floor(home(there)) < floor(home(here)), f"{here} (floor {floor(home(here))}) imports {there}"


def test_every_folder_says_what_it_does() -> None:
    for folder in FOLDERS:
        doc = ast.get_docstring(tree(folder / "__init__.py"))
        assert doc, f"{folder}/__init__.py begins with a sentence"
        assert doc.splitlines()[0].endswith("."), folder


def test_methods_do_not_import_one_another() -> None:
    for name, path in MODULES.items():
        folder, _, stem = name.rpartition(".")
        if folder.endswith(".methods") and stem not in MAY_JOIN_METHODS:
            others = {target(*pair) for pair in imported(path)}
            assert not {other for other in others if other.startswith(f"{folder}.")}, name


def test_no_files_import_each_other_in_a_circle() -> None:
    """A package's own files never import the package itself: they would go through its `__init__`."""
    arrows = {name: {target(*pair) for pair in imported(path)} & set(MODULES) for name, path in MODULES.items()}
    for package in PACKAGES & set(arrows):  # an `__init__` gathers: only what is inside counts as a way back
        for name in arrows:
            if name.startswith(f"{package}."):
                assert package not in arrows[name], f"{name} imports its own package {package}"
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for other in sorted(arrows[name]):
                follow(other, (*way, name))
            done.add(name)

    for name in arrows:
        follow(name, ())


def test_exported_members() -> None:
    """`__all__` of a package is what code outside of it imports from it, sorted; submodules aside."""
    outside: dict[str, set[str]] = defaultdict(set)
    for path in [*FILES, *TESTS]:
        here = module_of(path)
        for source, name in imported(path):
            if source in PACKAGES and not f"{here}.".startswith(f"{source}."):
                outside[source].add(name)
        own = {node.id for node in nodes(path) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in nodes(path) if isinstance(node, ast.arg)}
        names = {name: f"{source}.{name}" for source, name in imported(path) if name not in own}
        names = {name: package for name, package in names.items() if package in PACKAGES}
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
                outside[names[node.value.id]].add(node.attr)
    for package in sorted(PACKAGES & set(MODULES)):
        exported: list[str] = []
        for node in tree(MODULES[package]).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                exported = ast.literal_eval(node.value)
        inside = {name.rpartition(".")[2] for name in MODULES if name.startswith(f"{package}.")}
        assert set(exported) - inside == outside[package] - inside, package


def test_file_stems_are_unique() -> None:
    counts = Counter(path.stem for path in FILES if path.stem not in ("__init__", "__main__", "base"))
    assert [stem for stem, count in counts.items() if count > 1] == []


def test_public_class_names_are_unique() -> None:
    counts = Counter(
        node.name
        for path in FILES
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in counts.items() if count > 1] == []


def test_test_file_stems_are_unique() -> None:
    counts = Counter(path.stem for path in TESTS if path.stem not in ("__init__", "conftest"))
    assert [stem for stem, count in counts.items() if count > 1] == []


def test_files_are_short() -> None:
    lines = {module_of(path): len(path.read_text("utf-8").splitlines()) for path in [*FILES, *TESTS]}
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_functions_are_short() -> None:
    """At most two have more than 50 lines, their docstrings included."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [(module_of(path), node) for path in FILES for node in nodes(path) if isinstance(node, kinds)]
    long = [f"{module}.{f.name}" for module, f in functions if (f.end_lineno or f.lineno) - f.lineno + 1 > 50]
    assert len(long) <= 2, long


def test_state_is_in_one_place() -> None:
    others = [path for path in FILES if not module_of(path).startswith("pages.parts.session")]
    texts = {module_of(path): path.read_text("utf-8") for path in others}
    assert [name for name, text in texts.items() if "st.session_state" in text or "st.cache_" in text] == []


def test_only_pages_lie_among_the_pages() -> None:
    app = (ROOT / "app.py").read_text("utf-8")
    for path in (ROOT / "pages").glob("*.py"):
        assert f'"pages/{path.name}"' in app


def assigned(function: ast.FunctionDef, name: str) -> list[ast.expr | None]:
    """What a name stands for inside a function; None for what cannot be told."""
    found: list[ast.expr | None] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for goal in node.targets:
                if isinstance(goal, ast.Subscript) and ast.unparse(goal.value) == name:
                    found.append(None)
                if isinstance(goal, ast.Name) and goal.id == name:
                    found.append(node.value)
                if isinstance(goal, ast.Tuple) and (at := [ast.unparse(one) for one in goal.elts]).count(name):
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [None] * len(at)
                    found.append(parts[at.index(name)])
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and ast.unparse(node.target) == name:
            found.append(node.value if isinstance(node, ast.AnnAssign) else None)
    return found


def homemade_records(path: Path) -> list[str]:
    """The records that a page offers as JSON, or hands to a case, and that core/output did not make."""
    made = {name for source, name in imported(path) if target(source, name).startswith("core.output")}
    found, functions = [], [node for node in nodes(path) if isinstance(node, ast.FunctionDef)]

    def is_made(value: ast.AST | None, around: list[ast.FunctionDef]) -> bool:
        """Whether it is what core/output makes, or what has it made once it is called."""
        if isinstance(value, ast.Lambda):
            return is_made(value.body, around)
        if isinstance(value, ast.Name):
            values = [one for function in around for one in assigned(function, value.id)]
            return bool(values) and all(is_made(one, around) for one in values)
        if not isinstance(value, ast.Call):
            return False
        maker = value.args[0] if ast.unparse(value.func) == "partial" else value.func
        return ast.unparse(maker).split(".")[0] in made or (isinstance(maker, ast.Name) and is_made(maker, around))

    for function in functions:
        around = [one for one in functions if function in ast.walk(one)]
        given = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            place = {"json_button": 1, "ShownRecord": 3}.get(ast.unparse(call.func))
            if place is None:
                continue
            record = call.args[place]
            if isinstance(record, ast.Name) and record.id in given and not assigned(function, record.id):
                continue  # its caller is looked at
            if not is_made(record, around):
                found.append(f"{module_of(path)}:{call.lineno} {ast.unparse(record)}")
    return found


def test_pages_make_no_json() -> None:
    pages = [path for path in FILES if module_of(path).startswith("pages")]
    writes = [module_of(path) for path in pages if re.search(r"\bjson\.dumps?\(", path.read_text("utf-8"))]
    assert writes == [], "core/output/json_text.py writes what is shown, core/storage/files.py what is kept"
    assert [one for path in pages for one in homemade_records(path)] == [], "core/output makes records"


def public_functions(node: ast.AST, before: str) -> list[tuple[str, ast.FunctionDef]]:
    """The public functions of a module, and the public methods of its public classes, by their full names."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            found += public_functions(child, f"{before}.{child.name}")
        elif isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
            found.append((f"{before}.{child.name}", child))
    return found


def untyped_aliases(module: ast.Module) -> set[str]:
    return {
        ast.unparse(node.targets[0])
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == "dict[str, Any]"
    }


def test_no_untyped_dict_crosses_a_floor() -> None:
    """Parameters and results are typed values; records are made in core/output, and kept and printed above."""
    core = {name: tree(path) for name, path in MODULES.items() if name.startswith("core.")}
    aliases = {module: untyped_aliases(parsed) for module, parsed in core.items()}
    found = set()
    for module, parsed in core.items():
        if module.startswith(RECORD_FLOORS):
            continue
        brought = {name for source, name in imported(MODULES[module]) if name in aliases.get(source, ())}
        untyped = re.compile("|".join([r"dict\[str, Any\]", *(rf"\b{one}\b" for one in aliases[module] | brought)]))
        for name, function in public_functions(parsed, module):
            given = function.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            said = [function.returns, *(one.annotation for one in every)]
            if any(one is not None and untyped.search(ast.unparse(one)) for one in said):
                found.add(name)
    assert sorted(found) == [], "give these parameters or results a type of core/types"
