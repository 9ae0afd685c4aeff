module "team_a_foo_ddb" {
  source = "../../modules/team_a_foo_ddb"

  table_name             = var.table_name
  read_capacity          = var.read_capacity
  write_capacity         = var.write_capacity
  role_which_will_assume = var.role_which_will_assume
}
