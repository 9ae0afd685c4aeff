"""The stage of the specification: the accounts, A's resources, and what one attempt changes about them.

Texts in angle brackets stand for the stage's names: `<a>`, `<b>` and `<stranger>` are account ids, `<me>` and `<name>` the caller's ARN
and user name, `<table>`, `<queue>`, ... the ARNs of A's resources.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from harness.accounts import Account
from harness.scenario import Principals, ScenarioPrincipal

Call = Callable[[], Any]
NOTHING: tuple[Mapping[str, Any], ...] = ()
DEPLOYER_OF_A = "arn:aws:iam::<a>:user/deployer"


@dataclass
class Stage:
    """The accounts, A's resources, and what one attempt changes about them."""

    a: Account
    b: Account
    stranger: Account
    names: Mapping[str, str]
    token: Callable[..., str]
    """Makes a web identity token."""
    principals: Principals | None = None
    _changes: ExitStack = field(default_factory=ExitStack, init=False)
    _deployers: dict[tuple[str, str], Any] = field(default_factory=dict)
    _made: dict[str, ScenarioPrincipal] = field(default_factory=dict, init=False)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """What is changed within is changed back after it."""
        with ExitStack() as self._changes:
            yield

    def later(self, undo: Call) -> None:
        """Undo it after the attempt; what is gone by then needs no undoing."""
        self._changes.callback(_undone, undo)

    def deployer(self, service: str, of: str = "a") -> Any:
        """The client of an account's deployer."""
        key = (service, of)
        if key not in self._deployers:
            self._deployers[key] = self.account(of).client(service)
        return self._deployers[key]

    def account(self, of: str) -> Account:
        """`a`, `b` or `stranger`."""
        return {"a": self.a, "b": self.b, "stranger": self.stranger}[of]

    def fill(self, value: Any, me: ScenarioPrincipal | None = None) -> Any:
        """The value with the stage's names in it."""
        text = json.dumps(value)
        known = dict(self.names)
        if me is not None:
            known |= {"me": me.arn, "name": me.arn.rpartition("/")[2], "my role": _role_of(me.arn)}
        for name, meant in known.items():
            text = text.replace(f"<{name}>", meant)
        return json.loads(text)

    def someone(self, of="a", may=NOTHING, **limits):
        """A principal of an account with these policies; the attempt and its twin have the same one if it is described the same."""
        described = json.dumps([of, may, limits], sort_keys=True)
        if described not in self._made:
            self._made[described] = self._someone(of, may, **limits)
        return self._made[described]

    def _someone(self, of, may, *, as_role=False, session=None, managed_session=None, **limits):
        """A user, or a role's session where it says so."""
        account = self.account(of)
        policies = [self.fill(one) for one in _listed(may)]
        limits = {name: self.fill(value) for name, value in limits.items() if value is not None}
        passed = {}
        if session is not None:
            passed["Policy"] = json.dumps(self.fill(session))
        if managed_session is not None:
            passed["PolicyArns"] = [{"arn": self.principals.managed(account, self.fill(managed_session))}]
        if as_role or passed:
            return self.principals.role_session(account, *policies, **limits, **passed)
        return self.principals.user(account, *policies, **limits)

    def attach(self, on: Mapping[str, Any], me: ScenarioPrincipal) -> None:
        """Give A's resources these policies."""
        for resource, policy in on.items():
            if policy is not None:
                ATTACH[resource](self, self.fill(policy, me))


def _role_of(arn: str) -> str:
    """The role of a session, by its ARN; a user's ARN as it is."""
    if ":assumed-role/" not in arn:
        return arn
    return arn.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]


def _undone(undo: Call) -> None:
    with suppress(ClientError):
        undo()


def _listed(documents):
    return [documents] if isinstance(documents, Mapping) else documents


# policies on A's resources


def _on_table(stage, policy):
    client, table = stage.deployer("dynamodb"), stage.names["table"]
    client.put_resource_policy(ResourceArn=table, Policy=json.dumps(_with_resource(policy, table)))
    stage.later(lambda: client.delete_resource_policy(ResourceArn=table))


def _on_queue(stage, policy):
    client, url = stage.deployer("sqs"), stage.names["queue url"]
    text = json.dumps(_with_resource(policy, stage.names["queue"]))
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
    stage.later(lambda: client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""}))


def _on_topic(stage, policy):
    client, topic = stage.deployer("sns"), stage.names["topic"]
    put = partial(client.set_topic_attributes, TopicArn=topic, AttributeName="Policy")
    before = client.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    put(AttributeValue=json.dumps(_with_resource(policy, topic)))
    stage.later(lambda: put(AttributeValue=before))


def _on_bucket(stage, policy):
    client, bucket = stage.deployer("s3"), stage.names["bucket name"]
    client.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps(_with_resource(policy, [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]))
    )
    stage.later(lambda: client.delete_bucket_policy(Bucket=bucket))


def _on_secret(stage, policy):
    client, secret = stage.deployer("secretsmanager"), stage.names["secret"]
    client.put_resource_policy(SecretId=secret, ResourcePolicy=json.dumps(_with_resource(policy, "*")))
    stage.later(lambda: client.delete_resource_policy(SecretId=secret))


def _on_function(stage, permission):
    client, name = stage.deployer("lambda"), stage.names["function"]
    client.add_permission(FunctionName=name, StatementId="specified", **permission)
    stage.later(lambda: client.remove_permission(FunctionName=name, StatementId="specified"))


def _on_key(stage, policy):
    """A's deployer keeps the key; nobody else is let in by it but whom the policy names."""
    client, key = stage.deployer("kms"), stage.names["key"]
    keeper = {"Effect": "Allow", "Principal": {"AWS": DEPLOYER_OF_A}, "Action": "kms:*", "Resource": "*"}
    statements = [stage.fill(keeper), *_with_resource(policy, "*")["Statement"]]
    put = partial(client.put_key_policy, KeyId=key, PolicyName="default")
    before = client.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    put(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    stage.later(lambda: put(Policy=before))


def _grant(stage, grant):
    client, key = stage.deployer("kms"), stage.names["key"]
    granted = client.create_grant(KeyId=key, **grant)["GrantId"]
    stage.later(lambda: client.revoke_grant(KeyId=key, GrantId=granted))


def _with_resource(policy, resource):
    """Resource policies here are about the resource they are on, unless they say otherwise."""
    return {**policy, "Statement": [{"Resource": resource, **one} for one in policy["Statement"]]}


ATTACH: Mapping[str, Callable[[Stage, Any], None]] = {
    "table": _on_table,
    "queue": _on_queue,
    "topic": _on_topic,
    "bucket": _on_bucket,
    "secret": _on_secret,
    "function": _on_function,
    "key": _on_key,
    "grant": _grant,
}
