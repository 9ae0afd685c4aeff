"""A user that is renamed or moved remains who it was. moto leaves its keys and tags with the old name, for whoever is called so next.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_rename.html
"""

from moto.iam.models import IAMBackend, User


def install() -> None:
    """Have moto's IAM carry them along."""
    original = IAMBackend.update_user

    def update_user(
        self: IAMBackend, user_name: str, new_path: str | None = None, new_user_name: str | None = None
    ) -> None:
        user = self.users.get(user_name)
        before = user.arn if user is not None else ""
        original(self, user_name, new_path, new_user_name)
        if user is not None and user.arn != before:
            _carry(self, user, before)

    IAMBackend.update_user = update_user  # moto has no hook for it


def _carry(backend: IAMBackend, user: User, before: str) -> None:
    tags = backend.tagger.list_tags_for_resource(before)["Tags"]
    backend.tagger.delete_all_tags_for_resource(before)
    backend.tagger.tag_resource(user.arn, tags)
    for key in user.access_keys:
        key.user_name = user.name
