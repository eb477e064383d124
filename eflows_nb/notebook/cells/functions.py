"""Task cells written out as task functions, ``@ef.task``: for use outside notebooks, and for reading.

Who reads a result waits for it by an ``ef.wait_on`` in the code. Cells whose meaning a function would change
are refused.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import keyword
import re
import textwrap
import tokenize
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.calls import call_of
from eflows_nb.notebook.cells.names import BUILTINS, CellNames, names_of, parse
from eflows_nb.notebook.cells.opacity import USES_MAGIC
from eflows_nb.notebook.cells.options import TaskOptions
from eflows_nb.notebook.cells.own_lines import map_lines
from eflows_nb.notebook.cells.plan import Plan, plan_of

__all__ = ["FunctionForm", "text_of"]

_WORD = re.compile(r"[^\W0-9]\w*")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class FunctionForm:
    """Writes the cells of one notebook, from the first to the last, with functions in the place of tasks.

    Parameters
    ----------
    sources
        The code cells of the notebook, by which names are chosen that it does not use.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._mentions = Counter(word for source in sources for word in set(_WORD.findall(source)))
        self._taken = self._mentions.keys() | set(dir(builtins))
        self._code: set[str] = set()
        self._values: set[str] = set()
        self._certain: set[str] = set()
        self._uses: dict[str, set[str]] = {}
        self._pending: set[str] = set()
        self._lists: set[str] = set()

    def plain(self, source: str) -> str:
        """Return the code of a cell that is no task cell; it waits for what it reads.

        Raises
        ------
        CellError
            When it binds the name ``ef`` to something else than this package.
        """
        source = "\n".join(map_lines(source, _in_words).splitlines()).strip("\n")
        manager: Any = TransformerManager  # untyped
        tree = parse(manager().transform_cell(source))
        names = names_of(tree)
        waited = self._waited(names)
        self._note(tree.body, names)
        if not waited:
            return source
        if source.lstrip().startswith("%%"):
            raise CellError(
                f"it begins with a magic and reads {sorted(waited)[0]!r}, which a task cell binds: there is "
                "no place for waiting. Read it in a cell before that one."
            )
        return f"{_wait(waited)}\n{source}"

    def task(self, source: str, options: TaskOptions) -> str:
        """Return the code of a task cell as a task function and its call.

        Raises
        ------
        CellError
            When it would not compute the same as a function.
        """
        if options.mpi is not None:
            raise CellError(
                f"'--mpi {options.mpi}' has no place in a task function: a function runs in one process. "
                "Keep %%task, or write the function by hand and let it start mpiexec."
            )
        if options.files or not options.cache:
            option = f"--file {options.files[0]}" if options.files else "--no-cache"
            raise CellError(
                f"'{option}' has no place in a task function made from a cell. "
                "Write the function by hand; files are parameters there, such as mesh=ef.FILE_IN."
            )
        given = options.for_task()
        tree = parse(source)
        plan = plan_of(tree, options, source=source, filename="<cell>")
        results = self._results(plan, tree)
        item = options.map[0] if options.map is not None else ""
        kept = (set(results) - plan.names.sure) & self._certain
        reads = plan.names.reads | plan.writes | kept | set(options.inputs)
        parameters = sorted((reads & self._values) - {item} - BUILTINS)
        anew = (plan.names.reads & plan.names.binds & self._code) - plan.defined
        if anew:
            raise CellError(f"it uses {sorted(anew)[0]!r} and then binds it anew: a function cannot.")
        hoisted = [node for node in tree.body if node in plan.hoisted]
        defined = names_of(ast.Module(hoisted, []))
        self._note(hoisted, defined)
        # What functions use they find in the notebook, where a future would not do.
        used = self._reached((plan.names.reads & self._code) | plan.definitions) | defined.reads
        waited = used & self._pending
        if options.map is not None and options.map[1] in self._pending - self._lists:
            waited.add(options.map[1])
        self._pending -= waited

        body = [node for node in tree.body if node not in plan.hoisted]
        name = self._name(options.name or "_".join(["make", *results]))
        arguments = [*([item] if item else []), *parameters]
        directions = dict.fromkeys(sorted(plan.writes), "ef.INOUT")
        words = {"returns": len(results)} if len(results) > 1 else {}
        decorator = _decorator(
            {**words, **{word: _literal(value) for word, value in given.items()}, **directions}
        )
        lines = [
            *([_wait(waited)] if waited else []),
            *(text_of(source, [node]) for node in hoisted),
            *([""] if hoisted else []),
            decorator,
            f"def {name}({', '.join(arguments)}):",
            *(
                [textwrap.indent(f'"""{options.name}"""', "    ")]
                if options.name and '"' not in options.name
                else []
            ),
            textwrap.indent(text_of(source, body) or "pass", "    "),
            *([f"    return {', '.join(results)}"] if results else []),
            "",
            call_of(name, arguments, results, options.map),
        ]
        made = set(results) | plan.writes
        self._values |= made
        self._certain |= made
        self._code -= set(results)
        self._pending |= made
        self._lists = (self._lists - made) | (set(results) if item else set())
        return "\n".join(lines)

    def pass_over(self, source: str) -> None:
        """Take note of a cell that stays as it is."""
        manager: Any = TransformerManager  # untyped
        try:
            tree = parse(manager().transform_cell(source))
        except SyntaxError:  # its own error comes when it runs
            return
        self._note(tree.body, names_of(tree))

    def unmarked(self, source: str, options: TaskOptions) -> str:
        """Return the code of a mapped cell as a function and its calls, which need nothing of this package.

        Parameters
        ----------
        source
            The code without its ``%%task`` line.
        options
            What it is mapped over, among others.

        Raises
        ------
        CellError
            When it would not compute the same.
        """
        assert options.map is not None
        tree = parse(source)
        plan = plan_of(tree, options, source=source, filename="<cell>")
        results = self._results(plan, tree)
        item = options.map[0]
        hoisted = [node for node in tree.body if node in plan.hoisted]
        body = [node for node in tree.body if node not in plan.hoisted]
        self._note(hoisted, names_of(ast.Module(hoisted, [])))
        kept = (set(results) - plan.names.sure) & self._certain
        # All else it finds among the names of the notebook.
        parameters = sorted(((plan.names.reads & plan.names.binds) | kept) - {item} - plan.defined)
        name = self._name(options.name or "_".join(["make", *results]))
        self._values |= set(results)
        self._certain |= set(results)
        self._code -= set(results)
        return "\n".join(
            [
                *(text_of(source, [node]) for node in hoisted),
                *([""] if hoisted else []),
                f"def {name}({', '.join([item, *parameters])}):",
                textwrap.indent(text_of(source, body) or "pass", "    "),
                *([f"    return {', '.join(results)}"] if results else []),
                "",
                call_of(name, [item, *parameters], results, options.map),
            ]
        )

    def _results(self, plan: Plan, tree: ast.Module) -> list[str]:
        """Return the names that the function returns."""
        names = plan.names
        if names.opaque:
            raise CellError(f"what it binds cannot be known from its code: {names.opaque}.")
        if names.deletes & (self._values | self._code):
            raise CellError(f"it deletes {sorted(names.deletes)[0]!r}, which a function cannot.")
        if any(isinstance(node, ast.Global) for node in ast.walk(tree)):
            raise CellError("it has a function with a 'global' statement, which would mean another name.")
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: Any = compile(tree, "<cell>", "exec", flags, dont_inherit=True)
        if code.co_flags & inspect.CO_COROUTINE:
            raise CellError("it awaits outside a function, and a task function cannot.")
        item = plan.options.map[0] if plan.options.map is not None else ""
        results = [name for name in plan.outputs if name in names.binds and name != item]
        open_ended = set(results) - names.sure - self._certain
        # The variable of a loop, say: nobody else asks for it.
        results = [name for name in results if name not in open_ended or self._mentions[name] > 1]
        open_ended &= set(results)
        if open_ended:
            raise CellError(
                f"{sorted(open_ended)[0]!r} may stay unbound in it, and a function must return it."
            )
        for node in tree.body:
            if node in plan.hoisted:
                continue
            if (isinstance(node, _DEFINITIONS) and node.name in results) or _is_lambda(node):
                raise CellError(
                    "one of its results is a function, which would not see later changes of names."
                )
        hidden = names.reads & names.binds & BUILTINS - self._values - plan.defined
        if hidden:
            raise CellError(f"it reads the builtin {sorted(hidden)[0]!r} and binds that name.")
        seen = self._reached(names.reads & self._code) | {
            used for node in plan.hoisted if isinstance(node, _DEFINITIONS) for used in _words([node])
        }
        if seen & set(results):
            raise CellError(
                f"a function that it uses reads {sorted(seen & set(results))[0]!r}, which it binds."
            )
        return results

    def _waited(self, names: CellNames) -> set[str]:
        if names.opaque not in ("", USES_MAGIC):
            waited = set(self._pending)
        else:
            mentioned = {word for magic in names.magics for word in _WORD.findall(magic.text)}
            kept = names.binds - names.sure
            waited = self._reached(names.reads | mentioned | kept) & self._pending
        self._pending -= waited | names.sure
        return waited

    def _note(self, nodes: list[ast.stmt], names: CellNames) -> None:
        """Note what a cell binds to functions, classes and modules, and what to values."""
        for node in nodes:
            found = names_of(ast.Module([node], [])).binds
            is_code = isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom))
            for name in found:
                (self._code if is_code else self._values).add(name)
                (self._values if is_code else self._code).discard(name)
                self._uses[name] = set() if isinstance(node, (ast.Import, ast.ImportFrom)) else _words([node])
        self._certain = (self._certain | names.sure) - names.deletes

    def _reached(self, names: Iterable[str]) -> set[str]:
        """Return names and, for functions among them, all that these use."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._uses.get(name, ()) if name in self._code else ()
        return found

    def _name(self, wanted: str) -> str:
        base = re.sub(r"\W+", "_", wanted).strip("_").lower() or "cell"
        base = f"run_{base}" if base[0].isdigit() or keyword.iskeyword(base) else base
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


def _in_words(line: str | None) -> str:
    """Return what follows ``%eflows`` in the words of the package, for None how that is imported."""
    if line is None:
        return "import eflows_nb as ef"
    word, *rest = line.split() or ["status"]
    if word == "start":
        return f"ef.start(engines={rest[0]});" if rest else "ef.start();"
    return {"stop": "ef.stop()", "wait": "ef.barrier()"}.get(word, "")


def _wait(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"{listed} = ef.wait_on({f'({listed})' if ',' in listed else listed})"


def _decorator(words: dict[str, Any]) -> str:
    return (
        f"@ef.task({', '.join(f'{word}={value}' for word, value in words.items())})" if words else "@ef.task"
    )


def _literal(value: Any) -> str:
    return f"{value.total_seconds():g}" if isinstance(value, timedelta) else repr(value)


def _words(nodes: list[ast.stmt]) -> set[str]:
    return {inner.id for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _is_lambda(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)


def text_of(source: str, nodes: list[ast.stmt]) -> str:
    """Return the text of statements, with its comments where it can be indented as it is."""
    if not nodes:
        return ""
    lines = source.splitlines()
    spans = [(_first_line(node), node.end_lineno or node.lineno) for node in nodes]
    shared = any(";" in line for first, last in spans for line in lines[first - 1 : last])
    if shared or _has_long_text(source):
        return "\n".join(ast.unparse(node) for node in nodes)
    kept: list[str] = []
    before = spans[0][0] - 1
    while before and lines[before - 1].lstrip().startswith("#"):
        before -= 1
    for first, last in spans:
        between = lines[before : first - 1]
        comments = [line for line in between if not line.strip() or line.lstrip().startswith("#")]
        kept += comments + lines[first - 1 : last]
        before = last
    return "\n".join(kept)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min(node.lineno, *(int(one.lineno) for one in decorators)) if decorators else node.lineno


def _has_long_text(source: str) -> bool:
    """Return whether a string goes over several lines: indented, it would be another."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    kinds = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    return any(token.type in kinds and token.start[0] != token.end[0] for token in tokens)
