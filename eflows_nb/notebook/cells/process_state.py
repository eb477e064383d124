"""What a plain cell sets in its process, which engines that are there already do not have."""

from __future__ import annotations

import ast

__all__ = ["process_state"]

_SEEDS = {"random.seed", "np.random.seed", "numpy.random.seed"}
_SETS = {"os.chdir": "the working folder", "os.putenv": "an environment variable"}


def process_state(tree: ast.Module) -> list[str]:
    """Return what a cell sets at its top level in the process that it runs in, in words.

    Examples
    --------
    >>> process_state(ast.parse("import os; os.environ['A'] = '1'; os.chdir('there')"))
    ['an environment variable', 'the working folder']
    """
    found = []
    for node in tree.body:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute() as function)):
                name = ast.unparse(function)
                found += [_SETS[name]] if name in _SETS else []
                found += [f"the seed of {name.removesuffix('.seed')}"] if name in _SEEDS else []
            case ast.Assign(targets=[ast.Subscript(value=value)]) if ast.unparse(value) == "os.environ":
                found.append("an environment variable")
    return found
