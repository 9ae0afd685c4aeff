"""What another account may do to a function that is shared with it altogether: what Lambda lets other accounts do, and no more."""

from aws import REGION, A, B, allow, fresh, function_code, refusal, trust, user


def test_who_is_given_everything_to_a_function_does_not_change_its_policy_or_its_configuration(a, b):
    role = a("iam").create_role(RoleName=fresh("Role"), AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    name = fresh("function")
    function = f"arn:aws:lambda:{REGION}:{A}:function:{name}"
    functions, theirs = a("lambda"), b("lambda", **user(b, allow("lambda:*")))
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=role["Role"]["Arn"], Handler="f.handler",
        Code={"ZipFile": function_code("def handler(event, context):\n    return 1\n")},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    functions.add_permission(FunctionName=name, StatementId="b", Action="lambda:*", Principal=B)
    more = {"StatementId": "more", "Action": "lambda:InvokeFunction", "Principal": "*"}

    for call, params in (
        (theirs.add_permission, more),
        (theirs.remove_permission, {"StatementId": "b"}),
        (theirs.update_function_configuration, {"Description": "d"}),
        (theirs.create_function_url_config, {"AuthType": "NONE"}),
    ):
        code, _, message = refusal(call, FunctionName=function, **params)
        assert (code, "because no resource-based policy allows the lambda:" in message) == (
            "AccessDeniedException",
            True,
        )

    assert theirs.invoke(FunctionName=function)["StatusCode"] == 200
    assert theirs.get_function(FunctionName=function)["Configuration"]["FunctionName"] == name
    assert theirs.get_policy(FunctionName=function)["Policy"]
    theirs.tag_resource(Resource=function, Tags={"team": "b"})
    assert theirs.list_tags(Resource=function)["Tags"] == {"team": "b"}
    theirs.create_alias(FunctionName=function, Name="theirs", FunctionVersion="$LATEST")
    functions.add_permission(FunctionName=name, **more)
    functions.update_function_configuration(FunctionName=name, Description="d")
