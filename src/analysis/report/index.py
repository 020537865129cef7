"""The front door: what every report found last, and whether it still runs."""

import datetime
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from analysis.catalog import SOURCE_LANGUAGE
from analysis.language import _, current, join_sentences, using
from analysis.report import templates, tiles
from analysis.report.about import utc
from analysis.report.front import build_shop_page
from analysis.report.published import Run, last_run, moment, read_runs, standing
from analysis.style import format_count, format_date
from analysis.whole_files import write_whole


class ShopSection(NamedTuple):
    """What the front door says of one shop.

    Attributes:
        shop: Its title.
        language: Of its reports.
        cards: What is said of each of them.
        address: Of the shop's page; empty where it has none.
    """

    shop: str
    language: str
    cards: list[dict[str, Any]]
    address: str


def build_index(reports: Path, *, now: datetime.datetime | None = None) -> None:
    """Write every shop's page, then `index.html`, from the `run.json` files alone.

    A record that cannot be read is named on the page. Readers see the old page or the new one,
    never half of one. What is said of a shop is said in the language of its reports, the frame of
    the page in the language that all shops share, else in English.

    Args:
        reports: Folder that holds SHOP/REPORT/RUN_ID/run.json.
        now: The moment from which ages count; the current one where not given.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    runs, unreadable = read_runs(reports)
    environment = templates.environment()
    pages = {shop: build_shop_page(reports, shop) for shop in dict.fromkeys(r.shop for r in runs)}
    shops = _shops(reports, runs, now, pages)
    sections = []
    for shop in shops:
        with using(shop.language):
            template = environment.get_template("front_shop.html.j2")
            # The template escapes what it is given.
            sections.append(Markup(template.render(shop._asdict())))  # noqa: S704
    languages = {shop.language for shop in shops}
    with using(languages.pop() if len(languages) == 1 else SOURCE_LANGUAGE):
        html = environment.get_template("front.html.j2").render(
            language=current(),
            built=utc(now.isoformat()),
            shops=sections,
            summary=_summary([card for shop in shops for card in shop.cards]),
            unreadable=unreadable,
        )
    write_whole(reports / "index.html", html)


def _shops(
    reports: Path,
    runs: Sequence[Run],
    now: datetime.datetime,
    pages: Mapping[str, Path | None],
) -> list[ShopSection]:
    """Return what is said of every shop, by title.

    A failed run may not know the title, and a shop without a good run has no page.
    """
    runs = sorted(runs, key=lambda run: (run.shop, run.report, moment(run)))
    titles = {run.shop: run.shop for run in runs}
    titles |= {run.shop: run.shop_title for run in runs if run.shop_title != run.shop}
    shops = []
    for shop, group in groupby(runs, key=lambda run: run.shop):
        of_shop = list(group)
        language = max(of_shop, key=lambda run: run.started).language
        with using(language):
            cards = [
                _card(reports, list(of_report), now)
                for _name, of_report in groupby(of_shop, key=lambda run: run.report)
            ]
        address = quote(f"{shop}/index.html") if pages.get(shop) else ""
        shops.append(ShopSection(titles[shop], language, cards, address))
    return sorted(shops, key=lambda shop: shop.shop)


def _card(reports: Path, runs: Sequence[Run], now: datetime.datetime) -> dict[str, Any]:
    """Return what the page says of one report, its runs given oldest first."""
    good = standing(reports, runs)
    last = last_run(reports, runs) or runs[-1]
    shown = good.metrics if good else ()
    return {
        "title": (good or last).title,
        "address": _address(good.folder) if good and good.has_page else "",
        "good": good,
        "as_of": format_date(good.day) if good and good.day else "",
        "when": _when(good, now) if good else "",
        "numbers": Markup(tiles.to_html(shown)) if shown else "",  # noqa: S704 - escaped there
        "failure": None if last.good else last,
        "failed_at": "" if last.good else _when(last, now),
        "failed_address": _address(last.folder) if not last.good and last.has_page else "",
    }


def _address(folder: Path) -> str:
    return quote((folder / "index.html").as_posix())


def _when(run: Run, now: datetime.datetime) -> str:
    return _("{moment} ({age})").format(
        moment=utc(run.started.isoformat()), age=age(now - run.started)
    )


def age(since: datetime.timedelta) -> str:
    """Say how long ago something was.

    >>> age(datetime.timedelta(hours=30)), age(datetime.timedelta(minutes=1))
    ('30 hours ago', '1 minute ago')
    """
    minutes = max(0, round(since.total_seconds() / 60))
    if minutes < 1:
        return _("just now")
    steps = (
        (60 * 24, 2, "", _("{n} days ago")),
        (60, 1, _("1 hour ago"), _("{n} hours ago")),
        (1, 1, _("1 minute ago"), _("{n} minutes ago")),
    )
    size, one, many = next(
        (size, one, many) for size, least, one, many in steps if minutes >= size * least
    )
    count = minutes // size
    return one if count == 1 else many.format(n=format_count(count))


def _summary(cards: Sequence[Mapping[str, Any]]) -> str:
    failing = sum(card["failure"] is not None for card in cards)
    doubtful = sum(card["good"] is not None and bool(card["good"].failed_checks) for card in cards)
    said = []
    if failing:
        said.append(_("{n} of {all} reports failed the last time they ran."))
    if doubtful:
        said.append(_("{doubtful} of {all} reports have checks that failed."))
    if not said:
        said.append(_("Every report ran well the last time."))
    return join_sentences(*said).format(n=failing, doubtful=doubtful, all=len(cards))
