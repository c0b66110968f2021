"""Records: frozen values with named fields.

``@record`` gives what ``@dataclass(frozen=True, slots=True)`` gives, and is ten times as quick about it:
``dataclass`` compiles six methods for every class, and a command spent a third of its time on that.

>>> @record
... class Point:
...     x: int
...     y: int = 0
...     label: str = field(default="", compare=False, repr=False, kw_only=True)
>>> Point(1), Point(1) == Point(1, 0, label="start"), replace(Point(1), y=2)
(Point(x=1, y=0), True, Point(x=1, y=2))
>>> Point(1).x = 2
Traceback (most recent call last):
    ...
AttributeError: cannot assign to field 'x'
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import CodeType, FunctionType
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")
_NONE: Any = object()


class _Field:
    """How a field is treated: what it is when not given, and where it takes no part."""

    __slots__ = ("compare", "default", "factory", "kw_only", "repr")

    def __init__(
        self, default: Any, factory: Callable[[], Any] | None, compare: bool, repr: bool, kw_only: bool
    ) -> None:
        self.default, self.factory = default, factory
        self.compare, self.repr, self.kw_only = compare, repr, kw_only


def field(
    *,
    default: Any = _NONE,
    default_factory: Callable[[], Any] | None = None,
    compare: bool = True,
    repr: bool = True,
    kw_only: bool = False,
) -> Any:
    """A default made anew for every record, or a field that equality or ``repr`` pass over."""
    return _Field(default, default_factory, compare, repr, kw_only)


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, frozen: bool) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, /, *, frozen: bool = True) -> Any:
    """The class with its annotations as fields; ``frozen=False`` for one whose fields may be set."""
    if cls is None:
        return lambda cls: _recorded(cls, frozen)
    return _recorded(cls, frozen)


def replace(old: T, /, **changes: Any) -> T:
    """A record with some fields changed."""
    cls: Any = type(old)
    for name in cls.__record__:
        if name not in changes:
            changes[name] = getattr(old, name)
    return cls(**changes)  # type: ignore[no-any-return]


def _recorded(cls: type[T], frozen: bool) -> type[T]:
    space = dict(cls.__dict__)
    fields: dict[str, _Field] = {}
    for base in cls.__mro__[:0:-1]:
        fields.update(base.__dict__.get("__record__", {}))
    inherited = set(fields)
    for name in space.get("__annotations__", {}):
        default = space.pop(name, _NONE)
        plain = not isinstance(default, _Field)
        fields[name] = _Field(default, None, True, True, False) if plain else default
    space.pop("__dict__", None)
    space.pop("__weakref__", None)
    compared = tuple(name for name, f in fields.items() if f.compare)
    space = {"__repr__": _repr, "__eq__": _method(_EQUAL, compared), **space}
    space |= {
        "__slots__": tuple(name for name in fields if name not in inherited),
        "__match_args__": tuple(name for name, f in fields.items() if not f.kw_only),
        "__record__": fields,
        "__dataclass_fields__": _AsDataclass(),
        "__hash__": _method(_HASH, compared) if frozen else None,
        "__getstate__": _getstate,
        "__setstate__": _setstate,
    }
    if frozen:
        space |= {"__setattr__": _setattr, "__delattr__": _delattr}
    made: Any = type(cls.__name__, cls.__bases__, space)
    made.__init__ = _init(made)
    return made  # type: ignore[no-any-return]


# Methods of classes with the same number of fields differ in names only: their code is compiled once.

_EQUAL = """\
def __eq__(self, other):
 return {self} == {other} if other.__class__ is self.__class__ else NotImplemented"""
_HASH = "def __hash__(self): return hash({self})"


@cache
def _code(source: str) -> CodeType:
    """The code of the function that the source defines."""
    return next(c for c in compile(source, "<record>", "exec").co_consts if isinstance(c, CodeType))


def _method(source: str, names: tuple[str, ...]) -> FunctionType:
    """A method in which {self} and {other} stand for the tuples of the named fields."""
    places = [f"_{k}" for k in range(len(names))]
    own, others = (f"({''.join(f'{who}.{place}, ' for place in places)})" for who in ("self", "other"))
    code = _code(source.format(self=own, other=others))
    called = dict(zip(places, names, strict=True))
    return FunctionType(code.replace(co_names=tuple(called.get(n, n) for n in code.co_names)), globals())


def _init(cls: Any) -> FunctionType:
    """``def __init__(self, a, b=.., *, c=..)``, which sets the fields in their slots."""
    fields: dict[str, _Field] = cls.__record__
    names = sorted(fields, key=lambda name: fields[name].kw_only)
    given: dict[str, Any] = {"none": _NONE}
    body = ""
    for k, name in enumerate(names):
        given[f"set{k}"], given[f"make{k}"] = getattr(cls, name).__set__, fields[name].factory
        value = f"_{k} if _{k} is not none else make{k}()" if fields[name].factory else f"_{k}"
        body += f"\n set{k}(self, {value})"
    parameters = "".join(f", _{k}" for k in range(len(names)))
    code = _code(f"def __init__(self{parameters}):{body or ' pass'}")
    named = [name for name in names if fields[name].kw_only]
    code = code.replace(
        co_varnames=("self", *names),
        co_argcount=1 + len(names) - len(named),
        co_kwonlyargcount=len(named),
    )
    optional = {name: f.default for name, f in fields.items() if f.factory or f.default is not _NONE}
    method = FunctionType(code, given)
    method.__qualname__ = f"{cls.__qualname__}.__init__"
    method.__defaults__ = tuple(optional[name] for name in names if name in optional and name not in named)
    method.__kwdefaults__ = {name: optional[name] for name in named if name in optional}
    return method


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, f in self.__record__.items() if f.repr)
    return f"{type(self).__qualname__}({shown})"


def _setattr(self: object, name: str, value: object) -> None:
    raise AttributeError(f"cannot assign to field {name!r}")


def _delattr(self: object, name: str) -> None:
    raise AttributeError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__record__]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record__, state, strict=True):
        object.__setattr__(self, name, value)


class _AsDataclass:
    """The fields as ``dataclasses`` knows them, for its ``fields``, ``replace`` and ``asdict``."""

    def __get__(self, _: object, cls: Any) -> Any:
        import dataclasses

        fields = [
            (name, "object", dataclasses.field(default=None, compare=f.compare, repr=f.repr))
            for name, f in cls.__record__.items()
        ]
        same: Any = dataclasses.make_dataclass(cls.__name__, fields)
        cls.__dataclass_fields__ = same.__dataclass_fields__
        return cls.__dataclass_fields__
