from analysis.report.outcome import Outcome, worst


def test_exit_codes_tell_outcomes_apart():
    codes = [outcome.exit_code for outcome in Outcome]
    assert len(set(codes)) == len(codes)
    assert {outcome.name: outcome.exit_code for outcome in Outcome} == {
        "ok": 0,
        "notebook_error": 1,
        "bad_request": 2,
        "data_error": 3,
        "stopped_early": 4,
        "kernel_died": 5,
        "timeout": 6,
        "disk_full": 7,
        "page_error": 8,
        "alarm": 12,
        "busy": 75,
        "interrupted": 130,
        "terminated": 143,
    }


def test_the_most_severe_outcome_counts_whatever_the_order():
    mixed = [Outcome.busy, Outcome.terminated, Outcome.ok, Outcome.notebook_error]
    assert worst(mixed) is worst(reversed(mixed)) is Outcome.terminated
    assert worst([Outcome.ok, Outcome.busy]) is Outcome.busy
    assert worst([]) is Outcome.ok
