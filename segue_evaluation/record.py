"""settings.json: what rows of one folder have in common, so that no other rows join them. Pure."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from segue_core.parameters import ParameterError
from segue_core.paths import package_file, resolve
from segue_evaluation.plan import Plan

FILE = 'settings.json'
CHUNK = 1 << 20


def describe(plan: Plan, suite: str, version: str, parameters: Mapping[str, Any]
             ) -> dict[str, Any]:
    """What every row depends on besides its own columns.

    Args:
        plan: Of the run.
        suite: Tasks of one suite are counted together.
        version: Of the package.
        parameters: What the nodes are given, by file and command line.
    """
    settings = {
        'version': version, 'suite': suite, 'policy': plan.policy,
        'checkpoint_sha256': plan.checkpoint_sha256,
        'threshold': plan.chunking.threshold,
        'actions_per_chunk': plan.chunking.actions_per_chunk,
        'execution_horizon': plan.chunking.execution_horizon, 'max_steps': plan.max_steps,
        'parameters': {name: value for name, value in sorted(parameters.items())
                       if name != 'checkpoint'}}     # its content counts, not its place
    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain


def keep(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of a folder, or check that they are those it was made with.

    Raises:
        ParameterError: A setting differs; the message names it and both values.
    """
    path = folder / FILE
    if path.exists():
        try:
            old = json.loads(path.read_text())
        except ValueError as error:
            raise ParameterError(f'{path} cannot be read: {error}; use another --out, or '
                                 '--no-resume to begin anew') from error
        if not isinstance(old, dict):
            raise ParameterError(f'{path} is no object of settings; use another --out, or '
                                 '--no-resume to begin anew')
        differing = _difference(old, settings)
        if differing:
            name, before, now = differing
            raise ParameterError(f'{folder} was made with {name} {before!r}, now it is {now!r}: '
                                 'use another --out, or --no-resume to begin anew')
        return
    partial = path.with_suffix('.partial')
    partial.write_text(json.dumps(settings, indent=2) + '\n')
    os.replace(partial, path)


def sha256(checkpoint: str) -> str:
    """Hash of a file, or of a folder's files with their names, its README left out; empty for none.

    Raises:
        ParameterError: It does not exist.
    """
    if not checkpoint:
        return ''
    path = resolve(checkpoint)
    if path.is_file():
        return _hash(path)
    if not path.is_dir():
        raise ParameterError(f'checkpoint {checkpoint!r} does not exist')
    lines = [f'{_hash(file)}  {file.relative_to(path).as_posix()}\n'
             for file in sorted(path.rglob('*'))
             if file.is_file() and file.name != 'README.md']
    return hashlib.sha256(''.join(lines).encode()).hexdigest()


def package_version() -> str:
    """Version of this package, from its package.xml."""
    return ElementTree.parse(package_file('package.xml')).findtext('version', '')


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open('rb') as opened:
        while data := opened.read(CHUNK):
            digest.update(data)
    return digest.hexdigest()


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
    """Name and both values of the first setting that differs."""
    for name in dict.fromkeys([*old, *new]):
        before, now = old.get(name), new.get(name)
        if before != now:
            if isinstance(before, dict) and isinstance(now, dict):
                return _difference(before, now)
            return name, before, now
    return None
