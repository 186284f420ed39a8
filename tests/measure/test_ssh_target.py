"""A real sshd on loopback as the way to a target: its quoting, its login, its end."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hwnas.device import DeviceSpec, load_device
from hwnas.errors import MeasurementError
from hwnas.measure import MeasurePlan
from hwnas.measure.engine import engine_for
from tests.measure.test_command_target import model

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PLAN = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=5, min_s=0.0)


@dataclass
class Board:
    """An sshd of our own and how to reach it."""

    folder: Path
    port: int
    daemon: subprocess.Popen[bytes]

    @property
    def device(self) -> DeviceSpec:
        options = (
            f"-i '{self.folder}/key' -p {self.port} -o BatchMode=yes -o ConnectTimeout=5 "
            f"-o StrictHostKeyChecking=no -o UserKnownHostsFile='{self.folder}/known' -q"
        )
        cache = f"HWNAS_AGENT_CACHE='{self.folder}/cache'"
        command = f"ssh {options} {getpass.getuser()}@127.0.0.1 {cache} {sys.executable}"
        return replace(load_device("x86-cpu"), connection=command, timeout_s=30.0)

    def end_connections(self) -> None:
        """As a link that breaks: the daemon's children of the open connections die."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.daemon.pid)], capture_output=True, text=True, check=False
        )
        for process in found.stdout.split():
            os.kill(int(process), signal.SIGKILL)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    if SSHD is None or shutil.which("ssh") is None or shutil.which("pgrep") is None:
        pytest.skip("needs sshd, ssh and pgrep (Debian: openssh-server procps)")
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    shutil.copy(folder / "key.pub", folder / "authorized")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin yes\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    daemon = subprocess.Popen(
        [SSHD, "-D", "-f", str(folder / "config"), "-E", str(folder / "log")]
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield Board(folder, port, daemon)
    daemon.terminate()
    daemon.wait()


def test_a_model_is_timed_at_the_end_of_ssh(board: Board) -> None:
    engine = engine_for(board.device)
    assert engine.version().startswith("onnxruntime ")
    assert engine.measure(model(), board.device, PLAN).n_runs == 5


def test_a_link_that_breaks_is_made_anew(board: Board) -> None:
    timer = engine_for(board.device).timer(model(), board.device)
    timer.time(PLAN)  # type: ignore[attr-defined]
    board.end_connections()
    assert timer.time(PLAN).shape == (5,)  # type: ignore[attr-defined]


def test_a_key_that_is_not_let_in_is_said(board: Board) -> None:
    device = board.device
    command = device.connection.replace("/key'", "/host'").replace(" -q", "")
    with pytest.raises(MeasurementError, match=r"with exit code 255.*denied"):
        engine_for(replace(device, connection=command)).version()


def test_a_board_that_is_off_is_said(board: Board) -> None:
    device = board.device
    command = device.connection.replace(f"-p {board.port}", "-p 1").replace(" -q", "")
    with pytest.raises(MeasurementError, match=r"out of reach: .*refused"):
        engine_for(replace(device, connection=command)).version()
