output "role_which_will_assume" {
  description = "ARN of team B's role, which account A should trust."
  value       = module.team_b_bar_app.role_arn
}
