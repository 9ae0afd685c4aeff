"""Principals that a scenario makes: users, roles and sessions with given policies, removed again at its end."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from harness.accounts import Account, AccountSession, SessionKeys
from harness.emulator.record import Keys
from harness.scenario.mfa import MfaDevice
from harness.scenario.removal import remove_role, remove_user, unless_gone
from harness.scenario.rest_apis import ApiAnswer, call_api
from harness.totp import code_at, step_at

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScenarioPrincipal:
    """Someone who can sign: an ARN to name in policies, and a boto3 session."""

    arn: str
    session: AccountSession
    account: Account
    keys: Keys | SessionKeys | None = field(repr=False)
    """None for who signs nothing."""

    def client(self, service: str, *, via: Account | None = None, region: str | None = None, **options: Any) -> Any:
        """A client of this principal, at its own account's door or at another's."""
        session = self.session if via is None else via.session_of(self.keys)
        return session.client(service, region_name=region, **options)

    def call_api(self, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> ApiAnswer:
        """What an API of API Gateway answers (see `Account.api_url`). Raises ClientError when API Gateway refuses the call."""
        return call_api(self.session if self.keys else None, url, method, body, headers)

    def assume(self, role_arn: str, name: str = "scenario", **parameters: Any) -> "ScenarioPrincipal":
        """The session that AssumeRole gives this principal. Raises ClientError when it is refused."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name, **parameters)
        return _session(self.account, answer["AssumedRoleUser"]["Arn"], SessionKeys.of(answer["Credentials"]))


def _session(account: Account, arn: str, keys: Keys | SessionKeys | None) -> ScenarioPrincipal:
    return ScenarioPrincipal(arn, account.session_of(keys), account, keys)


def statement(
    action: str | Sequence[str], resource: str | Sequence[str] = "*", effect: str = "Allow", **more: Any
) -> Document:
    """A policy document of one statement."""
    inner = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [inner]}


def trust(principal: Mapping[str, Any] | str, action: str | Sequence[str] = "sts:AssumeRole", **more: Any) -> Document:
    """A trust policy of one statement."""
    inner = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return {"Version": "2012-10-17", "Statement": [inner]}


