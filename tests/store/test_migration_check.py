"""A migration that would lock or lose, while old and new code run side by side, is refused in plain words."""

import shutil
import textwrap

import pytest
from alembic.script import ScriptDirectory

from ema.store import migrate as migrating
from migrations import check

HEAD = """
import sqlalchemy as sa
from alembic import op
from migrations import steps
revision, down_revision = "0002", "0001"
branch_labels = depends_on = None
"""

ADDED = 'op.create_check_constraint(op.f("ck_x"), "prompt", "n_items > 0", postgresql_not_valid=True)\n'


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """What the check says of a second migration with this body."""
    folder = tmp_path / "versions"
    shutil.copytree(migrating.VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrating, "VERSIONS", folder)

    def judge(body, top=""):
        lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        (folder / "0002_next.py").write_text(f"{HEAD}{top}\ndef upgrade():\n{lines}\n", encoding="utf-8")
        return check.problems(ScriptDirectory.from_config(migrating.config()))

    return judge


@pytest.mark.parametrize(
    "body",
    [
        'op.add_column("participant", sa.Column("shoe", sa.Integer(), nullable=True))',
        'op.add_column("participant", sa.Column("shoe", sa.Integer(), nullable=False, server_default="0"))',
        'op.add_column("participant", sa.Column("since", sa.DateTime(), server_default=sa.func.now()))',
        'op.create_table("shoe", sa.Column("id", sa.Integer(), primary_key=True))\nop.create_index("ix_shoe", "shoe", ["id"])',
        'steps.index("ix_prompt_arm", "prompt", ["state"])',
        'steps.drop_index("ix_inbox_received", "inbox")',
        'op.create_check_constraint("ck_x", "prompt", "n_items > 0", postgresql_not_valid=True)',
        'op.create_foreign_key("fk_x", "prompt", "study", ["state"], ["id"], postgresql_not_valid=True)',
        'op.execute("ALTER TABLE prompt VALIDATE CONSTRAINT ck_prompt_old")',
        "op.execute(\"UPDATE setting SET value = '2' WHERE key = 'x'\")",
        'op.alter_column("prompt", "reason", nullable=True)',
        'with op.batch_alter_table("participant") as batch:\n    batch.add_column(sa.Column("shoe", sa.Integer()))',
    ],
)
def test_what_runs_beside_old_code_is_taken(judged, body):
    assert judged(body) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('op.drop_column("participant", "hellos")', "drops a column: code of the release before"),
        ('op.drop_table("contact")', "drops a table"),
        ('op.alter_column("tick", "error", server_default=None)', "drops a default"),
        ('op.alter_column("participant", "hellos", new_column_name="greetings")', "renames"),
        ('op.rename_table("contact", "contacts")', "renames"),
        ('op.add_column("prompt", sa.Column("shoe", sa.Integer(), nullable=False))', "without a server default"),
        ('op.add_column("prompt", sa.Column("u", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))', "by row"),
        ('op.alter_column("prompt", "n_items", type_=sa.BigInteger())', "changes a type"),
        ('op.alter_column("prompt", "reason", nullable=False)', "forbids empty values"),
        ('op.create_index("ix_x", "prompt", ["state"])', "migrations.steps.index"),
        ('op.create_index("ix_x", "prompt", ["state"], unique=True)', "migrations.steps.index"),
        ('op.drop_index("ix_inbox_received", "inbox")', "migrations.steps.drop_index"),
        ('op.create_check_constraint("ck_x", "prompt", "n_items > 0")', "postgresql_not_valid=True"),
        ('op.create_foreign_key("fk_x", "prompt", "study", ["state"], ["id"])', "postgresql_not_valid=True"),
        ('op.create_unique_constraint("uq_x", "prompt", ["state"])', "builds an index under a lock"),
        ('op.execute("UPDATE prompt SET n_items = 1")', "in batches"),
        ('op.execute("DELETE FROM answer WHERE id < 5")', "in batches"),
        ('op.execute("INSERT INTO contact (id) SELECT id FROM prompt")', "in batches"),
        ('op.execute("LOCK TABLE prompt")', "locks a whole table"),
        (ADDED + 'op.execute("ALTER TABLE prompt VALIDATE CONSTRAINT ck_x")', "what it has just added"),
        ('op.get_bind().execute(sa.text("SELECT 1")).scalar_one()', "can't be read without a database"),
        ('with op.batch_alter_table("participant") as batch:\n    batch.drop_column("hellos")', "drops a column"),
    ],
)
def test_what_would_lock_or_lose_is_refused(judged, body, words):
    (line,) = judged(body)
    assert line.startswith("0002: ")
    assert words in line


def test_a_script_that_says_which_code_it_needs_may_take_away(judged, monkeypatch):
    monkeypatch.setattr(check, "CODE", 2)
    assert judged('op.drop_column("participant", "hellos")', top="min_code = 2") == []
    (line,) = judged('op.drop_column("participant", "hellos")', top="min_code = 3")
    assert "raise CODE in ema/release.py" in line


def test_every_migration_of_this_release_passes():
    assert check.problems(ScriptDirectory.from_config(migrating.config())) == []
