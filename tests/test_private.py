"""
Which private names the tests use.  Each use has a reason, in a comment C{# private: why}.

A test that uses a private name fails when the code behind a public name is rewritten.  The comment is at the end of the
line, or above the statement.  A comment in the first line of a function applies to the whole function.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

TESTS = Path(__file__).resolve().parent

PRIVATE = re.compile(r"_[A-Za-z]\w*")

REASON = re.compile(r"# private: \S+ \S+")


class PrivateReader(ast.NodeVisitor):
    """
    Collects the uses of private names of other objects.  A method may use the private names of its own object:
    C{self._name}.


    @ivar found: the private name, and the lines on which the reason may stand.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, set[int]]] = []
        self._scopes: list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = []
        self._statement = 1

    def visit(self, node: ast.AST) -> None:
        """Track the current statement, classes and functions."""
        outer = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            self._scopes.append(node)
            super().visit(node)
            self._scopes.pop()
        else:
            super().visit(node)
        self._statement = outer

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """C{thing._name}."""
        if not (isinstance(node.value, ast.Name) and node.value.id in self._own()):
            self._note(node.attr, node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """C{getattr(thing, "_name")}, C{self.patch(thing, "_name", …)} and similar calls."""
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("getattr", "setattr", "delattr", "hasattr", "patch") and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._note(name.value, node)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """C{from module import _name}."""
        for alias in node.names:
            self._note(alias.name, node)

    def _own(self) -> set[str]:
        """
        Return the names under which the enclosing functions know their own object.  A function within a method is not a
        method: its C{self}, if it has one, is another object.
        """
        own: set[str] = set()
        for outer, scope in zip([None, *self._scopes], self._scopes, strict=False):
            if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                arguments = {argument.arg for argument in [*scope.args.posonlyargs, *scope.args.args]}
                own -= arguments
                if isinstance(outer, ast.ClassDef):
                    own |= {argument.arg for argument in [*scope.args.posonlyargs, *scope.args.args][:1]}
        return own

    def _note(self, name: str, node: ast.expr | ast.stmt) -> None:
        if PRIVATE.fullmatch(name):
            lines = {self._statement - 1, *range(node.lineno, (node.end_lineno or node.lineno) + 1)}
            lines |= {scope.lineno for scope in self._scopes if not isinstance(scope, ast.ClassDef)}
            self.found.append((name, lines))


def unexplained(source: str) -> Iterator[tuple[int, str]]:
    """Return the uses of private names in a module that have no reason, as lines and names."""
    reader = PrivateReader()
    reader.visit(ast.parse(source))
    reasons = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and REASON.match(token.string)
    }
    for name, lines in reader.found:
        if not lines & reasons:
            yield max(lines), name


class PrivateTests(SynchronousTestCase):
    """The tests of twistchat."""

    def test_reasons(self) -> None:
        """Each use of a private name has a reason."""
        problems = [
            f"{path}:{line}: {private} has no comment '# private: why'"
            for path in sorted(TESTS.rglob("*.py"))
            for line, private in unexplained(path.read_text("utf-8"))
        ]
        if problems:
            self.fail("\n".join(problems))


class CheckerTests(SynchronousTestCase):
    """The check itself."""

    def names(self, source: str) -> list[str]:
        """Return the private names without a reason."""
        return [name for _, name in unexplained(source)]

    def test_found(self) -> None:
        """Attributes, texts that name attributes, and imports are found."""
        self.assertEqual(["_b"], self.names("a._b = 1"))
        self.assertEqual(["_c"], self.names("a._c.b(1)"))
        self.assertEqual(["_b"], self.names("getattr(a, '_b')"))
        self.assertEqual(["_b"], self.names("self.patch(a, '_b', 1)"))
        self.assertEqual(["_B"], self.names("from a import _B as b"))
        self.assertEqual(["_b"], self.names("class A:\n    def f(self):\n        self.a._b"))
        self.assertEqual(["_b"], self.names("class A:\n    def f(self):\n        def g(self):\n            self._b"))
        self.assertEqual(["_b"], self.names("def f(self):\n    self._b"))

    def test_own(self) -> None:
        """A method may use the private names of its object, also in a function within it.  Dunder names are public."""
        self.assertEqual([], self.names("class A:\n    def f(self, a):\n        self._b = a.__dict__"))
        self.assertEqual([], self.names("class A:\n    def f(self):\n        def g(a):\n            return self._b"))
        self.assertEqual([], self.names("class A:\n    @classmethod\n    def f(cls):\n        return cls._b"))
        self.assertEqual([], self.names("patch(a, 'b', '_c'); a.b('_c')"))

    def test_reasons(self) -> None:
        """A reason is at the end of the line, above the statement, or in the first line of the function."""
        self.assertEqual([], self.names("a._b = 1  # private: nothing else does this"))
        self.assertEqual([], self.names("# private: nothing else does this\na._b = 1"))
        self.assertEqual([], self.names("def f():  # private: nothing else does this\n    pass\n    a._b = 1"))
        self.assertEqual([], self.names("# private: nothing else does this\na = [\n    1,\n    a._b,\n]"))
        self.assertEqual(["_b"], self.names("a._b = 1  # nothing else does this"))
        self.assertEqual(["_b"], self.names("a._b = 1  # private:"))
        self.assertEqual(["_b"], self.names("a = 1  # private: nothing else does this\n\na._b = 1"))
        self.assertEqual(["_b"], self.names("a = '# private: nothing else'; a._b = 1"))
