"""Why a call gave nothing."""

import enum


class Status(enum.IntEnum):
    """How a call ended that gave nothing; the numbers of bonemuscle.h."""

    INVALID_ARGUMENT = 1
    """An argument cannot be used."""
    SETTINGS = 2
    """The settings cannot be used."""
    INPUT = 3
    """The input cannot be read, or is nothing that can be measured."""
    LABELS = 4
    """There are no usable labels."""
    CANCELLED = 5
    """The progress function asked to stop."""
    WRITE = 6
    """The results could not be written."""
    INTERNAL = 7
    """An error of BoneMuscle itself, or a status that this package does not know."""
    MODEL = 8
    """A model's files, or the library that runs models, cannot be used."""

    @classmethod
    def _missing_(cls, value):
        return cls.INTERNAL


class Error(Exception):
    """A call that gave nothing: which kind, and one sentence for people."""

    def __init__(self, status: Status, sentence: str):
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class LoadError(OSError):
    """There is no library, or no program; the sentence says where it was looked for."""
