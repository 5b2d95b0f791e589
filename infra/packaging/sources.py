"""Which modules the functions need, read from their imports and never by running them."""

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.handlers import APPROVER_HANDLER, handler_of
from datalfred.errors import ConfigurationError

_OURS = ("datalfred", "action_groups")
_DATA = (".json", ".yaml")


def handlers(root: Path) -> tuple[str, ...]:
    """The handler string of every function of the checkout ``root``."""
    groups = action_group_names(root / "openapi")
    return (*(handler_of(group) for group in groups), APPROVER_HANDLER)


def sources(root: Path) -> tuple[Path, ...]:
    """The files that the functions need, by their paths inside the checkout ``root``.

    These are the modules that a handler reaches by imports, also by those inside of a function,
    with the packages that they are in; and the data files that lie beside them.

    Raises:
        ConfigurationError: a handler's module is not there.
    """
    found: dict[str, Path] = {}
    waiting = [handler.rpartition(".")[0] for handler in handlers(root)]
    for module in waiting:
        if _file(root, module) is None:
            raise ConfigurationError("handler", f"{module} is no module of {root}.")
    while waiting:
        module = waiting.pop()
        path = _file(root, module)
        if module in found or path is None:
            continue
        found[module] = path
        waiting += [*_packages(module), *_imports(path.read_text("utf-8"))]
    folders = {path.parent for path in found.values()}
    data = {each for folder in folders for each in folder.iterdir() if each.suffix in _DATA}
    return tuple(sorted(path.relative_to(root) for path in {*found.values(), *data}))


def _file(root: Path, module: str) -> Path | None:
    path = root.joinpath(*module.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((each for each in candidates if each.is_file()), None)


def _packages(module: str) -> Iterator[str]:
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


@functools.cache
def _imports(source: str) -> tuple[str, ...]:
    """What a module imports of ours; a name may be a module of its package, or be in it."""
    waiting: list[ast.AST] = [ast.parse(source)]
    found: list[str] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        waiting += _run_parts(node)
    return tuple(name for name in found if name.partition(".")[0] in _OURS)


def _run_parts(node: ast.AST) -> Iterable[ast.AST]:
    """What is in a node and may run: not what stands under ``if TYPE_CHECKING``."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return node.orelse
    return ast.iter_child_nodes(node)
