"""What a principal's name tells."""

from harness.model.principal import is_service_linked


def test_a_role_is_linked_to_a_service_by_its_path():
    assert is_service_linked("arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    assert not is_service_linked("arn:aws:iam::111111111111:role/team/aws-service-role/r")
    assert not is_service_linked("arn:aws:iam::111111111111:role/AWSServiceRoleForECS")
    assert not is_service_linked("arn:aws:iam::111111111111:role/a/:role/aws-service-role/x.amazonaws.com/r")
    assert not is_service_linked("arn:aws:s3:::bucket/:role/aws-service-role/key")
    assert not is_service_linked("arn:aws:s3:::role/aws-service-role/key")
    assert not is_service_linked("")
