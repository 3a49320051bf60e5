"""Action that runs a command line."""

from collections.abc import Iterable
from typing import Any

from launch.actions.execute_local import ExecuteLocal
from launch.descriptions import Executable, SomeEnvironment
from launch.some_substitutions_type import SomeSubstitutionsType


class ExecuteProcess(ExecuteLocal):
    """Runs a command line and shuts it down with the launch."""

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: SomeEnvironment | None = None,
        additional_env: SomeEnvironment | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the command; see `Executable` and `ExecuteLocal` for the arguments."""
        executable = Executable(
            cmd=cmd, prefix=prefix, name=name, cwd=cwd, env=env, additional_env=additional_env
        )
        super().__init__(process_description=executable, **kwargs)

    @property
    def name(self) -> Any:
        """Name of the process; text once prepared, substitutions before."""
        return self.process_description.final_name or self.process_description.name

    @property
    def cmd(self) -> Any:
        """Command line; texts once prepared, substitutions before."""
        return self.process_description.final_cmd or self.process_description.cmd

    @property
    def cwd(self) -> Any:
        """Working directory; text once prepared, substitutions before."""
        return self.process_description.final_cwd or self.process_description.cwd

    @property
    def env(self) -> Any:
        """Environment; texts once prepared, substitutions before."""
        return self.process_description.final_env or self.process_description.env

    @property
    def additional_env(self) -> Any:
        """Variables added to the environment."""
        return self.process_description.additional_env
