import pytest

from analysis.schedule.secrets import scrub


@pytest.fixture
def private(home, monkeypatch):
    folder = home / "data" / "private"
    folder.mkdir()
    (folder / "connections.yaml").write_text(
        "warehouse:\n  url: postgresql://reader:s3cret%2Fword@db/shops\n  schema: public\n"
    )
    (folder / "mail.yaml").write_text("password: pass word\nserver: mail.example.org\n")
    (folder / "broken.yaml").write_text("a: [")
    monkeypatch.setenv("SHOP_API_TOKEN", "tok_123456789")
    monkeypatch.setenv("OTHER_TOKEN", "true")
    monkeypatch.setenv("CRM_CONNECTION_LAKE", "sc://lake.example.org:15002/;token=tok3n")
    for option, value in (("SCHEMA", "demo"), ("STATEMENT_TIMEOUT_S", "600"), ("READER", "crm")):
        monkeypatch.setenv(f"CRM_CONNECTION_LAKE_{option}", value)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("FATAL: s3cret/word is wrong", "FATAL: *** is wrong"),
        ("FATAL: s3cret%2Fword is wrong", "FATAL: *** is wrong"),
        ("cannot log in with pass word", "cannot log in with ***"),
        ("header tok_123456789", "header ***"),
        ("it is true for public", "it is true for public"),
        (
            "demo 03_lifetime_value failed: timeout, crm run took longer than the 600 s allowed",
            "demo 03_lifetime_value failed: timeout, crm run took longer than the 600 s allowed",
        ),
        ("lost lake.example.org:15002 (tok3n), not db", "lost *** (***), not db"),
        ("https://me:you@example.org/x", "https://***@example.org/x"),
        ("PASSWORD: abc, api_key=def", "PASSWORD: ***, api_key=***"),
        ("hanako+crm@example.co.jp bought", "*** bought"),
        ("ValueError: 3 orders < 30", "ValueError: 3 orders < 30"),
    ],
)
def test_secrets_and_addresses_do_not_leave(private, text, seen):
    assert scrub(text) == seen
