"""What may be asked for: files of one folder, by their bare names."""

import re

import pytest

from market_maker.model.report_jobs import FILE_PATTERN, OPEN, QUEUES, JobState
from market_maker.replay_venue.queue_position import QueueModel


@pytest.mark.parametrize(
    "name", ["../x.mmrec", "a/b.mmrec", ".x.mmrec", "x.mmrec/..", "x", "", "x.mmrec\0", "-x.mmrec"]
)
def test_a_name_that_could_lead_elsewhere_is_no_recording_s_name(name):
    assert not re.fullmatch(FILE_PATTERN, name, re.ASCII)


def test_the_models_of_a_queue_are_the_replay_venue_s():
    assert set(QUEUES) == set(QueueModel)


def test_a_job_is_open_until_it_has_ended():
    assert set(JobState) - set(OPEN) == {
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELED,
        JobState.INTERRUPTED,
    }
