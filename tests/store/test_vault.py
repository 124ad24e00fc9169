"""Keys, seals and the key store: who has no key reads nothing, and a destroyed key is gone from the disk."""

import itertools
import stat
import threading

import pytest

from ema.store.keystore import KeyStoreUnusable
from ema.store.vault import AddressTaken, KeyDestroyed, Unreadable, open_vault
from tests.store.people import BOT, NOW


@pytest.fixture(params=["sqlite", "postgres"])
def keystore_url(request, tmp_path):
    """An empty key store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def any_vault(keystore_url, tmp_path):
    opened = open_vault(keystore_url, tmp_path / "a" / "secret.key")
    yield opened
    opened.close()


def test_enrolling_gives_a_key_once_for_an_address(any_vault):
    anna = any_vault.enrol("anna", "telegram", BOT, "100", NOW)
    assert anna.participant_id == "anna"
    again = any_vault.enrol("other", "telegram", BOT, "100", NOW)
    assert again.participant_id == "anna"
    assert again.open("t", "r", "c", anna.seal("t", "r", "c", b"x")) == b"x"
    assert any_vault.find("telegram", BOT, "100") == "anna"
    assert any_vault.of_address(BOT, "100").participant_id == "anna"
    assert any_vault.keystore.participant_ids() == {"anna"}


def test_channel_bot_and_address_all_tell_people_apart(any_vault):
    any_vault.enrol("anna", "telegram", 1, "23", NOW)
    for other in [("telegram", 12, "3"), ("telegram", 1, "24"), ("signal", 1, "23"), ("telegram1", 1, "23")]:
        assert any_vault.find(*other) is None
    assert any_vault.of_addresses([(12, "3"), (1, "24"), (0, "23"), (1, "23")]).keys() == {(1, "23")}


def test_two_at_once_with_one_address_get_one_key(any_vault):
    found, gate = [], threading.Barrier(4)

    def enrol(name):
        gate.wait()
        found.append(any_vault.enrol(name, "telegram", BOT, "100", NOW).participant_id)

    threads = [threading.Thread(target=enrol, args=(f"p{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_what_is_moved_or_changed_does_not_open(any_vault):
    anna = any_vault.enrol("anna", "telegram", BOT, "100", NOW)
    berta = any_vault.enrol("berta", "telegram", BOT, "200", NOW)
    sealed = anna.seal("answer", "1/mood/1", "value", b"7")
    assert anna.open("answer", "1/mood/1", "value", sealed) == b"7"
    places = itertools.product(["answer", "score"], ["1/mood/1", "1/mood/2", "2/mood/1"], ["value", "state"])
    for place in set(places) - {("answer", "1/mood/1", "value")}:
        with pytest.raises(Unreadable, match="changed, or moved"):
            anna.open(*place, sealed)
    with pytest.raises(Unreadable, match="changed, or moved"):
        anna.open("answer1", "/mood/1", "value", sealed)
    with pytest.raises(Unreadable, match="another key"):
        berta.open("answer", "1/mood/1", "value", sealed)
    with pytest.raises(Unreadable, match="another key"):
        any_vault.installation.open("answer", "1/mood/1", "value", sealed)
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(Unreadable):
            anna.open("answer", "1/mood/1", "value", bytes(broken))
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            anna.open("answer", "1/mood/1", "value", sealed[:length])


def test_sealing_the_same_twice_gives_different_bytes(any_vault):
    anna = any_vault.enrol("anna", "telegram", BOT, "100", NOW)
    assert anna.seal("t", "r", "c", b"same") != anna.seal("t", "r", "c", b"same")


def test_a_destroyed_key_is_gone_for_everybody(any_vault, keystore_url, tmp_path):
    any_vault.enrol("anna", "telegram", BOT, "100", NOW)
    any_vault.enrol("berta", "telegram", BOT, "200", NOW)
    other_process = open_vault(keystore_url, tmp_path / "a" / "secret.key")
    other_process.person("anna")
    any_vault.destroy("anna")
    any_vault.destroy("anna")
    for one in (any_vault, other_process):
        with pytest.raises(KeyDestroyed):
            one.person("anna")
        assert one.find("telegram", BOT, "100") is None
        assert set(one.persons(["anna", "berta"])) == {"berta"}
    # the address is free: whoever joins with it is somebody new
    assert any_vault.enrol("clara", "telegram", BOT, "100", NOW).participant_id == "clara"
    other_process.close()


def test_an_address_can_move_but_not_onto_another(any_vault):
    key = any_vault.enrol("anna", "telegram", BOT, "100", NOW)
    sealed = key.seal("t", "r", "c", b"x")
    any_vault.enrol("berta", "telegram", BOT, "200", NOW)
    any_vault.rebind("anna", "telegram", BOT, "-100100")
    assert any_vault.find("telegram", BOT, "100") is None
    assert any_vault.of_address(BOT, "-100100").open("t", "r", "c", sealed) == b"x"
    with pytest.raises(AddressTaken):
        any_vault.rebind("anna", "telegram", BOT, "200")
    with pytest.raises(KeyDestroyed):
        any_vault.rebind("nobody", "telegram", BOT, "300")


def test_the_key_file_is_its_owners_alone(any_vault, tmp_path):
    file = tmp_path / "a" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes().strip()) == 44
    assert [each.name for each in file.parent.iterdir()] == ["secret.key"]


def test_a_missing_or_another_key_file_is_refused(keystore_url, tmp_path):
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    open_vault(keystore_url, first).close()
    with pytest.raises(KeyStoreUnusable, match="put the file back"):
        open_vault(keystore_url, second)
    assert not second.exists()
    open_vault(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}", second).close()
    with pytest.raises(KeyStoreUnusable, match="not the one that this key store was made with"):
        open_vault(keystore_url, second)
    second.write_text("too short")
    with pytest.raises(KeyStoreUnusable, match="32 bytes"):
        open_vault(keystore_url, second)
    open_vault(keystore_url, first).close()


def test_a_key_store_that_is_not_there_is_one_line(tmp_path):
    for url in ["postgresql://someone:geheim@127.0.0.1:1/keys", "sqlite:////proc/nowhere/keys.sqlite", "nonsense"]:
        with pytest.raises(KeyStoreUnusable) as refused:
            open_vault(url, tmp_path / "secret.key")
        assert "geheim" not in str(refused.value)


def test_no_wrapped_key_and_no_address_hash_is_left_in_the_files(vault, tmp_path):
    vault.enrol("berta", "telegram", BOT, "200", NOW)
    for number in range(40):  # enough for several pages
        vault.enrol(f"p{number}", "telegram", BOT, f"9{number}", NOW)
    vault.enrol("anna", "telegram", BOT, "100", NOW)
    traces = [vault.keystore.of_participant("anna").wrapped_key, vault._hash("telegram", BOT, "100"), b"anna"]
    files = [tmp_path / name for name in ("keys.sqlite", "keys.sqlite-wal")]
    before = b"".join(file.read_bytes() for file in files)
    assert all(trace in before for trace in traces)
    vault.destroy("anna")
    after = b"".join(file.read_bytes() for file in files if file.exists())
    assert not any(trace in after for trace in traces)
    assert vault._hash("telegram", BOT, "200") in after
