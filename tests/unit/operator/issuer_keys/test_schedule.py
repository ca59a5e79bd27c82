"""When a source is fetched next."""

from postern_operator.issuer_keys.schedule import HINT_EVERY_S, Schedule


def mean(due_s=0.0):
    return Schedule(due_s, chance=lambda: 0.5)


def test_jitter_keeps_sources_apart():
    """Up to ten percent earlier and never later, for keys may expire as soon as they are due."""
    dues = []
    for chance in (0.0, 1.0):
        schedule = Schedule(0, chance=lambda chance=chance: chance)
        schedule.succeeded(0, 600)
        dues.append(round(schedule.due_s))
    assert [600, 540] == dues


def test_cache_control_shortens_and_never_lengthens():
    """To a minute at the least."""
    dues = []
    for max_age_s in (0, 300, 86_400):
        schedule = mean()
        schedule.succeeded(0, 600, max_age_s)
        dues.append(schedule.due_s)
    assert [57, 285, 570] == dues


def test_a_shorter_interval_counts_at_once_but_no_more_often_than_a_hint():
    """Edits without end lead to one attempt in thirty seconds, and a longer interval counts from the next success."""
    schedule, dues = mean(600), []
    schedule.begin(100)
    schedule.succeeded(100, 600)
    for due_s in (900, 400, 110):
        schedule.shorten(due_s)
        dues.append(schedule.due_s)
    assert [670, 400, 130] == dues


def test_failures_are_retried_ever_later():
    """From about a second to five minutes, and at once in a minute after a success."""
    schedule, now, waits = mean(), 0.0, []
    for _ in range(12):
        schedule.begin(now)
        schedule.failed(now, 3600)
        waits.append(schedule.due_s - now)
        now = schedule.due_s
    assert (0.75, 1.5, 225) == (waits[0], waits[1], waits[-1])
    schedule.succeeded(now, 600)
    schedule.begin(now + 600)
    schedule.failed(now + 600, 3600)
    assert 0.75 == schedule.due_s - now - 600


def test_a_short_interval_bounds_the_wait_after_a_failure():
    """Backing off must not make a source rarer than it is asked when it is well."""
    schedule = mean()
    for _ in range(20):
        schedule.begin(0)
        schedule.failed(0, 60)
    assert 60 == schedule.due_s


def test_hints_lead_to_one_attempt_in_thirty_seconds():
    """However many there are, failed attempts included."""
    schedule, attempts = mean(600), []
    for tick in range(100_000):
        now = tick / 1000
        schedule.hint(now)
        if schedule.due_s <= now:
            schedule.begin(now)
            attempts.append(now)
            schedule.failed(now, 600)
    assert [0, 30, 60, 90] == attempts
    assert HINT_EVERY_S == attempts[1]


def test_a_hint_comes_no_sooner_than_thirty_seconds_after_an_attempt_of_the_schedule():
    """The limiter is one, whatever has led to the attempt."""
    schedule = mean()
    schedule.begin(100)
    schedule.succeeded(100, 600)
    schedule.hint(110)
    assert 130 == schedule.due_s


def test_a_failure_after_a_hint_changes_nothing_of_the_schedule():
    """Otherwise one refused token would lead to a row of retries."""
    schedule = mean()
    schedule.begin(0)
    schedule.succeeded(0, 600)
    schedule.hint(100)
    schedule.begin(100)
    schedule.failed(100, 600)
    assert 570 == schedule.due_s


def test_an_attempt_that_was_due_anyway_is_retried_though_it_was_hinted_at():
    """The hint must not take away the retry."""
    schedule = mean(50)
    schedule.hint(60)
    schedule.begin(60)
    schedule.failed(60, 600)
    assert 60.75 == schedule.due_s
