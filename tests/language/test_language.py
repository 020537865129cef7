"""Messages find their way into the reader's language, and back."""

import threading

import pytest

from analysis import catalog, language, paths, style
from analysis.errors import ParameterError
from analysis.language import _, join_list, join_sentences, translate_markdown, using


def test_english_needs_no_catalog():
    assert catalog.messages("en") == {}
    assert _("no such message") == "no such message"


def test_a_language_without_a_catalog_is_refused():
    with pytest.raises(ParameterError, match=r"language == 'fr', must be one of en, ja\."):
        language.use("fr")
    with pytest.raises(ParameterError, match="language == 'fr'"), using("fr"):
        pass
    assert language.current() == "en"


def test_a_block_speaks_its_language_and_its_thread_alone():
    heard = []
    with using("ja"):
        other = threading.Thread(target=lambda: heard.append((language.current(), _("January"))))
        other.start()
        other.join()
        assert (language.current(), _("January")) == ("ja", "1月")
        with using("en"):
            assert _("January") == "January"
    assert heard == [("en", "January")]
    assert _("January") == "January"


def test_a_process_keeps_the_language_it_was_given_in_every_thread():
    heard = []
    try:
        language.use("ja")
        other = threading.Thread(target=lambda: heard.append(_("January")))
        other.start()
        other.join()
    finally:
        language.use("en")
    assert heard == ["1月"]


def test_a_home_brings_languages_and_words_of_its_own(home):
    for name, month in (("xx", "Primo"), ("ja", "睦月")):
        file = paths.home() / "locale" / name / "LC_MESSAGES" / "analysis.po"
        file.parent.mkdir(parents=True)
        file.write_text(f'msgid "January"\nmsgstr "{month}"\n', encoding="utf-8")
    assert catalog.languages() == ["en", "ja", "xx"]
    with using("xx"):
        assert (_("January"), _("February")) == ("Primo", "February")
    with using("ja"):
        assert (_("January"), _("February")) == ("睦月", "2月")


def test_a_catalog_is_read_as_gettext_reads_it():
    text = (
        '# note\nmsgid ""\nmsgstr ""\n"Language: ja\\n"\n\n'
        '#: a.py\nmsgid ""\n"two "\n"parts"\nmsgstr "二つ\\"の\\"\\n部分"\n\n'
        '#, fuzzy\nmsgid "in doubt"\nmsgstr "疑わしい"\n\n'
        'msgid "nothing yet"\nmsgstr ""\n\n'
        '#~ msgid "gone"\n#~ msgstr "消えた"\n'
    )
    assert catalog.parse(text) == {"two parts": '二つ"の"\n部分'}


def test_sentences_and_lists_are_joined_as_the_language_does():
    assert join_sentences("One.", "", "Two.") == "One. Two."
    assert join_sentences() == ""
    with using("ja"):
        assert join_sentences("一つ。", "", "二つ。") == "一つ。二つ。"
        assert join_list(["お茶", "米"]) == "お茶、米"


def test_markdown_keeps_its_marks_and_formulas(home):
    file = home / "locale" / "xx" / "LC_MESSAGES" / "analysis.po"
    file.parent.mkdir(parents=True)
    entries = {"Definitions": "WORDS", "**Age** $T$: days": "**OLD** $T$: DAYS", "x = 1": "wrong"}
    text = "\n\n".join(f'msgid "{key}"\nmsgstr "{value}"' for key, value in entries.items())
    file.write_text(text, encoding="utf-8")
    with using("xx"):
        said = translate_markdown("## Definitions\n\n- **Age** $T$: days\n\n$$\nx = 1\n$$\n\nOther")
    assert said == "## WORDS\n\n- **OLD** $T$: DAYS\n\n$$\nx = 1\n$$\n\nOther"


def test_numbers_and_days_are_written_as_the_language_does():
    with using("ja"):
        assert style.format_money(-1_234_567, "JPY") == "\N{MINUS SIGN}1,234,567円"
        assert style.format_money(4820, "USD") == "$48.20"
        assert style.format_date("2026-03-31") == "2026年3月31日"
        assert style.format_month("2026-03") == "2026年3月"
        assert style.format_interval(0.298, 0.326, style.format_share) == "29.8%〜32.6%"
        assert style.with_interval("31.2%", "29.8%", "32.6%") == "31.2% [29.8%〜32.6%]"
