"""`harness init`: a harness.toml that fits the Terraform it finds, and one scenario."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.toml import NAME

_PROFILE = re.compile(r'^\s*profile\s*=\s*"([^"]+)"', re.MULTILINE)
_REGION = re.compile(r'^\s*region\s*=\s*"([^"]+)"', re.MULTILINE)
_PROVIDER = re.compile(r'provider\s+"aws"\s*\{')
# A block of one line, or up to the brace at the beginning of one.
_VARIABLE = re.compile(r'^variable\s+"([^"]+)"\s*\{([^\n]*\}[^\n}]*$|.*?^\})', re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^\s*default\s*=", re.MULTILINE)
_OUTPUT = re.compile(r'^output\s+"([^"]+)"', re.MULTILINE)
_IGNORED = frozenset({".terraform", ".git", ".venv", "node_modules", ".tox"})

_SCENARIO = '''"""A first scenario: the accounts answer as themselves, and an unsigned request is refused."""

import botocore
from botocore.config import Config


def test_every_account_answers_as_itself(harness):
    for account in harness.accounts.values():
        assert account.client("sts").get_caller_identity()["Account"] == account.id


def test_an_unsigned_request_is_refused(harness, allowed, denied):
    account = next(iter(harness.accounts.values()))
    unsigned = account.client("iam", config=Config(signature_version=botocore.UNSIGNED))

    denied(unsigned.list_roles, by="authentication")
    allowed(account.client("iam").list_roles)
'''


def write_starter(folder: Path) -> list[Path]:
    """Write the two files; they. Raises UsageError where one is there already: nothing is overwritten."""
    config, scenario = folder / NAME, folder / "scenarios" / "test_first.py"
    for path in (config, scenario):
        if path.exists():
            raise UsageError(f"`{path}` exists already", help="remove it first, or edit it by hand")
    config.write_text(_config(folder), encoding="utf-8")
    scenario.parent.mkdir(exist_ok=True)
    scenario.write_text(_SCENARIO, encoding="utf-8")
    return [config, scenario]


def _config(folder: Path) -> str:
    found = dict(_compositions(folder))
    if not found:
        return (
            '# No folder with a Terraform provider "aws" was found: add `terraform_root` and `composition` to use yours.\n\n'
            '[accounts.account_a]\nid = "111111111111"\nregion = "us-east-1"\n\n'
            '[accounts.account_b]\nid = "222222222222"\nregion = "us-east-1"\n'
        )
    parts = ['terraform_root = "."\n']
    names = {
        composition: re.sub(r"[^A-Za-z0-9_-]", "_", Path(composition).name) or f"account_{index}"
        for index, composition in enumerate(found, start=1)
    }
    for index, (composition, text) in enumerate(found.items(), start=1):
        profile, region = _PROFILE.search(text), _REGION.search(text)
        name = names[composition]
        parts.append(
            f'[accounts.{name}]\nid = "{str(index % 10) * 12}"  # the account id that your policies name\n'
            f'region = "{region[1] if region else "us-east-1"}"\ncomposition = "{composition}"\n'
            f'profiles = ["{profile[1] if profile else name}"]\n'
        )
    outputs = [f"{names[one]}.{output}" for one, text in found.items() for output in _OUTPUT.findall(text)]
    parts.extend(_wanted(names[composition], text, outputs) for composition, text in found.items())
    return "\n".join(filter(None, parts))


def _wanted(name: str, text: str, outputs: Sequence[str]) -> str:
    """Comments on the variables that the composition must be given."""
    wanted = [variable for variable, block in _VARIABLE.findall(text) if not _DEFAULT.search(block)]
    if not wanted:
        return ""
    others = [output for output in outputs if not output.startswith(f"{name}.")]
    constants = "".join(f'# {variable} = "VALUE"\n' for variable in wanted)
    said = f"# {name} must be given these, as constants:\n# [variables.{name}]\n{constants}"
    if not others:
        return said
    bound = "".join(f'# {variable} = {{ output = "{others[0]}" }}\n' for variable in wanted)
    return f"{said}# or from another account's outputs ({', '.join(others)}):\n# [bindings.{name}]\n{bound}"


def _compositions(folder: Path) -> Iterator[tuple[str, str]]:
    """Folders that configure the AWS provider, with their text."""
    texts: dict[Path, str] = {}
    for file in sorted(folder.rglob("*.tf")):
        if not _IGNORED & set(file.relative_to(folder).parts):
            texts[file.parent] = texts.get(file.parent, "") + file.read_text(encoding="utf-8", errors="replace")
    return ((path.relative_to(folder).as_posix(), text) for path, text in texts.items() if _PROVIDER.search(text))
