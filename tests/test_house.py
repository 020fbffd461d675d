"""The house itself: its names, its locks, its suppressions, and the package that people install."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("kpi_engine", "connectors", "config", "sync")
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)(?P<rest>.*)")


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_installed_distribution_owns_our_top_level_names(room: str) -> None:
    assert set(packages_distributions().get(room, ["helpdesk-kpi"])) == {"helpdesk-kpi"}


def test_tests_are_no_package() -> None:
    """A tests/config/__init__.py would shadow the real package."""
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_every_package_by_hash_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks) > 10
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "index-url" not in text


def test_the_development_lock_pins_the_same_versions_as_the_one_people_install() -> None:
    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9._-]+)==([^ \\\n]+)", text, re.MULTILINE))

    ours, theirs = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: theirs.get(name) for name in ours} == ours


def test_every_suppression_carries_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ROOMS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := SUPPRESSION.search(line)) and not re.search(r" (--|#) \w", found["rest"])
    ]
    assert not bare


@pytest.fixture(scope="session")
def installed_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, without an index, where only the dependencies are to be seen."""
    folder = tmp_path_factory.mktemp("package")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    (own,) = (environment / "lib").glob("python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps"]
    subprocess.run([*install, "--ignore-installed", str(wheel)], check=True, capture_output=True)
    return environment


def test_the_built_package_stands_alone_and_its_demo_says_what_the_readme_shows(
    installed_package: Path, tmp_path: Path
) -> None:
    """Figures, writes and explanations; the port of the simulated helpdesk is another each time."""
    where = "import sync, config, connectors, kpi_engine; print(sync.__file__)"
    python = str(installed_package / "bin" / "python")
    found = subprocess.run([python, "-c", where], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert str(installed_package) in found.stdout
    plain = {"COLUMNS": "120", "HELPDESK_KPI_LANGUAGE": "en", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    demo = [str(installed_package / "bin" / "helpdesk-kpi"), "demo", "-q"]
    played = subprocess.run(
        demo, cwd=tmp_path, env={**os.environ, **plain}, check=True, capture_output=True, encoding="utf-8"
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    excerpt = re.findall(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0]
    assert "second pass, one working day later: " in excerpt
    said = demo_lines(played.stdout)
    assert [line for line in demo_lines(excerpt) if line not in said] == []


def demo_lines(text: str) -> list[str]:
    without_port = re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1", text)
    return [" ".join(line.split()) for line in without_port.splitlines()]
