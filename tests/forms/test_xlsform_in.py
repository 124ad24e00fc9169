"""XLSForm in: what becomes of each question type, and every cell either carried or reported."""

import pytest

from ema.domain.studyfile import load_questionnaire
from ema.forms import xlsform_in, yamlfile
from ema.forms.losses import InvalidForm


def imported(tmp_path, text):
    path = tmp_path / "form.md"
    path.write_text(text)
    return xlsform_in.read(path, "set")


def items(form):
    return {item["id"]: item for item in form.data["items"]}


def reported(form):
    return "\n".join(map(str, form.losses))


SURVEY = """
| survey |
| | type | name | label::English (en) | label::Română (ro) | constraint | parameters | calculation |
| | select_one yn | calm | Calm? | Liniște? | | | |
| | select_multiple place | where | Where? | Unde? | | | |
| | integer | drinks | How many? | Câte? | . >= 0 and . < 25 | | |
| | decimal | hours | Hours? | Ore? | . >= 0.5 and . <= 24 | | |
| | range | mood | Mood? | Stare? | | start=1 end=7 step=1 | |
| | range | energy | Energy? | Energie? | | start=0 end=100 step=1 | |
| | text | words | Words? | Cuvinte? | string-length(.) <= 140 | | |
| | date | day | Day? | Zi? | | | |
| | time | hour | Time? | Oră? | | | |
| | note | thanks | Thanks. | Mulțumim. | | | |
| | calculate | twice | | | | | ${drinks} * 2 |
| choices |
| | list_name | name | label::English (en) | label::Română (ro) |
| | yn | 1 | Yes | Da |
| | yn | 0 | No | Nu |
| | place | home | At home | Acasă |
| | place | somewhere_else | Elsewhere | În altă parte |
| settings |
| | form_title | form_id | default_language |
| | A set | set | English (en) |
"""


def test_each_question_type_becomes_an_item(tmp_path):
    got = items(imported(tmp_path, SURVEY))
    assert {name: item["type"] for name, item in got.items()} == {
        "calm": "choice",
        "where": "multiple",
        "drinks": "number",
        "hours": "number",
        "mood": "rating",
        "energy": "vas",
        "words": "text",
        "day": "date",
        "hour": "time",
        "thanks": "info",
        "twice": "computed",
    }
    assert got["calm"]["text"] == {"en": "Calm?", "ro": "Liniște?"}
    assert got["calm"]["options"][0] == {"value": "1", "label": {"en": "Yes", "ro": "Da"}, "code": 1}
    assert [option["value"] for option in got["where"]["options"]] == ["home", "somewher"]
    assert (got["drinks"]["min"], got["drinks"]["max"]) == (0, 24)
    assert (got["hours"]["min"], got["hours"]["max"], got["hours"]["decimals"]) == (0.5, 24, 2)
    assert (got["mood"]["min"], got["mood"]["max"]) == (1, 7)
    assert got["words"]["most"] == 140
    assert got["twice"]["expression"] == "drinks * 2"


def test_the_file_that_is_written_is_a_sound_questionnaire(tmp_path):
    path = tmp_path / "set.yaml"
    form = imported(tmp_path, SURVEY)
    path.write_text(yamlfile.text(form.data))
    assert load_questionnaire(path) == form.questionnaire()


def test_what_is_not_in_the_form_is_said_not_made_up(tmp_path):
    form = imported(tmp_path, SURVEY)
    assert form.data["provenance"]["licence"] == "not stated"
    for what in ("citation", "licence", "validation", "recall", "measures"):
        assert f"set.provenance.{what}:" in reported(form)
    assert "set.seconds: is guessed" in reported(form)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("required=yes", "“required: yes” is not carried"),
        ("appearance=minimal", "“appearance: minimal” is not carried"),
        ("default=3", "“default: 3” is not carried"),
        ("hint=Take your time", "the hint “Take your time” (*) is left out"),
        ("constraint=. mod 2 = 0", "the constraint . mod 2 = 0 is not carried"),
        ("relevant=count(${a}) = 1", "this is not carried, because the function “count” has no counterpart"),
        ("my_column=hello", "“my_column: hello” is not carried"),
    ],
)
def test_a_cell_that_can_not_be_carried_is_reported_with_its_row(tmp_path, cell, said):
    column, value = cell.split("=", 1)
    form = imported(
        tmp_path,
        f"| survey |\n| | type | name | label | {column} |\n| | integer | a | A? | |\n| | integer | n | N? | {value} |\n",
    )
    assert any(str(loss).startswith("survey row 3:") and said in str(loss) for loss in form.losses), reported(form)


