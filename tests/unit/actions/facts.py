"""What a test's account tells the action tables where a test says nothing else: that it has nothing."""


class NoFacts:
    """An empty account; a test's own answers for what it is about."""

    def iam_path(self, kind, name):
        return "/"

    def boundary(self, kind, name):
        return None

    def hash_key(self, table, index=None):
        return None

    def tags(self, arn):
        return {}

    def object_tags(self, bucket, name):
        return {}

    def lacks_object(self, bucket, name):
        return False

    def arn(self, kind, name):
        return None

    def encryption(self, kind, *names):
        return None

    def network_place(self, kind, identifier):
        return None

    def grant(self, named):
        return None

    def kms_key(self, arn):
        return None

    def secrets(self, filters):
        return []

    def profile_roles(self, profile):
        return None

    def redriven_to(self, queue):
        return []

    def task_resources(self, token):
        return []

    def parameter_versions(self, name):
        return [f"{name}:1", f"{name}:2"]

    def parameters_below(self, path, *, deep):
        return []
