"""The Dagster UI as a person uses it: what is clicked and what is read, page by page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect, sync_playwright

# Without these Chromium looks for hosts of its vendor at every start.
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync""".split()
VIEWPORT = {"width": 1500, "height": 950}
MARGIN = 30
WAIT_MS = 30_000
RUN_WAIT_MS = 120_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a screen."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("there is no chromium on the PATH: run .ci/install-chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class DagsterUI:
    """One browser tab on the UI at `address`; pictures go to `images` when it is given."""

    def __init__(self, browser: Browser, address: str, images: Path | None) -> None:
        expect.set_options(timeout=WAIT_MS)
        self.expect = expect
        self.page: Page = browser.new_page(viewport=VIEWPORT)
        self.page.set_default_timeout(WAIT_MS)
        self.address = address
        self.images = images

    def open(self, path: str, height: int = VIEWPORT["height"]) -> None:
        """Open a page of the UI by its path, in a window of that height."""
        self.page.set_viewport_size({**VIEWPORT, "height": height})
        self.page.goto(f"{self.address}{path}")

    def picture(self, name: str, page: Page | None = None, around: Locator | None = None) -> None:
        """Keep what is on the screen as <name>.png, when that is asked for.

        `around` cuts the picture to those elements and a margin.
        """
        if self.images is None:
            return
        page = page or self.page
        expect(page.get_by_text(re.compile("^Loading"))).to_have_count(0)
        page.screenshot(
            path=self.images / f"{name}.png",
            animations="disabled",
            clip=_surroundings(around) if around else None,
        )

    def open_lineage(self) -> Locator:
        """The whole lineage, its groups unfolded."""
        # The graph is fitted to the width, and nodes below the window are not drawn.
        self.open("/asset-groups", height=2000)
        graph = self.page.locator("svg:has(foreignObject)")
        expect(graph.get_by_text("ssot", exact=True).first).to_be_visible()
        # Room for the graph: neither the navigation nor the list of assets.
        for sidebar in self.page.get_by_role("button", name="panel_show").all():
            sidebar.click()
        self.page.mouse.click(900, 250, button="right")
        self.page.get_by_role("menuitem", name="Expand all groups").click()
        expect(graph.get_by_text("conversation_links", exact=True).first).to_be_visible()
        return graph

    def launch(self, job: str, config: str) -> str:
        """Launch a job from its launchpad with a config; returns the run's id."""
        self.open(f"/locations/coccinelle_assets/jobs/{job}")
        materialize = self.page.get_by_role("button", name="Materialize all")
        materialize.locator("xpath=following::button[1]").click()
        self.page.get_by_text("Open launchpad").click()
        launchpad = self.page.get_by_role("dialog")
        editor = launchpad.locator(".CodeMirror").first
        # The launchpad shows every setting with its default first.
        expect(editor).to_contain_text("resources")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(config)
        expect(editor).not_to_contain_text("warehouse")
        expect(launchpad.get_by_text("No errors")).to_be_visible()
        launchpad.get_by_role("button", name="Materialize").click()
        self.page.wait_for_url("**/runs/*")
        return self.page.url.rpartition("/")[2]

    def expect_run_to_end_in(self, status: str) -> None:
        """Wait on a run's page until it ends in "Success" or "Failure"."""
        ended = self.page.get_by_text(status, exact=True).first
        expect(ended).to_be_visible(timeout=RUN_WAIT_MS)

    def open_check(self, asset: str, check: str) -> Locator:
        """The page of one asset check, reached by the asset's list of them."""
        self.open(f"/assets/{asset}?view=checks")
        self.page.get_by_text(check, exact=True).first.click()
        expect(self.page.get_by_text("Latest execution")).to_be_visible()
        return self.page.locator("body")

    def open_asset(self, asset: str, view: str) -> Locator:
        """One view of an asset: overview, events, checks or lineage."""
        self.open(f"/assets/{asset}?view={view}")
        return self.page.locator("body")


def _surroundings(elements: Locator) -> FloatRect:
    """The rectangle that holds all elements, and MARGIN pixels around it."""
    boxes = [box for element in elements.all() if (box := element.bounding_box())]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return {
        "x": left - MARGIN,
        "y": top - MARGIN,
        "width": right - left + 2 * MARGIN,
        "height": bottom - top + 2 * MARGIN,
    }
