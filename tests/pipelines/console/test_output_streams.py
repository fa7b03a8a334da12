"""Only leadq is heard while a command works, whoever writes and however; what was set aside is in the log of the unforeseen."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from leadq.pipelines.console.output_streams import answer, answered, begin, libraries_aside, own_stdout
from leadq.pipelines.console.progress import watched

ROOT = Path(__file__).parents[3]
NOISY = """
import atexit, ctypes, logging, os, subprocess, sys, threading, warnings
from leadq.pipelines.console.output_streams import answer, libraries_aside, own_stderr, silent_exit
late = logging.StreamHandler()
def noise():
    print("printed")
    print("printed to stderr", file=sys.stderr)
    warnings.warn("warned")
    logging.getLogger("theirs").warning("logged")
    logging.getLogger("late").addHandler(late)
    os.write(1, b"written past Python\\n")
    os.write(2, b"written past Python\\n")
    ctypes.CDLL(None).printf(b"kept in the buffer of C")
    subprocess.run([sys.executable, "-c", "import sys; print('child'); print('child', file=sys.stderr)"])
atexit.register(noise)
with libraries_aside({shown}):
    noise()
    thread = threading.Thread(target=noise)
    thread.start()
    thread.join()
    own_stderr().write("ours\\n")
    answer("the answer")
    noise()
silent_exit()
"""


def _run(shown: str = "") -> subprocess.CompletedProcess[str]:
    code = NOISY.format(shown=shown)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_only_the_answer_is_heard() -> None:
    ran = _run()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "the answer\n", "ours\n")


def test_shown_it_comes_on_stderr_and_stdout_stays_clean() -> None:
    ran = _run(shown="shown=True")
    assert ran.stdout == "the answer\n"
    for heard in ("printed", "warned", "logged", "written past Python", "kept in the buffer of C", "child", "ours"):
        assert heard in ran.stderr


def test_the_unforeseen_takes_along_what_was_said(capfd: pytest.CaptureFixture[str]) -> None:
    begin()
    with pytest.raises(subprocess.CalledProcessError) as raised, libraries_aside():
        subprocess.run([sys.executable, "-c", "print('the cause'); raise SystemExit(1)"], check=True)
    assert raised.value.__notes__ == ["What libraries had said:\nthe cause"]
    assert capfd.readouterr() == ("", "")


def test_an_answer_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    with libraries_aside(), libraries_aside():
        assert own_stdout() is sys.stdout  # another's stream, as here, is left alone
        answer("{}")
    assert answered()
    assert capsys.readouterr().out == "{}\n"
    begin()
    assert not answered()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_who_closed_its_outputs_is_served_too(closed: str) -> None:
    code = "from leadq.pipelines.console.output_streams import libraries_aside\nwith libraries_aside(): print('x')"
    shell = ["sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, code]
    ran = subprocess.run(shell, cwd=ROOT, capture_output=True, check=True)
    assert ran.stdout == b""


def test_a_bar_does_not_bring_back_what_libraries_say(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("leadq.pipelines.console.progress.own_stderr", Terminal)
    before = (sys.stdout, sys.stderr)
    with watched("a test") as progress:
        progress("working")
        assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_command_whose_output_is_closed_does_its_work_all_the_same(tmp_path: Path, closed: str) -> None:
    leadq = Path(sys.executable).with_name("leadq")
    ended = subprocess.run(f"'{leadq}' init '{tmp_path / 'mine'}' {closed}", shell=True, check=False)
    assert ended.returncode == 0
    assert (tmp_path / "mine" / "leadq.yaml").is_file()
