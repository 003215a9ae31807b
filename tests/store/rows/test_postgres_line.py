"""TLS and passwords by libpq's own means, on a server that lets nobody in without."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import trustme

from majlis.errors import StoreUnreachable
from store import open_tinydb
from tests.postgres import Cluster, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "cnry-2b7d"  # noqa: S105  # invented
RULES = """
local   all majlis             trust
hostssl all salem 127.0.0.1/32 scram-sha-256
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the server."""
    return trustme.CA()


@pytest.fixture(scope="module")
def strict(authority: trustme.CA) -> Iterator[tuple[Cluster, int]]:
    """A server on loopback that asks for a password and speaks TLS, and its port."""
    for cluster in running():
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        cluster.write("server.key", certificate.private_key_pem.bytes().decode())
        cluster.write("server.crt", certificate.cert_chain_pems[0].bytes().decode())
        cluster.write("pg_hba.conf", RULES)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cluster.stop()
        cluster.start("-c listen_addresses=127.0.0.1", f"-p {port}", "-c ssl=on")
        cluster.tell(
            f"CREATE ROLE salem LOGIN PASSWORD '{PASSWORD}'", "CREATE SCHEMA majlis AUTHORIZATION salem", port=str(port)
        )
        yield cluster, port


@pytest.fixture
def address(strict: tuple[Cluster, int], authority: trustme.CA, tmp_path: Path) -> str:
    """The address with all that is checked, and no password."""
    root = tmp_path / "root.crt"
    authority.cert_pem.write_to_path(root)
    return (
        f"postgresql://salem@localhost:{strict[1]}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={root}"
    )


@pytest.mark.slow
def test_a_password_from_a_file_of_its_own(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a line that is encrypted, to a server whose name was verified."""
    file = tmp_path / "pgpass"
    file.write_text(f"localhost:*:*:salem:{PASSWORD}\n", encoding="ascii")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))

    with open_tinydb(address) as db:
        db.insert({"n": 1})

        assert db.all() == [{"n": 1}]
        assert PASSWORD not in db.path


@pytest.mark.slow
def test_a_service_file_names_the_rest(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site file then says no more than a name."""
    params = dict(part.split("=") for part in address.partition("?")[2].split("&"))
    port = address.split(":")[2].partition("/")[0]
    lines = {"host": "localhost", "port": port, "user": "salem", "dbname": "postgres", "password": PASSWORD, **params}
    file = tmp_path / "services.conf"
    file.write_text("[inbox]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()), encoding="ascii")
    monkeypatch.setenv("PGSERVICEFILE", str(file))

    with open_tinydb("postgresql://?service=inbox") as db:
        assert db.engine.schema() > 0
        assert db.path == "postgresql://?service=inbox"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("found", "instead"), [("salem@", f"salem:{PASSWORD}x@"), ("verify-full", "disable"), ("root.crt", "other.crt")]
)
def test_nobody_is_let_in_otherwise(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, instead: str
) -> None:
    """With a wrong password, without TLS, or with another authority; the password is not repeated."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.crt")
    if found != "salem@":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)

    with pytest.raises(StoreUnreachable) as refused:
        open_tinydb(address.replace(found, instead))

    assert PASSWORD not in str(refused.value)
