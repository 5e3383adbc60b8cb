"""What a killed command leaves in a home is gone with the next one's start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from coccinelle_assets.live.d1.workspace import workspace

HOLD = """
import sys, time
from pathlib import Path
from coccinelle_assets.live.d1.workspace import workspace
with workspace(Path(sys.argv[1])) as folder:
    (folder / "mirror.sqlite").write_text("personal details")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_goes_with_its_command_and_a_killed_ones_with_the_next(tmp_path: Path) -> None:
    with workspace(tmp_path) as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        os.utime(left, (0, 0))
        with workspace(tmp_path):
            assert (left / "mirror.sqlite").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert left.is_dir()
    os.utime(left, (0, 0))
    with workspace(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
