"""A built wheel, away from the checkout: `init` makes a bot from it, and it serves the widget."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder a wheel was unpacked into."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.fixture
def environment(installed: Path, tmp_path: Path) -> dict[str, str]:
    """Libraries come from this environment, our own packages from the wheel alone."""
    libraries = sysconfig.get_paths()["purelib"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SWITCHBOARD", "PYTHON"))}
    return {
        **kept,
        "PYTHONPATH": f"{installed}{os.pathsep}{libraries}",
        "SWITCHBOARD_HOME": str(tmp_path / "home"),
    }


def switchboard(environment: dict[str, str], cwd: Path, *arguments: str) -> dict[str, object]:
    """Run a command without the checkout's own site configuration; gives its JSON."""
    command = [sys.executable, "-S", "-P", "-m", "switchboard", *arguments, "--json"]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


@pytest.fixture
def bot(environment: dict[str, str], tmp_path: Path) -> Path:
    switchboard(environment, tmp_path, "init", "mybot")
    return tmp_path / "mybot"


@pytest.fixture
def server(environment: dict[str, str], bot: Path) -> Iterator[str]:
    command = [sys.executable, "-S", "-P", "-m", "switchboard", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(
        command, cwd=bot, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_init_makes_a_bot_that_the_check_passes(environment: dict[str, str], bot: Path) -> None:
    assert (bot / "bot.toml").is_file()
    checked = switchboard(environment, bot, "check")
    assert (checked["ok"], checked["problems"]) == (True, [])


def test_the_wheel_serves_the_widget_and_its_pages(server: str) -> None:
    script = httpx.get(f"{server}/widget.js", trust_env=False, timeout=30)
    assert script.status_code == 200
    assert "chat-widget" in script.text
    assert "javascript" in script.headers["content-type"]
    for path in ("/", "/console"):
        assert "<script" in httpx.get(f"{server}{path}", trust_env=False, timeout=30).text
