from sync.sample import Sample


def test_the_first_are_kept_and_all_are_counted() -> None:
    sample: Sample[int] = Sample(2)
    for number in range(5):
        sample.note(number)
    assert (list(sample), sample.total) == ([0, 1], 5)


def test_a_sample_without_a_bound_keeps_all() -> None:
    sample: Sample[int] = Sample(None)
    for number in range(2000):
        sample.note(number)
    assert len(sample) == sample.total == 2000


def test_samples_are_added_within_their_bounds() -> None:
    first: Sample[int] = Sample(3)
    second: Sample[int] = Sample(3)
    everything: Sample[int] = Sample(None)
    for number in range(4):
        first.note(number)
        second.note(10 + number)
    everything.take(first)
    everything.take(second)
    assert (list(everything), everything.total) == ([0, 1, 2, 10, 11, 12], 8)
    small: Sample[int] = Sample(4)
    small.take(first)
    small.take(second)
    assert (list(small), small.total) == ([0, 1, 2, 10], 8)
