"""HylaFAX's own client programs: sendfax to queue a job, faxstat to look a job up by its tag."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from doorstep.errors import Refused, Unavailable

_REQUEST = re.compile(r"request id is (\d+)")
_REFUSALS = ("null destination", "no destination", "unable to convert", "can not convert", "invalid phone", "not a fax")
_JOB_FORMAT = 'JobFmt: "%j|%J"\n'


class SendFax:
    """One HylaFAX server, reached through the client programs beside `program`."""

    def __init__(self, program: Path, host: str | None, home: Path, seconds: float) -> None:
        self._program, self._host, self._home, self._seconds = program, host, home, seconds

    async def submit(self, tag: str, number: str, pdf: bytes, *, told: bool = False) -> str:
        """Queue a PDF for one number and return HylaFAX's job id; `told` has its notify hook called at success too."""
        page = self._home / f"{tag}.pdf"
        await asyncio.to_thread(self._put, page, pdf)
        try:
            code, said = await self._run(
                str(self._program), "-n", "-D" if told else "-N", "-i", tag, "-d", number, str(page)
            )
        finally:
            page.unlink(missing_ok=True)
        job = _REQUEST.search(said)
        if code == 0 and job:
            return job.group(1)
        if any(words in said.lower() for words in _REFUSALS):
            raise Refused("sendfax-refused", "sendfax does not take the job", detail=_told(said, tag))
        raise Unavailable(
            "sendfax-failed", "sendfax could not queue the job", detail=f"exit {code}: {_told(said, tag)}"
        )

    async def find(self, tag: str) -> str | None:
        """Return the id of the job with that tag, queued or done; raise Unavailable if HylaFAX cannot tell."""
        code, said = await self._run(str(self._program.with_name("faxstat")), "-s", "-d")
        lines = [line.partition("|") for line in said.splitlines()]
        headings = {job.strip() for job, _, _ in lines if job.startswith("JID")}
        # faxstat ends with 0 even when it reached no server; and another heading means that tags are not shown
        if code != 0 or "scheduler" not in said.lower() or headings - {"JID"}:
            raise Unavailable("faxstat-failed", "HylaFAX cannot be asked for its jobs", detail=f"exit {code}")
        return next((job.strip() for job, bar, found in lines if bar and found.strip() == tag), None)

    @classmethod
    async def reachable(cls, program: Path, host: str | None) -> str | None:
        """Return what is wrong with the server, None if it answers."""
        import tempfile

        with tempfile.TemporaryDirectory() as home:
            try:
                await cls(program, host, Path(home), 10).find("doorstep-check")
            except Unavailable as away:
                return f"{away.message}: is hfaxd running, and connectors.fax.sendfax_host right?"
        return None

    def _put(self, page: Path, pdf: bytes) -> None:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        page.write_bytes(pdf)

    async def _run(self, program: str, *arguments: str) -> tuple[int, str]:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._home / ".hylarc").write_text(_JOB_FORMAT, encoding="utf-8")  # faxstat reads its format from there only
        host = ("-h", self._host) if self._host else ()
        environment = {"HOME": str(self._home), "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        try:
            child = await asyncio.create_subprocess_exec(
                program,
                *host,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        except OSError as absent:
            raise Unavailable(
                "sendfax-absent", "the HylaFAX client cannot be started", detail=str(absent.errno)
            ) from absent
        try:
            said, _ = await asyncio.wait_for(child.communicate(), self._seconds)
        except TimeoutError:
            raise Unavailable(
                "sendfax-slow", "the HylaFAX server does not answer", detail=f"{self._seconds:g} s"
            ) from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)  # with the converters that it may have started
                await child.wait()
        return child.returncode or 0, said.decode("utf-8", "replace")


def _told(said: str, tag: str) -> str:
    """Return the program's first words for the operator, without the path of the page."""
    return " ".join(said.split())[:200].replace(tag, "JOB")
