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


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("FATAL: s3cret/word is wrong", "FATAL: *** is wrong"),
        ("FATAL: s3cret%2Fword is wrong", "FATAL: *** is wrong"),
        ("cannot log in with pass word", "cannot log in with ***"),
        ("header tok_123456789", "header ***"),
        ("it is true for public", "it is true for public"),
        ("https://me:you@example.org/x", "https://***@example.org/x"),
        ("PASSWORD: abc, api_key=def", "PASSWORD: ***, api_key=***"),
        ("hanako+crm@example.co.jp bought", "*** bought"),
        ("ValueError: 3 orders < 30", "ValueError: 3 orders < 30"),
    ],
)
def test_secrets_and_addresses_do_not_leave(private, text, seen):
    assert scrub(text) == seen
