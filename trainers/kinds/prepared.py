"""A process that imports this is prepared to train: the one that workers are forked from does."""

from trainers.kinds.host import prepare

prepare()
