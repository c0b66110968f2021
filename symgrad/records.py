"""Records: frozen values with named fields, whose methods are written when first used.

``@record`` gives what ``@dataclass(frozen=True, slots=True)`` gives.  But ``dataclass`` compiles six methods
for every class when its module is imported, used or not: half of the time in which a command starts.

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
    space["__slots__"] = tuple(name for name in fields if name not in inherited)
    space["__match_args__"] = tuple(name for name, f in fields.items() if not f.kw_only)
    space["__record__"] = fields
    space["__dataclass_fields__"] = _AsDataclass()
    space |= {"__getstate__": _getstate, "__setstate__": _setstate}
    if frozen:
        space |= {"__setattr__": _setattr, "__delattr__": _delattr}
    # The methods to write, unless the class has its own.
    names = [n for n in ("__init__", "__repr__", "__eq__", "__hash__") if n not in cls.__dict__]
    if not frozen:
        names.remove("__hash__")
        space["__hash__"] = None

    def write() -> None:
        for name, method in _written(made).items():
            if name in names:
                method.__qualname__ = f"{made.__qualname__}.{name}"
                setattr(made, name, method)

    for name in names:
        space[name] = _at_first(name, write)
    made: Any = type(cls.__name__, cls.__bases__, space)
    return made  # type: ignore[no-any-return]


def _at_first(name: str, write: Callable[[], None]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **named: Any) -> Any:
        write()
        return getattr(self, name)(*args, **named)

    return method


def _written(cls: Any) -> dict[str, Any]:
    """The methods, as one would write them by hand for this class."""
    fields: dict[str, _Field] = cls.__record__
    given: dict[str, Any] = {}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for name, f in fields.items():
        given[f"set_{name}"] = getattr(cls, name).__set__
        value = name
        if f.factory is not None:
            given[f"make_{name}"], given["none"] = f.factory, _NONE
            parameter, value = f"{name}=none", f"make_{name}() if {name} is none else {name}"
        elif f.default is not _NONE:
            given[f"default_{name}"] = f.default
            parameter = f"{name}=default_{name}"
        else:
            parameter = name
        (named if f.kw_only else positional).append(parameter)
        body.append(f" set_{name}(self, {value})")
    parameters = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    compared = [name for name, f in fields.items() if f.compare]
    own, others = (f"({''.join(f'{who}.{name}, ' for name in compared)})" for who in ("self", "other"))
    shown = ", ".join(f"{name}={{self.{name}!r}}" for name, f in fields.items() if f.repr)
    source = f"""
def __init__({parameters}):
{chr(10).join(body) or " pass"}
def __repr__(self):
 return self.__class__.__qualname__ + f"({shown})"
def __eq__(self, other):
 return {own} == {others} if other.__class__ is self.__class__ else NotImplemented
def __hash__(self):
 return hash({own})
"""
    methods: dict[str, Any] = {}
    exec(source, given, methods)
    return methods


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
