"""The report as a file: it loads nothing, names nobody, says what it shows in words, and claims no cause."""

import base64
import hashlib
import html
import re
from dataclasses import replace

import pytest

from analysis.report import recipes, scores
from analysis.report.cells import Cells
from analysis.report.parts import inline
from tests.report import written

CAUSAL = re.compile(
    r"\b(because of|due to|caused|causes|effect of|led to|improve[sd]?|helped|benefit\w*|impact)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def sent():
    return written.page(10)


@pytest.fixture(scope="module")
def internal():
    return written.page(1)


def text(page):
    """What a reader sees, without the code."""
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<pre.*?</pre>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_loads_nothing_and_stands_under_the_strictest_policy(internal):
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)|@import|https?:', internal)
    assert not re.findall(r"<(?:script|link|iframe|img|object|form)\b| style=| on\w+=", internal)
    (style,) = re.findall(r"<style>(.*?)</style>", internal, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', internal)[1])
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_name_is_there_once_and_every_reference_leads_somewhere(internal):
    names = re.findall(r' id="([^"]+)"', internal)
    assert len(names) == len(set(names))
    assert {*re.findall(r'href="#([^"]+)"', internal), *re.findall(r"url\(#([^)]+)\)", internal)} <= set(names)


def test_every_picture_has_words_and_every_table_a_caption(internal):
    figures = re.findall(r"<figure>.*?</figure>", internal, re.DOTALL)
    assert len(figures) == 2 + 2 * 4
    for figure in figures:
        assert len(re.search(r'role="img" aria-label="([^"]+)"', figure)[1]) > 60
    assert internal.count("<table>") == internal.count("<caption>")


def test_only_the_internal_edition_shows_persons_and_says_so(sent, internal):
    pseudonyms = [f"P-{at:02}" for at in range(12)]
    assert not [name for name in pseudonyms if name in sent]
    answered = set(written.found(1).scores[0].rows["participant"])
    assert len(answered) == 11, "one never answers"
    assert {name for name in pseudonyms if name in internal} == answered
    assert "INTERNAL EDITION" in internal
    assert "INTERNAL" not in sent
    assert "Each person" not in text(sent)


def test_few_are_fewer_than_ten_in_the_edition_to_send(sent, internal):
    flow = "Invited {} Joined {} Taking part {} Finished {} Withdrew, answers kept {} Erased {}"
    few = "fewer than 10"
    assert flow.format(25, 10, few, few, few, few) in text(sent)
    assert flow.format(23, 12, 3, 8, 1, 2) in text(internal)


def test_while_the_study_is_open_no_person_is_tested(internal):
    persons = text(internal).partition("Each person INTERNAL")[2].partition("How it was done")[0]
    assert "Theil–Sen" in persons
    assert "No tests of single persons while the study is open" in persons
    assert "Not clinically monitored" in persons
    assert "p (FDR)" not in persons
    assert "a trend is shown from 20 on" in persons


def test_when_it_is_closed_a_persons_test_comes_with_an_interval():
    study = written.about(1, closed=True)
    one = written.found(1).scores[0]
    shown = text(scores.persons(replace(one, persons=recipes.each_person(study, one.rows, one.score))))
    assert "GLS per day 95 % interval p (FDR)" in shown
    assert "No tests of single persons" not in shown


def test_no_p_value_stands_alone_and_secondary_scores_are_adjusted(sent):
    shown = text(sent)
    table = shown.partition("All trends side by side")[2].rpartition("How well")[0]
    assert "score per day 95 % interval p p (Holm) Momentary self-esteem (primary)" in table
    assert len(re.findall(r"[−0-9.]+ to [−0-9.]+ (?:<\.001|\.\d{3}|1\.000)", table)) == 2
    assert not re.search(r"\bp\s*[=<]", shown.replace("p (", ""))


def test_a_secondary_score_is_adjusted_and_the_primary_is_not(sent):
    primary, second = written.found(10).scores
    third = replace(second, score=replace(second.score, name="third"))
    shown = text(scores.side_by_side([primary, second, third]))
    (alone,) = re.findall(r"Momentary well-being \S+ \S+ to \S+ \.(\d+) \.\1 ", text(sent))
    assert len(re.findall(rf"\.{alone} (?:1\.000|\.\d+)", shown)) == 2
    assert f".{alone} .{alone}" not in shown, "of two secondary scores the smaller p-value is doubled"


def test_it_says_what_it_does_not_know_and_claims_no_cause(sent):
    shown = text(sent)
    assert "nothing here says what brought a change about" in shown
    assert not CAUSAL.findall(shown)
    for section in ("In short", "Who took part", "What is missing", "Quality of the data", "How it was done"):
        assert section in shown
    assert "truth of the simulation" in sent


def test_it_is_cited_with_the_versions_that_computed_it(sent):
    shown = text(sent)
    for name in ("Satterthwaite, F. E. (1946)", "Holm, S. (1979)", "Written for this project.", "numpy 2", "EMA 0"):
        assert name in shown
    done = shown.partition("How it was done")[2].partition("What is cited")[0]
    for year in set(re.findall(r"(?:19|20)\d\d", done)):
        assert f"({year})" in shown.partition("What is cited")[2], year


def test_an_inline_picture_keeps_its_looks_without_styles():
    drawn = '<svg xmlns="http://www.w3.org/2000/svg"><defs><style type="text/css">*{}</style></defs><path id="a" style="fill: #fff; stroke-width: 2"/><use xlink:href="#a" clip-path="url(#a)"/></svg>'
    shown = inline(drawn, "one")
    assert '<path id="one-a" fill="#fff" stroke-width="2"/><use href="#one-a" clip-path="url(#one-a)"/>' in shown
    assert "style" not in shown
    assert "http" not in shown


def test_a_score_made_of_other_scores_has_no_reliability_and_a_reason():
    study, tables = written.about(1), written.tables(written.risen())
    made_up = replace(study.scores[0], items=("wb_state_part", "se_worth"))
    rows = recipes.one_way(study, tables, study.scores[0])
    why = recipes.tried(study, rows, lambda: recipes.alpha_within(recipes.answers(tables, made_up, rows), made_up))
    assert why == "it is made of other scores (wb_state_part), not of questions"


def test_an_item_that_counts_the_other_way_round_is_turned():
    study, tables = written.about(1), written.tables(written.risen())
    score = study.scores[0]
    rows = recipes.one_way(study, tables, score)
    plain = recipes.answers(tables, score, rows)
    turned = recipes.answers(tables, replace(score, turned={"se_worth": 8.0}), rows)
    assert (plain["se_worth"] + turned["se_worth"]).dropna().eq(8).all()
    assert plain["se_positive"].equals(turned["se_positive"])


def test_the_edition_is_what_the_cells_say():
    assert Cells(10).kept
    assert not Cells(1).kept
