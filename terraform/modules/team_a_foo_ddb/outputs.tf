output "role_arn" {
  description = "ARN of the role that may put items into the table."
  value       = aws_iam_role.foo_bar.arn
}
