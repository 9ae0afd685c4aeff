module "team_b_bar_app" {
  source = "../../modules/team_b_bar_app"

  role_to_assume = var.role_to_assume
}
