"""Times as texts."""

from datetime import UTC, datetime, timedelta, timezone

from postern_kit.timestamps import rfc3339

AT = datetime(2030, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)


def test_a_time_is_cut_off_at_seconds():
    """A status has whole seconds."""
    assert "2030-01-02T03:04:05Z" == rfc3339(AT)


def test_an_event_s_time_has_microseconds():
    """Six digits are written even where they are zero."""
    assert "2030-01-02T03:04:05.600000Z" == rfc3339(AT, "microseconds")
    assert "2030-01-02T03:04:05.000000Z" == rfc3339(AT.replace(microsecond=0), "microseconds")


def test_another_zone_is_converted():
    """A time of another zone is the same moment in UTC."""
    assert "2030-01-02T03:04:05Z" == rfc3339(AT.astimezone(timezone(timedelta(hours=2))))
