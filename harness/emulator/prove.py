"""Ready means proven: the gate reports itself, a real call answers as the right account, and two that must be denied are.

A health check proves nothing: LocalStack answers 200 while most of its services fail, and with the gate missing it would
say yes to everyone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

import harness
from harness.emulator.backend import Instance
from harness.emulator.control import Control
from harness.emulator.record import AccountRecord, Keys, RunRecord
from harness.errors import ToolFailed

START_TIMEOUT = 90.0
_POLL = 0.05
_DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


def prove_all(instances: Sequence[Instance], record: RunRecord, controls: Mapping[str, Control]) -> None:
    """Return once every instance is proven. Raises ToolFailed when one ends, answers wrongly or not at all."""
    with ThreadPoolExecutor(len(instances)) as pool:
        list(pool.map(lambda one: _prove(one, record.accounts[one.name], controls[one.name]), instances))


def _prove(instance: Instance, account: AccountRecord, control: Control) -> None:
    _until_serving(instance, control)
    identity = _call(account, account.deployer)
    expected = f"arn:aws:iam::{account.account_id}:user/deployer"
    if identity != expected:
        raise _unproven(instance, f"GetCallerIdentity answered `{identity}` instead of `{expected}`")
    forged = Keys(account.deployer.key_id, account.deployer.secret[::-1])
    _expect(instance, lambda: _call(account, forged), "SignatureDoesNotMatch", "a forged signature")
    _expect(instance, lambda: _assume(account), "AccessDenied", "a role that does not exist, assumed by root")
    _expect(instance, lambda: _call_forbidden(account), "AccessDenied", "a call that the session's own policy denies")


def _until_serving(instance: Instance, control: Control) -> None:
    """The peer port answers once the gate is in place; a process that ended is told apart from one that still starts."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            report = control.ask("report", timeout=START_TIMEOUT).data
            break
        except ToolFailed:
            if not instance.alive:
                raise instance.died() from None
            if time.monotonic() > deadline:
                raise _unproven(instance, f"it is not ready after {START_TIMEOUT:.0f} s") from None
            time.sleep(_POLL)
    expected = {"version": harness.__version__, "gate": "first", "missing": []}
    actual = {key: report.get(key) for key in expected}
    if actual != expected:
        raise _unproven(instance, f"its report is {actual} instead of {expected}")


def _client(account: AccountRecord, keys: Keys, token: str | None = None) -> Any:
    return boto3.session.Session().client(
        "sts",
        region_name=account.region,
        endpoint_url=account.endpoint_url,
        aws_access_key_id=keys.key_id,
        aws_secret_access_key=keys.secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=START_TIMEOUT, proxies={}),
    )


def _call(account: AccountRecord, keys: Keys) -> str:
    return str(_client(account, keys).get_caller_identity()["Arn"])


def _assume(account: AccountRecord) -> None:
    role = f"arn:aws:iam::{account.account_id}:role/harness-proof"
    _client(account, account.root).assume_role(RoleArn=role, RoleSessionName="proof")


def _call_forbidden(account: AccountRecord) -> None:
    """The deployer may do everything, this session of it nothing: only a decision of the policy engine tells them apart.

    Where a service control policy keeps the deployer from making the session, that refusal is the engine's, and proves the same.
    """
    session = _client(account, account.deployer).get_federation_token(Name="proof", Policy=_DENY)["Credentials"]
    keys = Keys(session["AccessKeyId"], session["SecretAccessKey"])
    _client(account, keys, session["SessionToken"]).get_access_key_info(AccessKeyId=account.deployer.key_id)


def _expect(instance: Instance, call: Callable[[], object], code: str, what: str) -> None:
    try:
        call()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == code:
            return
        raise _unproven(instance, f"{what} was refused with `{error}` instead of {code}") from error
    raise _unproven(instance, f"{what} was not refused: the gate is not in force")


def _unproven(instance: Instance, why: str) -> ToolFailed:
    return ToolFailed(
        f"the instance of account `{instance.name}` is not proven: {why}\n{instance.last_lines()}",
        help=f"its whole log: {instance.log_hint}",
    )
