"""Ready means proven: the gate reports itself, a real call answers as the right account, and two that must be denied are.

A health check proves nothing: LocalStack answers 200 while most of its services fail, and with the gate missing it would
say yes to everyone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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


def prove_all(instances: Sequence[Instance], record: RunRecord, controls: Mapping[str, Control]) -> Sequence[str]:
    """The ids of the requests that proved every instance. Raises ToolFailed when one ends, answers wrongly or not at all."""
    made: list[str] = []
    with ThreadPoolExecutor(len(instances)) as pool:
        list(pool.map(lambda one: _prove(one, _Caller(record.accounts[one.name], made), controls[one.name]), instances))
    return made


@dataclass(frozen=True, slots=True)
class _Caller:
    """Calls an account's STS."""

    account: AccountRecord
    made: list[str]
    """The ids of all its requests."""

    def client(self, keys: Keys, token: str | None = None) -> Any:
        client = boto3.session.Session().client(
            "sts",
            region_name=self.account.region,
            endpoint_url=self.account.endpoint_url,
            aws_access_key_id=keys.key_id,
            aws_secret_access_key=keys.secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=START_TIMEOUT, proxies={}),
        )
        client.meta.events.register("after-call.sts.*", self._note)
        return client

    def _note(self, parsed: Mapping[str, Any], **_: Any) -> None:
        self.made.append(str(parsed["ResponseMetadata"].get("RequestId")))


def _prove(instance: Instance, caller: _Caller, control: Control) -> None:
    _until_serving(instance, control)
    account = caller.account
    identity = _call(caller, account.deployer)
    expected = f"arn:aws:iam::{account.account_id}:user/deployer"
    if identity != expected:
        raise _unproven(instance, f"GetCallerIdentity answered `{identity}` instead of `{expected}`")
    forged = Keys(account.deployer.key_id, account.deployer.secret[::-1])
    _expect(instance, lambda: _call(caller, forged), "SignatureDoesNotMatch", "a forged signature")
    _expect(instance, lambda: _assume(caller), "AccessDenied", "a role that does not exist, assumed by root")
    _expect(instance, lambda: _call_forbidden(caller), "AccessDenied", "a call that the session's own policy denies")


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


def _call(caller: _Caller, keys: Keys) -> str:
    return str(caller.client(keys).get_caller_identity()["Arn"])


def _assume(caller: _Caller) -> None:
    role = f"arn:aws:iam::{caller.account.account_id}:role/harness-proof"
    caller.client(caller.account.root).assume_role(RoleArn=role, RoleSessionName="proof")


def _call_forbidden(caller: _Caller) -> None:
    """The deployer may do everything, this session of it nothing: only a decision of the policy engine tells them apart.

    Where a service control policy keeps the deployer from making the session, that refusal is the engine's, and proves the same.
    """
    deployer = caller.account.deployer
    session = caller.client(deployer).get_federation_token(Name="proof", Policy=_DENY)["Credentials"]
    keys = Keys(session["AccessKeyId"], session["SecretAccessKey"])
    caller.client(keys, session["SessionToken"]).get_access_key_info(AccessKeyId=deployer.key_id)


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
