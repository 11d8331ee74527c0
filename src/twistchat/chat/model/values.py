"""Values that are made for every message, and so have a constructor that takes less time than most."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Value = TypeVar("Value")


def swift(cls: type[Value]) -> type[Value]:
    """
    Give a frozen, slotted dataclass a constructor of the same arguments that takes half the time.

    The one that C{dataclass} writes calls C{object.__setattr__} for each field, since the class forbids to set them.
    This one sets them as long as the object is of a class that is laid out alike and forbids nothing, and then makes it
    what it is to be.  Nobody sees it before that.  (C{bench/README.md} says what that brings.)
    """
    taken: tuple[Field[Any], ...] = fields(cls)  # type: ignore[arg-type]  # it is a dataclass
    draft = type(
        f"_{cls.__name__}Draft",
        cls.__bases__,
        {
            "__slots__": cls.__dict__["__slots__"],
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
        },
    )
    positional = [field for field in taken if not field.kw_only]
    named = [field for field in taken if field.kw_only]
    parameters = ", ".join(["self", *map(_parameter, positional), *(["*"] if named else []), *map(_parameter, named)])
    sets = [f"    self.{field.name} = {field.name}" for field in taken]
    lines = [f"def __init__({parameters}):", "    become(self, '__class__', draft)", *sets, "    self.__class__ = cls"]
    scope: dict[str, Any] = {"become": object.__setattr__, "draft": draft, "cls": cls}
    scope |= {f"default_{field.name}": field.default for field in taken}
    exec("\n".join(lines), scope)
    written = scope["__init__"]
    written.__qualname__ = f"{cls.__qualname__}.__init__"
    written.__module__ = cls.__module__
    written.__annotations__ = dict(cls.__init__.__annotations__)
    cls.__init__ = written  # type: ignore[method-assign]  # this is what it is for
    return cls


def _parameter(field: Field[Any]) -> str:
    if field.default_factory is not MISSING or not field.init:
        raise TypeError(f"{field.name} is made by a factory, or not given: a swift value has neither")
    return field.name if field.default is MISSING else f"{field.name}=default_{field.name}"
