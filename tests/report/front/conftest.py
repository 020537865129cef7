"""Records of runs made by hand, where a runner would put them."""

import json

import pytest

FINGERPRINT = "aaaa"


def metric(name, value, *, spread=None, text="", label="", fingerprint=FINGERPRINT, unit=""):
    """Return a metric as a record has it, its interval `spread` to each side."""
    known = spread is not None
    return {
        "name": name,
        "label": label or name,
        "text": text or f"{value}",
        "value": value,
        "low": value - spread if known else None,
        "high": value + spread if known else None,
        "n": 100,
        "unit": unit,
        "fingerprint": fingerprint,
    }


def finding(name, money=0, sentence=""):
    return {
        "name": name,
        "sentence": sentence or f"About {name}.",
        "n": 40,
        "money_minor": money,
        "money": f"${money} at stake",
    }


def campaign(name, state, **fields):
    known = {"title": f"Campaign {name}", "owner": "CRM", "starts_on": "2026-01-01"}
    return {"name": name, "state": state, "readout_on": "2026-05-01", **known, **fields}


@pytest.fixture
def put(tmp_path):
    """Return a function that writes the record of a run; later calls are later runs."""
    calls = []

    def write(day, metrics=(), *, report="01_customers", shop="tiny", page=True, **fields):
        calls.append(day)
        minute = f"{len(calls):02d}"
        record = {
            "run_id": "",
            "shop": shop,
            "report": report,
            "title": f"What does {report} ask?",
            "as_of": day,
            "outcome": "ok",
            "started_at": f"2026-11-21T10:{minute}:00Z",
            "parameters": {},
            "what_if": [],
            "metrics": list(metrics),
            "findings": [],
            "checks": [],
            "campaigns": [],
            "data": {"title": "Tiny shop"},
            **fields,
        }
        folder = tmp_path / shop / report / f"{day}--20261121T10{minute}00Z--0a1b2c3d"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record), "utf-8")
        if page:
            (folder / "index.html").write_text("page", "utf-8")
        return folder

    return write
