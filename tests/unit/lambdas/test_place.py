"""The folders that functions are given."""

from pathlib import Path

from harness.lambdas import place


def test_later_layers_lie_over_earlier_ones(tmp_path: Path) -> None:
    """As in /opt on AWS; a second call finds what the first has made."""
    for name in ("one", "two"):
        (tmp_path / name / "python").mkdir(parents=True)
        (tmp_path / name / "python" / "shared.py").write_text(name)
        (tmp_path / name / "python" / f"{name}.py").write_text(name)
    folder = tmp_path / "opt"
    for _ in range(2):
        assert place.opt_folder(folder, [tmp_path / "one", tmp_path / "two"]) == folder
    assert {file.name: file.read_text() for file in (folder / "python").iterdir()} == {
        "one.py": "one",
        "two.py": "two",
        "shared.py": "two",
    }
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "opt", "two"]


def test_without_layers_there_is_no_opt(tmp_path: Path) -> None:
    """Nothing is made."""
    assert place.opt_folder(tmp_path / "opt", []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_scratch_folder_is_private_and_goes_with_all_in_it(tmp_path: Path) -> None:
    """Each environment has its own."""
    one, two = place.scratch_folder(tmp_path), place.scratch_folder(tmp_path)
    assert one != two
    assert one.stat().st_mode & 0o077 == 0
    (one / "left").write_text("x")
    place.remove(one)
    assert list(tmp_path.iterdir()) == [two]