class Principals:
    """Makes principals and removes them; a context manager."""

    def __init__(self) -> None:
        """Nothing is made yet."""
        self._stack = ExitStack()
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def deployer(self, account: Account) -> ScenarioPrincipal:
        """The account's deployer, who was there before."""
        return _session(account, f"arn:aws:iam::{account.id}:user/deployer", account.record.deployer)

    def root(self, account: Account) -> ScenarioPrincipal:
        """The account's root user."""
        return _session(account, f"arn:aws:iam::{account.id}:root", account.record.root)

    def anyone(self, account: Account) -> ScenarioPrincipal:
        """Nobody in particular, at the account's door: calls APIs without a signature."""
        return _session(account, "anonymous", None)

    def user(
        self,
        account: Account,
        *policies: Document,
        name: str | None = None,
        boundary: Document | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ScenarioPrincipal:
        """A new IAM user with an access key and these inline policies, within this permissions boundary."""
        iam, chosen = self._iam(account), name or _fresh("user")
        arn = iam.create_user(UserName=chosen, **self._limits(account, boundary, tags))["User"]["Arn"]
        self._stack.callback(remove_user, iam, chosen)
        _inline(iam.put_user_policy, {"UserName": chosen}, policies)
        key = iam.create_access_key(UserName=chosen)["AccessKey"]
        return _session(account, arn, Keys(key["AccessKeyId"], key["SecretAccessKey"]))

    def mfa_device(self, user: ScenarioPrincipal) -> MfaDevice:
        """A virtual MFA device of an IAM user's, enabled."""
        iam, name = self._iam(user.account), user.arn.rpartition("/")[2]
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=_fresh("device"))["VirtualMFADevice"]
        device = MfaDevice(made["SerialNumber"], made["Base32StringSeed"])
        self._removing(iam.delete_virtual_mfa_device, SerialNumber=device.serial_number)
        step = step_at(time.time())
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=device.serial_number,
            AuthenticationCode1=code_at(device.seed, step - 1),
            AuthenticationCode2=code_at(device.seed, step),
        )
        self._removing(iam.deactivate_mfa_device, UserName=name, SerialNumber=device.serial_number)
        return device

    def role(
        self,
        account: Account,
        trusted: Document,
        *policies: Document,
        name: str | None = None,
        boundary: Document | None = None,
        tags: Mapping[str, str] | None = None,
        **options: Any,
    ) -> str:
        """A new role with this trust policy and these inline policies, within this permissions boundary; its ARN."""
        iam, chosen = self._iam(account), name or _fresh("role")
        limits = self._limits(account, boundary, tags)
        made = iam.create_role(RoleName=chosen, AssumeRolePolicyDocument=json.dumps(trusted), **limits, **options)
        self._stack.callback(remove_role, iam, chosen)
        _inline(iam.put_role_policy, {"RoleName": chosen}, policies)
        return str(made["Role"]["Arn"])

    def role_session(
        self,
        account: Account,
        *policies: Document,
        name: str | None = None,
        boundary: Document | None = None,
        **parameters: Any,
    ) -> ScenarioPrincipal:
        """A session of a new role that only the account's deployer may assume, with these inline policies.

        `parameters` are AssumeRole's, such as `Policy` and `PolicyArns`.
        """
        deployer = self.deployer(account)
        role = self.role(account, trust({"AWS": deployer.arn}), *policies, name=name, boundary=boundary)
        return deployer.assume(role, **parameters)

    @staticmethod
    def web_identity(
        account: Account, role_arn: str, token: str, name: str = "scenario", **parameters: Any
    ) -> ScenarioPrincipal:
        """The session that AssumeRoleWithWebIdentity gives the bearer of a token, asked at this account's door.

        Raises ClientError when it is refused.
        """
        sts = account.session_of(None).client("sts")
        answer = sts.assume_role_with_web_identity(
            RoleArn=role_arn, RoleSessionName=name, WebIdentityToken=token, **parameters
        )
        return _session(account, answer["AssumedRoleUser"]["Arn"], SessionKeys.of(answer["Credentials"]))

    @staticmethod
    def saml(account: Account, role_arn: str, provider_arn: str, response: str, **parameters: Any) -> ScenarioPrincipal:
        """The session that AssumeRoleWithSAML gives the bearer of a response (see harness.saml), asked at this account's door.

        Raises ClientError when it is refused.
        """
        sts = account.session_of(None).client("sts")
        answer = sts.assume_role_with_saml(
            RoleArn=role_arn, PrincipalArn=provider_arn, SAMLAssertion=response, **parameters
        )
        return _session(account, answer["AssumedRoleUser"]["Arn"], SessionKeys.of(answer["Credentials"]))

    def saml_provider(self, account: Account, name: str, metadata: str) -> str:
        """The account's trust in a SAML identity provider, by its metadata; the provider's ARN."""
        iam = self._iam(account)
        arn = iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata)["SAMLProviderArn"]
        self._removing(iam.delete_saml_provider, SAMLProviderArn=arn)
        return str(arn)

    def open_id_provider(self, account: Account, url: str, *clients: str) -> str:
        """The account's trust in an OpenID Connect issuer, for tokens of these clients; the provider's ARN."""
        iam = self._iam(account)
        made = iam.create_open_id_connect_provider(Url=url, ClientIDList=list(clients or ("sts.amazonaws.com",)))
        arn = made["OpenIDConnectProviderArn"]
        self._removing(iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=arn)
        return str(arn)

    def managed(self, account: Account, document: Document) -> str:
        """A new managed policy; its ARN."""
        iam = self._iam(account)
        made = iam.create_policy(PolicyName=_fresh("policy"), PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        self._removing(iam.delete_policy, PolicyArn=made)
        return str(made)

    def _iam(self, account: Account) -> Any:
        if account.id not in self._clients:
            self._clients[account.id] = account.client("iam")
        return self._clients[account.id]

    def _limits(self, account: Account, boundary: Document | None, tags: Mapping[str, str] | None) -> dict[str, Any]:
        """What a new user or role is created with."""
        found: dict[str, Any] = {}
        if boundary is not None:
            found["PermissionsBoundary"] = self.managed(account, boundary)
        if tags:
            found["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return found

    def _removing(self, delete: Callable[..., Any], **what: str) -> None:
        """Remove it at the end, unless the scenario itself has done so by then."""
        self._stack.callback(unless_gone, lambda: delete(**what))


def _inline(put: Callable[..., Any], entity: Mapping[str, str], policies: Sequence[Document]) -> None:
    for index, document in enumerate(policies):
        put(**entity, PolicyName=f"inline-{index}", PolicyDocument=json.dumps(document))


def _fresh(kind: str) -> str:
    return f"scenario-{kind}-{secrets.token_hex(4)}"
