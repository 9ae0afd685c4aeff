"""The project's compositions on one run's copy: applied in the order of their bindings, destroyed against it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from harness.config import Config, Output, Package
from harness.errors import UsageError, hidden_in_pytest
from harness.package import build
from harness.terraform import Event, Profile, Refusal, Terraform, Workspace

__tracebackhide__ = hidden_in_pytest
OnEvent = Callable[[str, Event], None]
"""(account name, event)"""
NewWatch = Callable[[], Callable[[], Refusal | None]]
"""Makes, at the beginning of a run of Terraform, what looks for a refusal that would be retried."""


def no_event(_name: str, _event: Event) -> None:
    """No events are wanted."""


@dataclass(slots=True)
class Deployment:
    """Terraform on the copy, and the values that each composition was applied with."""

    config: Config
    terraform: Terraform
    new_watch: NewWatch
    _applied_with: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def prepared(cls, config: Config, folder: Path, profiles: Sequence[Profile], new_watch: NewWatch) -> "Deployment":
        """Copy the Terraform root into `folder` and build the packages in it.

        Raises UsageError for a project without Terraform, and for a package that belongs elsewhere.
        """
        source = config.terraform_path
        if source is None:
            raise UsageError("the project has no Terraform", help="set `terraform_root` in harness.toml")
        workspace = Workspace(folder, source, profiles, dict(os.environ))
        workspace.prepare()
        for one in config.package:
            build(one, config.folder, _target(one, config, source, workspace))
        terraform = Terraform(workspace)
        terraform.warm(config.compositions[name] for name in config.order())
        return cls(config, terraform, new_watch)

    def close(self) -> None:
        """End the living provider processes."""
        self.terraform.close()

    def apply(self, name: str, given: Mapping[str, Any], on_event: OnEvent) -> Mapping[str, Any]:
        """Apply an account's composition, with `given` over harness.toml's values; its outputs."""
        values = {**self._configured(name, given), **self._values(given)}
        self._applied_with[name] = values
        events = partial(on_event, name)
        return self.terraform.apply(self.config.compositions[name], values, events, self.new_watch())

    def destroy(self, name: str, on_event: OnEvent) -> bool:
        """Destroy an account's composition; False where nothing of it is applied."""
        composition = self.config.compositions[name]
        if not self.terraform.applied(composition):
            return False
        # The values of the last apply; in another process, those of harness.toml.
        values = self._applied_with[name] if name in self._applied_with else self._configured(name, {})
        self.terraform.destroy(composition, values, partial(on_event, name), self.new_watch())
        return True

    def outputs(self, name: str) -> Mapping[str, Any]:
        """The outputs of an applied composition."""
        return self.terraform.output(self.config.compositions[name])

    def _configured(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Constants and bindings of harness.toml; a binding whose variable is given need not have its output yet."""
        bound = {
            variable: self._output(ref)
            for variable, ref in self.config.bindings.get(name, {}).items()
            if variable not in given
        }
        return {**self.config.variables.get(name, {}), **bound}

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._output(value) if isinstance(value, Output) else value for name, value in given.items()}

    def _output(self, ref: Output) -> Any:
        outputs = self.outputs(ref.account)
        if ref.name not in outputs:
            raise UsageError(
                f"composition `{ref.account}` has no output `{ref.name}` yet",
                help=f"apply `{ref.account}` first, or mend the binding in harness.toml",
            )
        return outputs[ref.name]


def _target(one: Package, config: Config, source: Path, workspace: Workspace) -> Path:
    """Where a package belongs in the copy; a target outside of the Terraform root has no place there."""
    target = (config.folder / one.target).resolve()
    try:
        return workspace.root / target.relative_to(source.resolve())
    except ValueError as error:
        raise UsageError(
            f"the package target `{one.target}` is outside of the Terraform root",
            help="Terraform runs on a copy of its root, and the zip must be in it",
        ) from error
