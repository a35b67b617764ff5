from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from goodword.protocol.version import VERSION

ROOT = Path(__file__).parent.parent
FOLDERS = ["cli", "node", "storage", "protocol", "crypto"]
SCRIPT = "goodword"

pytestmark = pytest.mark.xdist_group("packaging")  # one process builds, once

# What a clone holds: no .venv, and no build/ in which setuptools would find the files of before.
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)


def modules() -> set[str]:
    """Every module of the tree, as the wheel should hold it."""
    return {
        f"goodword/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }


def schema() -> set[str]:
    return {
        f"goodword/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "storage" / "schema").glob("*.sql")
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive, built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=LEFT_OUT)
    # The build tools of this environment, so that the test needs no network.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, folder / "tree")
    return folder


@pytest.fixture(scope="module")
def installed(built: Path) -> Path:
    """The folder of the programs of a new environment into which the wheel was installed."""
    environment = built / "environment"
    venv.create(environment)  # without pip, which takes seconds: ours installs into it
    variables = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    wheel = next(built.glob("*.whl"))
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    # Its dependencies are borrowed from here rather than downloaded. A plain line in a .pth adds
    # a folder and does not read that folder's own .pth files, so our editable install stays out.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"


def run(*command: str | Path) -> str:
    """What the command printed; its complaints come with the failure."""
    done = subprocess.run(
        command, cwd=Path(ROOT.anchor), capture_output=True, text=True, check=False, env=bare()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bare() -> dict[str, str]:
    """The environment without what would let the tree be found by accident."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def wheel_names(built: Path) -> set[str]:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_the_wheel_holds_goodword_and_nothing_else(built: Path) -> None:
    tops = {name.split("/")[0] for name in wheel_names(built)}
    assert tops == {"goodword", f"goodword-{VERSION}.dist-info"}


def test_the_wheel_holds_every_module_of_the_tree(built: Path) -> None:
    assert {name for name in wheel_names(built) if name.endswith(".py")} == modules()


def test_the_wheel_holds_the_schema_and_says_that_it_is_typed(built: Path) -> None:
    names = wheel_names(built)
    assert {name for name in names if name.endswith(".sql")} == schema()
    assert {name for name in names if name.endswith("py.typed")} == {
        f"goodword/{folder}/py.typed" for folder in FOLDERS
    }


def test_the_wheel_holds_the_licence_and_the_program(built: Path) -> None:
    names = wheel_names(built)
    assert f"goodword-{VERSION}.dist-info/licenses/LICENSE" in names
    assert f"goodword-{VERSION}.dist-info/entry_points.txt" in names


def test_the_wheel_can_be_built_from_the_source_archive(built: Path, tmp_path: Path) -> None:
    """`build` makes the wheel from the archive, so what the archive lacks the wheel lacks."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.removeprefix("goodword/") for name in modules() | schema()} <= names
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_an_installed_program_tells_its_version(installed: Path) -> None:
    assert run(installed / SCRIPT, "--version").split() == ["goodword", VERSION]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_installed_package_is_not_the_tree(folder: str, installed: Path) -> None:
    where = run(installed / "python", "-c", f"import goodword.{folder} as m; print(m.__file__)")
    assert Path(where.strip()).is_relative_to(installed.parent)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_editable_install_is_the_tree(folder: str) -> None:
    spec = find_spec(f"goodword.{folder}")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).samefile(ROOT / folder / "__init__.py")


@pytest.mark.parametrize("folder", FOLDERS)
def test_type_checkers_find_each_folder(folder: str) -> None:
    assert (ROOT / ".types" / "goodword" / folder).samefile(ROOT / folder)


def test_every_folder_with_modules_is_a_package_that_is_named() -> None:
    """setuptools takes only what is named: a folder forgotten here is missing at every user's."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        named = set(tomllib.load(file)["tool"]["setuptools"]["packages"])
    assert named == {Path(name).parent.as_posix().replace("/", ".") for name in modules()}


def test_no_file_name_differs_only_by_case() -> None:
    """On macOS and Windows the two would be one file."""
    names = sorted(modules() | schema())
    assert len({name.lower() for name in names}) == len(names)


def test_the_version_is_a_plain_constant() -> None:
    """The build reads it without importing anything; so it must not be computed."""
    tree = ast.parse((ROOT / "protocol" / "version.py").read_text(encoding="utf-8"))
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert [ast.literal_eval(node.value) for node in constants] == [VERSION]


def test_the_lock_pins_and_hashes_every_line_and_names_no_host() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith(("#", "    #", "    --hash=sha256:")) or "==" in line, line
        assert "://" not in line
        assert not line.startswith("-")


def test_the_lock_holds_all_that_the_project_names() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    named = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["mdns"],
        *project["dependency-groups"]["dev"],
    ]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {line.partition("==")[0] for line in lock.splitlines() if "==" in line}
    assert {canonicalize_name(Requirement(name).name) for name in named} <= locked