def test_groups_become_pages_and_conditions_go_where_they_were(tmp_path):
    form = imported(
        tmp_path,
        "| survey |\n| | type | name | label | relevant |\n"
        "| | integer | n | How many? | |\n"
        "| | note | many | You said ${n}. | ${n} > 3 |\n"
        "| | begin_group | Details | Some more | ${n} > 0 |\n| | note | a | A. | |\n"
        "| | begin_group | inner | | ${n} > 5 |\n| | note | b | B. | ${n} != 7 |\n| | end_group | | | |\n"
        "| | end_group | | | |\n| | note | z | Z. | |\n",
    )
    assert form.data["pages"] == [
        {"id": "page_1", "items": ["n", {"item": "many", "show_if": "n > 3"}]},
        {
            "id": "details",
            "title": {"*": "Some more"},
            "show_if": "n > 0",
            "items": ["a", {"item": "b", "show_if": "(n > 5) and (not (answered(n)) or n != 7)"}],
        },
        {"id": "page_3", "items": ["z"]},
    ]
    assert items(form)["many"]["text"] == {"*": "You said {answer.n}."}
    path = tmp_path / "set.yaml"
    path.write_text(yamlfile.text(form.data))
    assert [page.id for _, page in load_questionnaire(path).all_pages()] == ["page_1", "details", "page_3"]


def test_a_form_without_groups_and_conditions_has_no_pages(tmp_path):
    assert "pages" not in imported(tmp_path, SURVEY).data


def test_repeats_and_what_a_phone_records_are_reported(tmp_path):
    form = imported(
        tmp_path,
        "| survey |\n| | type | name | label | relevant |\n"
        "| | start | begun | | |\n"
        "| | begin_group | g | Part one | today() = 1 |\n| | note | a | A. | |\n| | end_group | | | |\n"
        "| | begin_repeat | r | Each | |\n| | note | b | B. | |\n| | end_repeat | | | |\n",
    )
    assert list(items(form)) == ["a"]
    said = reported(form)
    assert "survey row 2: “start” is not a question" in said
    assert "survey row 3: the group g is asked only if today() = 1; this is not carried" in said
    assert "survey row 6: the repeat r is left out" in said
    assert "survey row 7: b stands in a repeat and is left out" in said


def test_names_are_made_to_fit_and_the_change_is_reported(tmp_path):
    form = imported(
        tmp_path,
        "| survey |\n| | type | name | label |\n| | note | HowAreYou-Today_inTheMorning | A. |\n| | note | Ünder.way | B. |\n",
    )
    assert list(items(form)) == ["howareyou_today_inthemor", "under_way"]
    assert "HowAreYou-Today_inTheMorning is called howareyou_today_inthemor" in reported(form)


def test_a_language_without_a_code_is_reported(tmp_path):
    form = imported(
        tmp_path, "| survey |\n| | type | name | label::English (en) | label::Klingon |\n| | note | a | A. | Q. |\n"
    )
    assert items(form)["a"]["text"] == {"en": "A."}
    assert "the words under “label::Klingon” are left out; write the language's code" in reported(form)


def test_a_question_that_does_not_fit_is_left_out_and_reported(tmp_path):
    options = "".join(f"| | many | o{number} | {number} |\n" for number in range(13))
    form = imported(
        tmp_path,
        "| survey |\n| | type | name | label |\n| | select_one many | a | A? |\n| | note | b | B. |\n"
        f"| choices |\n| | list_name | name | label |\n{options}",
    )
    assert list(items(form)) == ["b"]
    assert "survey row 2: a is left out:" in reported(form)


def test_a_form_with_a_mistake_is_refused_in_the_words_of_pyxform_with_its_row(tmp_path):
    with pytest.raises(InvalidForm, match=r"form.md:2: is no sound XLSForm: .*zz") as refused:
        imported(
            tmp_path,
            "| survey |\n| | type | name | label |\n| | select_one zz | a | A? |\n"
            "| choices |\n| | list_name | name | label |\n| | yn | y | Yes |\n",
        )
    assert "\n" not in str(refused.value)


def test_a_form_without_a_question_is_refused(tmp_path):
    with pytest.raises(InvalidForm, match="has no question that can be carried; survey row 2: a of type “barcode”"):
        imported(tmp_path, "| survey |\n| | type | name | label |\n| | barcode | a | A? |\n")


def test_the_new_files_name_must_be_an_id(tmp_path):
    (tmp_path / "form.md").write_text(SURVEY)
    with pytest.raises(InvalidForm, match="can't become “My Set”: name the new file with small letters"):
        xlsform_in.read(tmp_path / "form.md", "My Set")
