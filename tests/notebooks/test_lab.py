"""A notebook in a real JupyterLab: run all, and look at what an analyst sees."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

# Cells out of sight stay in the page, and no dialog asks about news.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@pytest.fixture
def lab(samples_home: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab on a copy of the notebooks."""
    shutil.copytree(samples_home / "notebooks", tmp_path / "notebooks")
    for extension, setting in SETTINGS.items():
        file = tmp_path / "settings" / "@jupyterlab" / f"{extension}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(setting)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", str(tmp_path / "notebooks"), "--no-browser"),
            *("--ip=127.0.0.1", f"--port={port}", "--allow-root", "--IdentityProvider.token="),
        ],
        env={
            **os.environ,
            "ANALYSIS_HOME": str(samples_home),
            "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.slow
def test_run_all_in_a_real_lab(lab: str, browser) -> None:
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.goto(f"{lab}/lab/tree/03_lifetime_value.ipynb")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click(timeout=30_000)
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea-output img").nth(4).wait_for(timeout=120_000, state="attached")
    page.get_by_text("Parameters of the models").wait_for(timeout=60_000, state="attached")
    page.wait_for_timeout(2_000)  # formulas are set after the cells are done
    assert page.locator("[data-mime-type*=error]").count() == 0
    assert page.locator(".jp-MarkdownOutput mjx-container").count() >= 8
    assert page.locator(".jp-OutputArea-output .mathjax_ignore mjx-container").count() == 0
    shown = page.locator(".jp-Notebook").inner_text()
    assert "$90.73 [$88.30 to $93.16]" in shown
    page.close()
