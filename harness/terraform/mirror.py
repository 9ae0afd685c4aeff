"""The provider's filesystem mirror: a folder that holds `registry.terraform.io/hashicorp/aws/VERSION/PLATFORM/`.

Looked for in the user's own CLI configuration, in Terraform's implied mirror folders, and in the usual places for software.
https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
"""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PROVIDER = Path("registry.terraform.io/hashicorp/aws")
_MIRROR_PATH = re.compile(r'filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"', re.DOTALL)
_ROOTS = ("/opt", "/usr/local/share", "/usr/share")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def find_provider_mirror(environment: Mapping[str, str]) -> Path | None:
    """The first mirror that holds the AWS provider for this platform, None where there is none."""
    return next((mirror for mirror in _candidates(environment) if find_provider(mirror) is not None), None)


def find_provider(mirror: Path) -> Path | None:
    """The newest AWS provider's executable in the mirror, None where it holds none for this platform."""
    found = sorted((mirror / PROVIDER).glob(f"*/{_platform()}/terraform-provider-aws*"), key=_version)
    return found[-1] if found else None


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", path.parent.parent.name))


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME", "~")).expanduser()
    for config in (environment.get("TF_CLI_CONFIG_FILE"), str(home / ".terraformrc")):
        if config and Path(config).is_file():
            yield from (Path(path) for path in _MIRROR_PATH.findall(Path(config).read_text(encoding="utf-8")))
    yield home / ".terraform.d" / "plugins"
    yield home / ".local/share/terraform/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"
    for root in (Path(one) for one in _ROOTS):
        if root.is_dir():
            yield root / "terraform/plugins"
            yield from (entry for entry in sorted(root.iterdir()) if entry.is_dir() and os.access(entry, os.R_OK))
