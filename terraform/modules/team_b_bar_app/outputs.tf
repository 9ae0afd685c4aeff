output "role_arn" {
  description = "ARN of the function's role, which assumes the other account's."
  value       = aws_iam_role.bar.arn
}
