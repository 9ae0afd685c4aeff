from harness.terraform.workspace import Workspace


def test_what_is_gone_from_the_users_tree_is_gone_from_the_copy(tmp_path):
    source = tmp_path / "infra"
    (source / "a" / "modules").mkdir(parents=True)
    for name in ("main.tf", "old.tf", "modules/gone.tf.json", "values.auto.tfvars"):
        (source / "a" / name).write_text("")
    workspace = Workspace(tmp_path / "work", source, (), {})
    workspace.prepare()
    copy = workspace.composition("a")
    (copy / "terraform.tfstate").write_text("{}")
    (copy / ".terraform").mkdir()
    (copy / ".terraform" / "module.tf").write_text("")

    (source / "a" / "old.tf").rename(source / "a" / "new.tf")
    (source / "a" / "modules" / "gone.tf.json").unlink()
    (source / "a" / "values.auto.tfvars").unlink()
    workspace.prepare()

    kept = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    assert kept == {"main.tf", "new.tf", "terraform.tfstate", ".terraform/module.tf"}
