"""A study with eight people, made once and copied for each test; clients that are signed in."""

import shutil

import pytest
from fastapi.testclient import TestClient

from ema.store.engine import open_database
from ema.store.vault import open_vault
from ema.web.app import create_app
from tests.web import factories


@pytest.fixture(scope="session")
def _crowd(tmp_path_factory, _sqlite_template):
    folder = tmp_path_factory.mktemp("crowd")
    shutil.copyfile(_sqlite_template, folder / "ema.sqlite")
    database = open_database(f"sqlite:///{folder / 'ema.sqlite'}", durable=False)
    vault = open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    factories.crowd(factories.installation(database, vault))
    database.close()
    vault.close()
    return folder


@pytest.fixture
def crowded(tmp_path, _crowd):
    """An installation of this test's own, on SQLite, in which eight people take part."""
    folder = shutil.copytree(_crowd, tmp_path / "crowd")
    database = open_database(f"sqlite:///{folder / 'ema.sqlite'}", durable=False)
    vault = open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    yield factories.installation(database, vault)
    database.close()
    vault.close()


@pytest.fixture
def both(database, vault):
    """An empty installation, once on each database: for what rests on queries of its own."""
    return factories.installation(database, vault)


@pytest.fixture
def here(sqlite_url, vault):
    """An empty installation on SQLite."""
    database = open_database(sqlite_url, durable=False)
    yield factories.installation(database, vault)
    database.close()


@pytest.fixture
def visit():
    """Open the pages of an installation, signed in as somebody of a role."""
    opened = []

    def open_as(installation, role=None):
        client = TestClient(create_app(installation), raise_server_exceptions=False)
        opened.append(client)
        if role is not None:
            token = factories.link(installation, role, f"{role} {len(opened)}")
            answer = client.post(f"/sign-in/{token}", headers={"origin": "http://testserver"})
            assert answer.status_code == 200, answer.text
        return client

    yield open_as
    for client in opened:
        client.close()
