"""Java libraries for tests: jars from Maven and harnesses of ours compiled against them, each once per checkout."""

from __future__ import annotations

import fcntl
import hashlib
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.process import ServiceMissingError

CACHE = Path(__file__).resolve().parents[2] / ".cache"
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.doorstep.tests</groupId><artifactId>{}</artifactId><version>1</version>
  <dependencies>{}</dependencies>
</project>
"""


def jars(name: str, artifacts: Sequence[str]) -> Path:
    """Return the folder with these artifacts (`group:artifact:version`) and all that they need.

    ServiceMissingError where there is no Java or Maven, or where Maven cannot fetch them.
    """
    for tool in ("java", "javac", "mvn"):
        if shutil.which(tool) is None:
            raise ServiceMissingError(f"{name}: `{tool}` is not installed; install a Java 17 JDK and Maven")
    folder = CACHE / name
    libs = folder / f"libs-{hashlib.sha256(' '.join(artifacts).encode()).hexdigest()[:16]}"
    with locked(folder):
        if not libs.exists():
            _fetch(name, artifacts, libs)
    return libs


def harness(name: str, artifacts: Sequence[str], source: Path) -> str:
    """Return the class path of a harness of ours, compiled against these artifacts."""
    libs = jars(name, artifacts)
    classes = CACHE / name / f"classes-{hashlib.sha256(source.read_bytes() + libs.name.encode()).hexdigest()[:16]}"
    with locked(CACHE / name):
        if not classes.exists():
            partial = CACHE / name / "classes.partial"
            shutil.rmtree(partial, ignore_errors=True)
            argv = ["javac", "-nowarn", "-cp", f"{libs}/*", "-d", str(partial), str(source)]
            subprocess.run(argv, check=True, timeout=120)
            partial.rename(classes)
    return f"{classes}:{libs}/*"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes of the run out of this folder of the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(name: str, artifacts: Sequence[str], libs: Path) -> None:
    pom = libs.parent / "pom.xml"
    pom.write_text(_POM.format(name, "".join(_DEPENDENCY.format(*artifact.split(":")) for artifact in artifacts)))
    partial = libs.parent / "libs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    argv = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise ServiceMissingError(f"{name}: Maven could not fetch {', '.join(artifacts)}\n{done.stdout[-500:]}")
    partial.rename(libs)


class Asked:
    """A running harness that answers one frame (0x0B ... 0x1C 0x0D) for each that it gets."""

    def __init__(self, class_path: str, *arguments: str, memory: str = "256m") -> None:
        argv = ["java", f"-Xmx{memory}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", class_path, *arguments]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, question: bytes, *, seconds: float = 40.0) -> str:
        """Return the answer to one question; TimeoutError when there is none in time."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\x0b" + question + b"\x1c\r")
        self._process.stdin.flush()
        return self._frame(time.monotonic() + seconds).decode()

    def _frame(self, deadline: float) -> bytes:
        out = self._process.stdout
        assert out is not None
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while not data.endswith(b"\x1c\r"):
                if not selector.select(deadline - time.monotonic()):
                    raise TimeoutError("the Java harness did not answer in time")
                read = out.read1(65536)  # type: ignore[attr-defined]
                if not read:
                    raise RuntimeError("the Java harness ended")
                data += read
        return data[1:-2]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait(timeout=60)
        self._process.stdin.close()
        self._process.stdout.close()
