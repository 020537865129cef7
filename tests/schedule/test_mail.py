"""Mail as a real server receives it."""

import email
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from analysis.cli import main
from analysis.errors import ParameterError
from analysis.report.publish import lock_file
from analysis.schedule.mail_settings import read_mail_settings
from analysis.schedule.post import send

LONG = "健康食品とサプリメントの定期便のお店・さくら茶寮オンライン本店"


class Mailbox:
    """What a server took, as bytes on the wire."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802
        if "too.long" in str(envelope.rcpt_tos):
            return "552 mailbox of a@example.org is full"
        self.raw.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002, N802
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=policy.default) for raw in self.raw]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch):
    """Start a mail server on loopback and point the settings to it."""
    started = []

    def start(security: str = "none", **options) -> Mailbox:
        box = Mailbox()
        controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        started.append(controller)
        settings(monkeypatch, f"localhost:{controller.port}", security)
        return box

    yield start
    for controller in started:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(patch: pytest.MonkeyPatch, server: str, security: str = "none", **more: str) -> None:
    values = {
        "SERVER": server,
        "SECURITY": security,
        "SENDER": "reports@example.org",
        "MAINTAINER": "dev@example.org",
        "READERS": "owner@example.org; crm@example.org",
        "LINK": "https://reports.example.org/crm/",
        **more,
    }
    for name, value in values.items():
        patch.setenv(f"CRM_MAIL_{name}", value)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch) -> ssl.SSLContext:
    """A certificate for localhost that this process trusts."""
    key, file = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key,
         "-out", file, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return context


def login(server, session, envelope, mechanism, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.password == b"right one", handled=False)


def mail_errors(home: Path) -> list[str]:
    return json.loads((home / "reports" / "summary.json").read_text())["mail_errors"]


def html_of(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()


def test_readers_get_their_page_and_the_maintainer_the_failures(
    small: Path, add_shop: Callable[..., None], serve, monkeypatch
):
    box = serve()
    monkeypatch.setenv("SHOP_API_TOKEN", "tok_123456789")
    monkeypatch.setenv("CRM_MAIL_READERS_KOBE", "kobe@example.org")
    add_shop("tiny", "good", title="Tiny & <shop>")
    add_shop("kobe", "good", "fails", title=LONG, more="language: ja\n")
    add_shop("wrong", "goood")
    assert main(["run", "--all"]) == 10
    assert mail_errors(small) == []
    failure, *readers = box.messages()
    assert failure["To"] == "dev@example.org"
    assert failure["Subject"] == "crm: 2 of what was due failed (kobe, wrong)"
    told = failure.get_content()
    assert "ValueError: password=***" in told
    assert "hunter2" not in told
    assert "did you mean 'good'?" in told
    assert "kobe fails failed: notebook_error" in told.partition("The end of the log:")[2]
    assert "https://reports.example.org/crm/kobe/fails/2" in told

    by_reader = {message["To"]: message for message in readers}
    assert set(by_reader) == {"owner@example.org", "crm@example.org", "kobe@example.org"}
    for message, recipients in zip(box.messages(), box.recipients, strict=True):
        assert [message["To"]] == recipients, "nobody learns who else reads"
    assert html_of(by_reader["crm@example.org"]) == html_of(by_reader["owner@example.org"])
    assert len({message["Message-ID"] for message in readers}) == 3
    tiny = by_reader["owner@example.org"]
    assert "crm@example.org" not in tiny.as_string()
    assert tiny["Subject"].startswith("Tiny & <shop>: reports as of ")
    assert "Tiny &amp; <shop>" not in html_of(tiny)
    assert "https://reports.example.org/crm/tiny/good/2" in html_of(tiny)
    plain = tiny.get_body(("plain",)).get_content()
    assert "https://reports.example.org/crm/" in plain
    assert "<" not in plain.replace("<shop>", "")
    kobe = by_reader["kobe@example.org"]
    assert kobe["Subject"].startswith(LONG)
    assert "年" in kobe["Subject"]
    assert kobe["Content-Language"] == "ja"
    assert 'lang="ja"' in html_of(kobe)
    assert "kobe@example.org" not in tiny.as_string()
    for raw in box.raw:
        assert len(raw) < 150_000
        assert raw.isascii()
        head = raw.partition(b"\r\n\r\n")[0]
        assert all(len(line) <= 78 for line in head.split(b"\r\n")), head

    # Nothing is due for them now, so nobody but the maintainer hears again.
    box.raw.clear()
    assert main(["run", "--all"]) == 11
    assert [message["To"] for message in box.messages()] == ["dev@example.org"]
    box.raw.clear()
    assert main(["run", "--all", "--no-mail"]) == 11
    assert box.raw == []


def test_a_login_is_sent_over_starttls_only_and_a_refused_one_is_told(
    small: Path, add_shop, serve, certificate, monkeypatch
):
    box = serve(
        "starttls", tls_context=certificate, require_starttls=True, authenticator=login,
        auth_required=True,
    )  # fmt: skip
    monkeypatch.setenv("CRM_MAIL_USER", "crm")
    monkeypatch.setenv("CRM_MAIL_PASSWORD", "right one")
    add_shop("tiny", "good")
    assert main(["run", "--all"]) == 0
    assert box.recipients == [["owner@example.org"], ["crm@example.org"]]
    monkeypatch.setenv("CRM_MAIL_PASSWORD", "wrong one")
    add_shop("next", "good")
    assert main(["run", "--all"]) == 9
    (error,) = mail_errors(small)
    assert "refused the login (code 535)" in error
    assert "wrong one" not in (small / "reports" / "summary.json").read_text()


def test_trouble_with_mail_fails_no_report(small: Path, add_shop, serve, monkeypatch, capsys):
    port = free_port()
    box = serve()
    for name, change, why in (
        ("down", {"SERVER": f"localhost:{port}"}, "could not be reached: Connection refused."),
        ("plain", {"SECURITY": "starttls"}, "offers no STARTTLS or no login."),
        ("wrong", {"SENDER": "nobody"}, "The sender of mail must be an address"),
        ("unknown", {"READERS": "nobody@example.org"}, "refused 1 of the recipients."),
    ):
        with monkeypatch.context() as patch:
            for key, value in change.items():
                patch.setenv(f"CRM_MAIL_{key}", value)
            add_shop(name, "good")
            assert main(["run", "--all"]) == 9
        (error,) = mail_errors(small)
        assert why in error
        out, err = capsys.readouterr()
        assert error in out
        assert "a mail could not be sent" in out
        assert "Traceback" not in err
        assert (small / "reports" / name / "good" / "latest").is_symlink()
    assert box.raw == []
    monkeypatch.setenv("CRM_MAIL_READERS", "nobody@example.org, owner@example.org, nobody@b.org")
    add_shop("some", "good")
    assert main(["run", "--all"]) == 9
    assert mail_errors(small) == ["The mail server refused 2 of the recipients."]
    assert box.recipients == [["owner@example.org"]]


def test_a_mail_that_is_refused_keeps_no_other_from_being_sent(serve):
    box = serve()
    found = read_mail_settings()
    sent, errors = send(
        [
            message("too.long@example.org"),
            message("owner@example.org, nobody@example.org"),
            message("too.long@example.com"),
            message("crm@example.org"),
        ],
        found,
    )
    assert box.recipients == [["owner@example.org"], ["crm@example.org"]]
    assert sent == 2
    assert errors == [
        "The mail server refused 2 of 4 mails (code 552: mailbox of *** is full).",
        "The mail server refused 1 of the recipients.",
    ]


def message(to: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "reports@example.org", to
    made.set_content("Hello")
    return made


def test_a_server_whose_name_cannot_be_one_is_told(home: Path, monkeypatch):
    settings(monkeypatch, "localhost")
    wrong = read_mail_settings()._replace(host="a..b")
    (error,) = send([message("owner@example.org")], wrong)[1]
    assert error.startswith("The mail server a..b:25 could not be reached: ")


def test_a_certificate_that_nobody_trusts_is_no_way_for_a_password(
    small: Path, add_shop, serve, certificate, monkeypatch
):
    box = serve("starttls", tls_context=certificate)
    monkeypatch.delenv("SSL_CERT_FILE")
    add_shop("tiny", "good")
    assert main(["run", "--all"]) == 9
    assert "could not be trusted" in mail_errors(small)[0]
    assert box.raw == []


def test_a_full_disk_is_told_although_nothing_can_be_begun(
    small: Path, add_shop, serve, monkeypatch, capsys
):
    box = serve()
    add_shop("tiny", "good")
    lock = lock_file(small / "reports", "every shop", "all")
    lock.parent.mkdir(parents=True)
    lock.symlink_to("/dev/full")
    assert main(["run", "--all"]) == 7
    (told,) = box.messages()
    assert (told["To"], told["Subject"]) == (
        "dev@example.org",
        "crm: what was due could not be run",
    )
    assert "The folder of the pages cannot be used" in told.get_content()
    assert main(["run", "--all", "--no-mail"]) == 7
    assert len(box.raw) == 1
    monkeypatch.setenv("CRM_MAIL_SERVER", f"localhost:{free_port()}")
    assert main(["run", "--all"]) == 7
    assert "could not be reached" in capsys.readouterr().err
    monkeypatch.setenv("CRM_MAIL_SENDER", "nobody")
    assert main(["run", "--all"]) == 7
    assert "The sender of mail must be" in capsys.readouterr().err


SETTINGS = """\
server: mail.example.org
security: tls
user: crm
password: s3cret
sender: reports@example.org
maintainer: [dev@example.org]
readers:
  tiny: owner@example.org
