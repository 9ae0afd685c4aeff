terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

resource "aws_dynamodb_table" "this" {
  name           = var.table_name
  billing_mode   = "PROVISIONED"
  read_capacity  = var.read_capacity
  write_capacity = var.write_capacity
  hash_key       = "MyPrimaryKey"

  attribute {
    name = "MyPrimaryKey"
    type = "S"
  }
}

data "aws_iam_policy_document" "put_item" {
  statement {
    sid       = "PutItem"
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.this.arn]
  }
}

resource "aws_iam_policy" "foo_bar" {
  name   = "foo_bar"
  policy = data.aws_iam_policy_document.put_item.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "TrustTeamB"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.role_which_will_assume]
    }
  }
}

resource "aws_iam_role" "foo_bar" {
  name               = "foo_bar"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "foo_bar" {
  role       = aws_iam_role.foo_bar.name
  policy_arn = aws_iam_policy.foo_bar.arn
}
