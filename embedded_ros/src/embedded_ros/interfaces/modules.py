"""The virtual modules `<package>`, `<package>.msg` and `<package>.srv`."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import opcode
import sys
import types
from typing import Any

from embedded_ros.interfaces import database
from embedded_ros.interfaces.messages import message_class, service_class


def find_spec(package: str, kind: str) -> importlib.machinery.ModuleSpec | None:
    """Spec of the module of a package, None if the package has no such interfaces.

    Args:
        package: Name of the package.
        kind: 'msg' or 'srv', '' for the package itself.
    """
    if not any(database.names(package, k) for k in ([kind] if kind else ['msg', 'srv'])):
        return None
    name = f'{package}.{kind}' if kind else package
    return importlib.machinery.ModuleSpec(
        name, _Loader(package, kind), is_package=not kind, origin='embedded_ros'
    )


class _Loader(importlib.abc.Loader):
    def __init__(self, package: str, kind: str) -> None:
        self._package = package
        self._kind = kind

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _InterfaceModule(spec.name) if self._kind else types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        package = self._package
        module.__doc__ = f"Interfaces of the ROS package '{package}'."
        if self._kind:
            vars(module)['__all__'] = database.names(package, self._kind)


class _InterfaceModule(types.ModuleType):
    """Module that makes a class when it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        package, kind = self.__name__.split('.')
        known = not name.startswith('_') and name in self.__all__
        if not known:
            hint = '' if name.startswith('_') else database.nearest(name, package, kind)
            error = ImportError if _is_import_statement() else AttributeError
            raise error(f'module {self.__name__!r} has no attribute {name!r}{hint}')
        find = service_class if kind == 'srv' else message_class
        cls = find(f'{package}/{kind}/{name}')
        setattr(self, name, cls)
        return cls

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__all__})


def _is_import_statement() -> bool:
    """Whether the caller's caller runs `from <module> import <name>`.

    Python replaces an AttributeError there by an ImportError without our hint.
    """
    frame = sys._getframe(2)
    return frame.f_code.co_code[frame.f_lasti] == opcode.opmap['IMPORT_FROM']
