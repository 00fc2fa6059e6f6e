"""Parts of a long list of steps, for machines that share the work."""


class PartError(ValueError):
    """A part that cannot be made sense of."""


def parse(text):
    """Returns the number of the part and of all parts from `n/m`."""
    number, slash, count = text.partition('/')
    if slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count):
        return int(number), int(count)
    raise PartError(f'PART={text}: expected n/m with n from 1 to m, as in PART=1/3')


def part_of(steps, number, count):
    """Returns the steps of one part: the longest steps are dealt first, each to the part that has the least to do."""
    parts, minutes = [[] for _ in range(count)], [0.0] * count
    for step in sorted(steps, key=lambda step: -step.minutes):
        least = minutes.index(min(minutes))
        parts[least].append(step)
        minutes[least] += step.minutes
    chosen = parts[number - 1]
    return [step for step in steps if step in chosen]
