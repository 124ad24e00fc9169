"""Dockerfile and compose.yaml, read strictly: there is no engine here that could build or start them."""

import ast
import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from ema.__main__ import app
from ema.config import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {f"EMA_{name}".upper() for name in Settings.model_fields}
VERBS = set(typer.main.get_command(app).commands)


def instructions():
    """(stage, instruction, rest) of every line; stages count from 0."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stage, found = -1, []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            stage += word == "FROM"
            found.append((stage, word, " ".join(rest.split())))
    return found


LINES = instructions()
LAST = max(stage for stage, _, _ in LINES)


def lines(word, stage=LAST):
    return [rest for at, name, rest in LINES if at == stage and name == word]


def exec_form(rest):
    """The JSON form: no shell between the process and the signals that it gets."""
    return json.loads(rest)


# --- Dockerfile


def test_only_instructions_that_are_needed():
    needed = {"FROM", "ENV", "COPY", "RUN", "WORKDIR", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {word for _, word, _ in LINES} <= needed


def test_every_stage_stands_on_the_same_named_version_of_python():
    images = {rest.split()[0] for _, word, rest in LINES if word == "FROM"}
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.1[123]-slim(-[a-z]+)?", images.pop())


def test_dependencies_come_from_the_lock_by_hash_and_are_not_compiled():
    (install,) = [rest for _, word, rest in LINES if word == "RUN" and "install --require-hashes" in rest]
    assert "--only-binary :all:" in install
    assert "-r requirements.lock" in install
    assert not any("pip install" in rest for rest in lines("RUN"))


def test_the_final_image_has_no_build_tools():
    runs = " ".join(lines("RUN"))
    for tool in ("gcc", "build-essential", "-dev", "curl", "wget", "git ", "uv "):
        assert tool not in runs
    assert "pip uninstall" in runs
    assert "--no-install-recommends" in runs
    assert "rm -rf /var/lib/apt/lists/*" in runs


def test_it_does_not_run_as_root():
    users = [(at, rest) for at, (stage, word, rest) in enumerate(LINES) if stage == LAST and word == "USER"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[-1][1])
    assert not [word for _, word, _ in LINES[users[-1][0] :] if word == "RUN"]


def test_the_entry_point_is_the_command_line_without_a_shell():
    assert [exec_form(rest) for rest in lines("ENTRYPOINT")] == [["python", "-m", "ema"]]
    assert exec_form(lines("CMD")[0])[0] in VERBS


def test_the_health_check_asks_healthz():
    (check,) = lines("HEALTHCHECK")
    program, flag, code = exec_form(check.partition(" CMD ")[2])
    assert (program, flag) == ("python", "-c")
    assert "/healthz" in code
    ast.parse(code)


def test_its_environment_is_the_one_that_the_product_reads():
    names = {name for rest in lines("ENV") for name in re.findall(r"(\w+)=", rest)}
    assert {name for name in names if name.startswith("EMA_")} <= SETTINGS
    assert {"EMA_DATA_DIR", "EMA_BIND"} <= names


def test_it_copies_all_that_the_product_imports_and_nothing_that_is_ignored():
    copied = [word for rest in lines("COPY") if "--from" not in rest for word in rest.split()[:-1]]
    assert {"ema", "bot", "analysis", "questionnaires", "migrations", "pyproject.toml"} <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    for name in [*copied, "requirements.lock"]:
        assert (ROOT / name).exists()
        assert any(fnmatch.fnmatch(name, pattern) for pattern in let_in), f"{name} is kept out by .dockerignore"


# --- compose.yaml

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "ema"}
SCRIPT = SERVICES["web"]["entrypoint"][2].replace("$$", "$")


def test_it_starts_one_migration_one_web_and_two_workers_on_two_databases():
    commands = {name: service["command"][0] for name, service in OURS.items()}
    assert commands == {"migrate": "migrate", "web": "web", "worker": "worker", "poll": "poll"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["poll"]["profiles"] == ["poll"]
    assert SERVICES["database"]["volumes"] != SERVICES["keystore"]["volumes"]


def test_its_commands_are_verbs_of_the_command_line():
    assert {service["command"][0] for service in OURS.values()} <= VERBS


def test_its_environment_is_the_one_that_settings_read():
    named = set(re.findall(r"\bEMA_\w+", SCRIPT))
    named |= {name for service in OURS.values() for name in service["environment"]}
    assert named <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_ours_can_change_nothing_but_their_temporary_folder(name):
    service = OURS[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_gains_privileges_and_all_that_is_named_is_there(name):
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    assert "healthcheck" in service or name == "web"  # web has the image's own


def test_databases_are_not_reachable_from_outside():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("database", "keystore"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])


def test_the_key_store_keeps_no_log_of_destroyed_keys():
    assert "archive_mode=off" in SERVICES["keystore"]["command"]


def test_images_have_versions_and_the_database_client_is_not_older_than_the_server():
    servers = {service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert servers == {"postgres:17"}
    assert any("postgresql-client-17" in rest for rest in lines("RUN"))


def test_passwords_stand_in_files_only():
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"PASSWORD:|TOKEN:|SECRET:", text)
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("data/")  # git leaves that folder out


@pytest.mark.parametrize(("webhook", "expected"), [("hush", "hush"), ("", None)])
def test_the_entry_point_hands_the_secrets_over(tmp_path, webhook, expected):
    for name in COMPOSE["secrets"]:
        (tmp_path / name).write_text(f"{name}-value\n")
    (tmp_path / "webhook_secret").write_text(webhook)
    show = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"
    script = SCRIPT.replace("/run/secrets", str(tmp_path)).replace("python -m ema", '"$PYTHON" -c "$SHOW"')
    done = subprocess.run(
        ["/bin/sh", "-ec", script, "ema", "study", "load", "a file"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "SHOW": show},
        capture_output=True,
        text=True,
        check=True,
    )
    arguments, environment = json.loads(done.stdout)
    assert arguments == ["study", "load", "a file"]
    assert environment["EMA_DATABASE_URL"] == "postgresql://ema:database_password-value@database/ema"
    assert environment["EMA_KEYSTORE_URL"] == "postgresql://ema:keystore_password-value@keystore/keys"
    assert environment["EMA_TELEGRAM_TOKEN"] == "telegram_token-value"
    assert environment.get("EMA_TELEGRAM_WEBHOOK_SECRET") == expected
