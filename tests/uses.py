"""Find the names that a module uses from elsewhere.  This reads its source and does not import it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Module:
    """
    One module's source.

    @ivar name: its dotted name.
    @ivar package: whether it is the C{__init__.py} of a package.
    """

    name: str
    package: bool
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Use:
    """
    One use of a name from outside the module, with every alias resolved.


    @ivar imported: whether it is an import, and not a use of an imported name.
    @ivar typing: whether it is under C{if TYPE_CHECKING:}.
    """

    name: str
    line: int
    imported: bool
    typing: bool


@cache
def readModules(source: Path) -> tuple[Module, ...]:
    """Parse every module below C{source}, a folder of top-level packages."""
    modules = []
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        modules.append(Module(name, package, ast.parse(path.read_text("utf-8"), str(path))))
    return tuple(modules)


class UseReader(ast.NodeVisitor):
    """
    Collects the L{Use}s of one module, including those in functions and classes.


    @ivar uses: the uses.
    """

    def __init__(self, module: Module) -> None:
        self.uses: list[Use] = []
        self._module = module
        self._aliases: dict[str, str] = {}
        self._typing = False

    def visit_If(self, node: ast.If) -> None:
        """Only the first branch of C{if TYPE_CHECKING:} is for type checkers."""
        if ast.unparse(node.test) not in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self.generic_visit(node)
            return
        outer, self._typing = self._typing, True
        for child in node.body:
            self.visit(child)
        self._typing = outer
        for child in node.orelse:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        """C{import a.b} binds C{a}; C{import a.b as c} binds C{a.b}."""
        for alias in node.names:
            self._imported(node, alias.name)
            if alias.asname is not None:
                self._aliases[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self._aliases[top] = top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """C{from a import b} may mean the module C{a.b} or a name in C{a}.  The rules treat both alike."""
        origin = node.module or ""
        if node.level:
            parts = self._module.name.split(".")
            base = parts[: len(parts) - node.level + self._module.package]
            origin = ".".join([*base, *filter(None, [node.module])])
        for alias in node.names:
            name = f"{origin}.{alias.name}"
            self._imported(node, name)
            self._aliases[alias.asname or alias.name] = name

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """C{a.b.c} is a use of that name if C{a} was imported."""
        parts = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in self._aliases:
            name = ".".join([self._aliases[inner.id], *reversed(parts)])
            self.uses.append(Use(name, node.lineno, imported=False, typing=self._typing))
        else:
            self.generic_visit(node)

    def _imported(self, node: ast.stmt, name: str) -> None:
        self.uses.append(Use(name, node.lineno, imported=True, typing=self._typing))