"""


def write_settings(home: Path, text: str, mode: int = 0o600) -> None:
    file = home / "data" / "private" / "mail.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def test_settings_come_from_a_file_under_the_environment(home: Path, monkeypatch):
    assert read_mail_settings() is None
    write_settings(home, SETTINGS)
    found = read_mail_settings()
    assert (found.host, found.port, found.security) == ("mail.example.org", 465, "tls")
    assert found.readers_of("tiny") == ("owner@example.org",)
    assert found.readers_of("other") == ()
    assert "s3cret" not in f"{found} {found!r}"
    monkeypatch.setenv("CRM_MAIL_SERVER", "[::1]:2525")
    monkeypatch.setenv("CRM_MAIL_READERS_TINY", "new@example.org")
    found = read_mail_settings()
    assert (found.host, found.port) == ("::1", 2525)
    assert found.readers_of("tiny") == ("new@example.org",)


def test_an_empty_variable_is_as_good_as_none(home: Path, monkeypatch):
    for key in ("SERVER", "SECURITY", "SENDER", "READERS", "READERS_TINY"):
        monkeypatch.setenv(f"CRM_MAIL_{key}", "")
    assert read_mail_settings() is None
    write_settings(home, SETTINGS)
    assert read_mail_settings().readers_of("tiny") == ("owner@example.org",)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (("server: mail.example.org", "server: ''"), "Mail has no server: set CRM_MAIL_SERVER"),
        (("sender: reports@example.org", ""), "Mail has no sender"),
        (("mail.example.org", "mail.example.org:99999"), "must be HOST or HOST:PORT."),
        (("mail.example.org", "mail..example.org"), "must be HOST or HOST:PORT."),
        (("owner@example.org", "s3cret@例え.jp"), "The readers of tiny of mail must be an address"),
        (("password: s3cret", "password: s3cretß"), "must be ASCII characters."),
        (("mail.example.org", "smtp://crm:s3cret@mail"), "must be HOST or HOST:PORT."),
        (("security: tls", "security: ssl"), "must be starttls, tls or none."),
        (("password: s3cret", ""), "a user or a password alone"),
        (("security: tls", "security: none"), "would send the password in clear text"),
        (("reports@example.org", "s3cret"), "The sender of mail must be an address"),
        (("[dev@example.org]", "7"), "The maintainer of mail must be addresses"),
        (("tiny:", "tinny:"), "did you mean 'tiny'?"),
        (("maintainer:", "maintainers:"), "did you mean 'maintainer'?"),
        (("server:", "link: s3cret\nserver:"), "The link of mail must be an address"),
        (("server: mail.example.org", "s3cret: ["), "is no valid YAML."),
    ],
)
def test_a_wrong_setting_is_told_without_its_value(home: Path, wrong, why):
    write_settings(home, SETTINGS.replace(*wrong))
    with pytest.raises(ParameterError) as refusal:
        read_mail_settings()
    assert why in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_settings_that_others_can_read_are_refused(home: Path):
    write_settings(home, SETTINGS, mode=0o644)
    with pytest.raises(ParameterError, match="chmod 600"):
        read_mail_settings()


def test_the_maintainer_hears_of_an_alarm_with_all_that_it_says(small: Path, add_shop, serve):
    box = serve()
    add_shop("left", "good", data=False)
    file = small / "shops" / "left.yaml"
    mapping = (
        "mapping:\n  order_id: Order\n  customer_id: Who\n  ordered_at: Day\n"
        "  amount_plus: [Paid]\n  status: [{column: State, keep: [paid]}]\n"
    )
    source = "source:\n  importer: cdnow\n  file: tiny.txt\n"
    file.write_text(file.read_text().replace(source, f"source: {{files: may.csv}}\n{mapping}"))
    lines = ["Order,Who,Day,Paid,State", *(f"{n},a,2024-05-02,9.00,sent" for n in range(20))]
    (small / "may.csv").write_text("\n".join(lines))
    os.utime(small / "may.csv", (1_700_000_000,) * 2)
    assert main(["run", "--all"]) == 11
    (mail,) = box.messages()
    assert (mail["To"], mail["Subject"]) == (
        "dev@example.org",
        "crm: 1 of what was due failed (left)",
    )
    text = mail.get_body(("plain",)).get_content()
    assert "State says sent (20): if these count, add to shops/left.yaml:" in text
    assert "keep: [sent]" in text
