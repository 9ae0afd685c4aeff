"""Where Terraform runs: a copy of the user's root in the run's folder, and an environment made from nothing.

The user's tree is never written: no lock file, no state, no `.terraform`. Nothing that Terraform or the provider starts can reach
the real AWS: the profiles name the sandbox's endpoints, and every proxy is a dead one.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.terraform.mirror import find_provider, find_provider_mirror

OVERRIDE = "harness_override.tf"
DEAD_PROXY = "http://127.0.0.1:9"
_NEVER_COPIED = shutil.ignore_patterns(
    *(".terraform", "*.tfstate", "*.tfstate.*", ".terraform.lock.hcl"),
    *(".git", "__pycache__", ".venv", ".tox", "node_modules"),
)
_CONFIGURATION = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True)
class Profile:
    """An AWS profile that reaches one account of the sandbox."""

    name: str
    region: str
    endpoint_url: str
    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one run's Terraform."""

    folder: Path
    source: Path
    profiles: Sequence[Profile]
    inherited: Mapping[str, str] = field(repr=False)
    """The user's environment, of which next to nothing is passed on."""

    @property
    def root(self) -> Path:
        """The copy."""
        return self.folder / "root"

    @property
    def aws_config(self) -> Path:
        """The generated AWS configuration: profiles with keys, mode 0600."""
        return self.folder / "aws-config"

    @property
    def provider(self) -> Path | None:
        """The provider's executable in a mirror, None where Terraform has to download it."""
        mirror = find_provider_mirror(self.inherited)
        return find_provider(mirror) if mirror else None

    def prepare(self) -> None:
        """Copy the root anew, keeping what Terraform wrote into the copy, and write the configuration files."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_removed()
        shutil.copytree(self.source, self.root, ignore=_NEVER_COPIED, dirs_exist_ok=True)
        write_profiles(self.aws_config, self.profiles)
        _private(self.folder / "terraform.rc", self._cli_config())

    def _forget_removed(self) -> None:
        """A configuration file that is gone from the user's tree is gone from the copy, and with it what it made."""
        for copied in self.root.rglob("*"):
            place = copied.relative_to(self.root)
            if ".terraform" in place.parts or not copied.name.endswith(_CONFIGURATION):
                continue
            if copied.is_file() and not (self.source / place).exists():
                copied.unlink()

    def composition(self, name: str) -> Path:
        """The copied composition's folder, with a local backend whatever it declares."""
        path = self.root / name
        (path / OVERRIDE).write_text('terraform {\n  backend "local" {}\n}\n', encoding="utf-8")
        return path

    def _cli_config(self) -> str:
        mirror = find_provider_mirror(self.inherited)
        if mirror is None:
            return "disable_checkpoint = true\nprovider_installation {\n  direct {}\n}\n"
        return (
            "disable_checkpoint = true\nprovider_installation {\n"
            f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n'
            '  direct {\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }\n}\n'
        )

    def environment(self, *, online: bool) -> dict[str, str]:
        """The environment of Terraform and of the provider; `online` only for `init` and `get`."""
        kept = {name: self.inherited[name] for name in _KEPT if name in self.inherited}
        proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        if online:
            network = {
                name: self.inherited[name]
                for name in (*proxies, "NO_PROXY", "no_proxy", "SSL_CERT_FILE")
                if name in self.inherited
            }
        else:
            network = {
                **dict.fromkeys(proxies, DEAD_PROXY),
                "NO_PROXY": "127.0.0.1,localhost",
                "no_proxy": "127.0.0.1,localhost",
            }
        return {
            **kept,
            **network,
            "AWS_CONFIG_FILE": str(self.aws_config),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }


def write_profiles(path: Path, profiles: Sequence[Profile]) -> None:
    """Write an AWS configuration file with these profiles, mode 0600."""
    _private(path, "".join(_profile(profile) for profile in profiles))


def _profile(profile: Profile) -> str:
    return (
        f"[profile {profile.name}]\nregion = {profile.region}\nendpoint_url = {profile.endpoint_url}\n"
        "disable_host_prefix_injection = true\n"
        f"aws_access_key_id = {profile.key_id}\naws_secret_access_key = {profile.secret}\n\n"
    )


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
