terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

locals {
  package = "${path.module}/bar.zip"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "bar" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:*:*:*"]
  }

  statement {
    sid       = "NetworkInterfaces"
    actions   = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
    resources = ["*"]
  }

  statement {
    sid       = "AssumeTeamA"
    actions   = ["sts:AssumeRole"]
    resources = [var.role_to_assume]
  }
}

resource "aws_iam_role" "bar" {
  name               = "bar"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "bar" {
  name   = "bar"
  policy = data.aws_iam_policy_document.bar.json
}

resource "aws_iam_role_policy_attachment" "bar" {
  role       = aws_iam_role.bar.name
  policy_arn = aws_iam_policy.bar.arn
}

resource "aws_lambda_function" "bar" {
  function_name    = "bar"
  role             = aws_iam_role.bar.arn
  runtime          = "python3.13"
  handler          = "bar.handler"
  timeout          = 30
  filename         = local.package
  source_code_hash = filebase64sha256(local.package)

  environment {
    variables = {
      FOO_ROLE = var.role_to_assume
    }
  }
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "bar-every-minute"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "bar" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_function.bar.arn
}

resource "aws_lambda_permission" "every_minute" {
  statement_id  = "AllowEveryMinute"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.bar.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}
