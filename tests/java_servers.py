"""Real servers on the Java machine: Apache Kafka, one node, and a schema registry with
Confluent's API (Apicurio). Maven Central has both; Maven brings them once, into a folder of the
user's, and everything after that needs no network.

Each is started by the test run on loopback and ended by its process id. Why:
docs/adr/0018-topics-without-offsets.md.
"""

import contextlib
import fcntl
import http.client
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.support.machine import need_program, not_run

KAFKA_VERSION = "4.4.0"
REGISTRY_VERSION = "2.6.13.Final"
"""The last that runs on Java 17."""
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
CACHE = Path.home() / ".cache" / "market_maker" / "servers"
PATIENCE_S = 120.0
PAUSE_S = 0.05
STOP_WITHIN_S = 120.0
CLASSES = "classes.jsa"
CLUSTER_ID = "bWFya2V0X21ha2VyX3Rlcw"
JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A short life: compiling well and collecting in parallel would cost more than they bring."""

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>broker</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""

ONE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Half of the heap by default: what was left was collected whole every two seconds, for a tenth
    # of one in which the broker answers no one.
    "log.cleaner.dedupe.buffer.size": "2097152",
    # Members of a group are seen to come and go within half a second.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "200",
    "group.consumer.heartbeat.interval.ms": "500",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    # A broker that was killed waits, when it starts again, until its own old session has ended.
    "broker.heartbeat.interval.ms": "250",
    "broker.session.timeout.ms": "1500",
}


class JavaServer:
    """A server of our own, in `folder`, on a loopback port that stays the same when it is started
    again. address: host:port."""

    def __init__(self, command: list[str], folder: Path, port: int, ready: Callable[[], bool]):
        self._command, self._ready = command, ready
        self._log = folder / "log"
        self.port, self.address = port, f"127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises AssertionError with the end of its log."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        for _ in range(int(PATIENCE_S / PAUSE_S)):
            if self._ready():
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PAUSE_S)
                break
        self.stop(signal.SIGKILL)
        raise AssertionError("no start: " + self._log.read_text("utf-8", "replace")[-2_000:])

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it; SIGKILL is a power cut, and what it had written is there at the next start."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Registry(JavaServer):
    """A schema registry, all in memory. url: as SCHEMA_REGISTRY_URL has it."""

    @property
    def url(self) -> str:
        return f"http://{self.address}/apis/ccompat/v7"


@contextlib.contextmanager
def running_kafka(
    secured: Mapping[str, str] | None = None, behind: tuple[int, int] | None = None
) -> Iterator[JavaServer]:
    """A broker without topics, gone at the end with everything in it. secured: settings of a
    listener SASL_SSL, which it then has instead of an open one for clients. behind: the ports of
    one more open listener and of the proxy in front of it."""
    java = need_program("java")
    jars = _kept(f"kafka-{KAFKA_VERSION}", _fetch_kafka)
    run = [java, *JAVA_OPTIONS, "-cp", f"{jars / 'lib'}/*"]

    def format_storage(folder: Path) -> None:
        settings = _write_settings(folder, 1, 2)
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
        subprocess.run([*run, *tool], check=True, stdout=subprocess.DEVNULL)

    # Formatting takes a start of Java; what it writes names no port, and serves every broker.
    formatted = _kept(f"kafka-{KAFKA_VERSION}-formatted", format_storage)

    def broker(folder: Path, option: str, *more: Mapping[str, str] | tuple[int, int] | None):
        port = free_port()
        shutil.copytree(formatted / "data", folder / "data")
        settings = _write_settings(folder, port, free_port(), *more)
        command = [java, option, *run[1:], "kafka.Kafka", str(settings)]
        return JavaServer(command, folder, port, lambda: _listens(port))

    classes = _classes(f"kafka-{KAFKA_VERSION}", broker)
    with tempfile.TemporaryDirectory(prefix="market-maker-kafka-") as name:
        yield from _running(broker(Path(name), classes, secured, behind))


@contextlib.contextmanager
def running_registry(*, started: bool = True) -> Iterator[Registry]:
    """A registry without schemas; else one that is yet to be started."""
    java = need_program("java")
    jars = _kept(f"apicurio-{REGISTRY_VERSION}", _fetch_registry)
    runner = next(jars.glob("*-runner.jar"))

    def made(folder: Path, option: str) -> Registry:
        port = free_port()
        settings = [
            "-Dquarkus.http.host=127.0.0.1",
            f"-Dquarkus.http.port={port}",
            "-Dquarkus.http.access-log.enabled=false",
        ]
        command = [java, option, *JAVA_OPTIONS, *settings, "-jar", str(runner)]
        return Registry(command, folder, port, lambda: _answers(port, "/apis/ccompat/v7/subjects"))

    classes = _classes(f"apicurio-{REGISTRY_VERSION}", made)
    with tempfile.TemporaryDirectory(prefix="market-maker-registry-") as name:
        yield from _running(made(Path(name), classes), started=started)


@pytest.fixture(scope="module")
def kafka() -> Iterator[JavaServer]:
    """A real broker, gone with the module that asked for it: idle ones take a tenth of a core."""
    with running_kafka() as server:
        yield server


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """A real schema registry, gone with the module that asked for it."""
    with running_registry() as server:
        yield server


def _running(server, *, started=True):
    try:
        if started:
            server.start()
        yield server
    finally:
        server.stop()


def _write_settings(
    folder: Path,
    port: int,
    controller_port: int,
    secured: Mapping[str, str] | None = None,
    behind: tuple[int, int] | None = None,
) -> Path:
    protocol = "PLAINTEXT" if secured is None else "SASL_SSL"
    broker, controller = f"{protocol}://127.0.0.1:{port}", f"127.0.0.1:{controller_port}"
    settings = ONE_NODE | {
        "listeners": f"{broker},CONTROLLER://{controller}",
        "advertised.listeners": broker,
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(folder / "data"),
        **(secured or {}),
    }
    if behind is not None:
        settings |= _second_listener(settings, *behind)
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")
    return path


def _second_listener(settings: Mapping[str, str], listener: int, proxy: int) -> dict[str, str]:
    """The broker names itself to its clients by the listener at which they came."""
    map_of = "listener.security.protocol.map"
    return {
        "listeners": f"{settings['listeners']},PROXIED://127.0.0.1:{listener}",
        "advertised.listeners": f"{settings['advertised.listeners']},PROXIED://127.0.0.1:{proxy}",
        map_of: f"{settings[map_of]},PROXIED:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; filled first where it is missing, by one process of all
    that want it, and whole or not at all."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / name
    with (CACHE / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=CACHE) as unfinished:
                made = Path(unfinished) / "made"
                made.mkdir()
                fill(made)
                made.rename(folder)
    return folder


def _classes(name: str, made: Callable[[Path, str], JavaServer]) -> str:
    """The option by which a server takes its classes as an earlier one had them at its end, parsed
    and linked: over half of the work of a start. Without that file, or where Java is another one by
    now, it starts as ever. made: the server in a folder, with an option."""

    def record(folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as scratch:
            server = made(Path(scratch), f"-XX:ArchiveClassesAtExit={folder / CLASSES}")
            server.start()
            server.stop()

    return f"-XX:SharedArchiveFile={_kept(f'{name}-classes', record) / CLASSES}"


def _fetch_kafka(folder: Path) -> None:
    (folder / "pom.xml").write_text(POM, "utf-8")
    goal = f"{MAVEN_PLUGIN}:copy-dependencies"
    _maven("-f", str(folder / "pom.xml"), goal, f"-DoutputDirectory={folder / 'lib'}")


def _fetch_registry(folder: Path) -> None:
    artifact = f"io.apicurio:apicurio-registry-app:{REGISTRY_VERSION}:tar.gz:all"
    _maven(f"{MAVEN_PLUGIN}:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    packed = next(folder.glob("*.tar.gz"))
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()


def _maven(*arguments: str) -> None:
    command = [need_program("mvn"), "-q", "-B", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        not_run("Maven could not bring the server: " + (done.stdout + done.stderr)[-500:])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return answer.status == http.HTTPStatus.OK
    finally:
        connection.close()
